//! What connections that never say anything cost, and whom they keep out.

use std::time::Duration;

use countersign_protocol::SignedProfile;
use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::support::agent::Agent;
use crate::support::process::{OpenFiles, ServerProcess, open_files};
use crate::support::tls;

/// Connections that open and say nothing.
const SILENT: usize = 1000;
/// Connections that shake hands and say nothing.
const SHAKEN: usize = 100;
/// What this test and the server, of whose files a quarter is for connections on their way, need for all of them.
const OPEN_FILES: u64 = 4 * (SILENT + SHAKEN + 2) as u64;
/// As many files as many systems allow a process.
const FEW_FILES: u64 = 1024;
/// How long the server lets a handshake take.
const TO_SHAKE_HANDS: Duration = Duration::from_secs(10);
/// How long the server waits for the session after the handshake.
const TO_OPEN_SESSION: Duration = Duration::from_secs(20);
/// How much later a busy computer may be.
const LATER: Duration = Duration::from_secs(8);
/// What the server may take for all of them. Up to the handshake a connection is a task, a socket and at most one read
/// buffer of 4 KiB; after it, the TLS state and 1 KiB for the request: the ten kilobytes that the limit on
/// connections on their way reckons with. Twice that, because this code is not optimised.
const MEMORY_FOR_ALL: u64 = 2 * 10 * 1024 * (SILENT + SHAKEN) as u64;

async fn heartbeat_seconds(agent: &mut Agent) -> u64 {
    let config = agent.until(|message| message.remote_config.clone()).await;
    let profile = SignedProfile::from_remote_config(&config).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&profile.document).unwrap();
    document["heartbeat_seconds"].as_u64().unwrap()
}

/// When the server closes a connection, in whatever way.
async fn closed(mut connection: impl AsyncRead + Unpin, limit: Duration) -> Instant {
    let mut byte = [0; 1];
    match tokio::time::timeout(limit, connection.read(&mut byte)).await {
        Ok(Ok(0) | Err(_)) => Instant::now(),
        Ok(Ok(_)) => panic!("the server spoke first"),
        Err(elapsed) => panic!("the server has not closed a silent connection after {limit:?}: {elapsed}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_cost_little_keep_nobody_out_and_are_closed() {
    let test = "limits::silent_connections_cost_little_keep_nobody_out_and_are_closed";
    if open_files(OPEN_FILES, test) == OpenFiles::WereEnoughElsewhere {
        return;
    }
    let server = ServerProcess::start().await;
    let mut first = Agent::with_token(server.telemetry, &server.enrolment_token, "first").await;
    heartbeat_seconds(&mut first).await;
    let before = server.resident_bytes();

    let begin = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        silent.push(TcpStream::connect(server.telemetry).await.unwrap());
    }
    let opened = Instant::now();
    let mut shaken = Vec::new();
    for _ in 0..SHAKEN {
        shaken.push(tls::connect(server.telemetry, None).await.unwrap());
    }
    let all_shaken = Instant::now();
    let mut second = Agent::with_token(server.telemetry, &server.enrolment_token, "second").await;
    heartbeat_seconds(&mut second).await;
    assert!(begin.elapsed() < TO_SHAKE_HANDS, "they were no longer all there: {:?}", begin.elapsed());
    let taken = server.resident_bytes().saturating_sub(before);
    println!("{taken} bytes for {SILENT} silent connections and {SHAKEN} after their handshake");
    assert!(taken < MEMORY_FOR_ALL, "{taken} bytes were taken; {MEMORY_FOR_ALL} are the limit");

    let waits = silent.into_iter().map(|connection| closed(connection, TO_SHAKE_HANDS + LATER));
    let ends = async { join_all(waits).await };
    let waits = shaken.into_iter().map(|connection| closed(connection, TO_OPEN_SESSION + LATER));
    let (silent_ends, shaken_ends) = tokio::join!(ends, join_all(waits));
    for end in silent_ends {
        assert!(end - begin >= TO_SHAKE_HANDS && end - opened < TO_SHAKE_HANDS + LATER, "{:?}", end - begin);
    }
    for end in shaken_ends {
        assert!(end - opened >= TO_OPEN_SESSION && end - all_shaken < TO_OPEN_SESSION + LATER);
    }
    server.until_logged("a TLS handshake took too long", SILENT).await;
    server.until_logged("a connection took too long to become a session", SHAKEN).await;

    // Both agents are where they were.
    let profiles = server.api.get("/profiles").await;
    let path = format!("/profiles/{}", profiles[0]["id"].as_str().unwrap());
    let body = json!({"name": "Default", "invalid_certificate_action": "warn", "heartbeat_seconds": 99});
    server.api.change("PUT", &path, &body).await;
    for agent in [&mut first, &mut second] {
        assert_eq!(heartbeat_seconds(agent).await, 99);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_keep_nobody_out_of_a_server_with_few_files() {
    let test = "limits::silent_connections_keep_nobody_out_of_a_server_with_few_files";
    if open_files(2 * FEW_FILES, test) == OpenFiles::WereEnoughElsewhere {
        return;
    }
    let server = ServerProcess::start_with_open_files(FEW_FILES).await;
    let begin = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..FEW_FILES + 6 {
        silent.push(TcpStream::connect(server.telemetry).await.unwrap());
    }
    server.api.get("/endpoints").await;
    let mut agent = Agent::with_token(server.telemetry, &server.enrolment_token, "desk").await;
    heartbeat_seconds(&mut agent).await;
    assert!(begin.elapsed() < TO_SHAKE_HANDS, "they were no longer all there: {:?}", begin.elapsed());
    assert_eq!(server.logged("could not be accepted"), 0);
    assert!(server.logged("has made room for another") > 0);
}
