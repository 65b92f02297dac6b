//! Asks an agent about certificates that are not shown yet, announces the next one, and keeps what it answers.

use countersign_protocol::custom::{self, ServerCustomMessage};
use countersign_protocol::{
    CannotJudge, InstanceUid, Judge, Judgement, NextCertificate, NotKept, RehearsalKind, RehearsedOutcome,
};
use countersign_trust::{Assessment, Fingerprint};

use super::presence::Place;
use super::session::{End, Session};
use crate::forecast::Found;
use crate::store::{Again, Answer, CANNOT_BE_ALLOWED, Errand, KEPT, NEW_PROBLEMS, NOT_TRUSTED, Rehearsal};

/// What an agent can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rehearses {
    judging: Ability,
    following: Ability,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ability {
    Able,
    #[default]
    Unable,
}

impl Rehearses {
    /// By what the agent has said that it understands.
    pub(super) fn of(capabilities: &[&str]) -> Self {
        let ability = |wanted| {
            if capabilities.contains(&wanted) { Ability::Able } else { Ability::Unable }
        };
        Self { judging: ability(custom::REHEARSAL), following: ability(custom::CONTINUITY) }
    }
}

impl Session {
    /// Sends what this endpoint has not been asked yet.
    pub(super) async fn send_rehearsals(&mut self, uid: InstanceUid) -> Result<(), End> {
        if self.rehearses == Rehearses::default() {
            return Ok(());
        }
        let now = self.telemetry.clock.now();
        let began = self.place.as_ref().map_or(now, Place::entered_at);
        for unsent in self.telemetry.store.unsent(uid, began, now).await? {
            let ability = match unsent.errand {
                Errand::Judge => self.rehearses.judging,
                Errand::Announce { .. } => self.rehearses.following,
            };
            let Rehearsal { fingerprint, digest, chain, .. } = &unsent.rehearsal;
            let shown = self.telemetry.certificates.current();
            let is_shown = match unsent.errand {
                // What it is shown, it has judged and reported when it came. Who came before that was asked judges it again.
                Errand::Judge => shown.chain == *digest && began >= unsent.rehearsal.opened_at,
                // What may follow is another certificate, whatever is shown with it.
                Errand::Announce { .. } => shown.fingerprint == *fingerprint,
            };
            if is_shown || ability == Ability::Unable {
                continue;
            }
            // Before it is sent: the answer is kept only if it was asked for.
            self.telemetry.store.keep_sent(uid, &unsent, now).await?;
            let message = match unsent.errand {
                Errand::Judge => ServerCustomMessage::Judge(Judge {
                    id: unsent.id,
                    chain: chain.clone(),
                    kind: RehearsalKind::Candidate,
                }),
                Errand::Announce { not_later_than } => {
                    ServerCustomMessage::NextCertificate(NextCertificate {
                        fingerprint: *fingerprint,
                        chain: chain.clone(),
                        not_later_than,
                    })
                }
            };
            self.send_custom(&message).await?;
        }
        Ok(())
    }

    /// Keeps what an agent found out about a certificate that it was sent.
    pub(super) async fn judged(&self, uid: InstanceUid, judgement: Judgement) -> Result<(), End> {
        let telemetry = &self.telemetry;
        let Some(chain) = telemetry.store.asked_about(uid, judgement.id).await? else {
            tracing::info!(endpoint = %uid, question = %judgement.id, "left a judgement alone that was not asked for, or was asked for anew");
            return Ok(());
        };
        let is_about_it = |assessment: &Assessment| {
            // Earlier versions do not say which chain it was.
            assessment.fingerprint == Some(judgement.fingerprint)
                && assessment.chain_digest.is_none_or(|digest| digest == chain)
        };
        let answer = match (judgement.outcome, judgement.assessment) {
            (RehearsedOutcome::CannotJudge { reason }, _) => match reason {
                CannotJudge::NotTrusted => Answer::NotJudged { reason: NOT_TRUSTED },
                CannotJudge::TooOften { .. } => Answer::TooOften,
                CannotJudge::Failed { .. } => Answer::NotJudged { reason: "failed" },
            },
            (
                RehearsedOutcome::ConnectsSilently { .. }
                | RehearsedOutcome::WouldAsk { .. }
                | RehearsedOutcome::WouldRefuse { .. },
                Some(assessment),
            ) if is_about_it(&assessment) => {
                let assessment = Assessment { chain_digest: Some(chain), ..*assessment };
                let document = serde_json::to_string(&Found::from(&assessment));
                Answer::Judged { document: document.map_err(|error| End::Protocol(error.to_string()))? }
            }
            (
                RehearsedOutcome::ConnectsSilently { .. }
                | RehearsedOutcome::WouldAsk { .. }
                | RehearsedOutcome::WouldRefuse { .. },
                _,
            ) => {
                return Err(End::Protocol(
                    "a judgement has no assessment of the chain that was sent".to_owned(),
                ));
            }
        };
        let now = telemetry.clock.now();
        Ok(telemetry.store.keep_answer(uid, chain, answer, now).await?)
    }

    /// Keeps whether an agent lets an announced certificate follow; `refused` says why it does not.
    pub(super) async fn announcement_answered(
        &self,
        uid: InstanceUid,
        fingerprint: Fingerprint,
        refused: Option<&NotKept>,
    ) -> Result<(), End> {
        let word = match refused {
            None => KEPT,
            Some(NotKept::NotTrusted) => NOT_TRUSTED,
            Some(NotKept::NotNeeded) => "not_needed",
            Some(NotKept::AlreadyShown) => "already_shown",
            Some(NotKept::NewProblems { .. }) => NEW_PROBLEMS,
            Some(NotKept::CannotBeAllowed) => CANNOT_BE_ALLOWED,
            Some(NotKept::Over) => "over",
            Some(NotKept::Failed { .. }) => "failed",
        };
        // Among them is that the agent was asked too much of late.
        let again = if let Some(NotKept::Failed { .. }) = refused { Again::Yes } else { Again::No };
        Ok(self.telemetry.store.keep_announcement(uid, fingerprint, word, again).await?)
    }
}
