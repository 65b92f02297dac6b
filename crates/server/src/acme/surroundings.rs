//! What is asked when obstacles are looked for, and where the server stands.

use std::net::SocketAddr;

use countersign_trust::Host;
use time::OffsetDateTime;

use super::settings::ChallengeKind;
use crate::store::Store;
use crate::web::{HttpPort, HttpsAccess};

/// What a certificate is to be had for, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'wish> {
    pub(crate) domain: &'wish str,
    pub(crate) challenge: ChallengeKind,
}

/// Where the server stands.
pub(crate) struct Surroundings<'server> {
    pub(crate) store: &'server Store,
    pub(crate) now: OffsetDateTime,
    pub(crate) server_name: Option<&'server Host>,
    pub(crate) http: &'server HttpPort,
    pub(crate) https: SocketAddr,
    pub(crate) access: HttpsAccess,
    /// The ports on which authorities ask: 80 and 443 (RFC 8555, section 8.3; RFC 8737, section 3).
    pub(crate) asked: AskedPorts,
}

/// On which ports authorities ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedPorts {
    pub(crate) http: u16,
    pub(crate) tls: u16,
}

impl AskedPorts {
    /// Those of the standards.
    pub(crate) const STANDARD: Self = Self { http: 80, tls: 443 };
}
