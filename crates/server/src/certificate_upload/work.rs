//! Bounds the work that a file can ask for.

use super::error::{Encrypted, UploadError};

/// What reading an upload may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rounds of key derivation, everything that is encrypted together.
    pub iterations: u64,
}

/// A few seconds on a slow computer. OpenSSL and Windows write about 2,000, `keytool` 10,000; for PBKDF2 with SHA-256 OWASP
/// advises 600,000 (“Password Storage Cheat Sheet”), and a PKCS#12 file has three derivations.
const ITERATIONS: u64 = 5_000_000;

impl Default for Limits {
    fn default() -> Self {
        Self { iterations: ITERATIONS }
    }
}

/// What is left of the work for one upload.
#[derive(Debug)]
pub(super) struct Work {
    limit: u64,
    left: u64,
}

impl Work {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limit: limits.iterations, left: limits.iterations }
    }

    /// To be called before so many iterations for each of so many blocks of output.
    pub(super) fn spend(
        &mut self,
        encrypted: Encrypted,
        iterations: u32,
        blocks: usize,
    ) -> Result<(), UploadError> {
        let blocks = u64::try_from(blocks).unwrap_or(u64::MAX);
        let cost = u64::from(iterations).saturating_mul(blocks);
        self.left = self.left.checked_sub(cost).ok_or(UploadError::TooMuchWork(encrypted, self.limit))?;
        Ok(())
    }
}
