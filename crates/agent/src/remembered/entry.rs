//! Remembered certificates, for whoever shows them.

use countersign_trust::{Fingerprint, PermissionOrigin, RememberedCertificate};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A certificate that a person allowed, and what has become of that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RememberedEntry {
    /// What was allowed, for which server, when and why it was invalid. Its `until` is the one that counts: the
    /// endpoint profile may permit less than was permitted when the answer was given.
    pub certificate: RememberedCertificate,
    /// When a session was last opened on the strength of it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used: Option<OffsetDateTime>,
    /// What it does now.
    pub standing: RememberedStanding,
    /// Whether it outlasts the app.
    pub keeping: Keeping,
}

/// What a remembered certificate does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RememberedStanding {
    /// The present session rests on it.
    InUse,
    /// It lets the next connection through.
    Holds,
    /// Its time is over: the person is asked again.
    Over,
}

/// Whether a remembered certificate outlasts the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeping {
    /// It is in the keychain.
    Keychain,
    /// It is forgotten when the app ends: the person chose so, or the keychain did not take it.
    ThisSession,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RememberedList {
    /// By server.
    pub entries: Vec<RememberedEntry>,
    /// Why some may be missing, as a whole sentence: the keychain could not be read.
    pub incomplete: Option<String>,
}

/// The permission on which the present session rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedSummary {
    /// The certificate that was allowed.
    pub fingerprint: Fingerprint,
    /// When it was allowed.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When the permission ends by itself; absent when it holds until the certificate changes.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
    /// Whether it outlasts the app.
    pub keeping: Keeping,
    /// Who allowed it.
    #[serde(default)]
    pub origin: PermissionOrigin,
}
