//! Asking a certificate authority again: after a wait, or because it refuses its own value against replays (RFC 8555, section 6.5).

use std::time::Duration;

use instant_acme::Error;
use tokio::time::sleep;

use super::failure::is_bad_nonce;

/// So often the same is asked when the authority refuses its own value against replays; the library asks three times each time.
const MOST_NONCES: u32 = 12;
/// How long to wait between two looks at an order, at first and at the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Waits between two askings.
pub(super) struct Waits {
    next: Duration,
    nonces: u32,
}

impl Waits {
    pub(super) fn new() -> Self {
        Self { next: FIRST_WAIT, nonces: 0 }
    }

    pub(super) async fn wait(&mut self) {
        sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(LONGEST_WAIT);
    }

    /// Whether to ask the same again, after a wait.
    pub(super) async fn again(&mut self, error: &Error) -> bool {
        self.nonces += 1;
        if !is_bad_nonce(error) || self.nonces > MOST_NONCES {
            return false;
        }
        // The authority is there and only wants another value.
        sleep(FIRST_WAIT / 5).await;
        true
    }
}

/// Asks the same again as long as the authority only refuses its own value against replays: then nothing has been done.
macro_rules! repeated {
    ($asked:expr) => {{
        let mut waits = $crate::acme::repeated::Waits::new();
        loop {
            match $asked.await {
                Err(error) if waits.again(&error).await => {}
                outcome => break outcome,
            }
        }
    }};
}
pub(super) use repeated;
