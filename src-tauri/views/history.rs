//! What happened to the connection, as its window shows it.

use countersign_agent::{ConnectionEvent, ConnectionState, EventNote};
use countersign_trust::Fingerprint;
use countersign_words::{Text, Words};
use serde::Serialize;

use super::fact::moment;
use crate::SessionTrust;
use crate::tray::symbol::Symbol;
use crate::words;

/// How many bytes of a fingerprint are enough to tell one certificate from another at a glance.
const SHORT: usize = 8;

/// What the window shows, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct HistoryView(Vec<HistoryRow>);

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryRow {
    /// When (RFC 3339).
    pub at: String,
    /// The shape of the state that it led to.
    pub shape: Symbol,
    /// What, with how far the certificate was trusted.
    pub change: Text,
    /// Why. May be empty.
    pub reason: Text,
    /// The server, when one was set up.
    pub server: Option<Text>,
    /// How many times in a row; the page puts the moment `last` in the place of `{moment}`.
    pub times: Option<Text>,
    /// When it happened for the last time (RFC 3339).
    pub last: String,
    /// The certificate by the beginning of its fingerprint, when one was seen.
    pub certificate: Option<Text>,
    /// The whole fingerprint, which is shown when somebody asks for it.
    pub fingerprint: Option<String>,
}

impl HistoryView {
    /// The view of events, of which the newest is the last.
    #[must_use]
    pub fn of(words: &Words, events: &[ConnectionEvent]) -> Self {
        Self(events.iter().rev().map(|event| HistoryRow::of(words, event)).collect())
    }
}

impl HistoryRow {
    fn of(words: &Words, event: &ConnectionEvent) -> Self {
        Self {
            at: moment(event.at),
            shape: Symbol::of_state(&event.state, event.trust),
            change: change(words, event),
            reason: words::reason(words, &event.state),
            server: event.server.as_ref().map(|server| Text::of_peer(&server.to_string())),
            times: (event.times > 1).then(|| words.history_times(event.times, &Text::of_peer("{moment}"))),
            last: moment(event.last),
            certificate: event
                .fingerprint
                .map(|fingerprint| words.history_certificate(&Text::of_peer(&beginning(&fingerprint)))),
            fingerprint: event.fingerprint.map(|fingerprint| fingerprint.to_string()),
        }
    }
}

fn change(words: &Words, event: &ConnectionEvent) -> Text {
    match event.note {
        Some(EventNote::RecoveryFile) => return words.history_recovered(),
        Some(EventNote::AnnouncedCertificate) if event.state == ConnectionState::Connected => {
            return words.history_connected_announced();
        }
        Some(EventNote::AnnouncedCertificate) | None => {}
    }
    match (&event.state, event.trust) {
        (ConnectionState::Connected, Some(SessionTrust::Valid)) => words.history_connected(),
        (ConnectionState::Connected, Some(SessionTrust::Remembered)) => words.history_connected_remembered(),
        (ConnectionState::Connected, Some(SessionTrust::Identified)) => words.history_connected_identified(),
        (ConnectionState::Connected, Some(SessionTrust::Unverified) | None) => {
            words.history_connected_unverified()
        }
        (ConnectionState::Disconnected, _) => words.history_disconnected(),
        (ConnectionState::AwaitingDecision, _) => words.history_asked(),
        (ConnectionState::Refused { .. }, _) => words.history_refused(),
        (ConnectionState::Connecting | ConnectionState::BackingOff { .. }, _) => {
            words.history_not_connected()
        }
    }
}

fn beginning(fingerprint: &Fingerprint) -> String {
    let pairs: Vec<String> = fingerprint.to_string().split(':').take(SHORT).map(str::to_owned).collect();
    format!("{}…", pairs.join(":"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::sample::records;

    #[test]
    fn the_newest_comes_first_and_repeated_attempts_are_counted() {
        let HistoryView(rows) = HistoryView::of(&Words::english(), &records::history());
        assert_eq!(rows.len(), records::history().len());
        assert!(rows.is_sorted_by(|newer, older| newer.at >= older.at));
        assert_eq!((rows[0].shape, rows[0].change.as_str()), (Symbol::Connected, "Connected"));
        let repeated = rows.iter().find(|row| row.times.is_some()).unwrap();
        assert!(repeated.reason.contains("connection refused"));
        let times = repeated.times.as_ref().unwrap();
        assert!(times.contains("12 times") && times.matches("{moment}").count() == 1, "{times}");
        let refused = rows.iter().find(|row| row.shape == Symbol::Refused).unwrap();
        assert!(refused.reason.contains("was denied on this computer"));
    }

    #[test]
    fn a_certificate_is_named_by_the_beginning_of_its_fingerprint() {
        let HistoryView(rows) = HistoryView::of(&Words::german(), &records::history());
        let row = &rows[0];
        let (short, whole) = (row.certificate.as_ref().unwrap(), row.fingerprint.as_ref().unwrap());
        assert_eq!(whole.len(), 95);
        assert!(short.contains(&format!("{}…", &whole[..23])), "{short}");
    }
}
