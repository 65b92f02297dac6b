//! The memory that an idle agent costs the server.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::support::agent::Agent;
use super::support::process::resident_bytes;
use super::support::tls;
use super::{Scale, ServerProcess, bare_loop::BareLoop};

/// How many connect at the same time.
const AT_ONCE: usize = 32;
/// The servers are at rest some time after the last agent has come.
const AT_REST: Duration = Duration::from_secs(3);

pub(crate) async fn measure(scale: Scale) {
    let ours = ours(scale.agents).await;
    let bare = bare(scale.agents).await;
    println!(
        "server memory per idle agent, {} agents: ours {:.1} kB, bare rustls loop {:.1} kB, ratio {:.2}",
        scale.agents,
        ours / 1000.0,
        bare / 1000.0,
        ours / bare
    );
}

/// Agents that have enrolled with a token and introduced themselves.
async fn ours(agents: usize) -> f64 {
    let server = ServerProcess::start().await;
    // What the server allocates once only is not to be divided among the agents.
    drop(Agent::with_token(server.telemetry, &server.enrolment_token, "desk-0").await);
    let before = server.resident_bytes();
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut connecting = JoinSet::new();
    for number in 1..=agents {
        let (address, token) = (server.telemetry, server.enrolment_token.clone());
        let at_once = Arc::clone(&at_once);
        connecting.spawn(async move {
            let _place = at_once.acquire().await.unwrap();
            let mut agent = Agent::with_token(address, &token, &format!("desk-{number}")).await;
            agent.settled().await;
            agent
        });
    }
    let connected = connecting.join_all().await;
    tokio::time::sleep(AT_REST).await;
    let after = server.resident_bytes();
    let online = server.api.get("/overview").await["online"].clone();
    assert_eq!(online, connected.len(), "so many of the agents are online");
    per_agent(before, after, connected.len())
}

/// Connections that have shaken hands, and say nothing.
async fn bare(agents: usize) -> f64 {
    let server = BareLoop::start().await;
    drop(tls::connect(server.address, None).await.unwrap());
    let before = resident_bytes(server.process());
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut connecting = JoinSet::new();
    for _ in 0..agents {
        let (address, at_once) = (server.address, Arc::clone(&at_once));
        connecting.spawn(async move {
            let _place = at_once.acquire().await.unwrap();
            tls::connect(address, None).await.unwrap()
        });
    }
    let connected = connecting.join_all().await;
    tokio::time::sleep(AT_REST).await;
    per_agent(before, resident_bytes(server.process()), connected.len())
}

#[expect(clippy::cast_precision_loss, reason = "these are far from 2^52")]
fn per_agent(before: u64, after: u64, agents: usize) -> f64 {
    after.saturating_sub(before) as f64 / agents as f64
}
