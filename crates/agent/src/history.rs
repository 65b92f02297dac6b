//! What happened to the connection: the last transitions, kept across restarts. Not secret.

use std::path::Path;
use std::sync::Arc;

use countersign_protocol::SessionTrust;
use countersign_trust::{Fingerprint, ServerAddress};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::state_file::StateFile;
use crate::status::ConnectionState;

/// How many events are kept.
pub const MAXIMUM_EVENTS: usize = 200;

/// A state in which the connection came. That it was being made is not told: its outcome is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionEvent {
    /// When it came about.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// When it came about for the last time, if several attempts in a row ended in the same way.
    #[serde(with = "time::serde::rfc3339")]
    pub last: OffsetDateTime,
    /// How many times in a row, at least 1.
    pub times: u32,
    /// The server, when one was set up.
    pub server: Option<ServerAddress>,
    /// The state, with its reason.
    pub state: ConnectionState,
    /// How far the session was trusted, when there was one.
    pub trust: Option<SessionTrust>,
    /// The server's certificate, when one was seen.
    pub fingerprint: Option<Fingerprint>,
    /// What is particular about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<EventNote>,
}

/// What is particular about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventNote {
    /// The certificate that the server had announced took the place of the one that was allowed.
    AnnouncedCertificate,
    /// A recovery file was taken.
    RecoveryFile,
}

/// The file within the state directory.
const FILE: &str = "history.json";

/// The events, and the file that keeps them.
#[derive(Clone)]
pub(crate) struct History {
    file: StateFile,
    events: Arc<watch::Sender<Arc<[ConnectionEvent]>>>,
}

/// Whether an event is one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    New,
    /// It is the one before once more.
    Repeated,
}

impl History {
    /// Reads what earlier runs have kept. History that cannot be read is let go: nothing depends on it.
    pub(crate) fn load(directory: &Path) -> Self {
        let file = StateFile::new(directory, FILE);
        let events = match file.read() {
            Ok(Some(text)) => serde_json::from_slice::<Vec<ConnectionEvent>>(&text).unwrap_or_else(|error| {
                tracing::warn!(file = %file.path().display(), %error, "the connection history is damaged and begins anew");
                Vec::new()
            }),
            Ok(None) => Vec::new(),
            Err(error) => {
                tracing::warn!(file = %file.path().display(), %error, "the connection history cannot be read and begins anew");
                Vec::new()
            }
        };
        Self { file, events: Arc::new(watch::channel(last(events).into()).0) }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<[ConnectionEvent]>> {
        self.events.subscribe()
    }

    /// Adds an event. One that only repeats the last is counted there.
    pub(crate) fn record(&self, event: ConnectionEvent) -> Recorded {
        let mut events = self.events.borrow().to_vec();
        let recorded = match events.last_mut() {
            Some(previous) if previous.is_same_as(&event) => {
                previous.last = event.last;
                previous.times = previous.times.saturating_add(event.times);
                Recorded::Repeated
            }
            Some(_) | None => {
                events.push(event);
                Recorded::New
            }
        };
        self.events.send_replace(last(events).into());
        recorded
    }

    /// Writes the events. Blocks.
    pub(crate) fn save(&self) {
        let content = || Ok(Some(serde_json::to_vec(&self.events.borrow().to_vec())?));
        if let Err(error) = self.file.replace(content) {
            tracing::warn!(file = %self.file.path().display(), %error, "the connection history is not kept");
        }
    }
}

impl ConnectionEvent {
    pub(crate) fn new(
        at: OffsetDateTime,
        server: Option<ServerAddress>,
        state: ConnectionState,
        trust: Option<SessionTrust>,
        fingerprint: Option<Fingerprint>,
    ) -> Self {
        Self { at, last: at, times: 1, server, state, trust, fingerprint, note: None }
    }

    /// Whether both are attempts that ended in the same way.
    fn is_same_as(&self, other: &Self) -> bool {
        matches!(self.state, ConnectionState::BackingOff { .. })
            && (&self.server, &self.state) == (&other.server, &other.state)
    }
}

fn last(mut events: Vec<ConnectionEvent>) -> Vec<ConnectionEvent> {
    events.drain(..events.len().saturating_sub(MAXIMUM_EVENTS));
    events
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::status::BackOffReason;

    const NOON: OffsetDateTime = datetime!(2026-11-25 12:00 UTC);

    fn event(minute: u32, state: ConnectionState) -> ConnectionEvent {
        ConnectionEvent::new(NOON + std::time::Duration::from_mins(minute.into()), None, state, None, None)
    }

    #[test]
    fn the_last_events_are_found_again_and_repeated_attempts_are_counted() {
        let directory = tempfile::tempdir().unwrap();
        let history = History::load(directory.path());
        let broken = || ConnectionState::BackingOff { reason: BackOffReason::ConnectionLost };
        for number in 0..150 {
            assert_eq!(history.record(event(number, ConnectionState::Connected)), Recorded::New);
            assert_eq!(history.record(event(number, broken())), Recorded::New);
        }
        let timed_out = ConnectionState::BackingOff { reason: BackOffReason::TimedOut };
        assert_eq!(history.record(event(200, timed_out.clone())), Recorded::New);
        assert_eq!(history.record(event(201, timed_out.clone())), Recorded::Repeated);
        assert_eq!(history.record(event(203, timed_out)), Recorded::Repeated);
        history.save();
        let found = History::load(directory.path()).subscribe().borrow().clone();
        assert_eq!(found.len(), MAXIMUM_EVENTS);
        assert_eq!(found, *history.subscribe().borrow());
        let newest = found.last().unwrap();
        let (first, last) = (event(200, broken()).at, event(203, broken()).at);
        assert_eq!((newest.at, newest.last, newest.times), (first, last, 3));
    }

    #[test]
    fn damaged_history_begins_anew() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(FILE), "[{").unwrap();
        assert!(History::load(directory.path()).subscribe().borrow().is_empty());
    }
}
