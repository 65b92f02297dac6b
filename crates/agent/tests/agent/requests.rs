//! What the person asks of the agent is heard at any time.

use countersign_agent::{Answer, ConnectionState};
use countersign_trust::RememberFor;
use tokio::time::{Duration, Instant};

use crate::support::{Surroundings, is_backing_off, is_refused};

/// Well below what the network may take to answer.
const AT_ONCE: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn disconnect_takes_the_question_away() {
    let around = Surroundings::start().await;
    let question = around.desktop.question().await;
    around.agent.disconnect();
    question.withdrawn().await;
    around.status(|state| *state == ConnectionState::Disconnected).await;
    around.agent.connect();
    around.desktop.question().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disconnect_and_quit_do_not_wait_for_a_server_that_says_nothing() {
    for quit in [false, true] {
        let mut around = Surroundings::start().await;
        around.desktop.question().await.answer(Answer::Deny);
        around.status(is_refused).await;
        around.clock.pause_begun().await;
        let silent = {
            let other = crate::support::server::Server::start(&around.certificates.valid).await;
            std::mem::replace(&mut around.server, other).fall_silent().await
        };
        // The look hangs in its handshake.
        around.clock.elapse().await;
        let _held = silent.accept().await.unwrap();
        let start = Instant::now();
        if quit {
            around.agent.shutdown().await;
        } else {
            around.agent.disconnect();
            around.status(|state| *state == ConnectionState::Disconnected).await;
        }
        assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_does_not_wait_for_the_pause() {
    let around = Surroundings::start().await;
    around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
    around.status(is_backing_off).await;
    around.clock.pause_begun().await;
    let before = around.server.connections();
    around.agent.connect();
    around.server.connections_beyond(before).await;
}
