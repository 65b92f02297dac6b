//! Opens TCP connections and tells what each address answered.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use countersign_trust::display_text;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use super::facts::{Attempt, AttemptResult, TcpFault};

/// More addresses than this are not tried.
const MAXIMUM_ADDRESSES: usize = 16;
/// How much longer the other addresses may take once one has answered.
const GRACE: Duration = Duration::from_millis(500);

/// The first connection that came about, and what came of every address, in their order.
pub(super) struct Reached {
    pub(super) stream: Option<(SocketAddr, TcpStream)>,
    pub(super) attempts: Vec<Attempt>,
}

/// Connects to all of them at once.
pub(super) async fn reach(addresses: &[SocketAddr], limit: Duration) -> Reached {
    let addresses = &addresses[..addresses.len().min(MAXIMUM_ADDRESSES)];
    let mut results = vec![AttemptResult::NoAnswer; addresses.len()];
    let mut stream = None;
    let mut pending: FuturesUnordered<_> = addresses
        .iter()
        .enumerate()
        .map(|(position, address)| async move { (position, TcpStream::connect(address).await) })
        .collect();
    let end = tokio::time::sleep(limit);
    tokio::pin!(end);
    loop {
        let ended = tokio::select! {
            ended = pending.next() => ended,
            () = &mut end => None,
        };
        let Some((position, result)) = ended else { break };
        results[position] = match result {
            Ok(connected) => {
                if stream.is_none() {
                    stream = Some((addresses[position], connected));
                    let soon = tokio::time::Instant::now() + GRACE;
                    if soon < end.deadline() {
                        end.as_mut().reset(soon);
                    }
                }
                AttemptResult::Connected
            }
            Err(error) => attempt_result(&error),
        };
    }
    let attempts = addresses
        .iter()
        .zip(results)
        .map(|(address, result)| Attempt { address: *address, result })
        .collect();
    Reached { stream, attempts }
}

fn attempt_result(error: &io::Error) -> AttemptResult {
    use io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkDown, NetworkUnreachable, TimedOut,
    };
    let kind = error.kind();
    if kind == ConnectionRefused {
        AttemptResult::Refused
    } else if kind == TimedOut {
        AttemptResult::NoAnswer
    } else if [HostUnreachable, NetworkUnreachable, NetworkDown, AddrNotAvailable].contains(&kind) {
        AttemptResult::Unreachable
    } else {
        AttemptResult::Other { detail: display_text(&error.to_string()) }
    }
}

/// What the attempts have in common. One that was refused says most: the way is free up to the port.
pub(super) fn fault(attempts: Vec<Attempt>) -> TcpFault {
    let any = |result: &AttemptResult| attempts.iter().any(|attempt| attempt.result == *result);
    if any(&AttemptResult::Refused) {
        TcpFault::Refused { attempts }
    } else if any(&AttemptResult::NoAnswer) {
        TcpFault::NoAnswer { attempts }
    } else if any(&AttemptResult::Unreachable) {
        TcpFault::Unreachable { attempts }
    } else {
        TcpFault::Other { attempts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_telling_attempt_names_the_fault() {
        use AttemptResult::{NoAnswer, Other, Refused, Unreachable};
        let other = || Other { detail: "x".to_owned() };
        for (results, expected) in [
            (vec![Unreachable, Refused, NoAnswer], "refused"),
            (vec![Unreachable, NoAnswer], "no_answer"),
            (vec![other(), Unreachable], "unreachable"),
            (vec![other()], "other"),
            (vec![], "other"),
        ] {
            let attempts = results
                .into_iter()
                .map(|result| Attempt { address: SocketAddr::from(([192, 0, 2, 1], 1)), result })
                .collect();
            assert_eq!(serde_json::to_value(fault(attempts)).unwrap()["reason"], expected);
        }
    }

    #[tokio::test]
    async fn every_address_is_reported_and_one_that_answers_is_enough() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed = {
            let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            gone.local_addr().unwrap()
        };
        let reached = reach(&[closed, open], Duration::from_secs(20)).await;
        assert_eq!(reached.stream.map(|(address, _)| address), Some(open));
        let results: Vec<_> = reached.attempts.iter().map(|attempt| &attempt.result).collect();
        assert_eq!(results, [&AttemptResult::Refused, &AttemptResult::Connected]);
    }
}
