//! The symbol that tells the state by its shape: in the tray and in the status window.

use countersign_agent::{ConnectionState, Status};
use serde::Serialize;

use super::panel::PanelShade;
use crate::SessionTrust;

/// One shape per kind of state; colour carries nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Symbol {
    /// A shield with a check mark: connected, and the certificate is valid.
    Connected,
    /// A triangle with an exclamation mark: connected, but the certificate is not valid.
    Unverified,
    /// A speech balloon with a question mark: the person has to answer.
    Question,
    /// A stop sign with a cross: the connection was refused.
    Refused,
    /// The dashed outline of a shield: not connected.
    Offline,
}

impl Symbol {
    /// Every symbol.
    pub const ALL: [Self; 5] =
        [Self::Connected, Self::Unverified, Self::Question, Self::Refused, Self::Offline];

    /// The symbol for a state.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        Self::of_state(&status.state, status.trust)
    }

    /// The symbol for a state of the connection, and for how far its session is trusted.
    #[must_use]
    pub fn of_state(state: &ConnectionState, trust: Option<SessionTrust>) -> Self {
        match state {
            ConnectionState::Connected => match trust {
                Some(SessionTrust::Valid) => Self::Connected,
                Some(SessionTrust::Remembered | SessionTrust::Identified | SessionTrust::Unverified)
                | None => Self::Unverified,
            },
            ConnectionState::AwaitingDecision => Self::Question,
            ConnectionState::Refused { .. } => Self::Refused,
            ConnectionState::Disconnected
            | ConnectionState::Connecting
            | ConnectionState::BackingOff { .. } => Self::Offline,
        }
    }

    /// Its name, as in the files under `icons/tray`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Unverified => "unverified",
            Self::Question => "question",
            Self::Refused => "refused",
            Self::Offline => "offline",
        }
    }

    /// The picture as PNG, 88 pixels wide and high: enough for dense screens, and panels make it smaller.
    #[must_use]
    pub fn png(self, panel: PanelShade) -> &'static [u8] {
        macro_rules! file {
            ($directory:literal, $name:literal) => {
                include_bytes!(concat!("../../icons/tray/", $directory, "/", $name, ".png")).as_slice()
            };
        }
        macro_rules! picture {
            ($name:literal) => {
                match panel {
                    PanelShade::Light => file!("light-panel", $name),
                    PanelShade::Dark => file!("dark-panel", $name),
                    PanelShade::LightHighContrast => file!("light-panel-high-contrast", $name),
                    PanelShade::DarkHighContrast => file!("dark-panel-high-contrast", $name),
                }
            };
        }
        match self {
            Self::Connected => picture!("connected"),
            Self::Unverified => picture!("unverified"),
            Self::Question => picture!("question"),
            Self::Refused => picture!("refused"),
            Self::Offline => picture!("offline"),
        }
    }
}
