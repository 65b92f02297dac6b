//! Starts the agent, and lets others see and steer it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign_protocol::EndpointProfile;
use countersign_trust::{Fingerprint, InvalidCertificateAction, OperatingSystemRoots, ServerAddress};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::back_off::BackOff;
use crate::clock::{Clock, SystemClock};
use crate::configuration::AgentConfiguration;
use crate::desktop::{Answer, Desktop, Prompt};
use crate::history::ConnectionEvent;
use crate::inventory::AGENT_VERSION;
use crate::keychain::{Keychain, KeychainClient, OperatingSystemKeychain};
use crate::remembered::{RememberedCertificates, RememberedList};
use crate::request_error::RequestError;
use crate::session::CommandLog;
use crate::state::{Context, Request, State, Told, profile_status};
use crate::status::{ConnectionState, Enrolment, Status};
use crate::store::{Kept, Store, StoreError};

/// How many requests may wait. The agent takes them at once, except while it opens a session.
const WAITING_REQUESTS: usize = 16;
/// How long the agent may take to say goodbye.
const TO_SHUT_DOWN: Duration = Duration::from_secs(4);

/// The agent, ready to start.
pub struct Agent {
    configuration: AgentConfiguration,
    store: Store,
    kept: Kept,
}

/// The parts of its surroundings that the agent uses.
pub struct Parts {
    /// Where sensitive things are kept.
    pub keychain: Arc<dyn Keychain>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The certificates that the computer trusts.
    pub roots: Arc<OperatingSystemRoots>,
}

impl Agent {
    /// Reads what an earlier run has kept. Fails when it is there and cannot be used.
    pub fn new(configuration: AgentConfiguration) -> Result<Self, StoreError> {
        let store = Store::new(&configuration.state_directory);
        let kept = store.load()?;
        Ok(Self { configuration, store, kept })
    }

    /// Starts the agent with the keychain, clock and roots of this computer.
    ///
    /// Has to be called within a tokio runtime of several threads.
    #[must_use]
    pub fn start(self, desktop: Arc<dyn Desktop>) -> AgentHandle {
        let parts = Parts {
            keychain: Arc::new(OperatingSystemKeychain::new(self.configuration.keychain_service.clone())),
            clock: Arc::new(SystemClock),
            roots: Arc::new(OperatingSystemRoots::new()),
        };
        self.start_with(desktop, parts)
    }

    /// Starts the agent with other parts.
    #[must_use]
    pub fn start_with(self, desktop: Arc<dyn Desktop>, parts: Parts) -> AgentHandle {
        let Self { configuration, store, kept } = self;
        let profile = kept_profile(&configuration, &kept);
        let action = profile
            .as_ref()
            .map_or(configuration.invalid_certificate_action, |profile| profile.invalid_certificate_action);
        let started_at = parts.clock.now();
        let (status, shown) = watch::channel(Status {
            state: ConnectionState::Disconnected,
            server: configuration.server.clone(),
            since: started_at,
            last_contact: None,
            next_attempt: None,
            assessment: None,
            trust: None,
            profile: profile_status(profile.as_ref(), action),
            licence: None,
            enrolment: Enrolment::NotEnrolled,
            server_identity: configuration.server_identity,
            agent_version: AGENT_VERSION.to_owned(),
            server_choice: configuration.server_choice,
            remembered: None,
            commands: Vec::new(),
        });
        let (sender, requests) = mpsc::channel(WAITING_REQUESTS);
        let keychain = KeychainClient::new(parts.keychain);
        let context = Context {
            configuration,
            desktop,
            clock: parts.clock,
            roots: parts.roots,
            remembered: RememberedCertificates::new(keychain.clone()),
            keychain,
            store,
            kept,
            status,
            requests,
            notices: TaskTracker::new(),
            reconnecting: BackOff::for_reconnecting(),
            denied: None,
            opened_again: 0,
            profile,
            tightened: None::<InvalidCertificateAction>,
            commands: CommandLog::default(),
            started_at,
            client_identities: HashMap::new(),
            told_that_answers_are_not_kept: Told::NotYet,
            told_of_other_identity: Told::NotYet,
            trying: None,
            offered_token: None,
        };
        let (interruption, interrupted) = watch::channel(None);
        let task = tokio::spawn(live(context, interrupted));
        AgentHandle {
            requests: sender,
            status: shown,
            question: watch::channel(None).1,
            history: watch::channel(Arc::from([])).1,
            interruption,
            task: Mutex::new(Some(task)),
        }
    }
}

/// The profile of an earlier run. Its signature is checked again: the file is not secret, but it must be the server's.
/// That of another server says nothing about this one.
fn kept_profile(configuration: &AgentConfiguration, kept: &Kept) -> Option<EndpointProfile> {
    let stored = kept.profile.as_ref()?;
    let configured = configuration.server.as_ref()?;
    let server = kept.server(configured);
    if stored.server != *server {
        tracing::info!(kept = %stored.server, %server, "the kept endpoint profile is another server's and not used");
        return None;
    }
    // The configured identity is that of the configured server.
    if server == configured && configuration.server_identity.is_some_and(|pinned| pinned != stored.identity) {
        tracing::warn!(%server, "the kept endpoint profile is by another identity than the configured one and not used");
        return None;
    }
    match stored.signed().map(|signed| signed.verify(&stored.identity)) {
        Some(Ok(profile)) => Some(profile),
        Some(Err(error)) => {
            tracing::error!(%error, "the kept endpoint profile cannot be used");
            None
        }
        None => {
            tracing::error!("the kept endpoint profile cannot be read");
            None
        }
    }
}

async fn live(mut context: Context, mut interrupted: watch::Receiver<Option<Interruption>>) {
    let mut state = State::first(&context);
    while !matches!(state, State::Ended) {
        if matches!(state, State::Connected(_)) {
            // A session hears requests at any time and says goodbye first.
            state = Box::pin(state.run(&mut context)).await;
            interrupted.mark_unchanged();
            continue;
        }
        // On the heap: the states are of very different sizes.
        state = tokio::select! {
            biased;
            wanted = interruption(&mut interrupted) => match wanted {
                Interruption::Disconnect => State::Disconnected,
                Interruption::Shutdown => State::Ended,
            },
            next = Box::pin(state.run(&mut context)) => next,
        };
    }
    context.notices.close();
    // The desktop may be on its way out as well; a notice that it does not take is let go.
    if tokio::time::timeout(Duration::from_secs(1), context.notices.wait()).await.is_err() {
        tracing::debug!("the desktop did not take the last notices");
    }
}

/// What does not wait until an attempt, a look or the keychain has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interruption {
    Disconnect,
    Shutdown,
}

async fn interruption(interrupted: &mut watch::Receiver<Option<Interruption>>) -> Interruption {
    match interrupted.changed().await {
        Ok(()) => interrupted.borrow_and_update().unwrap_or(Interruption::Shutdown),
        // The handle was dropped, which lets the agent run on.
        Err(_) => std::future::pending().await,
    }
}

/// A running agent. Dropping the handle lets it run on; [`AgentHandle::shutdown`] ends it.
pub struct AgentHandle {
    requests: mpsc::Sender<Request>,
    status: watch::Receiver<Status>,
    question: watch::Receiver<Option<Prompt>>,
    history: watch::Receiver<Arc<[ConnectionEvent]>>,
    interruption: watch::Sender<Option<Interruption>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl AgentHandle {
    /// What the agent is doing, now and whenever it changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Connects now; asks again if the certificate is still invalid.
    pub fn connect(&self) {
        self.request(Request::Connect);
    }

    /// Ends the connection, or the attempts to make one.
    pub fn disconnect(&self) {
        // First, so that the request itself finds the agent disconnected already.
        self.interruption.send_replace(Some(Interruption::Disconnect));
        self.request(Request::Disconnect);
    }

    /// Asks the open question again.
    pub fn review(&self) {
        self.request(Request::Review);
    }

    /// The open question, whoever shows it.
    #[must_use]
    pub fn question(&self) -> watch::Receiver<Option<Prompt>> {
        self.question.clone()
    }

    /// What happened to the connection, the newest last.
    #[must_use]
    pub fn history(&self) -> watch::Receiver<Arc<[ConnectionEvent]>> {
        self.history.clone()
    }

    /// Answers the open question in the place of the dialog, if it is about exactly this certificate and the machine's
    /// configuration permits it.
    pub async fn answer(&self, fingerprint: Fingerprint, answer: Answer) -> Result<(), RequestError> {
        let _ = (fingerprint, answer);
        Err(RequestError::NoQuestion)
    }

    /// What the person has allowed and not forgotten.
    pub async fn remembered(&self) -> RememberedList {
        RememberedList::default()
    }

    /// Forgets what was allowed for a server. A session that rests on it ends at once. The error says that the keychain
    /// still holds it; it does not count all the same.
    pub async fn forget(&self, server: ServerAddress) -> Result<(), RequestError> {
        self.request(Request::Forget(server));
        Ok(())
    }

    /// Forgets everything that was allowed, and returns how many certificates that were.
    pub async fn forget_all(&self) -> Result<usize, RequestError> {
        Ok(0)
    }

    /// Connects to another server, now and from the next start on. Not possible where the machine's configuration names
    /// the server.
    pub async fn connect_to(&self, server: ServerAddress) -> Result<(), RequestError> {
        let _ = server;
        Err(RequestError::Ended)
    }

    fn request(&self, request: Request) {
        if let Err(error) = self.requests.try_send(request) {
            tracing::warn!(%error, "the agent does not take requests at the moment");
        }
    }

    /// Ends the session in good order and then the agent. Returns after a few seconds at most.
    pub async fn shutdown(&self) {
        let Some(mut task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.interruption.send_replace(Some(Interruption::Shutdown));
        let ended = tokio::time::timeout(TO_SHUT_DOWN, async {
            // An agent that has ended already takes no requests.
            let _ = self.requests.send(Request::Shutdown).await;
            (&mut task).await
        });
        match ended.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the agent ended with an error"),
            Err(_) => {
                tracing::warn!("the agent did not end in time and is stopped");
                task.abort();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use countersign_protocol::IdentityKeyPair;
    use uuid::Uuid;

    use super::*;
    use crate::configuration::{CommandLineAnswers, ServerChoice};
    use crate::store::{KeptProfile, Move};

    fn configuration(server: &str, identity: Option<&IdentityKeyPair>) -> AgentConfiguration {
        AgentConfiguration {
            server: Some(server.parse().unwrap()),
            connect_to: None,
            enrolment_token: None,
            server_identity: identity.map(IdentityKeyPair::public_key),
            invalid_certificate_action: InvalidCertificateAction::Warn,
            state_directory: Path::new("unused").to_owned(),
            keychain_service: "unused".to_owned(),
            server_choice: ServerChoice::Free,
            command_line_answers: CommandLineAnswers::Forbidden,
        }
    }

    #[test]
    fn a_kept_profile_counts_for_its_server_only() {
        let (own, _) = IdentityKeyPair::generate().unwrap();
        let (other, _) = IdentityKeyPair::generate().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut kept = Store::new(directory.path()).load().unwrap();
        let allow = InvalidCertificateAction::Allow;
        let profile = EndpointProfile::new(Uuid::from_u128(1), "Kept".to_owned(), allow).sign(&own).unwrap();
        kept.profile = Some(KeptProfile::new("a.example".parse().unwrap(), &profile, own.public_key()));
        let moved =
            |from: &str, to: &str| Some(Move { from: from.parse().unwrap(), to: to.parse().unwrap() });
        let table = [
            ("its server", "a.example", None, None, true),
            ("its server, identity pinned", "a.example", Some(&own), None, true),
            ("another server", "b.example", None, None, false),
            ("another identity pinned", "a.example", Some(&other), None, false),
            (
                "moved there, identity of the former",
                "b.example",
                Some(&other),
                moved("b.example", "a.example"),
                true,
            ),
            ("moved away", "a.example", Some(&own), moved("a.example", "b.example"), false),
            ("a move that is over", "a.example", Some(&other), moved("c.example", "d.example"), false),
        ];
        for (what, server, pinned, moved, counts) in table {
            kept.moved = moved;
            let found = kept_profile(&configuration(server, pinned), &kept);
            assert_eq!(found.is_some(), counts, "{what}");
        }
    }
}
