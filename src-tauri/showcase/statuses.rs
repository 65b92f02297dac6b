//! One status of each kind.

use clap::ValueEnum;
use countersign_agent::{ConnectionState, Licence, ProfileStatus, SessionTrust, Status};
use countersign_trust::{Assessment, InvalidCertificateAction};
use time::Duration;

use crate::data;

/// The states that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum State {
    Connected,
    Remembered,
    Unverified,
    Question,
    Denied,
    Refused,
    Offline,
    Waiting,
}

/// The status in a state.
pub fn status(state: State) -> Status {
    let (connection, trust, assessment): (_, _, Option<Assessment>) = match state {
        State::Connected => (ConnectionState::Connected, Some(SessionTrust::Valid), Some(data::valid())),
        State::Remembered => {
            (ConnectionState::Connected, Some(SessionTrust::Remembered), Some(data::three_problems()))
        }
        State::Unverified => {
            (ConnectionState::Connected, Some(SessionTrust::Unverified), Some(data::three_problems()))
        }
        State::Question => (ConnectionState::AwaitingDecision, None, Some(data::three_problems())),
        State::Denied => (ConnectionState::Refused { reason: "denied".into() }, None, Some(data::three_problems())),
        State::Refused => (ConnectionState::Refused { reason: "profile".into() }, None, Some(data::many_problems())),
        State::Offline => (ConnectionState::Disconnected, None, None),
        State::Waiting => (ConnectionState::BackingOff { reason: "back off".into() }, None, None),
    };
    Status {
        state: connection,
        server: Some(data::server()),
        since: data::NOW,
        last_contact: Some(data::NOW),
        next_attempt: (state == State::Waiting).then(|| data::NOW + Duration::seconds(40)),
        assessment,
        trust,
        profile: ProfileStatus { name: Some("Default".into()), revision: Some(3), action: InvalidCertificateAction::Warn },
        licence: Some(Licence { customer: "Example Company".into(), seats: 250, expires_at: None, features: vec![], evaluation: false }),
        agent_version: "0.1.0".into(),
    }
}
