//! A server that is stopped sends its agents away in good order.

use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::opamp::ServerErrorResponseType;
use countersign_protocol::opamp::server_error_response::Details;
use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::agent::{Agent, Incoming};
use crate::support::process::{Installation, OpenFiles, open_files};

/// A few more than may come back at once.
const AGENTS: usize = 1600;
/// How many connect at the same time.
const AT_ONCE: usize = 32;
/// All come back within this time; agents wait for what they are told and up to as long again.
const WINDOW: Duration = Duration::from_millis(3200);

/// For how long an agent is asked to stay away, and how its session is closed.
async fn sent_away(mut agent: Agent) -> (Option<Duration>, u16) {
    let mut after = None;
    loop {
        match agent.next().await {
            Incoming::Message(message) => {
                let Some(error) = message.error_response else { continue };
                assert_eq!(error.r#type, ServerErrorResponseType::Unavailable as i32);
                let Some(Details::RetryInfo(info)) = error.details else {
                    panic!("it is not said for how long")
                };
                after = Some(Duration::from_nanos(info.retry_after_nanoseconds));
            }
            Incoming::Closed(code) => return (after, code),
            Incoming::Lost => panic!("the session broke off"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_agents_are_asked_to_come_back_one_after_the_other() {
    let test = "shutdown::many_agents_are_asked_to_come_back_one_after_the_other";
    if open_files(AGENTS as u64 + 200, test) == OpenFiles::WereEnoughElsewhere {
        return;
    }
    let mut installation = Installation::new();
    let server = installation.start().await;
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut connecting = JoinSet::new();
    for number in 0..AGENTS {
        let (address, token) = (server.telemetry, server.enrolment_token.clone());
        let at_once = Arc::clone(&at_once);
        connecting.spawn(async move {
            let _place = at_once.acquire().await.unwrap();
            Agent::with_token(address, &token, &format!("desk-{number}")).await
        });
    }
    let agents = connecting.join_all().await;
    let stopping = tokio::task::spawn_blocking(move || server.terminate());
    let sent_away = join_all(agents.into_iter().map(sent_away)).await;
    assert!(stopping.await.unwrap().success());
    assert!(sent_away.iter().all(|(_, code)| *code == 1012), "{:?}", sent_away.first());
    let waits: Vec<Duration> = sent_away.into_iter().filter_map(|(after, _)| after).collect();
    assert_eq!(waits.len(), AGENTS);
    assert!(waits.iter().all(|wait| *wait <= WINDOW / 2));
    for tenth in 0..10 {
        let (from, to) = (WINDOW / 2 * tenth / 10, WINDOW / 2 * (tenth + 1) / 10);
        let share = waits.iter().filter(|wait| (from..to).contains(*wait)).count();
        assert!((AGENTS / 20..AGENTS / 5).contains(&share), "{share} in tenth {tenth}");
    }
    // It has noted of every one of them why it is offline.
    let server = installation.start().await;
    for page in 1..=4 {
        let endpoints = server.api.get(&format!("/endpoints?size=500&page={page}")).await;
        for endpoint in endpoints.as_array().unwrap() {
            assert_eq!(endpoint["offline_reason"], "the server was stopped");
        }
    }
    assert_eq!(server.api.get("/overview").await["offline"], AGENTS);
}
