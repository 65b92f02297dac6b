//! Whether a PKCS#12 file is what somebody with the password wrote (RFC 7292, section 5.1; PBMAC1: RFC 9579).

use super::algorithms::{PBMAC1, hash, keyed_hash, name_or_number};
use super::ber::{Malformed, Reader};
use super::error::{Encrypted, UploadError};
use super::key_derivation::{self, Pbkdf2, Pbkdf2Error, Purpose};
use super::password::PasswordForm;
use super::work::Work;

/// Whether a password fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Fits,
    DoesNot,
}

/// Checks the MacData with one form of the password.
pub(super) fn check(
    mac_data: Reader<'_>,
    message: &[u8],
    password: &PasswordForm,
    work: &mut Work,
) -> Result<Fit, UploadError> {
    match checked(mac_data, message, password, work) {
        Ok(true) => Ok(Fit::Fits),
        Ok(false) => Ok(Fit::DoesNot),
        Err(IntegrityError::Malformed) => Err(UploadError::Damaged("PKCS#12 file")),
        Err(IntegrityError::Unsupported(method)) => Err(UploadError::UnsupportedIntegrity { method }),
        Err(IntegrityError::Refused(error)) => Err(error),
    }
}

enum IntegrityError {
    Malformed,
    Unsupported(String),
    Refused(UploadError),
}

impl From<Malformed> for IntegrityError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<Pbkdf2Error> for IntegrityError {
    fn from(error: Pbkdf2Error) -> Self {
        match error {
            Pbkdf2Error::Malformed => Self::Malformed,
            Pbkdf2Error::Unsupported(method) => Self::Unsupported(method),
        }
    }
}

impl From<UploadError> for IntegrityError {
    fn from(error: UploadError) -> Self {
        Self::Refused(error)
    }
}

fn checked(
    mut mac_data: Reader<'_>,
    message: &[u8],
    password: &PasswordForm,
    work: &mut Work,
) -> Result<bool, IntegrityError> {
    let mut digest_info = mac_data.sequence()?;
    let mut algorithm = digest_info.sequence()?;
    let code = digest_info.octets()?;
    let method = algorithm.object_identifier()?;
    if method == PBMAC1 {
        let mut parameters = algorithm.sequence()?;
        let derivation = Pbkdf2::read(parameters.sequence()?)?;
        let scheme = parameters.sequence()?.object_identifier()?;
        let Some((method, _, longest)) = keyed_hash(scheme) else {
            return Err(IntegrityError::Unsupported(name_or_number(scheme)));
        };
        // It has to be said (RFC 9579, section 3), and a longer one would be no better.
        let length = derivation.length.and_then(|length| usize::try_from(length).ok());
        let length = length.filter(|length| (1..=longest).contains(length)).ok_or(Malformed)?;
        let key = derivation.derive(&password.narrow, length, Encrypted::Pkcs12, work)?;
        return Ok(key_derivation::authenticates(method, &key, message, &code));
    }
    let Some(hash) = hash(method) else {
        return Err(IntegrityError::Unsupported(name_or_number(method)));
    };
    let salt = mac_data.octets()?;
    let iterations = if mac_data.is_at_end() { 1 } else { mac_data.number()? };
    let iterations = key_derivation::iterations(iterations)?;
    work.spend(Encrypted::Pkcs12, iterations.get(), 1)?;
    let given = (password.wide.as_slice(), salt.as_slice(), iterations);
    let key = key_derivation::pkcs12(hash.digest, Purpose::Integrity, given, hash.digest.output_len());
    Ok(key_derivation::authenticates(hash.hmac, &key, message, &code))
}
