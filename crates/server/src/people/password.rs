//! Passwords: Argon2id (RFC 9106) with the parameters that OWASP recommends: 19 MiB, 2 passes, 1 lane.

use std::sync::{Arc, OnceLock};

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use countersign_protocol::Secret;
use thiserror::Error;
use tokio::sync::Semaphore;

use super::name::AdministratorName;

/// The shortest password, in characters (NIST SP 800-63B asks for 8, or 15 where it is the only factor).
pub(crate) const SHORTEST: usize = 12;
/// The longest, in characters: hashing must not cost more than it should.
const LONGEST: usize = 256;
/// So many are hashed at a time: each takes 19 MiB and a core.
const AT_A_TIME: usize = 2;

/// A password that fits the rules.
#[derive(Clone, Debug)]
pub(crate) struct NewPassword(Secret);

/// Why a password does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PasswordRuleError {
    /// It can be guessed.
    #[error(
        "A password has at least {SHORTEST} characters. A few words that nobody would put together are a good one."
    )]
    TooShort,
    /// It is a text rather than a password.
    #[error("A password has at most {LONGEST} characters.")]
    TooLong,
    /// It can be guessed from the name.
    #[error("The password must not be made of the name or of one character.")]
    Guessable,
}

impl NewPassword {
    /// Takes a password for somebody of this name.
    pub(crate) fn new(text: Secret, name: &AdministratorName) -> Result<Self, PasswordRuleError> {
        let password = text.expose();
        let length = password.chars().count();
        if length < SHORTEST {
            return Err(PasswordRuleError::TooShort);
        }
        if length > LONGEST {
            return Err(PasswordRuleError::TooLong);
        }
        let rest = password.to_lowercase().replace(&name.key(), "");
        let first = rest.chars().next();
        if rest.chars().count() < SHORTEST / 2 || rest.chars().all(|character| Some(character) == first) {
            return Err(PasswordRuleError::Guessable);
        }
        Ok(Self(text))
    }
}

/// What is kept of a password: a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(String);

impl PasswordHash {
    /// From the database.
    pub(crate) fn from_kept(text: String) -> Self {
        Self(text)
    }

    /// For the database.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PasswordHash(…)")
    }
}

/// Whether a password is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasswordMatch {
    /// It is.
    Right,
    /// It is not.
    Wrong,
}

/// Why a password could not be hashed.
#[derive(Debug, Error)]
#[error("A password could not be hashed: {0}.")]
pub(crate) struct PasswordHashError(String);

/// Hashes passwords away from the asynchronous threads, a few at a time.
#[derive(Clone, Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

impl Passwords {
    /// What to keep of a new password.
    pub(crate) async fn hash(&self, password: NewPassword) -> Result<PasswordHash, PasswordHashError> {
        self.in_turn(move || {
            let hashed: phc::PasswordHash = Argon2::default()
                .hash_password(password.0.expose().as_bytes())
                .map_err(|error| PasswordHashError(error.to_string()))?;
            Ok(PasswordHash(hashed.to_string()))
        })
        .await?
    }

    /// Compares; without anything to compare with it takes as long and is wrong, so that nobody learns who has an account.
    pub(crate) async fn compare(
        &self,
        password: Secret,
        kept: Option<PasswordHash>,
    ) -> Result<PasswordMatch, PasswordHashError> {
        self.in_turn(move || {
            let of_nobody = || of_nobody().map(|text| (text, false));
            let (text, is_somebodys) = match kept {
                Some(kept) => (kept.0, true),
                None => of_nobody()?,
            };
            let kept = phc::PasswordHash::new(&text).map_err(|error| PasswordHashError(error.to_string()))?;
            let matches = Argon2::default().verify_password(password.expose().as_bytes(), &kept).is_ok();
            Ok(if matches && is_somebodys { PasswordMatch::Right } else { PasswordMatch::Wrong })
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordHashError> {
        let failed = |error: &dyn std::fmt::Display| PasswordHashError(error.to_string());
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|error| failed(&error))?;
        let work = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| failed(&error))
    }
}

/// A hash that nothing matches in practice: that of random bytes which nobody has kept.
fn of_nobody() -> Result<String, PasswordHashError> {
    static KEPT: OnceLock<String> = OnceLock::new();
    if let Some(kept) = KEPT.get() {
        return Ok(kept.clone());
    }
    let mut random = [0; 32];
    let failed = |error: &dyn std::fmt::Display| PasswordHashError(error.to_string());
    aws_lc_rs::rand::fill(&mut random).map_err(|error| failed(&error))?;
    let hashed: phc::PasswordHash =
        Argon2::default().hash_password(&random).map_err(|error| failed(&error))?;
    Ok(KEPT.get_or_init(|| hashed.to_string()).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    #[test]
    fn passwords_that_can_be_guessed_do_not_fit() {
        let name = AdministratorName::new("Anna.Berg").unwrap();
        for (text, expected) in [
            ("correct horse battery", Ok(())),
            ("ÄäÖöÜüßßßßßß", Ok(())),
            ("short", Err(PasswordRuleError::TooShort)),
            ("aaaaaaaaaaaaaaaa", Err(PasswordRuleError::Guessable)),
            ("anna.berg2026", Err(PasswordRuleError::Guessable)),
            ("Anna.BergANNA.berg", Err(PasswordRuleError::Guessable)),
        ] {
            assert_eq!(NewPassword::new(secret(text), &name).map(|_| ()), expected, "{text}");
        }
        let long = "ab".repeat(200);
        assert_eq!(NewPassword::new(secret(&long), &name).unwrap_err(), PasswordRuleError::TooLong);
    }

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = Passwords::default();
        let name = AdministratorName::new("anna").unwrap();
        let right = "correct horse battery";
        let kept = passwords.hash(NewPassword::new(secret(right), &name).unwrap()).await.unwrap();
        assert!(kept.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.as_str());
        for (password, kept, expected) in [
            (right, Some(kept.clone()), PasswordMatch::Right),
            ("correct horse batterY", Some(kept), PasswordMatch::Wrong),
            (right, None, PasswordMatch::Wrong),
        ] {
            assert_eq!(passwords.compare(secret(password), kept).await.unwrap(), expected, "{password}");
        }
    }
}
