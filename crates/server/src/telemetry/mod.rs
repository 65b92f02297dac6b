//! The telemetry listener: TLS 1.3, the proof of the server's identity, and OpAMP sessions.

mod accept;
mod allowance;
mod comeback;
mod ending;
mod endpoint_limits;
mod frame_follower;
mod http;
mod incoming;
mod newcomers;
mod presence;
mod rehearsing;
mod renaming;
mod reports;
mod session;
mod socket;
mod tls;

use std::sync::Arc;

use countersign_protocol::{IdentityKeyPair, Licence};
use uuid::Uuid;

pub(crate) use accept::{Listener, listen};
pub(crate) use endpoint_limits::EndpointLimits;
pub(crate) use newcomers::Newcomers;
pub(crate) use presence::{CloseReason, Destination, Presence, Wake, Woken};
pub(crate) use tls::configuration;

use crate::authority::EndpointAuthority;
use crate::clock::Clock;
use crate::endpoint_control::Admission;
use crate::licences::Licences;
use crate::metrics::Metrics;
use crate::rehearsals::Rehearsals;
use crate::served_certificate::CertificateSwitch;
use crate::store::{Store, StoreError};

/// What all sessions share.
pub(crate) struct Telemetry {
    pub(crate) store: Store,
    pub(crate) presence: Presence,
    pub(crate) metrics: Metrics,
    pub(crate) newcomers: Newcomers,
    pub(crate) endpoint_limits: EndpointLimits,
    pub(crate) identity: IdentityKeyPair,
    pub(crate) authority: EndpointAuthority,
    pub(crate) licences: Licences,
    pub(crate) rehearsals: Rehearsals,
    pub(crate) certificates: Arc<CertificateSwitch>,
    /// Which agents may connect.
    pub(crate) admission: Admission,
    pub(crate) default_profile: Uuid,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Telemetry {
    /// The licence in force. Read anew each time: another node may have been given another one.
    pub(crate) async fn licence(&self) -> Result<Licence, StoreError> {
        Ok(self.licences.in_force(self.store.licence_text().await?.as_deref()))
    }
}
