//! What a person can make the agent do, and when.

use std::collections::BTreeSet;

use countersign_agent::{ConnectionState, Status};
use serde::Serialize;

/// A button or menu entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Connect to the server now.
    Connect,
    /// End the connection, or the attempts to connect.
    Disconnect,
    /// Answer the open question, or look at the certificate.
    Review,
}

/// What is on offer in a state. Checked again when it is chosen: a menu may still be open from a moment ago.
#[must_use]
pub fn offered(status: &Status) -> BTreeSet<Action> {
    let mut actions = BTreeSet::new();
    if status.server.is_some() {
        let possible: &[Action] = match &status.state {
            ConnectionState::Disconnected => &[Action::Connect],
            ConnectionState::Connecting | ConnectionState::AwaitingDecision | ConnectionState::Connected => {
                &[Action::Disconnect]
            }
            // The agent goes on by itself, which the person can end.
            ConnectionState::Refused { .. } | ConnectionState::BackingOff { .. } => {
                &[Action::Connect, Action::Disconnect]
            }
        };
        actions.extend(possible);
    }
    if status.assessment.is_some() {
        actions.insert(Action::Review);
    }
    actions
}
