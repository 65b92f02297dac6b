//! Who belongs to an endpoint group whose members are named by hand.

use countersign_protocol::InstanceUid;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, Set,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::audit::{Change, record};
use super::entity::endpoint_group::Model;
use super::entity::{endpoint, endpoint_group_member};
use super::groups::{GroupEffect, Intent, check_group, find};
use super::placement::{add_members, place_all};
use super::{Store, StoreError, microseconds};

impl Store {
    /// The groups that an endpoint belongs to, in no order.
    pub(crate) async fn groups_of(&self, endpoint: InstanceUid) -> Result<Vec<Uuid>, StoreError> {
        let rows = endpoint_group_member::Entity::find()
            .filter(endpoint_group_member::Column::EndpointId.eq(endpoint.to_string()))
            .all(&self.database)
            .await?;
        Ok(rows.into_iter().filter_map(|row| row.group_id.parse().ok()).collect())
    }

    /// Adds endpoints to a group whose members are named by hand, if it still has the expected revision. Returns how many were added.
    pub(crate) async fn add_group_members(
        &self,
        id: Uuid,
        expected: Option<u64>,
        endpoints: &[InstanceUid],
        change: Change,
        intent: Intent,
    ) -> Result<GroupEffect<u64>, StoreError> {
        let transaction = self.begin_placing_all().await?;
        let row = by_hand(&transaction, id).await?;
        check_group(&row, expected)?;
        let ids: Vec<String> = endpoints.iter().map(ToString::to_string).collect();
        for endpoint in &ids {
            if endpoint::Entity::find_by_id(endpoint).one(&transaction).await?.is_none() {
                return Err(StoreError::NotFound(format!("endpoint {endpoint}")));
            }
        }
        let added = add_members(&transaction, &row.id, &ids).await?;
        let reassigned = place_all(&transaction).await?;
        let at = change.at;
        if added > 0 {
            count_change(&transaction, row, at).await?;
            record(&transaction, change).await?;
        }
        self.finish_placing(transaction, intent, at).await?;
        Ok(GroupEffect { changed: added, reassigned })
    }

    /// Takes an endpoint out of a group whose members are named by hand, if it still has the expected revision.
    pub(crate) async fn remove_group_member(
        &self,
        id: Uuid,
        expected: Option<u64>,
        endpoint: InstanceUid,
        change: Change,
        intent: Intent,
    ) -> Result<GroupEffect<()>, StoreError> {
        let transaction = self.begin_placing_all().await?;
        let row = by_hand(&transaction, id).await?;
        check_group(&row, expected)?;
        let member = (row.id.clone(), endpoint.to_string());
        let removed = endpoint_group_member::Entity::delete_by_id(member).exec(&transaction).await?;
        if removed.rows_affected == 0 {
            return Err(StoreError::NotFound(format!("endpoint {endpoint} in this group")));
        }
        let reassigned = place_all(&transaction).await?;
        let at = change.at;
        count_change(&transaction, row, at).await?;
        record(&transaction, change).await?;
        self.finish_placing(transaction, intent, at).await?;
        Ok(GroupEffect { changed: (), reassigned })
    }

    /// Endpoints by their identifiers; those that are not there are left out.
    pub(crate) async fn endpoints_by_ids(&self, ids: &[&str]) -> Result<Vec<endpoint::Model>, StoreError> {
        let mut found = Vec::new();
        for some in ids.chunks(500) {
            let rows = endpoint::Entity::find().filter(endpoint::Column::Id.is_in(some.iter().copied()));
            found.extend(rows.all(&self.database).await?);
        }
        Ok(found)
    }
}

/// Who belongs to a group is a part of it, when an administrator says so.
async fn count_change(
    transaction: &impl ConnectionTrait,
    row: Model,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let revision = row.revision + 1;
    let mut row = row.into_active_model();
    row.revision = Set(revision);
    row.changed_at = Set(microseconds(at));
    row.update(transaction).await?;
    Ok(())
}

/// A group whose members are named by hand.
async fn by_hand(database: &impl ConnectionTrait, id: Uuid) -> Result<Model, StoreError> {
    let row = find(database, id).await?;
    if row.rule.is_some() {
        return Err(StoreError::Conflict(format!(
            "The members of the endpoint group “{}” come from its rule. Change the rule instead.",
            row.name
        )));
    }
    Ok(row)
}
