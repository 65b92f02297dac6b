//! What is allowed for a server: by the person, by an announcement that follows from that.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use countersign_protocol::Decision as ReportedDecision;
use countersign_protocol::decision::{Asked, DecidedQuestion};
use countersign_trust::{
    ConnectReason, Fingerprint, PermissionOrigin, RememberFor, RememberedCertificate, ServerAddress,
};

use super::Context;
use crate::decisions::without_question;
use crate::desktop::Notice;
use crate::history::EventNote;
use crate::session::Session;

impl Context {
    /// Keeps an answer *Allow*. Nothing waits for the keychain: until it has taken the answer, this run remembers it.
    pub(crate) fn remember(&self, certificate: RememberedCertificate, remember_for: RememberFor) {
        let kept = self.remembered.remember(certificate, remember_for);
        let told = Arc::clone(&self.told_that_answers_are_not_kept);
        let notifier = self.notifier();
        self.tasks.spawn(async move {
            let Err(error) = kept.await else { return };
            tracing::warn!(%error, "the answer holds only until the agent ends");
            if !told.swap(true, Ordering::Relaxed) {
                notifier.notify(Notice::AnswerNotKept { reason: error }).await;
            }
        });
    }

    /// Notes a decision for the server that it is about.
    pub(crate) fn report_decision(&self, server: &ServerAddress, decision: ReportedDecision) {
        self.decisions.add(server, decision);
        self.save_decisions();
    }

    /// Writes the decisions that wait, without waiting for the disk.
    pub(crate) fn save_decisions(&self) {
        let decisions = self.decisions.clone();
        self.tasks.spawn_blocking(move || decisions.save());
    }

    /// The certificate of a session that is trusted is valid: what was allowed before is superfluous. Not what a recovery file
    /// allows, as long as that holds: it cannot be taken again, should the certificate that it names come back.
    pub(crate) async fn retire_remembered(&self, server: &ServerAddress) {
        let Some(certificate) = self.remembered.of(server).await.map(|remembered| remembered.certificate)
        else {
            return;
        };
        let holds = certificate.until.is_none_or(|until| self.clock.now() < until);
        if certificate.origin != PermissionOrigin::RecoveryFile || !holds {
            tracing::info!(%server, "the certificate is valid now; what was allowed before is forgotten");
            // The removal goes on by itself, and is tried again if the keychain does not do it.
            drop(self.remembered.forget(server));
        }
    }

    /// The announced certificate is shown, in a session that is trusted: it takes the place of the one that was allowed.
    pub(crate) async fn succeed(&mut self, session: &mut Session) {
        let server = &session.server;
        let Some(former) = self.remembered.of(server).await else { return };
        let now = self.clock.now();
        let counts = former.under(self.remember_options());
        let shown = &session.assessment;
        let let_through = shown
            .fingerprint
            .is_some_and(|fingerprint| counts.lets_announced_through(fingerprint, &shown.kinds(), now));
        let Some(next) = let_through.then(|| former.certificate.succeeded_by(shown, now)).flatten() else {
            return;
        };
        tracing::info!(%server, former = %former.certificate.fingerprint, now = %next.fingerprint, "the announced certificate takes the place of the one that was allowed");
        self.report_decision(
            server,
            without_question(&next, DecidedQuestion::Changed, Asked::Announcement, now),
        );
        self.remembered.replace(next, former.given, Some(&former));
        self.event_note = Some(EventNote::AnnouncedCertificate);
        if session.reason == ConnectReason::Announced {
            session.reason = ConnectReason::Remembered;
        }
    }

    /// Forgets a certificate that is allowed for a server, whether by itself or because it was announced. Returns whether it
    /// was.
    pub(crate) async fn forget_certificate(&self, server: &ServerAddress, fingerprint: Fingerprint) -> bool {
        let Some(remembered) = self.remembered.of(server).await else { return false };
        if remembered.certificate.fingerprint == fingerprint {
            // The removal goes on by itself, and is tried again if the keychain does not do it.
            drop(self.remembered.forget(server));
            return true;
        }
        match remembered.certificate.without_announced(fingerprint) {
            Some(without) => {
                self.remembered.replace(without, remembered.given, Some(&remembered));
                true
            }
            None => false,
        }
    }
}
