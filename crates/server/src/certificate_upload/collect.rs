//! Recognises what is in each file by its content, and collects keys and certificates.

use countersign_protocol::Secret;
use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer as _;

use super::algorithms::SIGNED_DATA;
use super::ber::{BIT_STRING, INTEGER, Malformed, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE};
use super::decryption::{DecryptionError, decrypt};
use super::error::{Encrypted, UploadError};
use super::pem::{Block, Content};
use super::private_key::{KeyFormat, PrivateKey};
use super::work::Work;
use super::{MAXIMUM_CERTIFICATES, ber, password, pem, pkcs7, pkcs12};

/// What the key stores of Java in its own formats begin with.
const JAVA: [&[u8]; 2] = [b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"];
/// How UTF-8 begins with some editors.
const BYTE_ORDER_MARK: &str = "\u{feff}";
const DER_FILE: UploadError = UploadError::Damaged("DER or PKCS#12 file");

/// What was seen that is neither key nor certificate, so that it can be said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing at all.
    #[default]
    Nothing,
    /// Something that is of use.
    Something,
    /// A certificate request.
    Request,
}

impl Seen {
    /// Why there is no key.
    pub(super) fn without_key(self) -> UploadError {
        match self {
            Self::Nothing => UploadError::Nothing,
            Self::Something => UploadError::NoPrivateKey,
            Self::Request => UploadError::Request,
        }
    }

    /// Why there is no certificate.
    pub(super) fn without_certificate(self) -> UploadError {
        match self {
            Self::Nothing => UploadError::Nothing,
            Self::Something => UploadError::NoCertificate,
            Self::Request => UploadError::Request,
        }
    }
}

/// What was found in all files.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) keys: Vec<PrivateKey>,
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) seen: Seen,
}

impl Collected {
    /// Reads one file. An empty one counts as not given.
    pub(super) fn file(
        &mut self,
        bytes: &[u8],
        password: Option<&Secret>,
        work: &mut Work,
    ) -> Result<(), UploadError> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        if JAVA.iter().any(|magic| bytes.starts_with(magic)) {
            return Err(UploadError::JavaKeyStore);
        }
        // In text around the blocks may be letters of any encoding.
        let text = zeroize::Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
        if pem::is_pem(&text) {
            for block in pem::read(&text)? {
                self.block(&block, password, work)?;
            }
            // Text that only speaks of blocks.
            return if self.seen == Seen::Nothing { Err(UploadError::Unrecognised) } else { Ok(()) };
        }
        if bytes.first() == Some(&SEQUENCE) && text.contains(|character: char| !character.is_ascii_graphic())
        {
            return self.der(bytes, password, work);
        }
        let base64 = text.trim_start_matches(BYTE_ORDER_MARK).split_ascii_whitespace();
        let base64: zeroize::Zeroizing<String> = zeroize::Zeroizing::new(base64.collect());
        match pem::decode(&base64) {
            Some(bytes) if bytes.first() == Some(&SEQUENCE) => self.der(&bytes, password, work),
            Some(_) | None => Err(UploadError::Unrecognised),
        }
    }

    fn block(
        &mut self,
        block: &Block,
        password: Option<&Secret>,
        work: &mut Work,
    ) -> Result<(), UploadError> {
        let label = block.label.as_str();
        let bytes = match &block.content {
            Content::Bytes(bytes) => bytes,
            Content::OutdatedEncryption if label.ends_with("PRIVATE KEY") => {
                return Err(UploadError::OutdatedEncryption);
            }
            Content::OutdatedEncryption => return Ok(()),
        };
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" => self.certificate(bytes)?,
            "TRUSTED CERTIFICATE" => {
                // OpenSSL writes behind the certificate for what it is trusted.
                let mut reader = Reader::new(bytes);
                let certificate = reader.next().map_err(|Malformed| UploadError::Damaged("certificate"))?;
                self.certificate(certificate.whole)?;
            }
            "RSA PRIVATE KEY" => self.keys.push(PrivateKey::new(KeyFormat::Pkcs1, bytes)),
            "EC PRIVATE KEY" => self.keys.push(PrivateKey::new(KeyFormat::Sec1, bytes)),
            "PRIVATE KEY" => self.keys.push(PrivateKey::new(KeyFormat::Pkcs8, bytes)),
            "ENCRYPTED PRIVATE KEY" | "PKCS7" | "CMS" | "PKCS12" => self.der(bytes, password, work)?,
            "OPENSSH PRIVATE KEY" => return Err(UploadError::OpenSshKey),
            "DSA PRIVATE KEY" => return Err(UploadError::UnsupportedKey("a DSA key".to_owned())),
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
                self.seen = Seen::Request;
                return Ok(());
            }
            // Parameters, public keys, revocation lists, and what others have thought of.
            _ => {}
        }
        self.saw_something();
        Ok(())
    }

    fn saw_something(&mut self) {
        if self.seen == Seen::Nothing {
            self.seen = Seen::Something;
        }
    }

    /// One or several files of DER one after another.
    fn der(&mut self, bytes: &[u8], password: Option<&Secret>, work: &mut Work) -> Result<(), UploadError> {
        let mut reader = Reader::new(bytes);
        // Some programs fill up the end.
        while !reader.rest().iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
            let element = reader.expect(SEQUENCE).map_err(|Malformed| DER_FILE)?;
            let mut inner = Reader::new(element.content);
            let tags = (inner.next().map(|first| first.tag), inner.next().map(|second| second.tag));
            match tags {
                (Ok(INTEGER), Ok(SEQUENCE)) if is_pkcs8(element.content) => {
                    self.keys.push(PrivateKey::new(KeyFormat::Pkcs8, element.whole));
                }
                (Ok(INTEGER), Ok(SEQUENCE)) => {
                    let contents = pkcs12::read(element.content, password, work)?;
                    self.keys.extend(contents.keys);
                    for certificate in &contents.certificates {
                        self.certificate(certificate)?;
                    }
                }
                (Ok(INTEGER), Ok(INTEGER)) => {
                    self.keys.push(PrivateKey::new(KeyFormat::Pkcs1, element.whole));
                }
                (Ok(INTEGER), Ok(OCTET_STRING)) => {
                    self.keys.push(PrivateKey::new(KeyFormat::Sec1, element.whole));
                }
                (Ok(OBJECT_IDENTIFIER), Ok(_))
                    if Reader::new(element.content).object_identifier() == Ok(SIGNED_DATA) =>
                {
                    let certificates = pkcs7::certificates(element.content);
                    for certificate in
                        certificates.map_err(|Malformed| UploadError::Damaged("PKCS#7 file"))?
                    {
                        self.certificate(&certificate)?;
                    }
                }
                (Ok(SEQUENCE), Ok(OCTET_STRING)) => {
                    self.keys.push(encrypted_key(element.content, password, work)?);
                }
                (Ok(SEQUENCE), Ok(SEQUENCE)) if is_request(element.whole) => {
                    self.seen = Seen::Request;
                }
                (Ok(SEQUENCE), Ok(SEQUENCE)) => self.certificate(element.whole)?,
                // A public key.
                (Ok(SEQUENCE), Ok(BIT_STRING)) => {}
                _ => return Err(UploadError::Unrecognised),
            }
            self.saw_something();
        }
        Ok(())
    }

    /// Keeps a certificate that can be read and was not there yet.
    fn certificate(&mut self, der: &[u8]) -> Result<(), UploadError> {
        match X509Certificate::from_der(der) {
            Ok(([], _)) => {}
            Ok(_) | Err(_) => return Err(UploadError::Damaged("certificate")),
        }
        if self.certificates.iter().any(|known| known.as_ref() == der) {
            return Ok(());
        }
        if self.certificates.len() == MAXIMUM_CERTIFICATES {
            return Err(UploadError::TooManyCertificates);
        }
        self.certificates.push(CertificateDer::from(der.to_vec()));
        Ok(())
    }
}

/// A PrivateKeyInfo rather than a PKCS#12 file, which also begins with a number and a SEQUENCE.
fn is_pkcs8(content: &[u8]) -> bool {
    let mut reader = Reader::new(content);
    reader.number().is_ok() && reader.next().is_ok() && reader.expect(OCTET_STRING).is_ok()
}

fn is_request(der: &[u8]) -> bool {
    X509Certificate::from_der(der).is_err() && X509CertificationRequest::from_der(der).is_ok()
}

/// Opens an EncryptedPrivateKeyInfo (RFC 5958, section 3).
fn encrypted_key(
    content: &[u8],
    password: Option<&Secret>,
    work: &mut Work,
) -> Result<PrivateKey, UploadError> {
    const DAMAGED: UploadError = UploadError::Damaged("private key");
    let mut reader = Reader::new(content);
    let algorithm = reader.sequence().map_err(|Malformed| DAMAGED)?;
    let cipher_text = reader.octets().map_err(|Malformed| DAMAGED)?;
    for form in password::forms(password) {
        match decrypt(algorithm, &cipher_text, &form, Encrypted::Key, work) {
            Ok(plain) if ber::is_one_sequence(&plain) => {
                return Ok(PrivateKey::new(KeyFormat::Pkcs8, &plain));
            }
            Ok(_) | Err(DecryptionError::WrongPassword) => {}
            Err(DecryptionError::Malformed) => return Err(DAMAGED),
            Err(DecryptionError::Refused(error)) => return Err(error),
        }
    }
    Err(if password::is_given(password) {
        UploadError::WrongPassword(Encrypted::Key)
    } else {
        UploadError::PasswordNeeded(Encrypted::Key)
    })
}
