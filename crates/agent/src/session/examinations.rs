//! Certificates that a server does not show are judged one after the other, and not as often as it likes: each takes the
//! computer some time.

use std::time::Duration;

use countersign_protocol::CertificateChain;
use countersign_trust::Assessment;
use rustls_pki_types::CertificateDer;
use tokio::time::Instant;

use crate::tls::Circumstances;

/// So many at once.
const AT_ONCE: u32 = 8;
/// Another one after so long.
const INTERVAL: Duration = Duration::from_secs(5);

/// How many may still be judged in a session.
#[derive(Debug)]
pub(super) struct Examinations {
    left: u32,
    /// Since when those that are left are counted.
    counted: Instant,
}

impl Examinations {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: AT_ONCE, counted: now }
    }

    /// Takes one. The error says how long to wait for the next.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        while self.left < AT_ONCE && now.saturating_duration_since(self.counted) >= INTERVAL {
            self.left += 1;
            self.counted += INTERVAL;
        }
        if self.left == AT_ONCE {
            self.counted = now;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(INTERVAL.saturating_sub(now.saturating_duration_since(self.counted))),
        }
    }
}

/// Assesses a chain as if the server showed it, on a thread on which that may take its time. The error is a whole sentence.
pub(super) async fn assess(
    circumstances: Circumstances,
    chain: CertificateChain,
) -> Result<(Circumstances, Assessment), String> {
    let work = move || {
        let chain: Vec<_> =
            chain.certificates().iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let assessment = circumstances.assess(&chain);
        (circumstances, assessment)
    };
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|error| format!("The certificate could not be judged: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_some_at_once_and_then_one_after_the_other() {
        let start = Instant::now();
        let mut examinations = Examinations::new(start);
        for _ in 0..AT_ONCE {
            assert_eq!(examinations.take(start), Ok(()));
        }
        assert_eq!(examinations.take(start), Err(INTERVAL));
        let second = Duration::from_secs(1);
        assert_eq!(examinations.take(start + second), Err(INTERVAL.saturating_sub(second)));
        assert_eq!(examinations.take(start + INTERVAL), Ok(()));
        assert!(examinations.take(start + INTERVAL).is_err());
        let much_later = start + INTERVAL * 1000;
        for _ in 0..AT_ONCE {
            assert_eq!(examinations.take(much_later), Ok(()));
        }
        assert!(examinations.take(much_later).is_err());
    }
}
