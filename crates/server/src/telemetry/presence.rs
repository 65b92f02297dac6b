//! Who is connected to this server now. In memory only: a heartbeat must not cost a write to the database.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use countersign_protocol::{InstanceUid, Secret};
use countersign_trust::ServerAddress;
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::store::{microseconds, moment};

/// Something that a session has to see to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The endpoint's profile has changed.
    Profile,
    /// There is a command for the endpoint.
    Commands,
    /// Another licence is in force.
    Licence,
    /// There is a certificate to be judged, or one was announced.
    Rehearsals,
    /// The endpoint shall go to another server.
    Move(Box<Destination>),
    /// The session has to end.
    Close(CloseReason),
}

/// Another server for an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) server: ServerAddress,
    /// With which the endpoint shall enrol there.
    pub(crate) enrolment_token: Option<Secret>,
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
    sent_away: AtomicUsize,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    session: Uuid,
    shared: Arc<Shared>,
}

/// What the entry and its session share.
#[derive(Debug)]
struct Shared {
    last_seen: AtomicI64,
    waiting: Mutex<Waiting>,
    woken: Notify,
}

/// What a session has yet to see to. Equal wake-ups become one, because a session reads the store when it wakes: a
/// session that is slow misses nothing, and what waits for it is bounded.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a wake-up of its own, and there are thousands of sessions"
)]
struct Waiting {
    close: Option<CloseReason>,
    profile: bool,
    commands: bool,
    licence: bool,
    rehearsals: bool,
    move_to: Option<Box<Destination>>,
}

impl Waiting {
    fn add(&mut self, wake: Wake) {
        match wake {
            Wake::Profile => self.profile = true,
            Wake::Commands => self.commands = true,
            Wake::Licence => self.licence = true,
            Wake::Rehearsals => self.rehearsals = true,
            Wake::Move(to) => self.move_to = Some(to),
            Wake::Close(reason) => self.close = Some(reason),
        }
    }

    /// The most urgent.
    fn take(&mut self) -> Option<Wake> {
        if let Some(reason) = self.close.take() {
            return Some(Wake::Close(reason));
        }
        if std::mem::take(&mut self.profile) {
            return Some(Wake::Profile);
        }
        if std::mem::take(&mut self.commands) {
            return Some(Wake::Commands);
        }
        if std::mem::take(&mut self.licence) {
            return Some(Wake::Licence);
        }
        if let Some(to) = self.move_to.take() {
            return Some(Wake::Move(to));
        }
        std::mem::take(&mut self.rehearsals).then_some(Wake::Rehearsals)
    }
}

impl Shared {
    fn wake(&self, wake: Wake) {
        self.waiting().add(wake);
        self.woken.notify_one();
    }

    fn last_seen(&self) -> OffsetDateTime {
        moment(self.last_seen.load(Ordering::Relaxed))
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The session's side of its entry.
#[derive(Debug)]
pub(crate) struct Place {
    endpoint: InstanceUid,
    number: u64,
    entered_at: OffsetDateTime,
    shared: Arc<Shared>,
}

impl Place {
    /// When the session began.
    pub(crate) fn entered_at(&self) -> OffsetDateTime {
        self.entered_at
    }

    /// Notes a sign of life.
    pub(crate) fn heard(&self, now: OffsetDateTime) {
        self.shared.last_seen.store(microseconds(now), Ordering::Relaxed);
    }

    /// The next thing to see to. May be dropped while it waits; nothing is lost by that.
    pub(crate) async fn next_wake(&self) -> Wake {
        loop {
            if let Some(wake) = self.shared.waiting().take() {
                return wake;
            }
            self.shared.woken.notified().await;
        }
    }

    /// The last sign of life.
    pub(crate) fn last_seen(&self) -> OffsetDateTime {
        self.shared.last_seen()
    }
}

impl Presence {
    /// A new session of an endpoint; an earlier one of it is told to end.
    pub(crate) fn enter(&self, endpoint: InstanceUid, session: Uuid, now: OffsetDateTime) -> Place {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::new(Shared {
            last_seen: AtomicI64::new(microseconds(now)),
            waiting: Mutex::default(),
            woken: Notify::new(),
        });
        let earlier = self.lock().insert(endpoint, Entry { number, session, shared: Arc::clone(&shared) });
        if let Some(earlier) = earlier {
            earlier.shared.wake(Wake::Close(CloseReason::Replaced));
        }
        Place { endpoint, number, entered_at: now, shared }
    }

    /// The end of a session.
    pub(crate) fn leave(&self, place: &Place) {
        let mut sessions = self.lock();
        if sessions.get(&place.endpoint).is_some_and(|entry| entry.number == place.number) {
            sessions.remove(&place.endpoint);
        }
    }

    /// When a connected endpoint was last heard of; none when it is not connected.
    pub(crate) fn last_seen(&self, endpoint: InstanceUid) -> Option<OffsetDateTime> {
        self.lock().get(&endpoint).map(|entry| entry.shared.last_seen())
    }

    /// The session that an endpoint has here.
    pub(crate) fn session(&self, endpoint: InstanceUid) -> Option<Uuid> {
        self.lock().get(&endpoint).map(|entry| entry.session)
    }

    /// All endpoints that have a session here.
    pub(crate) fn sessions(&self) -> Vec<(InstanceUid, Uuid)> {
        self.lock().iter().map(|(endpoint, entry)| (*endpoint, entry.session)).collect()
    }

    /// The endpoints that have a session here and were heard of since a moment, with when that was.
    pub(crate) fn heard_since(&self, moment: OffsetDateTime) -> Vec<(InstanceUid, OffsetDateTime)> {
        let sessions = self.lock();
        let seen = sessions.iter().map(|(endpoint, entry)| (*endpoint, entry.shared.last_seen()));
        seen.filter(|(_, seen)| *seen >= moment).collect()
    }

    /// How many endpoints are connected.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Wakes the session of one endpoint.
    pub(crate) fn wake(&self, endpoint: InstanceUid, wake: Wake) -> Woken {
        match self.lock().get(&endpoint) {
            Some(entry) => {
                entry.shared.wake(wake);
                Woken::Yes
            }
            None => Woken::NotConnected,
        }
    }

    /// The endpoints that have a session here.
    pub(crate) fn endpoints(&self) -> Vec<InstanceUid> {
        self.lock().keys().copied().collect()
    }

    /// Wakes all sessions.
    pub(crate) fn wake_all(&self, wake: &Wake) {
        for entry in self.lock().values() {
            entry.shared.wake(wake.clone());
        }
    }

    /// Ends all sessions. Their agents come back.
    pub(crate) fn send_all_away(&self, reason: CloseReason) {
        self.sent_away.store(self.count(), Ordering::Relaxed);
        self.wake_all(&Wake::Close(reason));
    }

    /// How many agents were sent away together the last time.
    pub(crate) fn sent_away(&self) -> usize {
        self.sent_away.load(Ordering::Relaxed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<InstanceUid, Entry>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether there was a session to wake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There was.
    Yes,
    /// There was none.
    NotConnected,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_session_takes_the_place_of_the_older() {
        let presence = Presence::default();
        let endpoint = InstanceUid::generate();
        let now = OffsetDateTime::UNIX_EPOCH;
        let older = presence.enter(endpoint, Uuid::now_v7(), now);
        let newer = presence.enter(endpoint, Uuid::now_v7(), now);
        assert_eq!(older.next_wake().await, Wake::Close(CloseReason::Replaced));
        presence.leave(&older);
        assert_eq!(presence.count(), 1);
        newer.heard(now + time::Duration::HOUR);
        assert_eq!(presence.last_seen(endpoint), Some(now + time::Duration::HOUR));
        presence.leave(&newer);
        assert_eq!(presence.last_seen(endpoint), None);
        assert_eq!(presence.wake(endpoint, Wake::Profile), Woken::NotConnected);
    }

    #[tokio::test]
    async fn a_slow_session_misses_nothing() {
        let presence = Presence::default();
        let endpoint = InstanceUid::generate();
        let place = presence.enter(endpoint, Uuid::now_v7(), OffsetDateTime::UNIX_EPOCH);
        for _ in 0..100 {
            presence.wake(endpoint, Wake::Commands);
            presence.wake(endpoint, Wake::Profile);
        }
        let to = Destination { server: "other.example".parse().unwrap(), enrolment_token: None };
        presence.wake(endpoint, Wake::Move(Box::new(to.clone())));
        presence.wake(endpoint, Wake::Close(CloseReason::Removed));
        let expected =
            [Wake::Close(CloseReason::Removed), Wake::Profile, Wake::Commands, Wake::Move(Box::new(to))];
        for wake in expected {
            assert_eq!(place.next_wake().await, wake);
        }
        let more = tokio::time::timeout(std::time::Duration::ZERO, place.next_wake()).await;
        assert!(more.is_err());
    }
}
