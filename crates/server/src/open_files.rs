//! How many files this process may have open, and how that is shared out: every connection is one.

/// The most connections that may be on their way to a session. Each can cost some ten kilobytes until its time is over.
const MOST_ON_THEIR_WAY: u64 = 4096;
/// The part of all files that connections on their way may take. The rest is for sessions, the API and the database.
const SHARE_ON_THEIR_WAY: u64 = 4;
/// The most connections to the API.
const MOST_TO_API: u64 = 512;
/// The part of all files that connections to the API may take.
const SHARE_TO_API: u64 = 8;
/// What is tried where the system has a limit below the one that it names.
#[cfg(unix)]
const MODEST: u64 = 10_240;

/// Asks the system for as many open files as it allows. Many systems allow 1,024 unless a program asks for more.
#[cfg(unix)]
pub fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Nofile);
    let more = |wanted: Option<u64>| match (wanted, before.current) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(wanted), Some(current)) => wanted > current,
    };
    let modest = Some(before.maximum.map_or(MODEST, |maximum| maximum.min(MODEST)));
    for wanted in [before.maximum, modest].into_iter().filter(|wanted| more(*wanted)) {
        match setrlimit(Resource::Nofile, Rlimit { current: wanted, maximum: before.maximum }) {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(?wanted, %error, "the system does not allow as many open files as it says");
            }
        }
    }
}

/// Asks the system for as many open files as it allows; here it sets no limit.
#[cfg(not(unix))]
pub fn raise_open_files() {}

/// How many connections may be on their way to a session, by the limit that is in force.
pub(crate) fn on_their_way() -> usize {
    share(limit(), SHARE_ON_THEIR_WAY, MOST_ON_THEIR_WAY)
}

/// How many connections to the API there may be, by the limit that is in force.
pub(crate) fn to_api() -> usize {
    share(limit(), SHARE_TO_API, MOST_TO_API)
}

#[cfg(unix)]
fn limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

#[cfg(not(unix))]
fn limit() -> Option<u64> {
    None
}

fn share(limit: Option<u64>, part: u64, most: u64) -> usize {
    let share = limit.map_or(most, |limit| limit / part);
    usize::try_from(share.clamp(1, most)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_to_others() {
        for (limit, expected) in
            [(None, 4096), (Some(1_048_576), 4096), (Some(4096), 1024), (Some(1024), 256), (Some(0), 1)]
        {
            assert_eq!(share(limit, 4, 4096), expected, "{limit:?}");
        }
    }
}
