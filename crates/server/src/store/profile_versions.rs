//! Every saved revision of an endpoint profile, so that it can be looked at, compared and brought back.

use countersign_protocol::EndpointProfile;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Set,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::entity::endpoint_profile;
use super::entity::endpoint_profile_version::{ActiveModel, Column, Entity, Model};
use super::profiles::{Profile, ProfileChange};
use super::{Store, StoreError, moment};

/// The most versions of a profile that are listed.
const LISTED_VERSIONS: u64 = 500;

/// A saved revision of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProfileVersion {
    pub(crate) document: EndpointProfile,
    pub(crate) saved_at: OffsetDateTime,
    /// Who saved it; not known for revisions from before versions were kept.
    pub(crate) saved_by: Option<String>,
}

impl ProfileVersion {
    /// What a profile has to be changed to, to be as it was in this version.
    pub(crate) fn content(&self) -> ProfileChange {
        ProfileChange {
            name: self.document.name.clone(),
            invalid_certificate_action: self.document.invalid_certificate_action,
            heartbeat_seconds: self.document.heartbeat_seconds,
            remember: self.document.remember,
            proxy_fallback: self.document.proxy_fallback,
        }
    }
}

impl TryFrom<Model> for ProfileVersion {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let saved_by = Some(row.actor).filter(|actor| !actor.is_empty());
        let profile = Profile::try_from(endpoint_profile::Model {
            id: row.profile_id,
            name: row.name,
            revision: row.revision,
            invalid_certificate_action: row.invalid_certificate_action,
            heartbeat_seconds: row.heartbeat_seconds,
            remember_longest: row.remember_longest,
            remember_days: row.remember_days,
            proxy_fallback: row.proxy_fallback,
            is_default: false,
            changed_at: row.at,
        })?;
        Ok(Self { document: profile.document, saved_at: moment(row.at), saved_by })
    }
}

/// Keeps a profile as it is now, within the transaction that changed it.
pub(super) async fn keep_version(
    transaction: &impl ConnectionTrait,
    row: &endpoint_profile::Model,
    actor: &str,
) -> Result<(), StoreError> {
    let version = ActiveModel {
        profile_id: Set(row.id.clone()),
        revision: Set(row.revision),
        at: Set(row.changed_at),
        actor: Set(actor.to_owned()),
        name: Set(row.name.clone()),
        invalid_certificate_action: Set(row.invalid_certificate_action.clone()),
        heartbeat_seconds: Set(row.heartbeat_seconds),
        remember_longest: Set(row.remember_longest.clone()),
        remember_days: Set(row.remember_days),
        proxy_fallback: Set(row.proxy_fallback.clone()),
    };
    version.insert(transaction).await?;
    Ok(())
}

impl Store {
    /// The saved revisions of a profile, the newest first.
    pub(crate) async fn profile_versions(&self, id: Uuid) -> Result<Vec<ProfileVersion>, StoreError> {
        let rows = Entity::find()
            .filter(Column::ProfileId.eq(id.to_string()))
            .order_by_desc(Column::Revision)
            .limit(LISTED_VERSIONS)
            .all(&self.database)
            .await?;
        rows.into_iter().map(ProfileVersion::try_from).collect()
    }

    /// One saved revision of a profile.
    pub(crate) async fn profile_version(
        &self,
        id: Uuid,
        revision: u64,
    ) -> Result<ProfileVersion, StoreError> {
        let missing = || StoreError::NotFound(format!("revision {revision} of the endpoint profile {id}"));
        let number = i64::try_from(revision).map_err(|_| missing())?;
        let row = Entity::find_by_id((id.to_string(), number)).one(&self.database).await?;
        row.ok_or_else(missing)?.try_into()
    }
}
