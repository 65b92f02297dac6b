//! Tells the server what this agent would do if it showed another certificate.
//!
//! The same functions judge as in a handshake, with the same roots, clock, address and permissions. Nobody has proved to hold
//! the key of that certificate, so that nothing follows from it but the answer.

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::{CannotJudge, Judge, Judgement, OutcomeByAction, RehearsalKind, RehearsedOutcome};
use countersign_trust::{Decision, InvalidCertificateAction, Possession};
use tokio::time::Instant;

use super::Session;
use super::examinations::assess;
use super::hold::SendError;
use crate::decisions::decided_question;
use crate::ratchet::{self, Ruling, Wish};
use crate::state::Context;

impl Session {
    /// Answers a rehearsal.
    pub(super) async fn rehearse(&mut self, context: &Context, judge: Judge) -> Result<(), SendError> {
        let Judge { id, chain, kind: RehearsalKind::Candidate } = judge;
        let answer = Judgement {
            id,
            fingerprint: chain.fingerprint(),
            judged_at: context.clock.now(),
            address: self.server.clone(),
            action: context.action(),
            assessment: None,
            by_action: None,
            outcome: RehearsedOutcome::CannotJudge { reason: CannotJudge::NotTrusted },
        };
        let answer = match self.may_rehearse() {
            Ok(()) => match assess(context.circumstances(&self.server).await, chain).await {
                Ok((circumstances, assessment)) => {
                    let under =
                        |action| outcome(&circumstances.decide(Possession::Proved, &assessment, action));
                    Judgement {
                        judged_at: circumstances.now,
                        action: circumstances.action,
                        outcome: under(circumstances.action),
                        by_action: Some(OutcomeByAction {
                            allow: under(InvalidCertificateAction::Allow),
                            warn: under(InvalidCertificateAction::Warn),
                            deny: under(InvalidCertificateAction::Deny),
                        }),
                        assessment: Some(Box::new(assessment)),
                        ..answer
                    }
                }
                Err(detail) => cannot(answer, CannotJudge::failed(&detail)),
            },
            Err(reason) => {
                tracing::warn!(server = %self.server, ?reason, "refused to judge a certificate that the server does not show");
                cannot(answer, reason)
            }
        };
        tracing::info!(server = %self.server, fingerprint = %answer.fingerprint, outcome = ?answer.outcome, "answered what would happen with another certificate");
        self.send_custom(&AgentCustomMessage::Judgement(Box::new(answer))).await
    }

    /// The answer tells about the roots of this computer and what the person allowed.
    fn may_rehearse(&mut self) -> Result<(), CannotJudge> {
        if let Ruling::Denied = ratchet::rule(self.trust, Wish::Rehearse) {
            return Err(CannotJudge::NotTrusted);
        }
        self.examinations.take(Instant::now()).map_err(|wait| CannotJudge::TooOften {
            retry_after_seconds: u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1),
        })
    }
}

fn cannot(answer: Judgement, reason: CannotJudge) -> Judgement {
    Judgement { outcome: RehearsedOutcome::CannotJudge { reason }, ..answer }
}

/// What a decision means to whoever waits for the connection.
fn outcome(decision: &Decision) -> RehearsedOutcome {
    match decision {
        Decision::Connect(because) => RehearsedOutcome::ConnectsSilently { because: *because },
        Decision::Ask(question) => RehearsedOutcome::WouldAsk { question: decided_question(question) },
        Decision::Refuse(because) => RehearsedOutcome::WouldRefuse { because: *because },
    }
}
