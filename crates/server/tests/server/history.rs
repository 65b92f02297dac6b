//! What administrators read: the audit, what happened to an endpoint, and which servers there are.

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::opamp::{AgentToServer, RemoteConfigStatus, RemoteConfigStatuses};
use countersign_protocol::{
    CertificateReport, CommandOutcome, CommandResult, ReportedDecision, SessionTrust,
};
use countersign_trust::{InvalidCertificateAction, TrustedRoots, assess};
use serde_json::{Value, json};

use crate::support::Running;
use crate::support::agent::Connection;
use crate::support::console::{Console, NAME, PASSWORD};

/// The values of a field of each row.
fn each<'rows>(rows: &'rows Value, field: &str) -> Vec<&'rows str> {
    rows.as_array().unwrap().iter().map(|row| row[field].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_searched_page_by_page_and_written_out() {
    let running = Running::start().await;
    let api = &running.api;
    let agent = running.agent("desk").await;
    for number in 0..5 {
        let body = json!({"name": format!("Profile {number}"), "invalid_certificate_action": "warn", "heartbeat_seconds": 30});
        api.change("POST", "/profiles", &body).await;
    }
    let profile = api.get("/profiles").await[1]["id"].as_str().unwrap().to_owned();
    api.change("PUT", &format!("/endpoints/{}/profile", agent.uid), &json!({"profile_id": profile})).await;

    let page = api.send("GET", "/audit?action=profile.created&size=2&page=2", None).await;
    assert_eq!((page.status, page.header("total-count")), (200, "6"), "with the default one");
    assert!(page.header("link").contains("page=3>; rel=\"next\""), "{}", page.header("link"));
    let names: Vec<Value> =
        page.json().as_array().unwrap().iter().map(|change| change["detail"]["name"].clone()).collect();
    assert_eq!(names, [json!("Profile 2"), json!("Profile 1")]);
    // By what things are called now, in any case, and by their identifiers.
    for (query, expected) in [
        ("subject=profile%203", &["profile.created"][..]),
        ("subject=DESK", &["endpoint.profile_assigned"]),
        (&format!("subject={}", agent.uid), &["endpoint.profile_assigned"]),
        (&format!("subject={}", profile.to_uppercase()), &["profile.created"]),
        ("subject=nothing", &[]),
        ("actor=nobody", &[]),
        ("actor=administrator%20token&action=endpoint.profile_assigned", &["endpoint.profile_assigned"]),
        ("before=2020-01-01T00:00:00Z", &[]),
        (
            "since=2020-01-01T00:00:00%2B02:00&action=endpoint.profile_assigned",
            &["endpoint.profile_assigned"],
        ),
    ] {
        let found = api.get(&format!("/audit?{query}")).await;
        assert_eq!(each(&found, "action"), expected, "{query}");
    }
    for wrong in ["size=501", "page=0", "since=yesterday", "who=anna"] {
        assert_eq!(api.send("GET", &format!("/audit?{wrong}"), None).await.status, 400, "{wrong}");
    }

    let file = api.send("GET", "/audit/export?action=profile.created", None).await;
    assert_eq!((file.status, file.content_type.as_str()), (200, "application/jsonl"));
    let lines: Vec<Value> = file.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let listed = api.get("/audit?action=profile.created").await;
    assert_eq!(json!(lines), listed, "the file holds what the list shows");
    let file = api.send("GET", "/audit/export?format=csv&subject=desk", None).await;
    assert!(file.content_type.starts_with("text/csv"), "{}", file.content_type);
    let lines: Vec<&str> = file.body.split("\r\n").collect();
    assert_eq!(lines.len(), 3, "{}", file.body);
    assert!(
        lines[1].contains("\"endpoint.profile_assigned\"") && lines[1].contains("\"desk\""),
        "{}",
        lines[1]
    );

    // The page asks the same.
    let mut console = Console::set_up(&running).await;
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    let page = console.get("/system-settings/audit-log?action=profile.created").await;
    assert!(page.body.contains("6 changes") && page.body.contains("Profile 3"), "{}", page.body);
    let page = console.get("/system-settings/audit-log?subject=desk&from=2020-01-01&until=2020-01-02").await;
    assert!(page.body.contains("No change fits."), "{}", page.body);
    let file = console.get("/system-settings/audit-log/file?format=csv&subject=desk").await;
    assert_eq!((file.status, file.body.split("\r\n").count()), (200, 3), "{}", file.body);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"countersign-audit.csv\"");
    assert_eq!(Console::new(&running).get("/system-settings/audit-log/file").await.status, 303);
    running.server.stop().await;
}

fn report(trust: SessionTrust) -> AgentCustomMessage {
    let server = "localhost".parse().unwrap();
    let time = rustls_pki_types::UnixTime::since_unix_epoch(std::time::Duration::ZERO);
    AgentCustomMessage::CertificateReport(Box::new(CertificateReport {
        assessment: assess(&[], &server, &TrustedRoots::default(), time),
        action: InvalidCertificateAction::Warn,
        trust,
        decision: ReportedDecision::Valid,
        judged_at: None,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_to_an_endpoint_is_told_page_by_page() {
    let running = Running::start().await;
    let (api, token) = (&running.api, Some(running.enrolment_token.as_str()));
    let mut agent = running.agent("desk").await;
    let uid = agent.uid;
    let hash = agent.until(|message| message.remote_config.clone()).await.config_hash;
    let answer = |status: RemoteConfigStatuses, error: &str| AgentToServer {
        remote_config_status: Some(RemoteConfigStatus {
            last_remote_config_hash: hash.clone(),
            status: status.into(),
            error_message: error.to_owned(),
        }),
        ..AgentToServer::default()
    };
    agent.send(answer(RemoteConfigStatuses::Applying, "")).await;
    for _ in 0..2 {
        agent.send_custom(&report(SessionTrust::Remembered)).await;
        agent.send(answer(RemoteConfigStatuses::Failed, "No room.")).await;
        agent.send(AgentToServer::default()).await;
    }
    agent.send(answer(RemoteConfigStatuses::Applied, "")).await;
    agent.settled().await;
    let given = api
        .change("POST", &format!("/endpoints/{uid}/commands"), &json!({"kind": "refresh_inventory"}))
        .await;
    let id = agent.command().await.id;
    assert_eq!(given["id"], json!(id));
    let outcome = CommandOutcome::Failed { reason: "Not now.".to_owned() };
    agent.send_custom(&AgentCustomMessage::CommandResult(CommandResult { id, outcome })).await;
    agent.settled().await;
    drop(agent);
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    let path = format!("/endpoints/{uid}/history");
    // The end of the session is kept a moment after the endpoint is shown as gone.
    let deadline = tokio::time::Instant::now() + crate::support::agent::SOON;
    let told = loop {
        let told = api.get(&path).await;
        if told[0]["kind"] == "disconnected" {
            break told;
        }
        assert!(tokio::time::Instant::now() < deadline, "{told:#}");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    };
    let mut kinds = each(&told, "kind");
    kinds.reverse();
    assert_eq!(
        kinds,
        [
            "enrolled",
            "connected",
            "certificate_judged",
            "profile_failed",
            "profile_applied",
            "changed",
            "command_finished",
            "disconnected"
        ],
        "{told:#}"
    );
    let row = |kind: &str| told.as_array().unwrap().iter().find(|row| row["kind"] == kind).unwrap();
    assert_eq!(row("certificate_judged")["trust"], "remembered");
    assert_eq!(
        (&row("profile_failed")["error"], &row("profile_failed")["profile"]["revision"]),
        (&json!("No room."), &json!(1))
    );
    assert_eq!(row("changed")["change"]["action"], "command.given");
    assert_eq!(row("command_finished")["command"]["outcome"]["reason"], "Not now.");

    // It comes back as it was.
    let mut back = Connection::open(running.server.telemetry, None).await.upgrade(uid, token).await.unwrap();
    back.introduce("desk").await;
    back.send_custom(&report(SessionTrust::Remembered)).await;
    back.settled().await;
    let page = api.send("GET", &format!("{path}?size=4"), None).await;
    assert_eq!((page.status, page.header("total-count")), (200, "9"), "{}", page.body);
    assert_eq!(page.json()[0]["kind"], "connected");
    assert!(page.header("link").contains("page=2>; rel=\"next\""), "{}", page.header("link"));
    assert_eq!(api.send("GET", &format!("{path}?size=0"), None).await.status, 400);
    let nobody = uuid::Uuid::now_v7();
    assert_eq!(api.send("GET", &format!("/endpoints/{nobody}/history"), None).await.status, 404);

    let mut console = Console::set_up(&running).await;
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    for page in [format!("/endpoints/{uid}"), format!("/endpoints/{uid}/history")] {
        let page = console.get(&page).await;
        for words in
            ["A command ended", "Refresh inventory: Failed: Not now.", "Default, revision 1: No room."]
        {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_are_listed() {
    let running = Running::start().await;
    let _agent = running.agent("desk").await;
    let servers = running.api.get("/servers").await;
    assert_eq!(each(&servers, "address"), [running.server.console.to_string()]);
    assert_eq!((&servers[0]["sessions"], &servers[0]["answers"]), (&json!(1), &json!(true)));
    let mut console = Console::set_up(&running).await;
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    let page = console.get("/").await;
    assert!(!page.body.contains("id=\"servers\""), "there is nothing to tell apart");
    running.server.stop().await;

    let (first, second) = Running::start_two().await;
    let _agents = (second.agent("desk-1").await, second.agent("desk-2").await);
    let servers = second.api.get("/servers").await;
    let addresses = [first.server.console.to_string(), second.server.console.to_string()];
    assert_eq!(each(&servers, "address"), addresses, "the first one has been there longest");
    assert_eq!((&servers[0]["sessions"], &servers[1]["sessions"]), (&json!(0), &json!(2)));
    assert_eq!((&servers[0]["answers"], &servers[1]["answers"]), (&json!(false), &json!(true)));
    let mut console = Console::set_up(&first).await;
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    let page = console.get("/").await;
    for address in &addresses {
        assert!(page.body.contains(address.as_str()), "{address}: {}", page.body);
    }
    first.server.stop().await;
    let left = second.api.get("/servers").await;
    assert_eq!(each(&left, "address"), addresses[1..]);
    second.server.stop().await;
}
