//! The facts about this computer and its desktop. All text in them is fit to be shown.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A clock that nothing speaks against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockFacts {
    /// What the clock says.
    #[serde(with = "time::serde::rfc3339")]
    pub clock: OffsetDateTime,
    /// Whether the computer compares it with a time server.
    pub synchronised: Synchronisation,
}

/// Whether the clock is compared with a time server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Synchronisation {
    /// It is.
    Synchronised,
    /// It is not.
    NotSynchronised,
    /// The operating system does not tell.
    Unknown,
}

/// What speaks against the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum ClockFault {
    /// It shows a time before this program was built.
    BeforeBuild {
        /// What the clock says.
        #[serde(with = "time::serde::rfc3339")]
        clock: OffsetDateTime,
        /// When this program was built.
        #[serde(with = "time::serde::rfc3339")]
        built: OffsetDateTime,
    },
    /// By this clock, every certificate that the server showed is not valid yet, or long over.
    ContradictsCertificates {
        /// What the clock says.
        #[serde(with = "time::serde::rfc3339")]
        clock: OffsetDateTime,
        /// A moment that the true time is likely to be later (behind) or earlier than (ahead).
        #[serde(with = "time::serde::rfc3339")]
        evidence: OffsetDateTime,
        /// In which direction the clock is wrong.
        direction: ClockDirection,
    },
}

/// In which direction a clock is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockDirection {
    /// It shows an earlier time.
    Behind,
    /// It shows a later time.
    Ahead,
}

/// A keychain that works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeychainFacts {
    /// How long it took to write, read and remove an entry.
    pub milliseconds: u64,
    /// Whether that is usual.
    pub pace: Pace,
}

/// How fast something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// As fast as elsewhere.
    Usual,
    /// Slow enough to be noticed.
    Slow,
}

/// Why the keychain keeps nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum KeychainFault {
    /// It is locked, or refuses.
    Locked,
    /// The keychain service has no keyring to put entries into.
    NoKeyring,
    /// There is none, or it does not work.
    Unavailable {
        /// What the system said.
        detail: String,
    },
    /// It took an entry, but did not give it back.
    NotKept,
    /// The entry that was written for this check could not be removed.
    NotRemoved {
        /// The name of the entry.
        entry: String,
        /// What the system said.
        detail: String,
    },
}

/// The services of the desktop session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusFacts {
    /// What was looked for, and what of it is there.
    pub services: Vec<ServiceState>,
}

/// Whether a service is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceState {
    /// The service.
    pub service: DesktopService,
    /// Whether it is there.
    pub presence: Presence,
}

/// A service of the desktop session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DesktopService {
    /// Shows notifications (`org.freedesktop.Notifications`).
    Notifications,
    /// Keeps secrets (`org.freedesktop.secrets`).
    Secrets,
}

/// Whether a service is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It runs.
    Running,
    /// It starts when it is needed.
    Activatable,
    /// It is not there.
    Missing,
}

/// What is wrong with the session's message bus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum BusFault {
    /// There is none, or it does not take connections.
    Unreachable {
        /// What the system said.
        detail: String,
    },
    /// Some services are missing.
    ServicesMissing {
        /// What was looked for, and what of it is there.
        services: Vec<ServiceState>,
    },
}

/// A session that shows tray icons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrayFacts {
    /// The desktop, as it names itself.
    pub desktop: Option<String>,
}

/// Why no tray icon is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum TrayFault {
    /// GNOME shows tray icons only with an extension.
    GnomeWithoutExtension,
    /// The desktop has no tray for icons of this kind (StatusNotifierItem).
    NoWatcher {
        /// The desktop, as it names itself.
        desktop: Option<String>,
    },
    /// Icons are collected, but nothing shows them.
    NoHost {
        /// The desktop, as it names itself.
        desktop: Option<String>,
    },
}
