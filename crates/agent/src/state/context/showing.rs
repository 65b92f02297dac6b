//! What others see of the agent: its status, and what the person is told.

use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::EndpointProfile;
use countersign_trust::{
    Assessment, ConnectReason, InvalidCertificateAction, RememberOptions, ServerAddress,
};
use time::OffsetDateTime;
use tokio::sync::watch;

use super::{Context, KnownIdentity, Told};
use crate::desktop::{Desktop, Notice, Prompt};
use crate::history::{ConnectionEvent, Recorded};
use crate::remembered::RememberedSummary;
use crate::session::Session;
use crate::status::{ConnectionState, Enrolment, ProfileStatus};

/// How long the desktop may take with a notice.
const TO_NOTIFY: Duration = Duration::from_secs(30);

impl Context {
    /// Shows a state.
    pub(crate) fn show(&mut self, state: ConnectionState) {
        self.publish(state, None);
    }

    /// Shows a state that ends by itself.
    pub(crate) fn show_until(&mut self, state: ConnectionState, delay: Duration) {
        self.publish(state, Some(self.clock.now() + delay));
    }

    fn publish(&mut self, state: ConnectionState, next_attempt: Option<OffsetDateTime>) {
        let now = self.clock.now();
        let server = self.server();
        let known = server.as_ref().and_then(|server| self.client_identities.get(server));
        let enrolment = match known {
            Some(KnownIdentity::Usable(_)) => Enrolment::Enrolled,
            Some(KnownIdentity::None | KnownIdentity::SetAside(_)) | None => Enrolment::NotEnrolled,
        };
        let server_identity = server.as_ref().and_then(|server| self.pinned_identity(server));
        self.record(&state, server.as_ref());
        self.status.send_modify(|status| {
            if status.state != state || status.server != server {
                status.since = now;
            }
            if status.server != server {
                status.assessment = None;
                status.licence = None;
                status.last_contact = None;
            }
            status.state = state;
            status.server = server;
            status.next_attempt = next_attempt;
            status.enrolment = enrolment;
            status.server_identity = server_identity;
        });
    }

    /// Adds a state to the history when it comes about.
    fn record(&mut self, state: &ConnectionState, server: Option<&ServerAddress>) {
        let event = {
            let status = self.status.borrow();
            let same_server = status.server.as_ref() == server;
            if status.state == *state && same_server {
                return;
            }
            let assessment = status.assessment.as_ref().filter(|_| same_server);
            let seen = assessment.and_then(|assessment| assessment.fingerprint);
            let fingerprint = match state {
                // Its outcome is told.
                ConnectionState::Connecting => return,
                ConnectionState::Disconnected | ConnectionState::BackingOff { .. } => None,
                ConnectionState::AwaitingDecision
                | ConnectionState::Connected
                | ConnectionState::Refused { .. } => seen,
            };
            let event = ConnectionEvent::new(
                self.clock.now(),
                server.cloned(),
                state.clone(),
                status.trust,
                fingerprint,
            );
            ConnectionEvent { note: self.event_note.take(), ..event }
        };
        if self.history.record(event) == Recorded::New {
            self.save_history();
        }
    }

    /// Writes the history, without waiting for it.
    pub(crate) fn save_history(&self) {
        let history = self.history.clone();
        self.tasks.spawn_blocking(move || history.save());
    }

    /// Shows how far the session is trusted, and the permission on which it rests.
    pub(crate) async fn show_trust(&self, session: &Session) {
        let remembered = match session.reason {
            ConnectReason::Remembered | ConnectReason::Announced => self.remembered.of(&session.server).await,
            ConnectReason::Valid | ConnectReason::AllowedByProfile => None,
        };
        let remembered = remembered.map(|remembered| {
            let certificate = remembered.under(self.remember_options());
            RememberedSummary {
                fingerprint: certificate.fingerprint,
                since: certificate.remembered_at,
                until: certificate.until,
                keeping: remembered.keeping,
                origin: certificate.origin,
            }
        });
        let trust = session.trust;
        self.status.send_if_modified(|status| {
            let changes = status.trust != Some(trust) || status.remembered != remembered;
            status.trust = Some(trust);
            status.remembered = remembered;
            changes
        });
    }

    /// There is no session any more.
    pub(crate) fn show_no_trust(&self) {
        self.status.send_modify(|status| {
            status.trust = None;
            status.remembered = None;
        });
    }

    /// Shows what was found out about the certificate.
    pub(crate) fn show_assessment(&self, assessment: &Assessment) {
        self.status.send_modify(|status| status.assessment = Some(assessment.clone()));
    }

    /// Shows the profile, and the action that is in force.
    pub(crate) fn show_profile(&self) {
        let loosened_until = self.loosened_until();
        let shown = ProfileStatus { loosened_until, ..profile_status(self.profile.as_ref(), self.action()) };
        self.status.send_if_modified(|status| {
            let changes = status.profile != shown;
            status.profile = shown;
            changes
        });
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
        let notifier = self.notifier();
        self.tasks.spawn(async move { notifier.notify(notice).await });
    }

    /// What tells the person something from a task of its own.
    pub(super) fn notifier(&self) -> Notifier {
        Notifier { desktop: Arc::clone(&self.desktop) }
    }
}

/// Tells the person something.
pub(super) struct Notifier {
    desktop: Arc<dyn Desktop>,
}

impl Notifier {
    pub(super) async fn notify(&self, notice: Notice) {
        if tokio::time::timeout(TO_NOTIFY, self.desktop.notify(notice)).await.is_err() {
            tracing::warn!("the desktop did not take a notice in time");
        }
    }
}

/// A question that is open for as long as this is there.
pub(crate) struct OpenQuestion {
    shown: watch::Sender<Option<Prompt>>,
    desktop: Arc<dyn Desktop>,
}

impl OpenQuestion {
    pub(crate) fn new(context: &Context, prompt: &Prompt) -> Self {
        context.question.send_replace(Some(prompt.clone()));
        Self { shown: context.question.clone(), desktop: Arc::clone(&context.desktop) }
    }
}

impl Drop for OpenQuestion {
    fn drop(&mut self) {
        self.shown.send_replace(None);
        self.desktop.no_answer_needed();
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
        loosened_until: None,
        remember: profile.map_or_else(RememberOptions::default, |profile| profile.remember),
    }
}
