//! What the person decided, on its way to the server that the decision is about. It waits until that server has kept it,
//! across restarts: most decisions are taken when there is no connection. Not secret.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_protocol::decision::{
    Asked, DecidedAnswer, DecidedQuestion, Lasting, MAXIMUM_DECISIONS, RememberedAtEndpoint,
};
use countersign_protocol::{AnnouncedAtEndpoint, Decision};
use countersign_trust::{Question, RememberFor, RememberedCertificate, ServerAddress};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::desktop::Prompt;
use crate::remembered::{Keeping, Remembered};
use crate::state_file::StateFile;

/// The file within the state directory.
const FILE: &str = "decisions.json";
/// More than this do not wait; the oldest make room.
const MAXIMUM_WAITING: usize = 200;

/// The decisions that no server has kept yet, and the file for the next run. Cheap to clone; all clones share the same.
#[derive(Clone, Debug)]
pub(crate) struct DecisionQueue {
    file: StateFile,
    waiting: Arc<Mutex<VecDeque<Waiting>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    server: ServerAddress,
    decision: Decision,
}

impl DecisionQueue {
    /// Reads what earlier runs have kept. What cannot be read is let go: it only tells of the past.
    pub(crate) fn load(directory: &Path) -> Self {
        let file = StateFile::new(directory, FILE);
        let waiting = match file.read() {
            Ok(Some(text)) => serde_json::from_slice(&text).unwrap_or_else(|error| {
                tracing::warn!(file = %file.path().display(), %error, "decisions that were to be reported are damaged and are let go");
                VecDeque::new()
            }),
            Ok(None) => VecDeque::new(),
            Err(error) => {
                tracing::warn!(file = %file.path().display(), %error, "decisions that were to be reported cannot be read");
                VecDeque::new()
            }
        };
        Self { file, waiting: Arc::new(Mutex::new(waiting)) }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a decision. To be saved afterwards.
    pub(crate) fn add(&self, server: &ServerAddress, decision: Decision) {
        let mut waiting = self.lock();
        while waiting.len() >= MAXIMUM_WAITING {
            waiting.pop_front();
        }
        waiting.push_back(Waiting { server: server.clone(), decision });
    }

    /// The oldest decisions about this server that it understands, as many as one message takes.
    pub(crate) fn about(
        &self,
        server: &ServerAddress,
        understands: impl Fn(&Decision) -> bool,
    ) -> Vec<Decision> {
        let waiting = self.lock();
        let own =
            waiting.iter().filter(|waiting| waiting.server == *server && understands(&waiting.decision));
        own.map(|waiting| waiting.decision.clone()).take(MAXIMUM_DECISIONS).collect()
    }

    /// This server has kept these. Returns whether there is something to save.
    pub(crate) fn were_kept(&self, server: &ServerAddress, ids: &[Uuid]) -> Dropped {
        let mut waiting = self.lock();
        let before = waiting.len();
        waiting.retain(|waiting| waiting.server != *server || !ids.contains(&waiting.decision.id));
        if waiting.len() < before { Dropped::Some } else { Dropped::Nothing }
    }

    /// Writes what waits. Blocks.
    pub(crate) fn save(&self) {
        let content = || Ok(Some(serde_json::to_vec(&*self.lock())?));
        if let Err(error) = self.file.replace(content) {
            tracing::warn!(file = %self.file.path().display(), %error, "decisions that are to be reported hold only until the agent ends");
        }
    }
}

/// Whether something left the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    Nothing,
    Some,
}

/// What was decided: the permission that was given, if one was.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'r> {
    Allowed(&'r RememberedCertificate, RememberFor),
    Denied,
    NobodyToAsk,
}

/// A question in the words of the protocol.
pub(crate) fn decided_question(question: &Question) -> DecidedQuestion {
    match question {
        Question::First => DecidedQuestion::First,
        Question::Changed { .. } => DecidedQuestion::Changed,
        Question::Worse { .. } => DecidedQuestion::Worse,
    }
}

/// What there is to report of an answer; nothing when the certificate could not be read.
pub(crate) fn decision(
    prompt: &Prompt,
    outcome: Outcome<'_>,
    asked: Asked,
    at: OffsetDateTime,
) -> Option<Decision> {
    Some(Decision {
        id: Uuid::now_v7(),
        at,
        fingerprint: prompt.assessment.fingerprint?,
        problems: prompt.assessment.kinds(),
        question: decided_question(&prompt.question),
        answer: match outcome {
            Outcome::Allowed(certificate, remember_for) => DecidedAnswer::Allowed {
                until: certificate.until,
                lasting: match remember_for {
                    RememberFor::Session => Lasting::ThisSession,
                    RememberFor::UntilChanged | RememberFor::Days(_) => Lasting::Kept,
                },
            },
            Outcome::Denied => DecidedAnswer::Denied,
            Outcome::NobodyToAsk => DecidedAnswer::NobodyToAsk,
        },
        asked,
    })
}

/// What there is to report when a certificate is allowed and nobody was asked.
pub(crate) fn without_question(
    certificate: &RememberedCertificate,
    question: DecidedQuestion,
    asked: Asked,
    at: OffsetDateTime,
) -> Decision {
    Decision {
        id: Uuid::now_v7(),
        at,
        fingerprint: certificate.fingerprint,
        problems: certificate.accepted.clone(),
        question,
        answer: DecidedAnswer::Allowed {
            until: certificate.until,
            lasting: match certificate.chosen {
                Some(RememberFor::Session) => Lasting::ThisSession,
                Some(RememberFor::UntilChanged | RememberFor::Days(_)) | None => Lasting::Kept,
            },
        },
        asked,
    }
}

/// What is allowed for a server, as far as it counts, in the words of the protocol.
pub(crate) fn allowed(remembered: &Remembered, counts: RememberedCertificate) -> RememberedAtEndpoint {
    RememberedAtEndpoint {
        fingerprint: counts.fingerprint,
        subject: counts.subject,
        issuer: counts.issuer,
        accepted: counts.accepted,
        since: counts.remembered_at,
        until: counts.until,
        lasting: match remembered.keeping {
            Keeping::Keychain => Lasting::Kept,
            Keeping::ThisSession => Lasting::ThisSession,
        },
        origin: counts.origin,
        announced: counts
            .announced
            .iter()
            .map(|announced| AnnouncedAtEndpoint {
                fingerprint: announced.fingerprint,
                until: announced.until,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use countersign_trust::Fingerprint;

    use super::*;

    fn numbered(number: u128) -> Decision {
        Decision {
            id: Uuid::from_u128(number),
            at: OffsetDateTime::UNIX_EPOCH,
            fingerprint: Fingerprint::of(b"x"),
            problems: [].into(),
            question: DecidedQuestion::First,
            answer: DecidedAnswer::Denied,
            asked: Asked::Dialog,
        }
    }

    fn ids(decisions: &[Decision]) -> Vec<u128> {
        decisions.iter().map(|decision| decision.id.as_u128()).collect()
    }

    #[test]
    fn decisions_wait_until_their_server_has_kept_them_and_are_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let (own, other) = ("a.example".parse().unwrap(), "b.example".parse().unwrap());
        let queue = DecisionQueue::load(directory.path());
        for number in 0..250 {
            queue.add(&own, numbered(number));
        }
        queue.add(&other, numbered(1000));
        queue.save();
        let queue = DecisionQueue::load(directory.path());
        assert_eq!(ids(&queue.about(&other, |_| true)), [1000]);
        let first: Vec<u128> = (51..151).collect();
        assert_eq!(
            ids(&queue.about(&own, |_| true)),
            first,
            "the oldest made room, and a message takes so many"
        );
        let kept: Vec<Uuid> = first.iter().map(|number| Uuid::from_u128(*number)).collect();
        assert_eq!(queue.were_kept(&other, &kept), Dropped::Nothing, "another server has no say");
        assert_eq!(queue.were_kept(&own, &kept), Dropped::Some);
        assert_eq!(ids(&queue.about(&own, |_| true)), (151..250).collect::<Vec<_>>());

        std::fs::write(directory.path().join(FILE), "{").unwrap();
        assert!(DecisionQueue::load(directory.path()).about(&own, |_| true).is_empty());
    }
}
