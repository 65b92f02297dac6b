//! An agent and its surroundings.

pub(crate) mod clock;
pub(crate) mod desktop;
pub(crate) mod management;
pub(crate) mod middle;
pub(crate) mod proxy;
pub(crate) mod server;

use std::sync::Arc;
use std::time::Duration;

use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::proxy::{DesktopProxies, ProxySettings, ProxySource};
use countersign_agent::{
    Agent, AgentConfiguration, AgentHandle, CommandLineAnswers, ConnectionState, Keychain, Parts, Secret,
    ServerChoice, Status,
};
use countersign_protocol::IdentityPublicKey;
use countersign_trust::{InvalidCertificateAction, OperatingSystemRoots, TrustedRoots};
use tempfile::TempDir;

use clock::ManualClock;
use desktop::ScriptedDesktop;
use management::Management;
use server::{Certificates, Manner, Server};

/// How long anything may take on a busy computer.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// What a test can choose.
pub(crate) struct Setup {
    pub(crate) keychain: Arc<dyn Keychain>,
    pub(crate) manner: Manner,
    pub(crate) server_choice: ServerChoice,
    pub(crate) command_line_answers: CommandLineAnswers,
    pub(crate) enrolment_token: Option<Secret>,
    pub(crate) action: InvalidCertificateAction,
    pub(crate) server_identity: Option<IdentityPublicKey>,
    pub(crate) proxy: ProxySettings,
    pub(crate) proxies: Arc<dyn ProxySource>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            keychain: Arc::new(MemoryKeychain::default()),
            manner: Manner::Closes,
            server_choice: ServerChoice::Free,
            command_line_answers: CommandLineAnswers::Forbidden,
            enrolment_token: None,
            action: InvalidCertificateAction::Warn,
            server_identity: None,
            proxy: ProxySettings::None,
            proxies: Arc::new(DesktopProxies),
        }
    }
}

impl Setup {
    /// The server holds sessions.
    pub(crate) fn managed(management: &Management) -> Self {
        Self { manner: Manner::Manages(management.clone()), ..Self::default() }
    }

    /// The server holds sessions, the agent knows its identity, and this is the action.
    pub(crate) fn identified(management: &Management, action: InvalidCertificateAction) -> Self {
        let server_identity = Some(management.identity().public_key());
        Self { action, server_identity, ..Self::managed(management) }
    }
}

/// An agent, with everything that surrounds it.
pub(crate) struct Surroundings {
    pub(crate) server: Server,
    pub(crate) certificates: Certificates,
    pub(crate) desktop: Arc<ScriptedDesktop>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) agent: AgentHandle,
    configuration: AgentConfiguration,
    keychain: Arc<dyn Keychain>,
    roots: Arc<OperatingSystemRoots>,
    proxies: Arc<dyn ProxySource>,
    pub(crate) state: TempDir,
}

impl Surroundings {
    /// An agent whose action is *Warn*, and a server with a certificate that nobody trusts.
    pub(crate) async fn start() -> Self {
        Self::set_up(Setup::default()).await
    }

    pub(crate) async fn start_with(keychain: Arc<dyn Keychain>) -> Self {
        Self::set_up(Setup { keychain, ..Setup::default() }).await
    }

    /// The agent has to reach the server by its name if there is a proxy.
    pub(crate) async fn start_behind(
        proxy: ProxySettings,
        proxies: Arc<dyn ProxySource>,
        keychain: Arc<dyn Keychain>,
    ) -> Self {
        Self::set_up(Setup { keychain, proxy, proxies, ..Setup::default() }).await
    }

    pub(crate) async fn set_up(setup: Setup) -> Self {
        let certificates = Certificates::make();
        let server = Server::start_with(&certificates.self_signed, setup.manner).await;
        let desktop = Arc::new(ScriptedDesktop::default());
        let clock = Arc::new(ManualClock::default());
        let state = tempfile::tempdir().unwrap();
        let (roots, skipped) = TrustedRoots::from_der([certificates.root.clone()]);
        assert_eq!(skipped, 0);
        let configuration = AgentConfiguration {
            server: Some(server.name()),
            connect_to: (setup.proxy == ProxySettings::None).then_some(server.address),
            enrolment_token: setup.enrolment_token,
            server_identity: setup.server_identity,
            invalid_certificate_action: setup.action,
            proxy: setup.proxy,
            state_directory: state.path().to_owned(),
            keychain_service: "Countersign test".to_owned(),
            server_choice: setup.server_choice,
            command_line_answers: setup.command_line_answers,
            recovery_directory: Some(state.path().join("recovery")),
        };
        let roots = Arc::new(OperatingSystemRoots::fixed(roots));
        let (keychain, proxies) = (setup.keychain, setup.proxies);
        let agent = run(&configuration, &desktop, &clock, &keychain, &roots, &proxies);
        Self { server, certificates, desktop, clock, agent, configuration, keychain, roots, proxies, state }
    }

    /// Ends the agent, and starts it again with what it has kept. Another person sits at the desk.
    pub(crate) async fn restart(&mut self) {
        self.agent.shutdown().await;
        self.desktop = Arc::new(ScriptedDesktop::default());
        self.agent =
            run(&self.configuration, &self.desktop, &self.clock, &self.keychain, &self.roots, &self.proxies);
    }

    /// The status, once it is as wanted.
    pub(crate) async fn status_where(&self, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut status = self.agent.status();
        let found = tokio::time::timeout(SOON, status.wait_for(|status| wanted(status))).await;
        match found {
            Ok(found) => found.unwrap().clone(),
            Err(elapsed) => panic!("{elapsed}; the status is {:?}", *self.agent.status().borrow()),
        }
    }

    /// The status, once it is as wanted.
    pub(crate) async fn status(&self, wanted: impl Fn(&ConnectionState) -> bool) -> Status {
        let mut status = self.agent.status();
        let found = tokio::time::timeout(SOON, status.wait_for(|status| wanted(&status.state))).await;
        match found {
            Ok(found) => found.unwrap().clone(),
            Err(elapsed) => panic!("{elapsed}; the state is {:?}", self.agent.status().borrow().state),
        }
    }

    /// Lets the pause of the moment pass, and waits until the agent has done what it wanted and pauses again.
    pub(crate) async fn one_look(&self) {
        let before = self.server.connections();
        self.clock.elapse().await;
        self.server.connections_beyond(before).await;
        self.clock.pause_begun().await;
    }
}

pub(crate) fn is_refused(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::Refused { .. })
}

pub(crate) fn is_backing_off(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::BackingOff { .. })
}

pub(crate) fn is_connected(state: &ConnectionState) -> bool {
    *state == ConnectionState::Connected
}

fn run(
    configuration: &AgentConfiguration,
    desktop: &Arc<ScriptedDesktop>,
    clock: &Arc<ManualClock>,
    keychain: &Arc<dyn Keychain>,
    roots: &Arc<OperatingSystemRoots>,
    proxies: &Arc<dyn ProxySource>,
) -> AgentHandle {
    let parts = Parts {
        keychain: Arc::clone(keychain),
        clock: Arc::clone(clock) as _,
        roots: Arc::clone(roots),
        proxies: Arc::clone(proxies),
    };
    Agent::new(configuration.clone()).unwrap().start_with(Arc::clone(desktop) as _, parts)
}
