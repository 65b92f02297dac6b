//! Starts the agent, and lets others see and steer it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_trust::{InvalidCertificateAction, OperatingSystemRoots};
use tokio::sync::{mpsc, watch};
use tokio_util::task::TaskTracker;

use crate::back_off::BackOff;
use crate::clock::{Clock, SystemClock};
use crate::configuration::{AgentConfiguration, ServerChoice};
use crate::decisions::DecisionQueue;
use crate::desktop::Desktop;
use crate::handle::AgentHandle;
use crate::history::History;
use crate::inventory::AGENT_VERSION;
use crate::kept_profile::kept_profile;
use crate::keychain::{Keychain, KeychainClient, OperatingSystemKeychain};
use crate::proxy::{DesktopProxies, Dialer, Limits, ProxyCredentials, ProxySource};
use crate::recovery_watch::RecoveryWatch;
use crate::remembered::{self, RememberedCertificates};
use crate::session::CommandLog;
use crate::state::{AskedQuestions, Context, State, Told, profile_status};
use crate::state_file::StateFile;
use crate::status::{ConnectionState, Enrolment, Status};
use crate::store::{Kept, Store, StoreError};
use crate::trial;

/// How many requests may wait. The agent takes them at once, except while it opens a session.
const WAITING_REQUESTS: usize = 16;
/// How long what is on its way to the desktop, the keychain or the disk may take when the agent ends.
const TO_FINISH: Duration = Duration::from_secs(1);

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
    /// The proxies that the desktop's settings name.
    pub proxies: Arc<dyn ProxySource>,
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
            proxies: Arc::new(DesktopProxies),
        };
        self.start_with(desktop, parts)
    }

    /// Starts the agent with other parts.
    #[must_use]
    pub fn start_with(self, desktop: Arc<dyn Desktop>, parts: Parts) -> AgentHandle {
        let Self { configuration, store, kept } = self;
        let (profile, record) = kept_profile(&configuration, &kept).unzip();
        let record = record.flatten();
        let started_at = parts.clock.now();
        let action = profile.as_ref().map_or(configuration.invalid_certificate_action, |profile| {
            trial::action(profile, record.as_ref(), started_at)
        });
        let (status, shown) = watch::channel(Status {
            state: ConnectionState::Disconnected,
            server: kept.server(&configuration).cloned(),
            since: started_at,
            last_contact: None,
            next_attempt: None,
            assessment: None,
            trust: None,
            route: None,
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
        let tasks = TaskTracker::new();
        let index = StateFile::new(&configuration.state_directory, remembered::INDEX_FILE);
        let remembered = RememberedCertificates::new(keychain.clone(), index, tasks.clone());
        let history = History::load(&configuration.state_directory);
        let commands = CommandLog::load(&configuration.state_directory);
        let decisions = DecisionQueue::load(&configuration.state_directory);
        let (question, asked) = watch::channel(None);
        let (interruption, interrupted) = watch::channel(None);
        let pinned = match configuration.server_choice {
            ServerChoice::Pinned => configuration.server.clone(),
            ServerChoice::Free => None,
        };
        let handle = AgentHandle {
            requests: sender,
            status: shown,
            question: asked,
            history: history.subscribe(),
            interruption,
            remembered: remembered.clone(),
            clock: Arc::clone(&parts.clock),
            pinned,
            command_line_answers: configuration.command_line_answers,
            task: Mutex::new(None),
        };
        let dialer = Dialer {
            settings: configuration.proxy.clone(),
            desktop: parts.proxies,
            credentials: ProxyCredentials::of(keychain.clone()),
            limits: Limits::default(),
        };
        let recovery_watch = RecoveryWatch::new(configuration.recovery_directory.clone());
        let context = Context {
            configuration,
            desktop,
            clock: parts.clock,
            roots: parts.roots,
            dialer,
            remembered,
            keychain,
            store,
            kept,
            status,
            question,
            history,
            requests,
            tasks,
            reconnecting: BackOff::for_reconnecting(),
            looking_again: BackOff::for_looking_again(),
            asked: AskedQuestions::default(),
            opened_again: 0,
            profile,
            trial: record,
            tightened: None::<InvalidCertificateAction>,
            commands,
            decisions,
            sent_inventories: HashMap::new(),
            started_at,
            client_identities: HashMap::new(),
            told_that_answers_are_not_kept: Arc::default(),
            told_of_other_identity: Told::NotYet,
            recovery_watch,
            event_note: None,
            trying: None,
            offered_token: None,
        };
        let task = tokio::spawn(live(context, interrupted));
        AgentHandle { task: Mutex::new(Some(task)), ..handle }
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
    context.save_history();
    context.tasks.close();
    // The desktop may be on its way out as well, and the keychain may wait for a person; who takes too long is let go.
    if tokio::time::timeout(TO_FINISH, context.tasks.wait()).await.is_err() {
        tracing::debug!("the desktop or the keychain did not take everything in time");
    }
}

/// What does not wait until an attempt, a look or the keychain has come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
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
