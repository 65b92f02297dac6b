//! The changes that can be foretold, as documents.

use countersign_protocol::InstanceUid;
use countersign_trust::InvalidCertificateAction;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::administration::groups::GroupInput;
use crate::administration::profiles::ProfileInput;

/// A change that an administrator thinks of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum PlannedChange {
    /// A certificate is committed as the SSL certificate. What is foretold is what happens once agents are shown it.
    Certificate {
        /// Its identifier, or `built-in`.
        certificate: String,
    },
    /// *Use SSL certificate for Endpoint Control* is turned.
    EndpointControl { use_ssl_certificate_for_endpoint_control: bool },
    /// Several profiles get the same action.
    Action {
        profiles: Vec<Uuid>,
        /// `allow`, `warn` or `deny`.
        #[schema(value_type = String)]
        invalid_certificate_action: InvalidCertificateAction,
    },
    /// A profile is saved.
    Profile { profile_id: Uuid, profile: ProfileInput },
    /// A staged tightening is begun. What is foretold is its end.
    Tightening {
        profile_id: Uuid,
        /// Only the endpoints that have the profile because of this group.
        #[serde(default)]
        group_id: Option<Uuid>,
        /// `warn` or `deny`.
        #[schema(value_type = String)]
        to_action: InvalidCertificateAction,
    },
    /// A staged tightening that was halted or has stepped back is resumed. What is foretold is its end.
    ResumedTightening { tightening_id: Uuid },
    /// A staged tightening is finished.
    FinishedTightening { tightening_id: Uuid },
    /// A profile becomes what it was in an earlier revision.
    RollBack { profile_id: Uuid, revision: u64 },
    /// An endpoint is given a profile by hand; without one, its groups decide.
    Assignment {
        #[schema(value_type = Uuid)]
        endpoint: InstanceUid,
        #[serde(default)]
        profile_id: Option<Uuid>,
    },
    /// A profile becomes that of exactly these groups.
    ProfileGroups { profile_id: Uuid, groups: Vec<Uuid> },
    /// An endpoint group is made.
    NewGroup { group: GroupInput },
    /// An endpoint group is saved.
    Group { group_id: Uuid, group: GroupInput },
    /// An endpoint group is removed.
    RemovedGroup { group_id: Uuid },
    /// Endpoints are added to a group whose members are named by hand.
    AddedMembers {
        group_id: Uuid,
        #[schema(value_type = Vec<Uuid>)]
        endpoints: Vec<InstanceUid>,
    },
    /// An endpoint is taken out of a group whose members are named by hand.
    RemovedMember {
        group_id: Uuid,
        #[schema(value_type = Uuid)]
        endpoint: InstanceUid,
    },
}
