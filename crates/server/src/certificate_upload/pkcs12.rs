//! Reads PKCS#12 files (RFC 7292).

use countersign_protocol::Secret;
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use super::algorithms::{BAGS, DATA, ENCRYPTED_DATA, ENVELOPED_DATA, SIGNED_DATA, X509_CERTIFICATE};
use super::ber::{self, Malformed, PRIMITIVE_CONTEXT_0, Reader};
use super::decryption::{DecryptionError, decrypt};
use super::error::{Encrypted, UploadError};
use super::integrity::{self, Fit};
use super::password::{self, PasswordForm};
use super::private_key::{KeyFormat, PrivateKey};
use super::work::Work;

/// Bags within bags; nobody writes more than one.
const MAXIMUM_DEPTH: usize = 4;

/// What was in a file.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) keys: Vec<PrivateKey>,
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

/// Why one form of the password does not lead to the contents.
enum OpenError {
    Malformed,
    /// Another form may fit.
    Password,
    Refused(UploadError),
}

impl From<Malformed> for OpenError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<UploadError> for OpenError {
    fn from(error: UploadError) -> Self {
        Self::Refused(error)
    }
}

/// Reads a file. `content` is what is in its outermost SEQUENCE.
pub(super) fn read(
    content: &[u8],
    password: Option<&Secret>,
    work: &mut Work,
) -> Result<Contents, UploadError> {
    let mut result = Err(UploadError::Damaged("PKCS#12 file"));
    for form in password::forms(password) {
        result = match open(content, &form, work) {
            Ok(contents) => return Ok(contents),
            Err(OpenError::Malformed) => return Err(UploadError::Damaged("PKCS#12 file")),
            Err(OpenError::Refused(error)) => return Err(error),
            Err(OpenError::Password) if password::is_given(password) => {
                Err(UploadError::WrongPassword(Encrypted::Pkcs12))
            }
            Err(OpenError::Password) => Err(UploadError::PasswordNeeded(Encrypted::Pkcs12)),
        };
    }
    result
}

fn open(content: &[u8], password: &PasswordForm, work: &mut Work) -> Result<Contents, OpenError> {
    let mut file = Reader::new(content);
    file.number()?;
    let mut safe = file.sequence()?;
    match safe.object_identifier()? {
        DATA => {}
        SIGNED_DATA => {
            return Err(UploadError::UnsupportedIntegrity { method: "a signature".to_owned() }.into());
        }
        _ => return Err(OpenError::Malformed),
    }
    let safe = safe.context_0()?.octets()?;
    let mut opening = Opening { password, work, proved: Fit::DoesNot, contents: Contents::default() };
    if !file.is_at_end() {
        opening.proved = integrity::check(file.sequence()?, &safe, password, opening.work)?;
        if opening.proved == Fit::DoesNot {
            return Err(OpenError::Password);
        }
    }
    opening.authenticated_safe(&safe)?;
    Ok(opening.contents)
}

struct Opening<'a> {
    password: &'a PasswordForm,
    work: &'a mut Work,
    /// Whether the password has been proved right.
    proved: Fit,
    contents: Contents,
}

impl Opening<'_> {
    fn authenticated_safe(&mut self, safe: &[u8]) -> Result<(), OpenError> {
        let mut parts = Reader::new(safe).sequence()?;
        while !parts.is_at_end() {
            let mut part = parts.sequence()?;
            match part.object_identifier()? {
                DATA => {
                    let bags = part.context_0()?.octets()?;
                    self.bags(Reader::new(&bags).sequence()?, MAXIMUM_DEPTH)?;
                }
                ENCRYPTED_DATA => {
                    let mut data = part.context_0()?.sequence()?;
                    data.number()?;
                    let mut info = data.sequence()?;
                    info.object_identifier()?;
                    let algorithm = info.sequence()?;
                    let cipher_text = info.next()?.octets_tagged(PRIMITIVE_CONTEXT_0)?;
                    let bags = self.decrypt(algorithm, &cipher_text)?;
                    self.bags(Reader::new(&bags).sequence()?, MAXIMUM_DEPTH)?;
                }
                ENVELOPED_DATA => {
                    let method = "the key of another certificate".to_owned();
                    let encrypted = Encrypted::Pkcs12;
                    return Err(UploadError::UnsupportedEncryption { encrypted, method }.into());
                }
                _ => return Err(OpenError::Malformed),
            }
        }
        Ok(())
    }

    /// What comes out is a SEQUENCE, or the password was wrong.
    fn decrypt(
        &mut self,
        algorithm: Reader<'_>,
        cipher_text: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let plain = decrypt(algorithm, cipher_text, self.password, Encrypted::Pkcs12, self.work);
        let wrong = || match self.proved {
            Fit::Fits => OpenError::Refused(UploadError::OtherPasswordWithin),
            Fit::DoesNot => OpenError::Password,
        };
        match plain {
            Ok(plain) if ber::is_one_sequence(&plain) => Ok(plain),
            Ok(_) | Err(DecryptionError::WrongPassword) => Err(wrong()),
            Err(DecryptionError::Malformed) => Err(OpenError::Malformed),
            Err(DecryptionError::Refused(error)) => Err(error.into()),
        }
    }

    fn bags(&mut self, mut bags: Reader<'_>, depth: usize) -> Result<(), OpenError> {
        let deeper = depth.checked_sub(1).ok_or(OpenError::Malformed)?;
        while !bags.is_at_end() {
            let mut bag = bags.sequence()?;
            let kind = bag.object_identifier()?;
            let mut value = bag.context_0()?;
            // What follows are attributes: names and marks, of which nothing is needed here.
            match kind.strip_prefix(BAGS) {
                Some([1]) => {
                    let key = value.next()?.whole;
                    self.contents.keys.push(PrivateKey::new(KeyFormat::Pkcs8, key));
                }
                Some([2]) => {
                    let mut shrouded = value.sequence()?;
                    let algorithm = shrouded.sequence()?;
                    let cipher_text = shrouded.octets()?;
                    let key = self.decrypt(algorithm, &cipher_text)?;
                    self.contents.keys.push(PrivateKey::new(KeyFormat::Pkcs8, &key));
                }
                Some([3]) => {
                    let mut certificate = value.sequence()?;
                    if certificate.object_identifier()? == X509_CERTIFICATE {
                        let certificate = certificate.context_0()?.octets()?;
                        self.contents.certificates.push(CertificateDer::from(certificate.to_vec()));
                    }
                }
                Some([6]) => self.bags(value.sequence()?, deeper)?,
                // Revocation lists, secrets, and what others have thought of.
                Some(_) | None => {}
            }
        }
        Ok(())
    }
}
