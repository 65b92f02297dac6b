//! The memory that an idle agent costs the server, beside that of connections to others that hold many.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::version::TLS13;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::client::TlsStream;

use super::agents::{AT_ONCE, Fleet, all};
use super::bare_loop::{BareLoop, ClientCertificates};
use super::references::{Mosquitto, Nginx, Reference};
use super::support::tls;

/// The servers are at rest some time after the last agent has come.
const AT_REST: Duration = Duration::from_secs(3);

/// Memory of a server and its processes, in bytes.
#[derive(Clone, Copy, Debug)]
struct Memory {
    resident: u64,
    /// What several processes share counts for each in part (`Pss`).
    proportional: u64,
}

impl Memory {
    fn of(processes: &[u32]) -> Self {
        let sum = |name: &str| processes.iter().map(|process| rolled_up(*process, name)).sum();
        Self { resident: sum("Rss:"), proportional: sum("Pss:") }
    }

    /// How much each of so many connections has added since, in kilobytes: resident and proportional.
    #[expect(clippy::cast_precision_loss, reason = "these are far from 2^52")]
    fn grown(self, after: Self, connections: usize) -> (f64, f64) {
        let each =
            |before: u64, after: u64| after.saturating_sub(before) as f64 / connections as f64 / 1000.0;
        (each(self.resident, after.resident), each(self.proportional, after.proportional))
    }
}

/// A value out of the sum of all mappings of a process, in bytes.
fn rolled_up(process: u32, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Leaves the agents connected.
pub(crate) async fn measure(fleet: &mut Fleet) {
    let agents = fleet.away.len();
    // Before the agents connect: this process may not have both in it at the same time.
    let others = others(agents).await;
    let ours = ours(fleet).await;
    println!(
        "server memory per idle agent, {agents} agents with client certificates: ours {:.1} kB (proportional {:.1})",
        ours.0, ours.1
    );
    for (name, grown) in others {
        match grown {
            Some((resident, proportional)) => println!(
                "  {name}: {resident:.1} kB (proportional {proportional:.1}), ratio of ours to it {:.2}",
                ours.0 / resident
            ),
            None => println!("  {name}: not installed (scripts/install-packages bench)"),
        }
    }
}

/// What so many connections cost others; nothing for those that are not installed.
async fn others(connections: usize) -> [(&'static str, Option<(f64, f64)>); 3] {
    let bare = BareLoop::start(ClientCertificates::Ignored).await;
    let bare = idle(bare.address, &[bare.process()], connections, Greeting::None).await;
    let mosquitto = match Mosquitto::start(connections).await {
        Some(broker) => Some(idle(broker.address, &broker.processes(), connections, Greeting::Mqtt).await),
        None => None,
    };
    let nginx = match Nginx::start(connections).await {
        Some(server) => Some(idle(server.address, &server.processes(), connections, Greeting::Http).await),
        None => None,
    };
    [
        ("bare rustls loop, TLS connections that say nothing", Some(bare)),
        ("mosquitto, MQTT clients over TLS that have got CONNACK", mosquitto),
        ("nginx, TLS connections kept alive after a request", nginx),
    ]
}

/// Agents that have introduced themselves and sent their reports.
async fn ours(fleet: &mut Fleet) -> (f64, f64) {
    // As it is after a start: enrolling has left nothing behind in its memory.
    fleet.server.kill();
    fleet.server.start_again().await;
    // What the server allocates once only is not to be divided among the agents.
    let first = fleet.away.pop().unwrap().open(fleet.server.telemetry).await;
    fleet.hold(vec![first.map_err(|(_, error)| error).unwrap()]);
    tokio::time::sleep(AT_REST).await;
    let before = Memory::of(&[fleet.server.process()]);
    let agents = fleet.away.len();
    fleet.connect().await;
    tokio::time::sleep(AT_REST).await;
    let after = Memory::of(&[fleet.server.process()]);
    let online = fleet.server.api.get("/overview").await["online"].clone();
    assert_eq!(online, fleet.connected(), "so many of the agents are online");
    before.grown(after, agents)
}

/// What a client says before it is idle.
#[derive(Clone, Copy, Debug)]
enum Greeting {
    None,
    /// CONNECT of MQTT 3.1.1, which is answered with CONNACK.
    Mqtt,
    /// A request of HTTP/1.1, after which the connection stays.
    Http,
}

/// Connections that have shaken hands and said hello.
async fn idle(address: SocketAddr, processes: &[u32], connections: usize, greeting: Greeting) -> (f64, f64) {
    let first = greeted(address, 0, greeting).await;
    tokio::time::sleep(AT_REST).await;
    let before = Memory::of(processes);
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut connecting = JoinSet::new();
    for number in 1..connections {
        let at_once = Arc::clone(&at_once);
        connecting.spawn(async move {
            let _place = at_once.acquire().await.unwrap();
            greeted(address, number, greeting).await
        });
    }
    let connected = all(connecting).await;
    tokio::time::sleep(AT_REST).await;
    let grown = before.grown(Memory::of(processes), connected.len());
    drop(first);
    grown
}

async fn greeted(address: SocketAddr, number: usize, greeting: Greeting) -> TlsStream<TcpStream> {
    let mut stream = tls::connect_with(address, tls::configuration(None, &[&TLS13])).await.unwrap();
    let (hello, answer): (Vec<u8>, &[u8]) = match greeting {
        Greeting::None => return stream,
        Greeting::Mqtt => (mqtt_connect(&format!("desk-{number}")), &[0x20, 2, 0, 0]),
        Greeting::Http => (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), b"HTTP/1.1 200 OK\r\n"),
    };
    stream.write_all(&hello).await.unwrap();
    let mut said = Vec::new();
    while said.len() < answer.len() || (matches!(greeting, Greeting::Http) && !said.ends_with(b"here\n")) {
        assert_ne!(stream.read_buf(&mut said).await.unwrap(), 0, "a connection was closed");
    }
    assert_eq!(&said[..answer.len()], answer);
    stream
}

/// CONNECT with a clean session, and nothing to be sent for eighteen hours.
fn mqtt_connect(client: &str) -> Vec<u8> {
    let mut rest = vec![0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0xff, 0xff];
    rest.extend(u16::try_from(client.len()).unwrap().to_be_bytes());
    rest.extend(client.as_bytes());
    let mut packet = vec![0x10, u8::try_from(rest.len()).unwrap()];
    packet.append(&mut rest);
    packet
}
