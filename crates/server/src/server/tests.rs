//! What the parts of a server do together.

use clap::Parser as _;
use countersign_protocol::InstanceUid;
use tokio::net::TcpStream;
use uuid::Uuid;

use super::*;
use crate::configuration::CommandLine;
use crate::store::StoreError;
use crate::telemetry::Wake;

#[tokio::test(flavor = "multi_thread")]
async fn sessions_look_for_themselves_when_a_change_may_not_have_reached_them() {
    let directory = tempfile::tempdir().unwrap();
    let arguments =
        ["countersign-server", "--telemetry-address=127.0.0.1:0", "--console-address=127.0.0.1:0"];
    let mut command_line = CommandLine::parse_from(arguments);
    command_line.data_directory = Some(directory.path().join("data"));
    let server = Server::start(ServerConfiguration::load(command_line).unwrap()).await.unwrap();
    let shared = &server.shared;
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
