//! The log as programs read it.

use std::process::Stdio;

use serde_json::Value;

use crate::enrolment::enrol;
use crate::support::agent::{Agent, Connection};
use crate::support::http::exchange;
use crate::support::process::Installation;
use crate::support::tls;

/// Every line as JSON, with what every line has.
#[track_caller]
fn lines(log: &str) -> Vec<Value> {
    let read = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for field in ["timestamp", "level", "message", "target"] {
            assert!(value[field].is_string(), "{field} is missing: {line}");
        }
        value
    };
    log.lines().map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_is_json_with_named_fields_and_no_secret() {
    let mut installation = Installation::new();
    let arguments = ["--log-format", "json", "--server-name", "localhost"];
    let server = installation.start_with(&arguments).await;
    let mut agent = Agent::with_token(server.telemetry, &server.enrolment_token, "desk").await;
    enrol(&mut agent).await;
    let uid = agent.uid;
    // What is not let in, and what breaks the protocol.
    let refused = Connection::open(server.telemetry, None).await.upgrade(uid, Some("wrong-token")).await;
    assert_eq!(refused.map(|_| ()).unwrap_err().0, 401);
    agent.send_frame(tokio_tungstenite::tungstenite::Message::Text("no OpAMP".into())).await;
    agent.ending().await;
    server.until_logged("broke the protocol", 1).await;
    let (secrets, log) = ([server.enrolment_token.clone(), server.api.token.clone()], server.log());
    let lines = lines(&log);
    let connected = lines.iter().find(|line| line["message"] == "an endpoint is connected").unwrap();
    assert_eq!(connected["endpoint"], uid.to_string());
    assert!(connected["peer"].as_str().unwrap().starts_with("127.0.0.1:"), "{connected}");
    assert_eq!(
        (&connected["level"], &connected["target"]),
        (&"INFO".into(), &"countersign_server::telemetry::incoming".into())
    );
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "a token is in the log");
    }
    assert!(!log.contains("wrong-token"));

    // Why it does not start is a line of the log like any other.
    let beside = installation.program(&arguments).stdin(Stdio::null()).output().unwrap();
    assert_eq!(beside.status.code(), Some(1));
    let said = self::lines(&String::from_utf8(beside.stderr).unwrap());
    assert!(
        said.last().unwrap()["message"].as_str().unwrap().contains("Another server uses the data directory"),
        "{said:?}"
    );
    assert!(server.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_names_routes_and_never_addresses() {
    let mut installation = Installation::new();
    let server = installation.start_logging("debug").await;
    let secret = "0123456789abcdef0123456789abcdef";
    for path in [
        format!("/sign-in/openid-connect/answer?code={secret}&state={secret}"),
        format!("/set-up/{secret}"),
        format!("/api/v1/endpoints/{secret}"),
        format!("/nowhere/{secret}"),
    ] {
        let mut stream = tls::connect(server.api.address, None).await.unwrap();
        exchange(&mut stream, "GET", &path, &[], None).await;
    }
    let log = server.log();
    for route in ["/sign-in/openid-connect/answer", "/set-up/{link}", "/api/v1/endpoints/{id}", "none"] {
        assert!(log.contains(&format!("route=\"{route}\"")), "{route} is missing in {log}");
    }
    assert!(!log.contains(secret), "an address is in the log");
    assert!(server.terminate().success());
}
