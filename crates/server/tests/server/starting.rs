//! Starts that fail, and what they must not lose.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use countersign_server::{AdministratorToken, Reader, Server, ServerConfiguration, ServerError};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::support::agent::SOON;
use crate::support::clock::ManualClock;
use crate::support::console::Console;
use crate::support::http::ApiClient;
#[cfg(target_os = "linux")]
use crate::support::process::Installation;
use crate::support::{Running, configuration, log};

#[cfg(unix)]
fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).unwrap().permissions().mode() & 0o777
}

async fn refused(configuration: ServerConfiguration) -> ServerError {
    Server::start(configuration).await.err().unwrap()
}

fn read(ready_file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(ready_file).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_that_fails_loses_no_tokens() {
    log::keep();
    let directory = tempfile::tempdir().unwrap();
    let good = configuration(directory.path());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let occupied = taken.local_addr().unwrap();
    let error = refused(ServerConfiguration { telemetry_address: occupied, ..good.clone() }).await;
    assert!(matches!(error, ServerError::Listen { .. }), "{error}");
    let error = refused(ServerConfiguration { console_address: occupied, ..good.clone() }).await;
    assert!(matches!(error, ServerError::Listen { .. }), "{error}");
    let nowhere = directory.path().join("missing").join("ready.json");
    for ready_file in [nowhere, directory.path().to_owned()] {
        let error =
            refused(ServerConfiguration { ready_file: Some(ready_file.clone()), ..good.clone() }).await;
        assert!(error.to_string().contains(&ready_file.display().to_string()), "{error}");
    }

    let ready_file = directory.path().join("ready.json");
    let server =
        Server::start(ServerConfiguration { ready_file: Some(ready_file.clone()), ..good }).await.unwrap();
    let tokens = server.new_tokens.clone().unwrap();
    let ready = read(&ready_file);
    assert_eq!(ready["administrator_token"], tokens.administrator.expose());
    assert_eq!(ready["enrolment_token"], tokens.enrolment.unwrap().expose());
    let api = ApiClient { address: server.console, token: tokens.administrator.expose().to_owned() };
    assert_eq!(api.get("/enrolment-tokens").await.as_array().unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_administrator_token_takes_the_place_of_the_old() {
    log::keep();
    let directory = tempfile::tempdir().unwrap();
    let good = configuration(directory.path());
    let server = Server::start(good.clone()).await.unwrap();
    let old = server.new_tokens.clone().unwrap().administrator;
    server.stop().await;

    let ready_file = directory.path().join("ready.json");
    let replacing = ServerConfiguration {
        administrator_token: AdministratorToken::Replace,
        ready_file: Some(ready_file.clone()),
        ..good.clone()
    };
    // A start that fails leaves the old one in force.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let console_address: SocketAddr = taken.local_addr().unwrap();
    refused(ServerConfiguration { console_address, ..replacing.clone() }).await;
    let server = Server::start(good.clone()).await.unwrap();
    assert!(server.new_tokens.is_none());
    ApiClient { address: server.console, token: old.expose().to_owned() }.get("/settings").await;
    server.stop().await;

    let server = Server::start(replacing).await.unwrap();
    let tokens = server.new_tokens.clone().unwrap();
    assert!(tokens.enrolment.is_none());
    assert_eq!(read(&ready_file)["administrator_token"], tokens.administrator.expose());
    assert_eq!(read(&ready_file)["enrolment_token"], Value::Null);
    server.stop().await;

    let server = Server::start(good).await.unwrap();
    let refused = ApiClient { address: server.console, token: old.expose().to_owned() };
    assert_eq!(refused.send("GET", "/settings", None).await.status, 401);
    let api = ApiClient { address: server.console, token: tokens.administrator.expose().to_owned() };
    let audit = api.get("/audit").await;
    assert_eq!(
        (&audit[0]["action"], &audit[0]["actor"]),
        (&json!("administrator_token.created"), &json!("the server"))
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_cannot_be_shown_lie_in_files_until_they_are_used() {
    let running = Running::start().await;
    let data = running.directory.path().join("data");
    let (tokens, link) = (data.join("first-tokens"), data.join("set-up-link"));
    let [administrator, enrolment] = [running.api.token.as_str(), running.enrolment_token.as_str()];
    let set_up = running.server.set_up_link.clone().unwrap();
    let secrets = [administrator, enrolment, set_up.expose()];

    let shown = running.server.announcement().text(Reader::Terminal).unwrap();
    assert!(secrets.iter().all(|secret| shown.contains(secret)), "{shown}");
    assert!(!tokens.exists() && !link.exists(), "what was shown needs no file");

    let printed = running.server.announcement().text(Reader::Program).unwrap();
    assert!(!secrets.iter().any(|secret| printed.contains(secret)), "{printed}");
    for file in [&tokens, &link] {
        assert!(printed.contains(&file.display().to_string()), "{printed}");
        #[cfg(unix)]
        assert_eq!(mode(file), 0o600);
    }
    let kept = std::fs::read_to_string(&tokens).unwrap();
    assert!(kept.contains(administrator) && kept.contains(enrolment), "{kept}");
    assert_eq!(std::fs::read_to_string(&link).unwrap().trim(), set_up.expose());

    // A later start reminds of the tokens as long as they lie there, and has a link of its own.
    let running = running.restarted().await;
    assert!(!link.exists(), "the link of the first start is over");
    let printed = running.server.announcement().text(Reader::Program).unwrap();
    assert!(printed.contains(&tokens.display().to_string()) && link.exists(), "{printed}");
    Console::set_up(&running).await;
    assert!(!link.exists(), "it was used");
    std::fs::remove_file(&tokens).unwrap();
    let running = running.restarted().await;
    let printed = running.server.announcement().text(Reader::Program).unwrap();
    assert!(!printed.contains("first-tokens") && !printed.contains("set-up-link"), "{printed}");
    running.server.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_program_prints_no_secret_where_something_may_keep_it() {
    let mut installation = Installation::new();
    let server = installation.start().await;
    let deadline = tokio::time::Instant::now() + SOON;
    let printed = loop {
        let printed = std::fs::read_to_string(installation.printed()).unwrap();
        if printed.contains("Set up the first administrator") {
            break printed;
        }
        assert!(tokio::time::Instant::now() < deadline, "{printed}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert!(printed.contains("Server identity: "), "{printed}");
    let link = std::fs::read_to_string(installation.data().join("set-up-link")).unwrap();
    for secret in [server.api.token.as_str(), server.enrolment_token.as_str(), link.trim()] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(server.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_goes_after_the_time_that_is_set() {
    let clock = ManualClock::at(datetime!(2026-06-01 12:00 UTC));
    let running = Running::start_with(Arc::clone(&clock) as _).await;
    let mut agent = running.agent("desk").await;
    agent.settled().await;
    let commands = format!("/endpoints/{}/commands", agent.uid);
    running.api.change("POST", &commands, &json!({"kind": "refresh_inventory"})).await;
    drop(agent);
    let mut running = running;
    let mut left = Vec::new();
    // It expires within a month, and is kept for 90 days from then on.
    for days in [60, 100] {
        clock.advance(time::Duration::days(days));
        running = running.restarted_with(Arc::clone(&clock) as _).await;
        // The server begins with it when it is started, and it may take a moment.
        let deadline = tokio::time::Instant::now() + SOON;
        let count = async || running.api.get(&commands).await.as_array().unwrap().len();
        while days == 100 && count().await > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        left.push(count().await);
    }
    assert_eq!(left, [1, 0]);
    running.server.stop().await;
}
