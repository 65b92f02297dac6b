//! The copy of a profile that a group gets at the end of a tightening of its own.

use countersign_trust::InvalidCertificateAction;
use sea_orm::{
    ActiveModelTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QuerySelect as _, Set,
};
use uuid::Uuid;

use super::Tightening;
use crate::store::audit::Change;
use crate::store::entity::{endpoint_group, endpoint_profile};
use crate::store::placement::{Reassigned, place_all};
use crate::store::profile_versions::keep_version;
use crate::store::{Notice, Store, StoreError, microseconds};

/// Of the name of a profile, so many characters stand in that of its copy.
const MAXIMUM_COPIED_NAME: usize = 85;

impl Store {
    /// Other endpoints with the profile stay as they are, so that the group gets a profile of its own.
    pub(super) async fn give_group_a_copy(
        &self,
        transaction: &DatabaseTransaction,
        tightening: &Tightening,
        group: Uuid,
        profile: endpoint_profile::Model,
        change: &Change,
    ) -> Result<Vec<Reassigned>, StoreError> {
        let copy = endpoint_profile::Model {
            id: Uuid::now_v7().to_string(),
            name: free_name(transaction, &profile.name, tightening).await?,
            revision: 1,
            invalid_certificate_action: tightening.plan.to.to_string(),
            is_default: false,
            changed_at: microseconds(change.at),
            ..profile
        };
        endpoint_profile::Entity::insert(copy.clone().into_active_model())
            .exec_without_returning(transaction)
            .await?;
        keep_version(transaction, &copy, &change.actor.to_string()).await?;
        let row = endpoint_group::Entity::find_by_id(group.to_string()).one(transaction).await?;
        let row = row.ok_or_else(|| StoreError::NotFound(format!("endpoint group {group}")))?;
        let revision = row.revision + 1;
        let mut row = row.into_active_model();
        row.revision = Set(revision);
        row.profile_id = Set(Some(copy.id));
        row.changed_at = Set(microseconds(change.at));
        row.update(transaction).await?;
        let reassigned = place_all(transaction).await?;
        self.announce(transaction, Notice::Profiles, change.at).await?;
        Ok(reassigned)
    }
}

/// A name that says what the copy is, and that no other profile has.
async fn free_name(
    transaction: &DatabaseTransaction,
    name: &str,
    tightening: &Tightening,
) -> Result<String, StoreError> {
    let names: Vec<String> = endpoint_profile::Entity::find()
        .select_only()
        .column(endpoint_profile::Column::Name)
        .into_tuple()
        .all(transaction)
        .await?;
    let action = match tightening.plan.to {
        InvalidCertificateAction::Allow => "Allow",
        InvalidCertificateAction::Warn => "Warn",
        InvalidCertificateAction::Deny => "Deny",
    };
    let shortened: String = name.chars().take(MAXIMUM_COPIED_NAME).collect();
    let numbered = (1..=names.len() + 1).map(|number| match number {
        1 => format!("{shortened} ({action})"),
        _ => format!("{shortened} ({action} {number})"),
    });
    let mut free = numbered.filter(|candidate| !names.contains(candidate));
    Ok(free.next().unwrap_or(shortened))
}
