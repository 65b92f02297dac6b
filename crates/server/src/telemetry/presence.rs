//! Who is connected now. In memory only: a heartbeat must not cost a write to the database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use countersign_protocol::InstanceUid;
use countersign_trust::ServerAddress;
use time::OffsetDateTime;
use tokio::sync::mpsc;

use crate::store::{microseconds, moment};

/// How many wake-ups may wait at a session; more tell nothing new, because a session reads the store when it wakes.
const WAITING: usize = 4;

/// Something that a session has to see to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The endpoint's profile has changed.
    Profile,
    /// There is a command for the endpoint.
    Commands,
    /// The endpoint shall go to another server.
    Move(Box<ServerAddress>),
    /// The session has to end.
    Close(CloseReason),
}

/// Why the server ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// The server ends.
    Shutdown,
    /// The server shows another certificate from now on.
    CertificateChanged,
    /// The endpoint has opened another session.
    Replaced,
    /// An administrator removed the endpoint.
    Removed,
}

impl CloseReason {
    /// For the administrator.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Shutdown => "the server was stopped",
            Self::CertificateChanged => "the server's certificate was changed",
            Self::Replaced => "the endpoint opened another session",
            Self::Removed => "the endpoint was removed",
        }
    }
}

/// The sessions that are open.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    sessions: Mutex<HashMap<InstanceUid, Entry>>,
    next: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    wake: mpsc::Sender<Wake>,
    last_seen: Arc<AtomicI64>,
}

/// The session's side of its entry.
#[derive(Debug)]
pub(crate) struct Place {
    endpoint: InstanceUid,
    number: u64,
    last_seen: Arc<AtomicI64>,
    pub(crate) wakes: mpsc::Receiver<Wake>,
}

impl Place {
    /// Notes a sign of life.
    pub(crate) fn heard(&self, now: OffsetDateTime) {
        self.last_seen.store(microseconds(now), Ordering::Relaxed);
    }

    /// The last sign of life.
    pub(crate) fn last_seen(&self) -> OffsetDateTime {
        moment(self.last_seen.load(Ordering::Relaxed))
    }
}

impl Presence {
    /// A new session of an endpoint; an earlier one of it is told to end.
    pub(crate) fn enter(&self, endpoint: InstanceUid, now: OffsetDateTime) -> Place {
        let (wake, wakes) = mpsc::channel(WAITING);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let last_seen = Arc::new(AtomicI64::new(microseconds(now)));
        let entry = Entry { number, wake, last_seen: Arc::clone(&last_seen) };
        let earlier = self.lock().insert(endpoint, entry);
        if let Some(earlier) = earlier {
            send(endpoint, &earlier.wake, Wake::Close(CloseReason::Replaced));
        }
        Place { endpoint, number, last_seen, wakes }
    }

    /// The end of a session. Returns whether it was the latest of its endpoint.
    pub(crate) fn leave(&self, place: &Place) -> Left {
        let mut sessions = self.lock();
        match sessions.get(&place.endpoint) {
            Some(entry) if entry.number == place.number => {
                sessions.remove(&place.endpoint);
                Left::Offline
            }
            Some(_) | None => Left::Replaced,
        }
    }

    /// When a connected endpoint was last heard of; none when it is not connected.
    pub(crate) fn last_seen(&self, endpoint: InstanceUid) -> Option<OffsetDateTime> {
        self.lock().get(&endpoint).map(|entry| moment(entry.last_seen.load(Ordering::Relaxed)))
    }

    /// How many endpoints are connected.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Wakes the session of one endpoint.
    pub(crate) fn wake(&self, endpoint: InstanceUid, wake: Wake) -> Woken {
        match self.lock().get(&endpoint) {
            Some(entry) => {
                send(endpoint, &entry.wake, wake);
                Woken::Yes
            }
            None => Woken::NotConnected,
        }
    }

    /// Wakes all sessions.
    pub(crate) fn wake_all(&self, wake: &Wake) {
        for (endpoint, entry) in self.lock().iter() {
            send(*endpoint, &entry.wake, wake.clone());
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<InstanceUid, Entry>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an endpoint is offline after one of its sessions ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It is.
    Offline,
    /// It has another session.
    Replaced,
}

/// Whether there was a session to wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There was.
    Yes,
    /// There was none.
    NotConnected,
}

fn send(endpoint: InstanceUid, wake: &mpsc::Sender<Wake>, what: Wake) {
    if let Err(mpsc::error::TrySendError::Full(what)) = wake.try_send(what) {
        tracing::warn!(%endpoint, ?what, "a session does not keep up with what it has to do");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_session_takes_the_place_of_the_older() {
        let presence = Presence::default();
        let endpoint = InstanceUid::generate();
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut older = presence.enter(endpoint, now);
        let newer = presence.enter(endpoint, now);
        assert_eq!(older.wakes.recv().await, Some(Wake::Close(CloseReason::Replaced)));
        assert_eq!(presence.leave(&older), Left::Replaced);
        assert_eq!(presence.count(), 1);
        newer.heard(now + time::Duration::HOUR);
        assert_eq!(presence.last_seen(endpoint), Some(now + time::Duration::HOUR));
        assert_eq!(presence.leave(&newer), Left::Offline);
        assert_eq!(presence.last_seen(endpoint), None);
        assert_eq!(presence.wake(endpoint, Wake::Profile), Woken::NotConnected);
    }
}
