//! What happened to the connection: the last transitions, kept across restarts. Not secret.

use countersign_protocol::SessionTrust;
use countersign_trust::{Fingerprint, ServerAddress};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

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
}
