//! Everything that a person sees or answers goes through [`Desktop`].

use async_trait::async_trait;
use countersign_trust::{Assessment, Question, RememberFor, ServerAddress, display_text};
use serde::{Deserialize, Serialize};

/// The desktop of the person: asks and tells.
#[async_trait]
pub trait Desktop: Send + Sync + 'static {
    /// Asks whether to connect to a server without a valid certificate. Waits for as long as the person takes.
    ///
    /// Dropping the future withdraws the question.
    async fn ask(&self, prompt: Prompt) -> Answer;

    /// Tells the person something that needs no answer. Returns soon.
    async fn notify(&self, notice: Notice);
}

/// A question to the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prompt {
    /// The server in question.
    pub server: ServerAddress,
    /// What is wrong with its certificate.
    pub assessment: Assessment,
    /// What makes this a question.
    pub question: Question,
    /// For how long the certificate can be allowed, the default first. Never empty.
    pub offers: Vec<RememberFor>,
}

impl Prompt {
    /// Whether it is the question about this assessment too: the same certificate with the same kinds of problem.
    pub(crate) fn is_about(&self, assessment: &Assessment) -> bool {
        self.assessment.fingerprint == assessment.fingerprint && self.assessment.kinds() == assessment.kinds()
    }
}

/// What the person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Connect, and remember this certificate for this server for so long.
    Allow(RememberFor),
    /// Do not connect.
    Deny,
    /// Nobody could be asked, which counts as *Deny*.
    Unavailable,
}

/// Something to tell the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum Notice {
    /// A question waits for an answer.
    AnswerNeeded {
        /// The server in question.
        server: ServerAddress,
    },
    /// An answer holds only until the app ends, because the keychain did not take it.
    AnswerNotKept {
        /// Why, as a whole sentence.
        reason: String,
    },
    /// A server proved another identity than the one that this computer knows.
    OtherIdentity {
        /// The server.
        server: ServerAddress,
    },
    /// The administrator says something.
    CommandMessage {
        /// One line.
        title: String,
        /// The text.
        text: String,
    },
    /// A server without a valid certificate was trusted because there was nothing to compare it with.
    FirstUse {
        /// The server.
        server: ServerAddress,
    },
}

impl Notice {
    /// One line: what it is about.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::AnswerNeeded { .. } => "Your answer is needed".to_owned(),
            Self::AnswerNotKept { .. } => "Your answer could not be saved".to_owned(),
            Self::CommandMessage { title, .. } => {
                format!("From your administrator: {}", shortened(title, 80))
            }
            Self::FirstUse { .. } => "First connection to a new server".to_owned(),
            Self::OtherIdentity { .. } => "This may not be your company’s server".to_owned(),
        }
    }

    /// The text, in whole sentences.
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::AnswerNeeded { server } => {
                format!(
                    "{server} cannot show a valid certificate. Decide whether this computer connects to it."
                )
            }
            Self::AnswerNotKept { reason } => {
                format!(
                    "{reason} Your answer holds until Countersign ends; after that you will be asked again."
                )
            }
            Self::CommandMessage { text, .. } => shortened(text, 500),
            Self::OtherIdentity { server } => format!(
                "What answers as {server} is not the server that this computer was set up for: it proved another \
                 identity. Your enrolment token was not given away. Tell your IT department."
            ),
            Self::FirstUse { server } => format!(
                "{server} cannot show a valid certificate, and this computer has never talked to it before. As this \
                 computer is set up to allow that, the server is trusted from now on."
            ),
        }
    }
}

/// Text of the administrator, bounded, on one line at a time.
fn shortened(text: &str, characters: usize) -> String {
    let lines: Vec<String> = text.lines().map(display_text).collect();
    let text = lines.join("\n");
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_bounded_and_plain() {
        let notice = Notice::CommandMessage { title: "a\u{202e}b".to_owned(), text: "x".repeat(2000) };
        assert!(!notice.title().contains('\u{202e}'));
        assert!(notice.body().chars().count() <= 501);
    }
}
