//! What others see of the agent: its status, and what the person is told.

use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::EndpointProfile;
use countersign_trust::{Assessment, InvalidCertificateAction, ServerAddress};
use time::OffsetDateTime;

use super::{Context, KnownIdentity, Told};
use crate::desktop::Notice;
use crate::status::{ConnectionState, Enrolment, ProfileStatus};

/// How long the desktop may take with a notice.
const TO_NOTIFY: Duration = Duration::from_secs(30);

impl Context {
    /// Shows a state.
    pub(crate) fn show(&self, state: ConnectionState) {
        self.publish(state, None);
    }

    /// Shows a state that ends by itself.
    pub(crate) fn show_until(&self, state: ConnectionState, delay: Duration) {
        self.publish(state, Some(self.clock.now() + delay));
    }

    fn publish(&self, state: ConnectionState, next_attempt: Option<OffsetDateTime>) {
        let now = self.clock.now();
        let server = self.server();
        let known = server.as_ref().and_then(|server| self.client_identities.get(server));
        let enrolment = match known {
            Some(KnownIdentity::Usable(_)) => Enrolment::Enrolled,
            Some(KnownIdentity::None | KnownIdentity::SetAside(_)) | None => Enrolment::NotEnrolled,
        };
        let server_identity = server.as_ref().and_then(|server| self.pinned_identity(server));
        self.status.send_modify(|status| {
            if status.state != state {
                status.since = now;
            }
            if status.server != server {
                status.assessment = None;
            }
            status.state = state;
            status.server = server;
            status.next_attempt = next_attempt;
            status.enrolment = enrolment;
            status.server_identity = server_identity;
        });
    }

    /// Shows what was found out about the certificate.
    pub(crate) fn show_assessment(&self, assessment: &Assessment) {
        self.status.send_modify(|status| status.assessment = Some(assessment.clone()));
    }

    pub(super) fn show_profile(&self) {
        let shown = profile_status(self.profile.as_ref(), self.action());
        self.status.send_modify(|status| status.profile = shown);
    }

    /// The server has been heard of.
    pub(crate) fn heard_of_server(&self) {
        let now = self.clock.now();
        self.status.send_modify(|status| status.last_contact = Some(now));
    }

    /// Tells the person, once in a run, that this is another server than the one that it claims to be.
    pub(crate) fn tell_of_other_identity(&mut self, server: &ServerAddress) {
        if self.told_of_other_identity == Told::NotYet {
            self.told_of_other_identity = Told::Yes;
            self.notify(Notice::OtherIdentity { server: server.clone() });
        }
    }

    /// Tells the person something, without waiting for it.
    pub(crate) fn notify(&self, notice: Notice) {
        let desktop = Arc::clone(&self.desktop);
        self.notices.spawn(async move {
            if tokio::time::timeout(TO_NOTIFY, desktop.notify(notice)).await.is_err() {
                tracing::warn!("the desktop did not take a notice in time");
            }
        });
    }
}

/// The profile as it is shown.
pub(crate) fn profile_status(
    profile: Option<&EndpointProfile>,
    action: InvalidCertificateAction,
) -> ProfileStatus {
    ProfileStatus {
        name: profile.map(|profile| profile.name.clone()),
        revision: profile.map(|profile| profile.revision),
        action,
    }
}
