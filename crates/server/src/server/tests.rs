//! What the parts of a server do together.

use axum::extract::ConnectInfo;
use clap::Parser as _;
use countersign_protocol::InstanceUid;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::*;
use crate::configuration::CommandLine;
use crate::store::{Actor, Change, StoreError};
use crate::telemetry::Wake;

async fn start(directory: &Path) -> Server {
    let arguments =
        ["countersign-server", "--telemetry-address=127.0.0.1:0", "--console-address=127.0.0.1:0"];
    let mut command_line = CommandLine::parse_from(arguments);
    command_line.data_directory = Some(directory.join("data"));
    Server::start(ServerConfiguration::load(command_line).unwrap()).await.unwrap()
}

/// What the server answers to a request that comes from there.
async fn ask_from(server: &Server, peer: &str, path: &str) -> String {
    let peer: SocketAddr = peer.parse().unwrap();
    // The innermost says it last.
    let routes = web::router(Arc::clone(&server.administration)).layer(axum::Extension(ConnectInfo(peer)));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let soon = Duration::from_secs(10);
    tokio::time::timeout(soon, stream.read_to_end(&mut answer)).await.expect("no answer in time").unwrap();
    serving.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_remote_https_access_nobody_from_elsewhere_gets_in() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let store = &server.administration.telemetry.store;
    let (elsewhere, here) = ("192.0.2.1:50000", "127.0.0.1:50000");
    let pages = ["/", "/endpoints", "/sign-in", "/set-up/none", "/assets/none", "/nothing"];
    for on in [true, false] {
        let change = Change {
            actor: Actor::Server,
            at: server.administration.now(),
            action: "settings.changed",
            subject: "settings".to_owned(),
            detail: json!({}),
        };
        store.set(&[(Setting::RemoteHttpsAccess, on)], None, change).await.unwrap();
        server.administration.follow_access().await.unwrap();
        for peer in [elsewhere, here, "[2001:db8::1]:50000", "[::1]:50000"] {
            let kept_out = !on && (peer == elsewhere || peer.contains("2001"));
            for path in pages {
                let answer = ask_from(&server, peer, path).await;
                let is_page = answer.contains("<!doctype html>") || answer.contains("<!DOCTYPE html>");
                let refused = answer.starts_with("HTTP/1.1 403")
                    && answer.contains("Remote HTTPS access is off")
                    && is_page;
                assert_eq!(refused, kept_out, "{on} {peer} {path}: {answer}");
            }
            for path in ["/api/v1/endpoints", "/api/v1/openapi.json", "/metrics"] {
                let answer = ask_from(&server, peer, path).await;
                let refused = answer.starts_with("HTTP/1.1 403")
                    && answer.to_lowercase().contains("content-type: application/problem+json")
                    && answer.contains("Remote HTTPS access is off");
                assert_eq!(refused, kept_out, "{on} {peer} {path}: {answer}");
            }
            for path in ["/health", "/api/v1/health"] {
                let answer = ask_from(&server, peer, path).await;
                assert!(answer.starts_with("HTTP/1.1 200"), "{on} {peer} {path}: {answer}");
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_look_for_themselves_when_a_change_may_not_have_reached_them() {
    let directory = tempfile::tempdir().unwrap();
    let server = start(directory.path()).await;
    let shared = &server.administration.telemetry;
    let place = shared.presence.enter(InstanceUid::generate(), Uuid::now_v7(), shared.clock.now());
    // Whoever has told them leaves no doubt: the first thing that the session sees comes of the second.
    shared.store.untold().told();
    let failed = || -> Result<(), StoreError> {
        let _untold = shared.store.untold();
        Err(StoreError::NotFound("anything".to_owned()))
    };
    assert!(failed().is_err());
    let soon = Duration::from_secs(10);
    let woken = tokio::time::timeout(soon, place.next_wake()).await.expect("nobody tells the session");
    assert_eq!(woken, Wake::Profile);
    shared.presence.leave(&place);
    server.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn many_connections_wait_until_they_are_accepted() {
    let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
    let many = allowed.trim().parse::<usize>().unwrap().min(400);
    let (_listener, address) = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let mut waiting = Vec::new();
    for _ in 0..many {
        let connecting = tokio::time::timeout(Duration::from_millis(900), TcpStream::connect(address));
        waiting.push(connecting.await.expect("there was no place to wait").unwrap());
    }
    // Where somebody listens, nobody else does.
    assert!(matches!(bind(address), Err(ServerError::Listen { .. })));
}
