//! Examines and takes recovery files: opened by the person, or put in place by whoever looks after the computer.

use countersign_protocol::decision::{Asked, DecidedQuestion};
use countersign_protocol::{IdentityPublicKey, RecoveryDocument};
use countersign_trust::{InvalidCertificateAction, RememberedCertificate, ServerAddress};
use time::OffsetDateTime;

use super::{Context, saved};
use crate::decisions::without_question;
use crate::desktop::Notice;
use crate::history::{ConnectionEvent, EventNote, Recorded};
use crate::recovery::{self, Facts, RecoveryRefusal, RecoveryTaken};
use crate::state::{RecoverRequest, RecoveryWish};
use crate::store::Move;

/// Whether something was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovery {
    /// What follows has to be judged anew.
    Taken,
    Nothing,
}

impl Context {
    /// Takes a file that somebody has opened, or only looks at it, and tells them what came of it; or takes what was put in place.
    pub(crate) async fn recover(&mut self, request: RecoverRequest) -> Recovery {
        let (file, wish) = match request {
            RecoverRequest::Opened { file, wish } => (file, wish),
            RecoverRequest::LookForFiles => return self.take_recovery_files().await,
        };
        let reply = match wish {
            RecoveryWish::Take(reply) => reply,
            RecoveryWish::Examine(reply) => {
                let judged = self.judge_recovery_file(&file, self.clock.now());
                // Whoever asked may have gone.
                let _ = reply.send(judged.map(|(document, _)| document).map_err(Into::into));
                return Recovery::Nothing;
            }
        };
        let taken = self.take_recovery_file(&file).await;
        let recovery = if taken.is_ok() { Recovery::Taken } else { Recovery::Nothing };
        if let Err(refusal) = &taken {
            tracing::warn!(%refusal, "a recovery file is not taken");
        }
        // Whoever asked may have gone.
        let _ = reply.send(taken.map_err(Into::into));
        recovery
    }

    /// Takes what was put in place for this computer since the last look.
    pub(crate) async fn take_recovery_files(&mut self) -> Recovery {
        let mut recovery = Recovery::Nothing;
        for (path, text) in self.recovery_watch.look().await {
            let refusal = match self.take_recovery_file(&text).await {
                Ok(taken) => {
                    tracing::info!(file = %path.display(), server = %taken.server, "a recovery file that was put in place is taken");
                    recovery = Recovery::Taken;
                    continue;
                }
                Err(refusal) => refusal,
            };
            let is_news = self.recovery_watch.not_taken(&path, &refusal);
            if matches!(refusal, RecoveryRefusal::AlreadyTaken | RecoveryRefusal::Older) {
                tracing::debug!(file = %path.display(), %refusal, "a recovery file is not taken");
            } else if is_news {
                tracing::warn!(file = %path.display(), %refusal, "a recovery file is not taken");
            }
        }
        recovery
    }

    /// What the file would do, and the identity key that has signed it.
    fn judge_recovery_file(
        &self,
        text: &str,
        now: OffsetDateTime,
    ) -> Result<(RecoveryDocument, Option<IdentityPublicKey>), RecoveryRefusal> {
        let server = self.server();
        let identity = server.as_ref().and_then(|server| self.pinned_identity(server));
        let facts = Facts {
            server: server.as_ref(),
            identity,
            instance_uid: self.kept.instance_uid,
            record: &self.kept.recovery,
            now,
        };
        let document = recovery::judge(text, &facts)?;
        if let Some(to) = &document.new_address
            && self.pinned_identity(to).is_some_and(|known| Some(known) != identity)
        {
            return Err(RecoveryRefusal::OtherIdentity { server: to.clone() });
        }
        Ok((document, identity))
    }

    async fn take_recovery_file(&mut self, text: &str) -> Result<RecoveryTaken, RecoveryRefusal> {
        let now = self.clock.now();
        let (document, identity) = self.judge_recovery_file(text, now)?;
        let mut kept = self.kept.clone();
        kept.recovery.take(&document);
        if let (Some(to), Some(identity)) = (&document.new_address, identity) {
            kept.identities.insert(to.clone(), identity);
            kept.take_profile_along(&document.server, to, Some(identity));
            if let Some(from) = kept.home(&self.configuration).cloned() {
                kept.moved = (from != *to).then(|| Move { from, to: to.clone() });
            }
        }
        // First of all it is noted that it was taken: it must not be taken twice.
        let saving = saved(self.store.saving(&kept));
        saving.await.map_err(|detail| RecoveryRefusal::NotKept { detail })?;
        self.kept = kept;
        self.trying = None;
        // Whoever tightened for this run did not prove to be the server; the file does.
        self.tightened = None;
        if let Some(to) = &document.new_address {
            self.take_client_identity_along(&document.server, to).await;
        }
        Ok(self.carry_out(&document, now))
    }

    fn carry_out(&mut self, document: &RecoveryDocument, now: OffsetDateTime) -> RecoveryTaken {
        let server = document.new_address.as_ref().unwrap_or(&document.server).clone();
        tracing::warn!(id = %document.id, %server, action = ?document.action, new_address = ?document.new_address, "a recovery file of the server is taken");
        let allowed = document.allow.as_ref().and_then(|allow| {
            let accepted = allow.accepted.clone();
            RememberedCertificate::by_recovery_file(
                server.clone(),
                &allow.certificate,
                accepted,
                allow.until,
                now,
            )
        });
        let certificate = allowed.as_ref().map(|allowed| allowed.fingerprint);
        if let Some(allowed) = allowed {
            let decision = without_question(&allowed, DecidedQuestion::First, Asked::RecoveryFile, now);
            self.report_decision(&server, decision);
            self.remember(allowed, countersign_trust::RememberFor::UntilChanged);
        }
        self.show_profile();
        let ends = [
            document.allow.as_ref().map(|allow| allow.until),
            document.action.as_ref().map(|action| action.until),
        ];
        let until = ends.into_iter().flatten().max();
        self.notify(Notice::Recovered { server: server.clone(), until });
        self.record_recovery(&server, now);
        RecoveryTaken { server, certificate, action: document.action.map(|action| action.action), until }
    }

    fn record_recovery(&self, server: &ServerAddress, now: OffsetDateTime) {
        let state = self.status.borrow().state.clone();
        let event = ConnectionEvent {
            note: Some(EventNote::RecoveryFile),
            ..ConnectionEvent::new(now, Some(server.clone()), state, None, None)
        };
        if self.history.record(event) == Recorded::New {
            self.save_history();
        }
    }

    /// The looser action that a recovery file has set, and until when.
    pub(super) fn recovered_action(&self) -> Option<(InvalidCertificateAction, OffsetDateTime)> {
        let server = self.server()?;
        let action = self.kept.recovery.action(&server, self.clock.now())?;
        Some((action.action, action.until))
    }

    /// Until when a recovery file makes the action in force looser than it would be; nothing where none does.
    pub(super) fn loosened_until(&self) -> Option<OffsetDateTime> {
        let (_, until) = self.recovered_action()?;
        (self.action() < self.action_without_recovery()).then_some(until)
    }
}
