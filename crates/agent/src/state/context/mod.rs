//! What all states share: settings, memory, and the way to show what happens.

mod choice;
mod enrolment;
mod on_trial;
mod permissions;
mod recovery;
mod showing;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use countersign_protocol::{EndpointProfile, IdentityPublicKey, Inventory, ProxyFallback, SignedProfile};
use countersign_trust::{
    ConnectReason, Decision, InvalidCertificateAction, OperatingSystemRoots, Possession, RememberOptions,
    RememberedCertificate, ServerAddress, decide, diagnose_inspection,
};
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

pub(crate) use self::choice::Chosen;
pub(crate) use self::enrolment::KnownIdentity;
pub(crate) use self::recovery::Recovery;
pub(crate) use self::showing::{OpenQuestion, profile_status};
use super::{AskedQuestions, BackingOff, RecoverRequest, Request, State};
use crate::Secret;
use crate::back_off::BackOff;
use crate::clock::{Clock, Pause};
use crate::configuration::AgentConfiguration;
use crate::decisions::DecisionQueue;
use crate::desktop::{Desktop, Prompt};
use crate::history::{EventNote, History};
use crate::keychain::KeychainClient;
use crate::proxy::Dialer;
use crate::recovery_watch::RecoveryWatch;
use crate::remembered::RememberedCertificates;
use crate::seen_issuers::Learned;
use crate::session::{CommandLog, Session};
use crate::status::{BackOffReason, Status};
use crate::store::{Kept, KeptProfile, Move, Past, Store, StoreError};
use crate::tls::{Circumstances, Judgement, Outcome, Target};
use crate::trial::{self, TrialRecord};

/// Shared by all states; only one of them runs at a time.
pub(crate) struct Context {
    pub(crate) configuration: AgentConfiguration,
    pub(crate) desktop: Arc<dyn Desktop>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) roots: Arc<OperatingSystemRoots>,
    pub(crate) dialer: Dialer,
    pub(crate) keychain: KeychainClient,
    pub(crate) remembered: RememberedCertificates,
    pub(crate) store: Store,
    pub(crate) kept: Kept,
    pub(crate) status: watch::Sender<Status>,
    pub(crate) question: watch::Sender<Option<Prompt>>,
    pub(crate) history: History,
    pub(crate) requests: mpsc::Receiver<Request>,
    /// What is on its way to the desktop, the keychain or the disk.
    pub(crate) tasks: TaskTracker,
    pub(crate) reconnecting: BackOff,
    /// How long to wait before the next look at a server that is not connected to.
    pub(crate) looking_again: BackOff,
    pub(crate) asked: AskedQuestions,
    /// How many sessions in a row were opened again at once.
    pub(crate) opened_again: u32,
    /// The profile that is applied.
    pub(crate) profile: Option<EndpointProfile>,
    /// How the trial of its action stands, if it is on trial.
    pub(crate) trial: Option<TrialRecord>,
    /// A stricter action that holds until the agent ends.
    pub(crate) tightened: Option<InvalidCertificateAction>,
    pub(crate) commands: CommandLog,
    /// What people decided and no server has kept yet.
    pub(crate) decisions: DecisionQueue,
    /// The inventory that each server was sent last.
    pub(crate) sent_inventories: HashMap<ServerAddress, Inventory>,
    pub(crate) started_at: OffsetDateTime,
    pub(crate) client_identities: HashMap<ServerAddress, KnownIdentity>,
    pub(crate) told_that_answers_are_not_kept: Arc<AtomicBool>,
    pub(crate) told_of_other_identity: Told,
    /// The recovery files that were put in place.
    pub(crate) recovery_watch: RecoveryWatch,
    /// What is particular about the next event of the history.
    pub(crate) event_note: Option<EventNote>,
    /// Another server that is being tried.
    pub(crate) trying: Option<ServerAddress>,
    /// The token for a server that another server has named.
    pub(crate) offered_token: Option<(ServerAddress, Secret)>,
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
        self.trying.as_ref().or_else(|| self.kept.server(&self.configuration)).cloned()
    }

    /// The action in force.
    pub(crate) fn action(&self) -> InvalidCertificateAction {
        let set = self.set_action();
        let set = self.recovered_action().map_or(set, |(recovered, _)| recovered.min(set));
        self.tightened.map_or(set, |tightened| tightened.max(set))
    }

    /// The action that a profile is held against. Not the looser one of a recovery file: what is stricter than that one alone
    /// would outlast it, and hold in place of what is stricter still.
    pub(crate) fn action_without_recovery(&self) -> InvalidCertificateAction {
        let set = self.set_action();
        self.tightened.map_or(set, |tightened| tightened.max(set))
    }

    fn set_action(&self) -> InvalidCertificateAction {
        match &self.profile {
            Some(profile) => trial::action(profile, self.trial.as_ref(), self.clock.now()),
            None => self.configuration.invalid_certificate_action,
        }
    }

    /// For how long certificates may be allowed.
    pub(crate) fn remember_options(&self) -> RememberOptions {
        self.profile.as_ref().map_or_else(RememberOptions::default, |profile| profile.remember)
    }

    /// Whom to connect to, as whom, and how to judge.
    pub(crate) async fn target(&mut self, server: &ServerAddress) -> Target {
        // The action of a recovery file, or a trial, may be over.
        self.show_profile();
        let circumstances = self.circumstances(server).await;
        let client_identity = self.client_identity(server).await;
        let configured = self.configuration.server.as_ref() == Some(server);
        Target {
            circumstances,
            connect_to: self.configuration.connect_to.filter(|_| configured),
            dialer: self.dialer.clone(),
            proxy_fallback: self
                .profile
                .as_ref()
                .map_or(ProxyFallback::default(), |profile| profile.proxy_fallback),
            client_identity,
        }
    }

    /// How to judge what a server shows.
    pub(crate) async fn circumstances(&self, server: &ServerAddress) -> Circumstances {
        Circumstances {
            server: server.clone(),
            roots: Arc::clone(&self.roots),
            now: self.clock.now(),
            action: self.action(),
            remembered: self.permission(server).await,
        }
    }

    /// Whether the certificate of the session would be let through under the rules of now.
    pub(crate) async fn still_allows(&self, session: &Session) -> bool {
        let remembered = self.permission(&session.server).await;
        let now = self.clock.now();
        let decision =
            decide(Possession::Proved, &session.assessment, self.action(), remembered.as_ref(), now);
        // With another reason the session would have another trust, so it is opened anew.
        matches!(&decision, Decision::Connect(reason) if *reason == session.reason || *reason == ConnectReason::Valid)
    }

    /// When the permission ends on which a session may rest: of the person, or of a recovery file.
    pub(crate) async fn permission_ends(&self, session: &Session) -> Option<OffsetDateTime> {
        let recovered = self.recovered_action().map(|(_, until)| until);
        self.permission_of_person_ends(session).await.into_iter().chain(recovered).min()
    }

    async fn permission_of_person_ends(&self, session: &Session) -> Option<OffsetDateTime> {
        match session.reason {
            ConnectReason::Remembered | ConnectReason::Announced => {
                self.permission(&session.server).await?.until
            }
            ConnectReason::Valid | ConnectReason::AllowedByProfile => None,
        }
    }

    /// What was allowed for a server, as far as the profile of now permits.
    pub(crate) async fn permission(&self, server: &ServerAddress) -> Option<RememberedCertificate> {
        Some(self.remembered.of(server).await?.under(self.remember_options()))
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
        self.configuration.server_identity.is_none()
            && self.kept.identities.is_empty()
            && self.kept.past == Past::Complete
    }

    pub(crate) async fn learn_identity(&mut self, server: &ServerAddress, key: IdentityPublicKey) {
        self.kept.identities.insert(server.clone(), key);
        self.keep().await;
    }

    // ---- unknown issuers ----

    /// Compares the issuer of the certificate with those seen at other servers, and remembers it.
    pub(crate) async fn compare_issuers(&mut self, outcome: &mut Outcome) {
        let Some(assessment) = outcome.as_mut().ok().and_then(Judgement::proved_assessment) else { return };
        let cause = diagnose_inspection(assessment, self.kept.seen_issuers.as_slice());
        assessment.diagnosis.extend(cause);
        if self.kept.seen_issuers.learn(assessment) == Learned::Something {
            self.keep().await;
        }
    }

    // ---- profile ----

    /// The profile of the present server, as it was signed.
    pub(crate) fn signed_profile(&self) -> Option<SignedProfile> {
        let server = self.server()?;
        self.kept.profile.as_ref().filter(|profile| profile.server == server).and_then(KeptProfile::signed)
    }

    pub(crate) async fn apply_profile(
        &mut self,
        profile: EndpointProfile,
        signed: &SignedProfile,
        identity: Option<IdentityPublicKey>,
    ) {
        let now = self.clock.now();
        let trial = profile.trial.as_ref();
        self.trial = trial.map(|trial| TrialRecord::of(trial, self.trial.as_ref(), now));
        self.profile = Some(profile);
        self.tightened = None;
        let trial = self.trial.clone();
        let kept = identity
            .zip(self.server())
            .map(|(identity, server)| KeptProfile::new(server, signed, identity).with_trial(trial));
        self.kept.keep_profile(kept);
        self.keep().await;
        self.show_profile();
    }

    pub(crate) fn tighten(&mut self, action: InvalidCertificateAction) {
        self.tightened = Some(self.tightened.map_or(action, |tightened| tightened.max(action)));
        self.show_profile();
    }

    // ---- another server ----

    /// Tries another server; the agent comes back if that does not work.
    pub(crate) fn try_move(&mut self, to: ServerAddress, token: Option<Secret>) {
        self.offered_token = token.map(|token| (to.clone(), token));
        self.trying = Some(to);
    }

    /// There is a session: if it is with a server that was being tried, the agent stays there. `identity` is that of the session.
    pub(crate) async fn move_succeeded(&mut self, identity: Option<IdentityPublicKey>) {
        let from = self.kept.home(&self.configuration).cloned();
        let left = self.kept.server(&self.configuration).cloned();
        let (Some(to), Some(from)) = (self.trying.take(), from) else { return };
        if let Some(left) = left {
            self.kept.take_profile_along(&left, &to, identity);
        }
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

    /// The person chose *Connect*.
    pub(crate) async fn person_connects(&mut self) {
        self.opened_again = 0;
        self.reconnecting.reset();
        self.looking_again.reset();
        self.asked = AskedQuestions::default();
        if let Some(server) = self.server() {
            self.remembered.look_up_again(&server);
            self.look_up_client_identity_again(&server);
        }
        if self.kept.deregistered {
            self.kept.deregistered = false;
            self.keep().await;
        }
    }

    // ---- waiting ----

    /// What is asked of the agent next; or that it is time to look for recovery files.
    pub(crate) async fn next_request(&mut self) -> Request {
        tokio::select! {
            biased;
            request = self.requests.recv() => request.unwrap_or(Request::Shutdown),
            () = self.recovery_watch.due(self.clock.as_ref()) => Request::Recover(RecoverRequest::LookForFiles),
        }
    }

    pub(crate) fn pause_before_looking_again(&mut self) -> Pause {
        let delay = self.looking_again.next(rand::random());
        self.clock.pause(self.within_trial(delay))
    }

    pub(crate) fn next_delay(&mut self) -> Duration {
        let delay = self.reconnecting.next(rand::random());
        self.within_trial(delay)
    }

    /// No session came about.
    pub(crate) fn attempt_failed(&mut self, reason: BackOffReason) -> State {
        if self.give_up_move() == GivenUp::Move {
            return State::Connecting;
        }
        State::BackingOff(BackingOff { reason, delay: self.next_delay() })
    }

    /// Writes what is kept across restarts.
    async fn keep(&self) {
        if let Err(reason) = saved(self.store.saving(&self.kept)).await {
            tracing::error!(reason, "what the agent has learned holds only until it ends");
        }
    }
}

/// The error is a whole sentence.
async fn saved(saving: impl FnOnce() -> Result<(), StoreError> + Send + 'static) -> Result<(), String> {
    match tokio::task::spawn_blocking(saving).await {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(error) => Err(format!("The agent's state could not be written: {error}.")),
    }
}

/// Whether there was a move to give up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    Move,
    Nothing,
}
