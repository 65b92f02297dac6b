//! What is remembered, and what has happened, in the showcase.

use std::sync::Arc;

use countersign_agent::{
    BackOffReason, ConnectionEvent, ConnectionState, Keeping, RefusalReason, RememberedEntry, RememberedList,
    RememberedStanding,
};
use countersign_protocol::SessionTrust;
use countersign_trust::{PermissionOrigin, RememberedCertificate, ServerAddress};
use time::Duration;

use super::data::{NOW, previous, server};

/// One entry of every standing.
pub(crate) fn remembered() -> RememberedList {
    let entry = |host: &str, standing, keeping, last_used: Option<Duration>, until: Option<Duration>| {
        let certificate = RememberedCertificate {
            server: ServerAddress::new(host, 8013).expect("the address is well-formed"),
            until: until.map(|until| NOW + until),
            origin: match standing {
                RememberedStanding::InUse => PermissionOrigin::RecoveryFile,
                RememberedStanding::Holds | RememberedStanding::Over => PermissionOrigin::Person,
            },
            ..previous()
        };
        RememberedEntry { certificate, last_used: last_used.map(|ago| NOW - ago), standing, keeping }
    };
    RememberedList {
        entries: vec![
            entry(
                "branch-office.example.com",
                RememberedStanding::Holds,
                Keeping::ThisSession,
                Some(Duration::hours(3)),
                None,
            ),
            entry(
                "laboratory.example.com",
                RememberedStanding::Over,
                Keeping::Keychain,
                None,
                Some(-Duration::days(2)),
            ),
            entry(
                "management.example.com",
                RememberedStanding::InUse,
                Keeping::Keychain,
                Some(Duration::minutes(2)),
                Some(Duration::days(28)),
            ),
        ],
        incomplete: None,
    }
}

/// A day with a bit of everything, the oldest first.
pub(crate) fn history() -> Arc<[ConnectionEvent]> {
    let event =
        |ago: Duration, times: u32, state: ConnectionState, trust: Option<SessionTrust>| ConnectionEvent {
            at: NOW - ago,
            last: NOW - ago + Duration::minutes(i64::from(times) - 1),
            times,
            server: Some(server()),
            fingerprint: trust.map(|_| previous().fingerprint),
            state,
            trust,
            note: None,
        };
    let unreachable = BackOffReason::Unreachable { detail: "connection refused".to_owned() };
    let denied = RefusalReason::DeniedByPerson;
    Arc::from([
        event(Duration::hours(20), 1, ConnectionState::AwaitingDecision, None),
        event(Duration::hours(19), 1, ConnectionState::Refused { reason: denied }, None),
        event(Duration::hours(18), 1, ConnectionState::Connected, Some(SessionTrust::Remembered)),
        event(Duration::hours(4), 12, ConnectionState::BackingOff { reason: unreachable }, None),
        event(Duration::hours(3), 1, ConnectionState::Connected, Some(SessionTrust::Remembered)),
        event(Duration::minutes(40), 1, ConnectionState::Disconnected, None),
        event(Duration::ZERO, 1, ConnectionState::Connected, Some(SessionTrust::Valid)),
    ])
}
