//! When agents come back that are all sent away at the same moment, because the server ends or shows another certificate. Each
//! comes with a handshake, and many at once would only wait for each other and try again.

use std::time::Duration;

use uuid::Uuid;

/// So many agents a second are let in without haste by a server with two processors, which can take some three times as many.
const PER_SECOND: u32 = 500;
/// Agents of Countersign spread themselves over this time.
const BY_THEMSELVES: Duration = Duration::from_secs(3);
/// Nobody is sent away for longer.
const LONGEST: Duration = Duration::from_mins(10);

/// For how long an agent is asked to stay away; nothing when there are so few that they need not be asked. Agents wait for this
/// time and up to as long again, so that all of them come over a time that grows with their number.
pub(super) fn stay_away(agents: usize, session: Uuid) -> Option<Duration> {
    let agents = u32::try_from(agents).unwrap_or(u32::MAX);
    let window = (Duration::from_secs(1) * agents / PER_SECOND).min(LONGEST);
    if window <= BY_THEMSELVES {
        return None;
    }
    // The identifier of a session ends in random bits.
    let (_, _, _, random) = session.as_fields();
    let [.., a, b, c, d] = *random;
    let part = f64::from(u32::from_be_bytes([a, b, c, d])) / f64::from(u32::MAX);
    Some((window / 2).mul_f64(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_agents_come_back_over_a_longer_time() {
        for few in [0, 1, 1500] {
            assert_eq!(stay_away(few, Uuid::now_v7()), None, "{few}");
        }
        for (many, window) in [(2000, 4), (10_000, 20), (100_000, 200), (10_000_000, 600)] {
            let half = Duration::from_secs(window) / 2;
            let waits: Vec<Duration> = (0..1000).filter_map(|_| stay_away(many, Uuid::now_v7())).collect();
            assert!(waits.len() == 1000 && waits.iter().all(|wait| *wait <= half), "{many}");
            // They come in no order: each tenth of the time has its share.
            for tenth in 0..10 {
                let (from, to) = (half * tenth / 10, half * (tenth + 1) / 10);
                let share = waits.iter().filter(|wait| (from..to).contains(*wait)).count();
                assert!((50..200).contains(&share), "{many}: {share} in tenth {tenth}");
            }
        }
    }
}
