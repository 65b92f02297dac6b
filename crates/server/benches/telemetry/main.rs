//! What endpoints cost the server, beside others in the same run: a bare loop that accepts TLS connections with the same library,
//! and servers of others that hold many connections.
//!
//! Prints its figures itself. `--quick` measures fewer agents, rows and rounds; names of parts ([`Part`]) measure only these. All
//! agents together are in this process, and each server that is measured is in processes of its own, so that what the agents need
//! is not counted as its memory; they share the processors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement prints, and ends at the first failure"
)]

mod agents;
mod bare_loop;
mod endpoints_page;
mod handshakes;
mod memory;
mod pre_flight;
mod profile_change;
mod reconnect;
mod references;
mod server;
#[path = "../../tests/server/support/mod.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod support;

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use agents::Fleet;
use support::process::ServerProcess;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// Agents that are connected at the same time.
    agents: usize,
    /// Handshakes in one round.
    handshakes: usize,
    /// Rounds of each; they alternate, and medians are compared.
    rounds: usize,
    /// How often the server is started again under all agents.
    restarts: usize,
    /// Endpoints in the database that is listed.
    rows: usize,
    /// How often each list is asked for.
    requests: usize,
}

const FULL: Scale =
    Scale { agents: 10_000, handshakes: 2000, rounds: 5, restarts: 3, rows: 100_000, requests: 15 };
const QUICK: Scale = Scale { agents: 500, handshakes: 300, rounds: 3, restarts: 1, rows: 5000, requests: 5 };

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Memory,
    ProfileChange,
    Reconnect,
    Handshakes,
    EndpointsPage,
    PreFlight,
}

const PARTS: [(&str, Part); 6] = [
    ("memory", Part::Memory),
    ("profile-change", Part::ProfileChange),
    ("reconnect", Part::Reconnect),
    ("handshakes", Part::Handshakes),
    ("endpoints-page", Part::EndpointsPage),
    ("pre-flight", Part::PreFlight),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(place) = arguments.iter().position(|argument| argument == bare_loop::ARGUMENT) {
        let authority = arguments.get(place + 2).map(AsRef::as_ref);
        return bare_loop::run(arguments[place + 1].as_ref(), authority);
    }
    let scale = if arguments.iter().any(|argument| argument == "--quick") { QUICK } else { FULL };
    let named: Vec<Part> = PARTS
        .into_iter()
        .filter(|(name, _)| arguments.iter().any(|argument| argument == name))
        .map(|(_, part)| part)
        .collect();
    let wanted = |part| named.is_empty() || named.contains(&part);
    allow_open_files(scale.agents + 1000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        println!(
            "all agents are in one process, each server in its own; {} processors, load {}",
            std::thread::available_parallelism().unwrap(),
            std::fs::read_to_string("/proc/loadavg").unwrap().trim()
        );
        if [Part::Memory, Part::ProfileChange, Part::Reconnect].into_iter().any(wanted) {
            let mut fleet = Fleet::enrol(scale.agents).await;
            if wanted(Part::Memory) {
                memory::measure(&mut fleet).await;
            } else {
                fleet.connect().await;
            }
            if wanted(Part::ProfileChange) {
                profile_change::measure(scale, &fleet).await;
            }
            if wanted(Part::Reconnect) {
                reconnect::measure(scale, &mut fleet).await;
            }
        }
        if wanted(Part::Handshakes) {
            handshakes::measure(scale).await;
        }
        if wanted(Part::EndpointsPage) {
            endpoints_page::measure(scale).await;
        }
        if wanted(Part::PreFlight) {
            pre_flight::measure(scale).await;
        }
    });
}

/// Starts this program again if it may not open so many files: many systems allow 1,024 unless a program asks for more.
fn allow_open_files(needed: usize) {
    const ASKED: &str = "COUNTERSIGN_BENCH_ASKED_FOR_FILES";
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let allowed = line.split_whitespace().next().unwrap();
    if allowed.parse().map_or(allowed == "unlimited", |allowed: usize| allowed >= needed) {
        return;
    }
    assert!(std::env::var_os(ASKED).is_none(), "{needed} open files are needed, and {allowed} are allowed");
    let error = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -S -n {needed} && exec \"$0\" \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args(std::env::args_os().skip(1))
        .env(ASKED, "yes")
        .exec();
    panic!("this program could not be started again: {error}");
}

/// The processor time that a process has used so far, in seconds.
fn processor_seconds(process: u32) -> f64 {
    /// In which Linux reports times to programs (`USER_HZ`), on all computers that Debian runs on.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The second field is the name in parentheses, which may hold anything; the times are 14th and 15th.
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    let ticks: f64 =
        after_name.split_whitespace().skip(11).take(2).map(|time| time.parse::<f64>().unwrap()).sum();
    ticks / TICKS_PER_SECOND
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
