//! What the agent makes of the issuers that it does not know.

use std::path::Path;
use std::sync::Arc;

use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::proxy::{DesktopProxies, ProxySettings};
use countersign_agent::{Agent, AgentConfiguration, CommandLineAnswers, Parts, ServerChoice};
use countersign_trust::{
    Diagnosis, InvalidCertificateAction, IssuerEvidence, OperatingSystemRoots, ServerAddress, TrustedRoots,
};

use crate::support::clock::ManualClock;
use crate::support::desktop::ScriptedDesktop;
use crate::support::server::{Issuing, Server};

/// The likely causes in the question about a server that an authority of nobody vouches for, in a new run of the agent.
async fn asked_about(host: &str, authority: &Issuing, state: &Path) -> Vec<Diagnosis> {
    let server = Server::start(&authority.issue(host)).await;
    let configuration = AgentConfiguration {
        server: Some(ServerAddress::new(host, 8013).unwrap()),
        connect_to: Some(server.address),
        enrolment_token: None,
        server_identity: None,
        invalid_certificate_action: InvalidCertificateAction::Warn,
        proxy: ProxySettings::None,
        state_directory: state.to_owned(),
        keychain_service: "Countersign test".to_owned(),
        server_choice: ServerChoice::Pinned,
        command_line_answers: CommandLineAnswers::Forbidden,
        recovery_directory: None,
    };
    let parts = Parts {
        keychain: Arc::new(MemoryKeychain::default()),
        clock: Arc::new(ManualClock::default()),
        roots: Arc::new(OperatingSystemRoots::fixed(TrustedRoots::default())),
        proxies: Arc::new(DesktopProxies),
    };
    let desktop = Arc::new(ScriptedDesktop::default());
    let agent = Agent::new(configuration).unwrap().start_with(Arc::clone(&desktop) as _, parts);
    let causes = desktop.question().await.prompt.assessment.diagnosis.clone();
    agent.shutdown().await;
    causes
}

#[tokio::test(flavor = "multi_thread")]
async fn one_unknown_issuer_for_servers_of_others_is_told() {
    let state = tempfile::tempdir().unwrap();
    let authority = Issuing::make("Gateway");
    let first = asked_about("ems.contoso.com", &authority, state.path()).await;
    assert_eq!(first, [], "there is nothing to compare with");
    assert_eq!(asked_about("ems2.contoso.com", &authority, state.path()).await, [], "the same domain");
    let causes = asked_about("ems.fabrikam.com", &authority, state.path()).await;
    let expected = Diagnosis::SameIssuerElsewhere {
        issuer: "CN=Gateway".to_owned(),
        servers: vec!["ems.contoso.com".parse().unwrap(), "ems2.contoso.com".parse().unwrap()],
        evidence: IssuerEvidence::Key,
    };
    assert_eq!(causes, [expected]);
    let other = Issuing::make("Gateway");
    assert_eq!(asked_about("ems.example.com", &other, state.path()).await, [], "another key of that name");
}
