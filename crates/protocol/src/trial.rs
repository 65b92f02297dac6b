//! A stricter action on trial: an endpoint that cannot connect under it goes back to the former one by itself.
//!
//! Whoever refuses their server cannot be told by it that the action was a mistake. So the profile that makes the action stricter
//! says beforehand for how long to try, and what holds when no connection comes about in that time.

use countersign_trust::InvalidCertificateAction;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How an endpoint profile lets its action be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Tells this trial from every other one. A profile that is changed while it goes on begins no new one.
    pub id: Uuid,
    /// For how many minutes, from when the profile is applied, the agent tries to connect under the action of the profile.
    pub minutes: u16,
    /// What holds when it could not, until the server sends another profile. Less strict than the action of the profile.
    pub fall_back_action: InvalidCertificateAction,
}

impl Trial {
    /// The shortest trial in minutes: an agent whose server restarts meanwhile has the time to come back.
    pub const MINIMUM_MINUTES: u16 = 1;
    /// The longest trial in minutes: one day. For so long an endpoint may be cut off.
    pub const MAXIMUM_MINUTES: u16 = 24 * 60;
}
