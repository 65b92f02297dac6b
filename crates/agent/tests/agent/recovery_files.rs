//! Recovery files that are put in place while the agent runs.

use countersign_agent::{ConnectionState, Notice, Status};
use countersign_protocol::{RecoveryDocument, SessionTrust};
use countersign_trust::{InvalidCertificateAction, PermissionOrigin};

use crate::recovery::{DENIED, cut_off, document, text};
use crate::support::management::Management;
use crate::support::server::{Manner, Server};
use crate::support::{Setup, Surroundings, is_backing_off, is_connected};

/// Puts a file in place, as whoever looks after the computer does.
fn put(around: &Surroundings, name: &str, content: &str, mode: u32) {
    let directory = around.state.path().join("recovery");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(name), content).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&directory, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(directory.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// Lets the agent look, and waits until it has.
async fn one_look_for_files(around: &Surroundings) {
    around.clock.elapse_interval().await;
    around.clock.interval_begun().await;
}

fn at(server: &Server) -> impl Fn(&Status) -> bool {
    let server = server.name();
    move |status| (&status.state, status.server.as_ref()) == (&ConnectionState::Connected, Some(&server))
}

/// A file that only says where the server is now.
fn new_address(around: &Surroundings, to: &Server) -> RecoveryDocument {
    RecoveryDocument {
        allow: None,
        action: None,
        new_address: Some(to.name()),
        ..document(around, around.server.name())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_session_takes_what_is_put_in_place() {
    let management = Management::new();
    let around = Surroundings::set_up(Setup::identified(&management, InvalidCertificateAction::Allow)).await;
    around.status(is_connected).await;
    management.sessions(1).await;
    let connections = around.server.connections();
    let allowing = document(&around, around.server.name());
    #[cfg(unix)]
    {
        // Anybody may have written this one.
        put(&around, "a.countersign-recovery", &text(&allowing, management.identity()), 0o666);
        one_look_for_files(&around).await;
        assert!(around.agent.remembered().await.entries.is_empty());
    }
    put(&around, "b.countersign-recovery", &text(&allowing, management.identity()), 0o644);
    one_look_for_files(&around).await;
    let entry = around.agent.remembered().await.entries.remove(0).certificate;
    assert_eq!(entry.origin, PermissionOrigin::RecoveryFile);
    // The session goes on.
    assert_eq!(
        (around.server.connections(), around.agent.status().borrow().trust),
        (connections, Some(SessionTrust::Identified))
    );
    // One that the server did not make.
    let stranger = countersign_protocol::IdentityKeyPair::generate().unwrap().0;
    let elsewhere = Server::start_with(&around.certificates.valid, Manner::Manages(management.clone())).await;
    let moving = new_address(&around, &elsewhere);
    put(&around, "c.countersign-recovery", &text(&moving, &stranger), 0o644);
    one_look_for_files(&around).await;
    assert_eq!(around.agent.status().borrow().server.as_ref(), Some(&around.server.name()));
    put(&around, "d.countersign-recovery", &text(&moving, management.identity()), 0o644);
    around.clock.elapse_interval().await;
    around.status_where(at(&elsewhere)).await;
    around.agent.shutdown().await;
    let told = around.desktop.notices();
    assert_eq!(told.iter().filter(|notice| matches!(notice, Notice::Recovered { .. })).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_refuses_takes_it_without_waiting_for_the_next_attempt() {
    let (management, around) = cut_off().await;
    let pause = around.clock.pause_begun().await;
    for _ in 0..3 {
        one_look_for_files(&around).await;
        // To look for files does not put the next attempt off.
        assert_eq!(around.clock.pause_begun().await, pause);
    }
    assert_eq!(around.agent.status().borrow().state, DENIED);
    put(
        &around,
        "a.countersign-recovery",
        &text(&document(&around, around.server.name()), management.identity()),
        0o644,
    );
    around.clock.elapse_interval().await;
    let status = around.status(is_connected).await;
    assert_eq!(status.trust, Some(SessionTrust::Remembered));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_question_goes_away() {
    let management = Management::new();
    let around = Surroundings::set_up(Setup::identified(&management, InvalidCertificateAction::Warn)).await;
    let question = around.desktop.question().await;
    put(
        &around,
        "a.countersign-recovery",
        &text(&document(&around, around.server.name()), management.identity()),
        0o644,
    );
    around.clock.elapse_interval().await;
    let status = around.status(is_connected).await;
    assert_eq!(status.trust, Some(SessionTrust::Remembered));
    question.withdrawn().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_takes_it_and_who_was_disconnected_by_the_person_waits_for_the_person() {
    let management = Management::new();
    let setup =
        Setup { manner: Manner::Closes, ..Setup::identified(&management, InvalidCertificateAction::Allow) };
    let around = Surroundings::set_up(setup).await;
    around.status(is_backing_off).await;
    let elsewhere = Server::start_with(&around.certificates.valid, Manner::Manages(management.clone())).await;
    let file = text(&new_address(&around, &elsewhere), management.identity());
    around.agent.disconnect();
    around.status(|state| *state == ConnectionState::Disconnected).await;
    put(&around, "a.countersign-recovery", &file, 0o644);
    one_look_for_files(&around).await;
    assert_eq!(around.agent.status().borrow().state, ConnectionState::Disconnected);
    around.agent.connect();
    around.status_where(at(&elsewhere)).await;

    let waiting = Surroundings::set_up(Setup {
        manner: Manner::Closes,
        ..Setup::identified(&management, InvalidCertificateAction::Allow)
    })
    .await;
    waiting.status(is_backing_off).await;
    let pause = waiting.clock.pause_begun().await;
    one_look_for_files(&waiting).await;
    assert_eq!(waiting.clock.pause_begun().await, pause);
    put(
        &waiting,
        "a.countersign-recovery",
        &text(&new_address(&waiting, &elsewhere), management.identity()),
        0o644,
    );
    waiting.clock.elapse_interval().await;
    // Its certificate is of another root than this computer knows, and the action is Allow.
    waiting.status_where(at(&elsewhere)).await;
}
