//! The state in words: one line for menu and window, and what it means. Pure.

use countersign_agent::{ConnectionState, Status};

use crate::tray::symbol::Symbol;

/// The state in one line.
#[must_use]
pub fn headline(status: &Status) -> String {
    match Symbol::of(status) {
        Symbol::Unverified => "Connected without a valid certificate".to_owned(),
        Symbol::Connected | Symbol::Question | Symbol::Refused | Symbol::Offline => status.headline(),
    }
}

/// What the state means, in whole sentences.
#[must_use]
pub fn explanation(status: &Status) -> String {
    match &status.state {
        ConnectionState::Disconnected if status.server.is_none() => {
            "No management server is set up on this computer. Ask your IT department how to set it up."
                .to_owned()
        }
        ConnectionState::Disconnected => "This computer is not connected, and does not try to be.".to_owned(),
        ConnectionState::Connecting => "The connection is being made.".to_owned(),
        ConnectionState::AwaitingDecision => {
            "The server cannot show a valid certificate. Decide whether this computer \
                                              connects to it; until then it sends nothing."
                .to_owned()
        }
        ConnectionState::Connected => "This computer is managed by the server.".to_owned(),
        ConnectionState::Refused { reason } => reason.explain(),
        ConnectionState::BackingOff { reason } => reason.explain(),
    }
}
