//! Real files, made by the programs that people use.

mod chains;
mod containers;
mod keys;
mod made;
mod noise;
mod text;

use countersign_protocol::Secret;
use countersign_trust::TrustedRoots;
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::{ReadUpload, UploadError, read};

/// Reads with this computer trusting nothing.
fn read_with(files: &[&[u8]], password: Option<&str>) -> Result<ReadUpload, UploadError> {
    let password = password.map(|text| Secret::new(text.to_owned()));
    read(files, password.as_ref(), &TrustedRoots::default())
}

/// To whom each was issued.
fn subjects(certificates: &[CertificateDer<'_>]) -> Vec<String> {
    let subject = |der| X509Certificate::from_der(der).unwrap().1.subject().to_string();
    certificates.iter().map(|der| subject(der)).collect()
}

/// That the sentence says what is wrong and what to do.
fn assert_refused(name: &str, result: Result<ReadUpload, UploadError>, expected: &str) {
    let sentence = result.expect_err(name).to_string();
    assert!(sentence.contains(expected), "{name}: {sentence}");
    assert_is_sentence(&sentence);
}

fn assert_is_sentence(sentence: &str) {
    let command_at_the_end = sentence.contains("for example with: ");
    assert!(sentence.ends_with('.') || command_at_the_end, "no sentence: {sentence}");
}
