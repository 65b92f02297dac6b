//! Starts that fail, and what they must not lose.

use std::net::SocketAddr;
use std::path::Path;

use countersign_server::{AdministratorToken, Server, ServerConfiguration, ServerError};
use serde_json::{Value, json};

use crate::support::http::ApiClient;
use crate::support::{configuration, log};

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
