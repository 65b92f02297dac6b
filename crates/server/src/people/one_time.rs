//! One-time passwords (TOTP, RFC 6238): six digits, SHA-1, 30 seconds, as authenticator apps expect.

use countersign_protocol::Secret;
use thiserror::Error;
use time::OffsetDateTime;
use totp_rs::{Builder, Secret as TotpSecret, Totp};

/// The size of the secret in bytes, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// What authenticator apps show beside the name.
const ISSUER: &str = "Countersign";

/// With which one-time passwords are made. Does not print.
#[derive(Clone)]
pub(crate) struct OneTimeSecret(Totp);

/// Why there is no such secret.
#[derive(Debug, Error)]
pub(crate) enum OneTimeSecretError {
    /// The system gives no random numbers.
    #[error("The system gave no random numbers.")]
    Random,
    /// What was kept does not fit.
    #[error("The secret for one-time passwords cannot be read.")]
    Unreadable,
}

impl std::fmt::Debug for OneTimeSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("OneTimeSecret(…)")
    }
}

impl OneTimeSecret {
    /// A new secret.
    pub(crate) fn generate() -> Result<Self, OneTimeSecretError> {
        let mut bytes = [0; SECRET_BYTES];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| OneTimeSecretError::Random)?;
        Self::of(&bytes, "")
    }

    fn of(bytes: &[u8], account: &str) -> Result<Self, OneTimeSecretError> {
        let made = Builder::new()
            .with_secret(bytes.to_vec())
            .with_issuer(Some(ISSUER))
            .with_account_name(account.replace(':', "-"))
            .build();
        made.map(Self).map_err(|_| OneTimeSecretError::Unreadable)
    }

    /// As it is kept or typed: base32 (RFC 4648).
    pub(crate) fn from_kept(text: &Secret) -> Result<Self, OneTimeSecretError> {
        let bytes = TotpSecret::try_from_base32(text.expose()).map_err(|_| OneTimeSecretError::Unreadable)?;
        Self::of(bytes.as_bytes(), "")
    }

    /// For the database, and for whoever types it into an authenticator app.
    pub(crate) fn to_keep(&self) -> Secret {
        Secret::new(self.0.secret().to_base32())
    }

    /// For the picture that an authenticator app reads: an `otpauth:` address.
    pub(crate) fn address(&self, account: &str) -> Result<Secret, OneTimeSecretError> {
        let named = Self::of(self.0.secret().as_bytes(), account)?;
        named.0.to_url().map(Secret::new).map_err(|_| OneTimeSecretError::Unreadable)
    }

    /// The time step for which a one-time password is right; one step early or late is right as well.
    pub(crate) fn step_of(&self, password: &str, now: OffsetDateTime) -> Option<u64> {
        let digits: String = password.chars().filter(|character| !character.is_whitespace()).collect();
        if digits.len() != usize::from(self.0.digits()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.0.check(&digits, u64::try_from(now.unix_timestamp()).ok()?)
    }

    /// The one-time password of a moment.
    #[cfg(test)]
    pub(crate) fn password_at(&self, now: OffsetDateTime) -> String {
        self.0.generate(u64::try_from(now.unix_timestamp()).unwrap()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    /// RFC 6238, appendix B: the secret “12345678901234567890”, whose eight digits end in the six that are used here.
    #[test]
    fn the_passwords_of_the_standard_are_right() {
        let secret = OneTimeSecret::of(b"12345678901234567890", "").unwrap();
        for (seconds, password) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            let now = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let step = u64::try_from(seconds / 30).unwrap();
            assert_eq!(secret.step_of(password, now), Some(step));
            assert_eq!(secret.step_of(&format!("{} {}", &password[..3], &password[3..]), now), Some(step));
            assert_eq!(secret.step_of(password, now + Duration::seconds(30)), Some(step));
            assert_eq!(secret.step_of(password, now + Duration::seconds(61)), None);
            assert_eq!(secret.password_at(now), password);
        }
        for wrong in ["", "28708", "2870822", "28708x", "٢٨٧٠٨٢"] {
            assert_eq!(secret.step_of(wrong, OffsetDateTime::from_unix_timestamp(59).unwrap()), None);
        }
    }

    #[test]
    fn the_secret_is_kept_as_it_is() {
        let secret = OneTimeSecret::generate().unwrap();
        let kept = OneTimeSecret::from_kept(&secret.to_keep()).unwrap();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        assert_eq!(kept.password_at(now), secret.password_at(now));
        let address = secret.address("anna").unwrap();
        assert!(
            address.expose().starts_with("otpauth://totp/Countersign:anna?secret="),
            "{}",
            address.expose()
        );
        assert!(OneTimeSecret::from_kept(&Secret::new("!".to_owned())).is_err());
        assert_eq!(format!("{secret:?}"), "OneTimeSecret(…)");
    }
}
