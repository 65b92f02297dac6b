//! Keeps which certificate the server will show next, so that a planned change asks nobody again.

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::{
    NextCertificate, NextCertificateKept, NextCertificateRefused, NotKept, SessionTrust,
};
use countersign_trust::{AnnouncementRefusal, Given, RememberedCertificate, announce};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::Session;
use super::examinations::assess;
use super::hold::SendError;
use crate::ratchet::{self, Ruling, Wish};
use crate::state::Context;

impl Session {
    /// The server announces its next certificate.
    pub(super) async fn next_announced(
        &mut self,
        context: &Context,
        next: NextCertificate,
    ) -> Result<(), SendError> {
        let fingerprint = next.fingerprint;
        let answer = match self.keep_announced(context, next).await {
            Ok(until) => {
                tracing::info!(server = %self.server, %fingerprint, %until, "the server announced its next certificate");
                AgentCustomMessage::NextCertificateKept(NextCertificateKept { fingerprint, until })
            }
            Err(reason) => {
                tracing::warn!(server = %self.server, %fingerprint, ?reason, "an announced certificate is not kept");
                AgentCustomMessage::NextCertificateRefused(NextCertificateRefused { fingerprint, reason })
            }
        };
        self.send_custom(&answer).await
    }

    async fn keep_announced(
        &mut self,
        context: &Context,
        next: NextCertificate,
    ) -> Result<OffsetDateTime, NotKept> {
        if let Ruling::Denied = ratchet::rule(self.trust, Wish::Announce) {
            return Err(NotKept::NotTrusted);
        }
        let failed = |detail: &str| NotKept::Failed { detail: detail.to_owned() };
        if next.chain.fingerprint() != next.fingerprint {
            return Err(failed("The fingerprint is not that of the first certificate of the chain."));
        }
        self.examinations.take(Instant::now()).map_err(|wait| {
            failed(&format!("The server has certificates judged too often; wait {} s.", wait.as_secs() + 1))
        })?;
        let circumstances = context.circumstances(&self.server).await;
        let (circumstances, assessment) =
            assess(circumstances, next.chain).await.map_err(|detail| failed(&detail))?;
        let now = circumstances.now;
        let options = context.remember_options();
        let former = context.remembered.of(&self.server).await;
        // What is over lets nothing through any more, and must not stand in the way of what the profile lets through.
        let counting = former.as_ref().filter(|former| !former.is_over(options, now));
        let counting = match self.trust {
            SessionTrust::Remembered | SessionTrust::Identified => counting,
            // Where the certificate is valid, a permission is left that a recovery file gave for another one.
            SessionTrust::Valid | SessionTrust::Unverified => None,
        };
        let counts = match counting {
            Some(counting) => Some(counting.under(options)),
            None => self.let_through_by_profile(now),
        };
        let announced = announce(&self.assessment, counts.as_ref(), &assessment, next.not_later_than, now)
            .map_err(not_kept)?;
        // Not as it counts under the profile of now, which may permit more again later.
        let (permission, given) = match counting {
            Some(counting) => (Some(counting.certificate.clone()), counting.given),
            None => (counts, Given::InThisSession),
        };
        if let Some(permission) = permission {
            context.remembered.replace(permission.with_announced(announced, now), given, former.as_ref());
        }
        Ok(announced.until)
    }

    /// What stands for the permission of nobody: the profile lets a server through that has proved its identity.
    fn let_through_by_profile(&self, now: OffsetDateTime) -> Option<RememberedCertificate> {
        match self.trust {
            SessionTrust::Identified => RememberedCertificate::let_through_by_profile(&self.assessment, now),
            SessionTrust::Valid | SessionTrust::Remembered | SessionTrust::Unverified => None,
        }
    }
}

fn not_kept(refusal: AnnouncementRefusal) -> NotKept {
    match refusal {
        AnnouncementRefusal::NotNeeded => NotKept::NotNeeded,
        AnnouncementRefusal::AlreadyShown => NotKept::AlreadyShown,
        AnnouncementRefusal::NewProblems(added) => NotKept::NewProblems { added },
        AnnouncementRefusal::CannotBeAllowed => NotKept::CannotBeAllowed,
        AnnouncementRefusal::Over => NotKept::Over,
    }
}
