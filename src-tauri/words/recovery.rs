//! What comes of a recovery file, in words.

use countersign_agent::RecoveryTaken;
use countersign_words::{Text, Words};
use time::OffsetDateTime;

use crate::local_time::local_offset;

/// What was taken, sentence by sentence.
pub(crate) fn recovered(words: &Words, taken: &RecoveryTaken) -> Vec<Text> {
    let fingerprint = taken.certificate.map(|fingerprint| Text::of_peer(&fingerprint.to_string()));
    [
        Some(words.recovery_taken_server(&taken.server)),
        fingerprint.map(|fingerprint| words.recovery_taken_certificate(&fingerprint)),
        taken.action.map(|action| words.recovery_taken_action(&words.action(action))),
        taken.until.map(|until| words.recovery_taken_until(&local(words, until))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A moment on the clock of the desktop.
pub(crate) fn local(words: &Words, moment: OffsetDateTime) -> Text {
    words.local_moment(moment, local_offset())
}
