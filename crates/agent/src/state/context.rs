//! What all states share: settings, memory, and the way to show what happens.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::{EndpointProfile, IdentityPublicKey, InstanceUid, SignedProfile};
use countersign_trust::{
    Assessment, ConnectReason, Decision, InvalidCertificateAction, OperatingSystemRoots, Possession,
    RememberedCertificate, ServerAddress, decide,
};
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use super::{BackingOff, Request, State};
use crate::Secret;
use crate::back_off::BackOff;
use crate::client_identity::ClientIdentity;
use crate::clock::{Clock, unix_time};
use crate::configuration::AgentConfiguration;
use crate::desktop::{Desktop, Notice};
use crate::keychain::KeychainClient;
use crate::remembered::RememberedCertificates;
use crate::session::{CommandLog, Session};
use crate::status::{BackOffReason, ConnectionState, Enrolment, ProfileStatus, Status};
use crate::store::{Kept, KeptProfile, Move, Store};
use crate::tls::{Circumstances, Target};

/// How long the desktop may take with a notice.
const TO_NOTIFY: Duration = Duration::from_secs(30);

/// Shared by all states; only one of them runs at a time.
pub(crate) struct Context {
    pub(crate) configuration: AgentConfiguration,
    pub(crate) desktop: Arc<dyn Desktop>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) roots: Arc<OperatingSystemRoots>,
    pub(crate) keychain: KeychainClient,
    pub(crate) remembered: RememberedCertificates,
    pub(crate) store: Store,
    pub(crate) kept: Kept,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) requests: mpsc::Receiver<Request>,
    /// The notices that are on their way.
    pub(crate) notices: TaskTracker,
    pub(crate) reconnecting: BackOff,
    /// How many sessions in a row were opened again at once.
    pub(crate) opened_again: u32,
    /// The profile that is applied.
    pub(crate) profile: Option<EndpointProfile>,
    /// A stricter action that holds until the agent ends.
    pub(crate) tightened: Option<InvalidCertificateAction>,
    pub(crate) commands: CommandLog,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) client_identities: HashMap<ServerAddress, KnownIdentity>,
    pub(crate) told_that_answers_are_not_kept: Told,
    /// Another server that is being tried.
    pub(crate) trying: Option<ServerAddress>,
    /// The token for a server that another server has named.
    pub(crate) offered_token: Option<(ServerAddress, Secret)>,
}

/// What is known of the client certificate for a server.
#[derive(Clone, Debug)]
pub(crate) enum KnownIdentity {
    /// There is none.
    None,
    /// There is one.
    Usable(ClientIdentity),
    /// The server does not accept it.
    SetAside,
}

/// Whether the person was told something that is said only once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Told {
    #[default]
    NotYet,
    Yes,
}

impl Context {
    /// The server to connect to.
    pub(crate) fn server(&self) -> Option<ServerAddress> {
        let configured = self.configuration.server.as_ref()?;
        if let Some(trying) = &self.trying {
            return Some(trying.clone());
        }
        match &self.kept.moved {
            Some(moved) if moved.from == *configured => Some(moved.to.clone()),
            Some(_) | None => Some(configured.clone()),
        }
    }

    /// The action in force.
    pub(crate) fn action(&self) -> InvalidCertificateAction {
        let set = match &self.profile {
            Some(profile) => profile.invalid_certificate_action,
            None => self.configuration.invalid_certificate_action,
        };
        self.tightened.map_or(set, |tightened| tightened.max(set))
    }

    /// Whom to connect to, as whom, and how to judge.
    pub(crate) async fn target(&mut self, server: &ServerAddress) -> Target {
        let remembered = self.remembered.of(server).await;
        let client_identity = self.client_identity(server).await;
        let configured = self.configuration.server.as_ref() == Some(server);
        Target {
            circumstances: Circumstances {
                server: server.clone(),
                roots: Arc::clone(&self.roots),
                now: unix_time(self.clock.now()),
                action: self.action(),
                remembered,
            },
            connect_to: self.configuration.connect_to.filter(|_| configured),
            client_identity,
        }
    }

    /// Whether the certificate of the session would be let through under the rules of now.
    pub(crate) async fn still_allows(&mut self, session: &Session) -> bool {
        let remembered = self.remembered.of(&session.server).await;
        let decision = decide(Possession::Proved, &session.assessment, self.action(), remembered.as_ref());
        // With another reason the session would have another trust, so it is opened anew.
        matches!(&decision, Decision::Connect(reason) if *reason == session.reason || *reason == ConnectReason::Valid)
    }

    // ---- the server's identity ----

    /// The key that this server has to prove.
    pub(crate) fn pinned_identity(&self, server: &ServerAddress) -> Option<IdentityPublicKey> {
        let configured = self.configuration.server.as_ref() == Some(server);
        self.configuration
            .server_identity
            .filter(|_| configured)
            .or_else(|| self.kept.identities.get(server).copied())
    }

    /// Whether the key is pinned for any address: the same server can have several.
    pub(crate) fn knows_identity(&self, key: &IdentityPublicKey) -> bool {
        self.configuration.server_identity.as_ref() == Some(key)
            || self.kept.identities.values().any(|known| known == key)
    }

    /// Set up by hand, and never in touch with a server that could be recognised.
    pub(crate) fn is_set_up_by_hand(&self) -> bool {
        self.configuration.server_identity.is_none() && self.kept.identities.is_empty()
    }

    pub(crate) async fn learn_identity(&mut self, server: &ServerAddress, key: IdentityPublicKey) {
        self.kept.identities.insert(server.clone(), key);
        self.keep().await;
    }

    // ---- profile ----

    /// The profile as it was signed.
    pub(crate) fn signed_profile(&self) -> Option<SignedProfile> {
        self.kept.profile.as_ref().and_then(KeptProfile::signed)
    }

    pub(crate) async fn apply_profile(
        &mut self,
        profile: EndpointProfile,
        signed: &SignedProfile,
        identity: Option<IdentityPublicKey>,
    ) {
        self.profile = Some(profile);
        self.tightened = None;
        self.kept.profile = identity.map(|identity| KeptProfile::new(signed, identity));
        self.keep().await;
        self.show_profile();
    }

    pub(crate) fn tighten(&mut self, action: InvalidCertificateAction) {
        self.tightened = Some(self.tightened.map_or(action, |tightened| tightened.max(action)));
        self.show_profile();
    }

    // ---- enrolment ----

    /// The token for the present server, if there is one.
    pub(crate) fn enrolment_token(&self) -> Option<Secret> {
        let server = self.server()?;
        match &self.offered_token {
            Some((to, token)) if *to == server => Some(token.clone()),
            Some(_) | None if self.configuration.server.as_ref() == Some(&server) => {
                self.configuration.enrolment_token.clone()
            }
            Some(_) | None => None,
        }
    }

    async fn client_identity(&mut self, server: &ServerAddress) -> Option<ClientIdentity> {
        if !self.client_identities.contains_key(server) {
            let known = match ClientIdentity::load(&self.keychain, server).await {
                Ok(Some(identity)) => KnownIdentity::Usable(identity),
                Ok(None) => KnownIdentity::None,
                Err(error) => {
                    tracing::warn!(%server, %error, "the client certificate cannot be read; this computer enrols again");
                    KnownIdentity::None
                }
            };
            self.client_identities.insert(server.clone(), known);
        }
        match self.client_identities.get(server) {
            Some(KnownIdentity::Usable(identity)) if !identity.has_expired(self.clock.now()) => {
                Some(identity.clone())
            }
            Some(KnownIdentity::Usable(_) | KnownIdentity::None | KnownIdentity::SetAside) | None => None,
        }
    }

    /// Whether a client certificate has to be asked for.
    pub(crate) fn needs_client_certificate(&self) -> bool {
        let known = self.server().and_then(|server| self.client_identities.get(&server));
        match known {
            Some(KnownIdentity::Usable(identity)) => identity.is_due_for_renewal(self.clock.now()),
            Some(KnownIdentity::None | KnownIdentity::SetAside) | None => true,
        }
    }

    /// The server does not accept the client certificate; the next attempt comes without.
    pub(crate) fn set_client_identity_aside(&mut self) {
        if let Some(server) = self.server() {
            self.client_identities.insert(server, KnownIdentity::SetAside);
        }
    }

    pub(crate) async fn enrolled(&mut self, server: &ServerAddress, identity: ClientIdentity) {
        if let Err(error) = identity.save(&self.keychain, server).await {
            tracing::warn!(%server, %error, "the client certificate holds only until the agent ends; after that this computer enrols again");
        }
        self.client_identities.insert(server.clone(), KnownIdentity::Usable(identity));
    }

    pub(crate) async fn deregistered(&mut self) {
        let Some(server) = self.server() else { return };
        tracing::info!(%server, "an administrator has ended the enrolment of this computer");
        if let Err(error) = ClientIdentity::forget(&self.keychain, &server).await {
            tracing::warn!(%server, %error, "the client certificate could not be removed from the keychain");
        }
        self.client_identities.insert(server, KnownIdentity::None);
        self.kept.deregistered = true;
        self.keep().await;
    }

    /// Takes another instance UID; the client certificate was for the old one.
    pub(crate) async fn rename(&mut self, uid: InstanceUid) {
        self.kept.instance_uid = uid;
        self.set_client_identity_aside();
        self.keep().await;
    }

    // ---- another server ----

    /// Tries another server; the agent comes back if that does not work.
    pub(crate) fn try_move(&mut self, to: ServerAddress, token: Option<Secret>) {
        self.offered_token = token.map(|token| (to.clone(), token));
        self.trying = Some(to);
        self.reconnecting.reset();
    }

    /// There is a session: if it is with a server that was being tried, the agent stays there.
    pub(crate) async fn move_succeeded(&mut self) {
        let (Some(to), Some(from)) = (self.trying.take(), self.configuration.server.clone()) else { return };
        tracing::info!(%from, %to, "moved to another server");
        self.kept.moved = (from != to).then_some(Move { from, to });
        self.keep().await;
    }

    /// Gives a move up, if there is one.
    pub(crate) fn give_up_move(&mut self) -> GivenUp {
        match self.trying.take() {
            Some(to) => {
                tracing::warn!(%to, "the other server cannot be used; the agent goes back");
                self.offered_token = None;
                GivenUp::Move
            }
            None => GivenUp::Nothing,
        }
    }

    // ---- answers ----

    /// Keeps an answer *Allow*.
    pub(crate) async fn remember(&mut self, certificate: RememberedCertificate) {
        let Err(error) = self.remembered.remember(certificate).await else { return };
        tracing::warn!(%error, "the answer holds only until the agent ends");
        if self.told_that_answers_are_not_kept == Told::NotYet {
            self.told_that_answers_are_not_kept = Told::Yes;
            self.notify(Notice::AnswerNotKept { reason: error.to_string() });
        }
    }

    pub(crate) async fn forget(&mut self, server: &ServerAddress) {
        if let Err(error) = self.remembered.forget(server).await {
            tracing::warn!(%server, %error, "what was allowed could not be removed from the keychain");
        }
    }

    /// The certificate is valid: what was allowed before is superfluous.
    pub(crate) async fn retire_remembered(&mut self, server: &ServerAddress) {
        if self.remembered.of(server).await.is_some() {
            tracing::info!(%server, "the certificate is valid now; what was allowed before is forgotten");
            self.forget(server).await;
        }
    }

    /// The person chose *Connect*.
    pub(crate) async fn person_connects(&mut self) {
        self.opened_again = 0;
        self.reconnecting.reset();
        if let Some(server) = self.server() {
            self.remembered.look_up_again(&server);
        }
        if self.kept.deregistered {
            self.kept.deregistered = false;
            self.keep().await;
        }
    }

    // ---- waiting ----

    pub(crate) fn next_delay(&mut self) -> Duration {
        self.reconnecting.next(rand::random())
    }

    /// No session came about.
    pub(crate) fn attempt_failed(&mut self, reason: BackOffReason) -> State {
        if self.give_up_move() == GivenUp::Move {
            return State::Connecting;
        }
        State::BackingOff(BackingOff { reason, delay: self.next_delay() })
    }

    // ---- showing and telling ----

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
            Some(KnownIdentity::None | KnownIdentity::SetAside) | None => Enrolment::NotEnrolled,
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

    fn show_profile(&self) {
        let shown = profile_status(self.profile.as_ref(), self.action());
        self.status.send_modify(|status| status.profile = shown);
    }

    /// The server has been heard of.
    pub(crate) fn heard_of_server(&self) {
        let now = self.clock.now();
        self.status.send_modify(|status| status.last_contact = Some(now));
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

    /// Writes what is kept across restarts.
    async fn keep(&self) {
        let (store, kept) = (self.store.clone(), self.kept.clone());
        match tokio::task::spawn_blocking(move || store.save(&kept)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "what the agent has learned holds only until it ends"),
            Err(error) => tracing::error!(%error, "what the agent has learned could not be written"),
        }
    }
}

/// Whether there was a move to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    Move,
    Nothing,
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
