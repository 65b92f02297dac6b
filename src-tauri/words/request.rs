//! Why a window does not get what it asks for, in words.

use countersign_agent::{RecoveryRefusal, RequestError};
use countersign_words::{Text, Words};

use crate::control_socket::ClientError;
use crate::control_socket::protocol::Failure;

/// Letters of a reason at most.
const LONGEST_REASON: usize = 600;

/// In whole sentences. What the system says stays in its language.
pub(crate) fn client_error(words: &Words, error: &ClientError) -> Text {
    match error {
        ClientError::NotRunning => words.request_not_running(),
        ClientError::Silent => words.request_no_answer(),
        ClientError::Ended => words.request_ended(),
        ClientError::NotUnderstood { .. } => words.request_other_version(),
        ClientError::Connection(error) => Text::of_peer(&error.to_string()),
        ClientError::Failure(failure) => self::failure(words, failure),
    }
}

fn failure(words: &Words, failure: &Failure) -> Text {
    match failure {
        Failure::Version { .. } => words.request_other_version(),
        Failure::Busy => words.request_busy(),
        Failure::NotUnderstood { detail } => words.request_not_understood(&Text::of_peer(detail)),
        Failure::TimedOut => words.request_timed_out(),
        Failure::NotForWindows => words.request_not_for_windows(),
        Failure::Agent { error } => request_error(words, error),
        Failure::NotPossible => words.action_not_possible(),
        Failure::NoDisplay => words.request_no_display(),
    }
}

/// Why the agent does not do it, in whole sentences.
pub(crate) fn request_error(words: &Words, error: &RequestError) -> Text {
    let lines = |reason: &str| Text::of_peer_lines(reason, LONGEST_REASON);
    match error {
        RequestError::Pinned { server } => words.request_pinned(server),
        RequestError::NoQuestion => words.request_no_question(),
        RequestError::OtherQuestion => words.request_other_question(),
        RequestError::AnswersForbidden => words.request_answers_forbidden(),
        RequestError::TooLong => words.request_too_long(),
        RequestError::NotRemoved { reason } => words.request_not_removed(&lines(reason)),
        RequestError::NotKept { reason } => words.request_not_kept(&lines(reason)),
        RequestError::Recovery { refusal } => recovery_refusal(words, refusal),
        RequestError::Ended => words.request_ended(),
    }
}

fn recovery_refusal(words: &Words, refusal: &RecoveryRefusal) -> Text {
    match refusal {
        RecoveryRefusal::Unreadable { detail } | RecoveryRefusal::NotKept { detail } => {
            words.request_recovery_unreadable(&Text::of_peer_lines(detail, LONGEST_REASON))
        }
        RecoveryRefusal::BadSignature => words.request_recovery_other_signature(),
        // Which one, is for the log: nobody has proved to have made the file.
        RecoveryRefusal::OtherServer { .. } => words.request_recovery_other_server(),
        RecoveryRefusal::OtherIdentity { server } => words.request_recovery_other_identity(server),
        RecoveryRefusal::NoIdentity { server } => words.request_recovery_no_identity(server),
        RecoveryRefusal::OtherComputers => words.request_recovery_other_computers(),
        RecoveryRefusal::Over { until } => words.request_recovery_over(&words.moment(*until)),
        RecoveryRefusal::AlreadyTaken => words.request_recovery_taken(),
        RecoveryRefusal::Older => words.request_recovery_older(),
    }
}
