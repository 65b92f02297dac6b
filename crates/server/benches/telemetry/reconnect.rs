//! All agents come back at the same moment, after the server has ended in the middle of its work.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;

use super::agents::{Agent, Fleet, Session, all};
use super::bare_loop::{BareLoop, ClientCertificates};
use super::support::tls;
use super::{Scale, median, processor_seconds};

/// How many are on their way at the same time; the next one begins as soon as one has its session. More would not come sooner: their
/// first packets would be dropped where the queue of the listener is full, and only be sent again after a second or more, so that
/// the pauses of the system would be measured.
const ON_THEIR_WAY: usize = 256;
/// The most times that an agent tries.
const TRIES: usize = 100;

/// One time that all came back.
struct Round {
    /// Until the last has its session.
    seconds: f64,
    /// Of the server's processors.
    processor_seconds: f64,
    /// Beyond the first of each agent.
    tries: usize,
}

/// Leaves the agents connected, as it has found them.
pub(crate) async fn measure(scale: Scale, fleet: &mut Fleet) {
    let agents = fleet.connected();
    let (mut ours, mut plain, mut mutual) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..scale.restarts {
        fleet.server.kill();
        fleet.lost().await;
        plain.push(bare(fleet, ClientCertificates::Ignored).await);
        let authority = fleet.authority.clone();
        mutual.push(bare(fleet, ClientCertificates::Verified(authority)).await);
        fleet.server.start_again().await;
        ours.push(restarted(fleet).await);
    }
    let of = |rounds: &[Round], value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    let seconds = |rounds: &[Round]| of(rounds, |round| round.seconds);
    let used = |rounds: &[Round]| of(rounds, |round| round.processor_seconds);
    #[expect(clippy::cast_precision_loss, reason = "a number of tries is far from 2^52")]
    let tries = |rounds: &[Round]| of(rounds, |round| round.tries as f64);
    println!(
        "all {agents} agents reconnect after a restart, {ON_THEIR_WAY} on their way at a time, sessions with their reports: ours {:.2} s \
         (medians of {}; {:.2} s of processor time, {:.0} tries failed)",
        seconds(&ours),
        scale.restarts,
        used(&ours),
        tries(&ours)
    );
    for (name, rounds) in [
        ("bare rustls loop, the same client certificates verified", &mutual),
        ("bare rustls loop, no client certificates", &plain),
    ] {
        println!(
            "  {name}: {:.2} s ({:.2} s of processor time, {:.0} tries failed), ratio {:.2}",
            seconds(rounds),
            used(rounds),
            tries(rounds),
            seconds(&ours) / seconds(rounds)
        );
    }
}

async fn restarted(fleet: &mut Fleet) -> Round {
    let (address, process) = (fleet.server.telemetry, fleet.server.process());
    let failed = Arc::new(AtomicUsize::new(0));
    let on_their_way = Arc::new(Semaphore::new(ON_THEIR_WAY));
    let used_before = processor_seconds(process);
    let start = Instant::now();
    let mut coming = JoinSet::new();
    for agent in fleet.away.drain(..) {
        let (failed, on_their_way) = (Arc::clone(&failed), Arc::clone(&on_their_way));
        coming.spawn(async move {
            let _place = on_their_way.acquire().await.unwrap();
            come_back(agent, address, &failed).await
        });
    }
    let sessions = all(coming).await;
    let seconds = start.elapsed().as_secs_f64();
    let processor_seconds = processor_seconds(process) - used_before;
    fleet.hold(sessions);
    let online = fleet.server.api.get("/overview").await["online"].clone();
    assert_eq!(online, fleet.connected(), "so many of the agents are online");
    Round { seconds, processor_seconds, tries: failed.load(Ordering::Relaxed) }
}

/// Tries until it has a session, without a pause.
async fn come_back(mut agent: Agent, address: SocketAddr, failed: &AtomicUsize) -> Session {
    for _ in 0..TRIES {
        match agent.open(address).await {
            Ok(session) => return session,
            Err((back, _)) => agent = back,
        }
        failed.fetch_add(1, Ordering::Relaxed);
    }
    panic!("an agent did not come back");
}

/// The same agents shake hands with the bare loop, which is all that they do.
async fn bare(fleet: &Fleet, clients: ClientCertificates) -> Round {
    let bare = BareLoop::start(clients).await;
    let address = bare.address;
    let failed = Arc::new(AtomicUsize::new(0));
    let on_their_way = Arc::new(Semaphore::new(ON_THEIR_WAY));
    let used_before = processor_seconds(bare.process());
    let start = Instant::now();
    let mut coming = JoinSet::new();
    for agent in &fleet.away {
        let (tls, failed, on_their_way) =
            (Arc::clone(&agent.tls), Arc::clone(&failed), Arc::clone(&on_their_way));
        coming.spawn(async move {
            let _place = on_their_way.acquire().await.unwrap();
            for _ in 0..TRIES {
                match tls::connect_with(address, Arc::clone(&tls)).await {
                    Ok(stream) => return stream,
                    Err(_) => failed.fetch_add(1, Ordering::Relaxed),
                };
            }
            panic!("a connection was not made");
        });
    }
    let connected: Vec<TlsStream<_>> = all(coming).await;
    let seconds = start.elapsed().as_secs_f64();
    let processor_seconds = processor_seconds(bare.process()) - used_before;
    drop(connected);
    Round { seconds, processor_seconds, tries: failed.load(Ordering::Relaxed) }
}
