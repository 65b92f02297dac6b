//! What administrators are told before endpoints disconnect.

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::opamp::{
    AgentDisconnect, AgentToServer, ComponentHealth, RemoteConfigStatus, RemoteConfigStatuses,
};
use countersign_protocol::{CertificateReport, ReportedDecision, SessionTrust};
use countersign_trust::{Assessment, InvalidCertificateAction};
use serde_json::{Value, json};

use crate::certificates::{CONFIRMED, made};
use crate::support::Running;
use crate::support::agent::Agent;

const SERVED: &str = "Agents will find the certificate that is served not valid (";
const UPLOADED: &str = "Agents will find this certificate not valid (";
const DENIED: &str = "The certificate that is served is not valid";
const NOT_JUDGED: &str = "1 endpoint whose profile says deny has not judged the certificate that is served";
const NOBODY: &str = "endpoints whose profile says deny cannot connect until it is.";
const ONE: &str =
    "1 connected endpoint whose profile says deny will disconnect and stay offline until it is.";
const TWO: &str =
    "2 connected endpoints whose profile says deny will disconnect and stay offline until it is.";

/// What an agent reports that finds the certificate that is served now as it says.
async fn report(running: &Running, agent: &mut Agent, problems: Value) {
    let mut assessment = running.api.get("/built-in-certificate").await["assessment"].clone();
    assessment["problems"] = problems;
    let assessment: Assessment = serde_json::from_value(assessment).unwrap();
    let (trust, decision) = if assessment.is_valid() {
        (SessionTrust::Valid, ReportedDecision::Valid)
    } else {
        (SessionTrust::Remembered, ReportedDecision::AllowedByPerson)
    };
    let action = InvalidCertificateAction::Warn;
    let report = CertificateReport { assessment, action, trust, decision, judged_at: None };
    agent.send_custom(&AgentCustomMessage::CertificateReport(Box::new(report))).await;
    agent.settled().await;
}

/// How each warning begins and ends.
type Expected = &'static [(&'static str, &'static str)];

fn profile(name: &str, action: &str) -> Value {
    json!({"name": name, "invalid_certificate_action": action})
}

fn switch(on: bool) -> Value {
    json!({"use_ssl_certificate_for_endpoint_control": on})
}

#[tokio::test(flavor = "multi_thread")]
async fn who_will_disconnect_is_said_before() {
    let running = Running::start().await;
    let desk = running.agent("desk").await;
    let other = running.agent("other desk").await;
    let default = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
    let strict = running.api.change("POST", "/profiles", &profile("Strict", "warn")).await["id"].clone();
    let default_path = format!("/profiles/{default}");
    let strict_path = format!("/profiles/{}", strict.as_str().unwrap());
    let assign = |agent: &Agent| format!("/endpoints/{}/profile", agent.uid);
    let certificate = made(30).upload();
    let table: [(&str, &str, Value, Expected); 11] = [
        ("still warn", &default_path, profile("Default", "warn"), &[]),
        ("nobody has it", &strict_path, profile("Strict", "deny"), &[(DENIED, NOBODY)]),
        ("one gets it", &assign(&desk), json!({"profile_id": strict}), &[(DENIED, ONE)]),
        ("one loses it", &assign(&desk), json!({"profile_id": default}), &[]),
        ("both have it", &default_path, profile("Default", "deny"), &[(DENIED, TWO)]),
        ("allowed again", &default_path, profile("Default", "allow"), &[]),
        ("uploaded only", CONFIRMED, certificate.clone(), &[(UPLOADED, ".")]),
        ("one has it", &assign(&other), json!({"profile_id": strict}), &[(DENIED, ONE)]),
        ("still the same", "/settings", switch(false), &[(SERVED, "."), (DENIED, ONE)]),
        // No agent has said what it finds of these.
        ("another one", "/settings", switch(true), &[(SERVED, "."), (NOT_JUDGED, ".")]),
        ("and its successor", CONFIRMED, made(30).upload(), &[(UPLOADED, "."), (NOT_JUDGED, ".")]),
    ];
    for (name, path, body, expected) in table {
        let answer = running.api.change("PUT", path, &body).await;
        let warnings = answer["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), expected.len(), "{name}: {warnings:#?}");
        for (warning, (begin, end)) in warnings.iter().zip(expected) {
            let warning = warning.as_str().unwrap();
            assert!(warning.starts_with(begin) && warning.ends_with(end), "{name}: {warning}");
        }
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_that_find_the_certificate_valid_are_believed() {
    let running = Running::start().await;
    let (mut desk, mut other) = (running.agent("desk").await, running.agent("other desk").await);
    let path = format!("/profiles/{}", running.api.get("/profiles").await[0]["id"].as_str().unwrap());
    let found = running.api.get("/built-in-certificate").await["assessment"]["problems"].clone();
    for (desk_finds, other_finds, expected) in [
        (json!([]), found.clone(), Some(ONE)),
        (json!([]), json!([]), None),
        (found.clone(), found, Some(TWO)),
    ] {
        report(&running, &mut desk, desk_finds).await;
        report(&running, &mut other, other_finds).await;
        let answer = running.api.change("PUT", &path, &profile("Default", "deny")).await;
        let warnings = answer["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), usize::from(expected.is_some()), "{warnings:?}");
        assert!(expected.is_none_or(|end| warnings[0].as_str().unwrap().ends_with(end)), "{warnings:?}");
    }
    let described = running.api.get("/openapi.json").await;
    for (path, changed) in [
        ("/profiles/{id}", "ProfileView"),
        ("/endpoints/{id}/profile", "EndpointView"),
        ("/ssl-certificate", "CertificateView"),
        ("/settings", "Settings"),
    ] {
        let answer = described["paths"][format!("/api/v1{path}")]["put"]["responses"]["200"].to_string();
        assert!(answer.contains(&format!("WithWarnings_{changed}")), "{answer}");
        let schema = described["components"]["schemas"][format!("WithWarnings_{changed}")].to_string();
        assert!(schema.contains("\"warnings\"") && schema.contains("allOf"), "{schema}");
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_an_agent_said_goodbye_is_found_out() {
    let running = Running::start().await;
    let path = format!("/profiles/{}", running.api.get("/profiles").await[0]["id"].as_str().unwrap());
    let found = running.api.get("/built-in-certificate").await["assessment"]["problems"].clone();
    let (goodbye, applied) = ("the agent said goodbye", RemoteConfigStatuses::Applied);
    let denied = "its profile denies certificates that are not valid: name_mismatch, self_signed";
    for (action, status, problems, expected) in [
        ("deny", applied, found.clone(), denied),
        ("deny", applied, json!([]), goodbye),
        ("deny", RemoteConfigStatuses::Failed, found.clone(), goodbye),
        ("warn", applied, found, goodbye),
    ] {
        running.api.change("PUT", &path, &profile("Default", action)).await;
        let mut agent = running.agent("desk").await;
        let offered = agent.until(|message| message.remote_config.clone()).await;
        report(&running, &mut agent, problems).await;
        let health = ComponentHealth { healthy: true, status: "connected".into(), ..Default::default() };
        let status = RemoteConfigStatus {
            status: status.into(),
            last_remote_config_hash: offered.config_hash,
            ..RemoteConfigStatus::default()
        };
        agent
            .send(AgentToServer {
                health: Some(health),
                remote_config_status: Some(status),
                ..AgentToServer::default()
            })
            .await;
        running.endpoint(agent.uid, |endpoint| endpoint["health"] == "connected").await;
        let agent_disconnect = Some(AgentDisconnect {});
        agent.send(AgentToServer { agent_disconnect, ..AgentToServer::default() }).await;
        let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["online"] == false).await;
        assert_eq!((&endpoint["offline_reason"], &endpoint["health"]), (&json!(expected), &Value::Null));
    }
    running.server.stop().await;
}
