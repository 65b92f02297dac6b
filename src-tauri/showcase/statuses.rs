//! One status of each kind. Used like the other fixed data.
// Tests and showcase use different parts of it.
#![allow(dead_code)]

use clap::ValueEnum;
use countersign_agent::proxy::Route;
use countersign_agent::{
    BackOffReason, CommandName, CommandRecord, CommandRecordResult, ConnectionState, Enrolment, Keeping,
    ProfileStatus, RefusalReason, RememberedSummary, ServerChoice, Status,
};
use countersign_protocol::{Licence, SessionTrust};
use countersign_trust::{InvalidCertificateAction, PermissionOrigin, RememberOptions};
use time::Duration;

use super::data;

/// The states that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    Connected,
    Remembered,
    Recovered,
    Announced,
    Identified,
    Unverified,
    Connecting,
    Question,
    Denied,
    Refused,
    Offline,
    Waiting,
    WithoutServer,
}

/// The status in a state.
pub(crate) fn status(state: State) -> Status {
    let connected = |trust, assessment| (ConnectionState::Connected, Some(trust), Some(assessment));
    let (connection, trust, assessment) = match state {
        State::Connected => connected(SessionTrust::Valid, data::valid()),
        State::Remembered | State::Recovered | State::Announced => {
            connected(SessionTrust::Remembered, data::three_problems())
        }
        State::Identified => connected(SessionTrust::Identified, data::three_problems()),
        State::Unverified => connected(SessionTrust::Unverified, data::three_problems()),
        State::Connecting => (ConnectionState::Connecting, None, None),
        State::Question => (ConnectionState::AwaitingDecision, None, Some(data::three_problems())),
        State::Denied => (refused(RefusalReason::DeniedByPerson), None, Some(data::three_problems())),
        State::Refused => (refused(RefusalReason::DeniedByProfile), None, Some(data::many_problems())),
        State::Offline | State::WithoutServer => (ConnectionState::Disconnected, None, None),
        State::Waiting => (
            ConnectionState::BackingOff {
                reason: BackOffReason::Unreachable { detail: "connection refused".to_owned() },
            },
            None,
            None,
        ),
    };
    Status {
        state: connection,
        server: (state != State::WithoutServer).then(data::server),
        since: data::NOW,
        last_contact: trust.map(|_| data::NOW),
        next_attempt: (state == State::Waiting).then(|| data::NOW + Duration::seconds(40)),
        assessment,
        route: trust.map(|_| Route::Direct),
        trust,
        profile: ProfileStatus {
            name: Some("Default".to_owned()),
            revision: Some(3),
            action: match state {
                State::Identified | State::Unverified => InvalidCertificateAction::Allow,
                State::Refused => InvalidCertificateAction::Deny,
                State::Connected
                | State::Remembered
                | State::Recovered
                | State::Announced
                | State::Connecting
                | State::Question
                | State::Denied
                | State::Offline
                | State::Waiting
                | State::WithoutServer => InvalidCertificateAction::Warn,
            },
            loosened_until: (state == State::Recovered).then(|| data::NOW + Duration::days(9)),
            remember: RememberOptions::default(),
        },
        licence: Some(Licence {
            customer: "Example Company".to_owned(),
            seats: 250,
            expires_at: Some(data::NOW + Duration::days(400)),
            features: vec!["endpoint-control".to_owned()],
            evaluation: false,
        }),
        enrolment: Enrolment::Enrolled,
        server_identity: None,
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
        server_choice: ServerChoice::Free,
        remembered: (trust == Some(SessionTrust::Remembered)).then(|| RememberedSummary {
            fingerprint: data::previous().fingerprint,
            since: data::NOW - Duration::days(2),
            until: Some(data::NOW + Duration::days(28)),
            keeping: Keeping::Keychain,
            origin: match state {
                State::Recovered => PermissionOrigin::RecoveryFile,
                State::Announced => PermissionOrigin::Announcement,
                _ => PermissionOrigin::Person,
            },
        }),
        commands: commands(),
    }
}

fn commands() -> Vec<CommandRecord> {
    let record = |ago: Duration, command, result| CommandRecord { at: data::NOW - ago, command, result };
    vec![
        record(Duration::hours(5), CommandName::NotifyUser, CommandRecordResult::Succeeded),
        record(
            Duration::minutes(20),
            CommandName::Deregister,
            CommandRecordResult::Refused { reason: "The session may not do that.".to_owned() },
        ),
        record(Duration::minutes(3), CommandName::RefreshInventory, CommandRecordResult::Succeeded),
    ]
}

fn refused(reason: RefusalReason) -> ConnectionState {
    ConnectionState::Refused { reason }
}
