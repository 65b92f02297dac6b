//! An agent and its surroundings.

pub(crate) mod clock;
pub(crate) mod desktop;
pub(crate) mod server;

use std::sync::Arc;
use std::time::Duration;

use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::{
    Agent, AgentConfiguration, AgentHandle, CommandLineAnswers, ConnectionState, Keychain, Parts,
    ServerChoice, Status,
};
use countersign_trust::{InvalidCertificateAction, OperatingSystemRoots, ServerAddress, TrustedRoots};
use tempfile::TempDir;

use clock::ManualClock;
use desktop::ScriptedDesktop;
use server::{Certificates, Server};

/// How long anything may take on a busy computer.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// An agent, with everything that surrounds it.
pub(crate) struct Surroundings {
    pub(crate) server: Server,
    pub(crate) certificates: Certificates,
    pub(crate) desktop: Arc<ScriptedDesktop>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) agent: AgentHandle,
    _state: TempDir,
}

impl Surroundings {
    /// An agent whose action is *Warn*, and a server with a certificate that nobody trusts.
    pub(crate) async fn start() -> Self {
        Self::start_with(Arc::new(MemoryKeychain::default())).await
    }

    pub(crate) async fn start_with(keychain: Arc<dyn Keychain>) -> Self {
        let certificates = Certificates::make();
        let server = Server::start(&certificates.self_signed).await;
        let desktop = Arc::new(ScriptedDesktop::default());
        let clock = Arc::new(ManualClock::default());
        let state = tempfile::tempdir().unwrap();
        let (roots, skipped) = TrustedRoots::from_der([certificates.root.clone()]);
        assert_eq!(skipped, 0);
        let configuration = AgentConfiguration {
            server: Some(ServerAddress::new("localhost", server.address.port()).unwrap()),
            connect_to: Some(server.address),
            enrolment_token: None,
            server_identity: None,
            invalid_certificate_action: InvalidCertificateAction::Warn,
            state_directory: state.path().to_owned(),
            keychain_service: "Countersign test".to_owned(),
            server_choice: ServerChoice::Free,
            command_line_answers: CommandLineAnswers::Forbidden,
        };
        let parts = Parts {
            keychain,
            clock: Arc::clone(&clock) as _,
            roots: Arc::new(OperatingSystemRoots::fixed(roots)),
        };
        let agent = Agent::new(configuration).unwrap().start_with(Arc::clone(&desktop) as _, parts);
        Self { server, certificates, desktop, clock, agent, _state: state }
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
