//! Everything that a person sees or answers goes through [`Desktop`].

use async_trait::async_trait;
use countersign_trust::{Assessment, Question, RememberFor, RememberedCertificate, ServerAddress};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::keychain::KeychainError;

/// The desktop of the person: asks and tells.
#[async_trait]
pub trait Desktop: Send + Sync + 'static {
    /// Asks whether to connect to a server without a valid certificate. Waits for as long as the person takes.
    ///
    /// Dropping the future withdraws the question.
    async fn ask(&self, prompt: Prompt) -> Answer;

    /// Tells the person something that needs no answer. Returns soon.
    async fn notify(&self, notice: Notice);

    /// No question is open any more, whether it was answered or has gone away: what told of it goes away as well. Returns at
    /// once.
    fn no_answer_needed(&self) {}
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
    /// When the certificate expires, where that ends the longest of the offers.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub ends_with_certificate: Option<OffsetDateTime>,
}

impl Prompt {
    /// A question that is asked now. `offers` begins with the longest.
    #[must_use]
    pub fn new(
        server: ServerAddress,
        assessment: Assessment,
        question: Question,
        offers: Vec<RememberFor>,
        now: OffsetDateTime,
    ) -> Self {
        let ends_with_certificate = offers.first().and_then(|longest| match longest {
            // Of a session nobody knows the end.
            RememberFor::Session => None,
            RememberFor::UntilChanged | RememberFor::Days(_) => {
                RememberedCertificate::of(&assessment, *longest, now)?.ends_with_certificate()
            }
        });
        Self { server, assessment, question, offers, ends_with_certificate }
    }

    /// Whether it is the question about this assessment too: the same certificate of the same server with the same kinds of
    /// problem.
    pub(crate) fn is_about(&self, assessment: &Assessment) -> bool {
        self.server == assessment.server
            && self.assessment.fingerprint == assessment.fingerprint
            && self.assessment.kinds() == assessment.kinds()
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
        /// Why.
        reason: KeychainError,
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
    /// A recovery file of the server was taken.
    Recovered {
        /// The server, at its new address if the file names one.
        server: ServerAddress,
        /// When the last of what it allows ends; none when it only names a new address.
        until: Option<OffsetDateTime>,
    },
    /// A server without a valid certificate was trusted because there was nothing to compare it with.
    FirstUse {
        /// The server.
        server: ServerAddress,
    },
}
