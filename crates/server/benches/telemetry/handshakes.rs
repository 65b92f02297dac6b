//! Handshakes through the server's accept path.

use std::net::SocketAddr;
use std::time::Instant;

use rustls::version::TLS13;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use super::bare_loop::{BareLoop, ClientCertificates};
use super::support::tls;
use super::{Scale, ServerProcess, median, processor_seconds};

/// How many are under way at the same time.
const AT_ONCE: usize = 16;

/// One round.
struct Round {
    per_second: f64,
    /// The server's processor time for one, in milliseconds.
    milliseconds: f64,
}

pub(crate) async fn measure(scale: Scale) {
    let server = ServerProcess::start().await;
    let bare = BareLoop::start(ClientCertificates::Ignored).await;
    // Once without counting: caches, and the first pages of both processes.
    round(server.telemetry, server.process(), scale.handshakes / 10).await;
    round(bare.address, bare.process(), scale.handshakes / 10).await;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..scale.rounds {
        ours.push(round(server.telemetry, server.process(), scale.handshakes).await);
        theirs.push(round(bare.address, bare.process(), scale.handshakes).await);
    }
    let of = |rounds: &[Round], value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    let (our, their) = (of(&ours, |round| round.per_second), of(&theirs, |round| round.per_second));
    println!(
        "handshakes per second: ours {our:.0}, bare rustls loop {their:.0}, ratio {:.2} (medians of {})",
        our / their,
        scale.rounds
    );
    let (our, their) = (of(&ours, |round| round.milliseconds), of(&theirs, |round| round.milliseconds));
    println!(
        "server's processor time per handshake: ours {our:.2} ms, bare rustls loop {their:.2} ms, ratio {:.2}",
        our / their
    );
}

#[expect(clippy::cast_precision_loss, reason = "a number of handshakes is far from 2^52")]
async fn round(address: SocketAddr, process: u32, handshakes: usize) -> Round {
    let used_before = processor_seconds(process);
    let start = Instant::now();
    let mut clients = JoinSet::new();
    let configuration = tls::configuration(None, &[&TLS13]);
    for client in 0..AT_ONCE {
        let configuration = configuration.clone();
        let share = handshakes / AT_ONCE + usize::from(client < handshakes % AT_ONCE);
        clients.spawn(async move {
            for _ in 0..share {
                let mut stream = tls::connect_with(address, configuration.clone()).await.unwrap();
                // The server has completed its part once it answers the end with its own.
                stream.shutdown().await.unwrap();
                let _ = stream.read_u8().await;
            }
        });
    }
    clients.join_all().await;
    let (elapsed, used) = (start.elapsed().as_secs_f64(), processor_seconds(process) - used_before);
    let handshakes = handshakes as f64;
    Round { per_second: handshakes / elapsed, milliseconds: used * 1000.0 / handshakes }
}
