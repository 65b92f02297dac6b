//! What the person is told, in words.

use countersign_agent::{KeychainError, Notice};
use countersign_trust::display_text;
use countersign_words::{Text, Words};

use super::local;

/// Letters of a message's title at most: it stands in one line.
const LONGEST_TITLE: usize = 80;
/// Letters of a message at most.
const LONGEST_MESSAGE: usize = 500;

/// One line: what it is about.
#[must_use]
pub fn notice_title(words: &Words, notice: &Notice) -> Text {
    match notice {
        Notice::AnswerNeeded { .. } => words.notice_answer_needed(),
        Notice::AnswerNotKept { .. } => words.notice_answer_not_kept(),
        Notice::CommandMessage { title, .. } => {
            words.notice_command_message(&Text::of_peer_lines(&display_text(title), LONGEST_TITLE))
        }
        Notice::Recovered { .. } => words.notice_recovered(),
        Notice::FirstUse { .. } => words.notice_first_use(),
        Notice::OtherIdentity { .. } => words.notice_other_identity(),
    }
}

/// The text, in whole sentences.
#[must_use]
pub fn notice_body(words: &Words, notice: &Notice) -> Text {
    match notice {
        Notice::AnswerNeeded { server } => words.notice_answer_needed_body(server),
        Notice::AnswerNotKept { reason } => words.notice_answer_not_kept_body(&keychain_error(words, reason)),
        Notice::CommandMessage { text, .. } => Text::of_peer_lines(text, LONGEST_MESSAGE),
        Notice::OtherIdentity { server } => words.notice_other_identity_body(server),
        Notice::Recovered { server, until } => {
            let until = until.map(|until| words.recovery_taken_until(&local(words, until)));
            let said =
                [Some(words.notice_recovered_body(server)), until, Some(words.notice_recovered_history())];
            Text::in_one_paragraph(&said.into_iter().flatten().collect::<Vec<_>>())
        }
        Notice::FirstUse { server } => words.notice_first_use_body(server),
    }
}

/// Why the keychain did not do what it was asked, in one sentence.
pub(crate) fn keychain_error(words: &Words, error: &KeychainError) -> Text {
    match error {
        KeychainError::Unavailable { detail } => words.keychain_unavailable(detail),
        KeychainError::Locked { detail } => words.keychain_locked(detail),
        KeychainError::TimedOut { seconds } => words.keychain_timed_out(*seconds),
        KeychainError::Malformed { detail, .. } => words.keychain_malformed(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_bounded_and_plain() {
        let notice = Notice::CommandMessage { title: "a\u{202e}b\nc".to_owned(), text: "x".repeat(2000) };
        let words = Words::english();
        let title = notice_title(&words, &notice);
        assert_eq!(title, "From your administrator: a b c");
        assert!(notice_body(&words, &notice).chars().count() <= 501);
    }
}
