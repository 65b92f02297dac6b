//! Endpoint groups. What a change of one leads to is found out by making it: to foresee it, the transaction is rolled back.

use std::collections::BTreeMap;

use countersign_protocol::InstanceUid;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    FromQueryResult, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::assignment_tags::{check_assignment, check_tag, tag_of_groups};
use super::audit::{Change, record};
use super::documents::check_revision;
use super::entity::endpoint_group::{ActiveModel, Column, Entity, Model};
use super::entity::{endpoint, endpoint_group_member, endpoint_profile};
use super::placement::{Placed, ProfileReason, Reassigned, place, place_all, refill};
use super::{Notice, Store, StoreError, microseconds, read_json, write_json};
use crate::endpoint_rule::EndpointRule;

/// The most groups, because each endpoint is held against each rule when it introduces itself.
const MAXIMUM_GROUPS: u64 = 1000;

/// Whether a change is made, or only what it would lead to is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// Nothing is changed.
    Foresee,
    CarryOut,
}

/// A group of endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) id: Uuid,
    pub(crate) revision: u64,
    pub(crate) content: GroupContent,
    /// How many endpoints belong to it.
    pub(crate) members: u64,
}

/// What an administrator decides in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupContent {
    pub(crate) name: String,
    /// Of several groups of an endpoint, the one with the lowest number comes first.
    pub(crate) precedence: u32,
    pub(crate) membership: Membership,
    pub(crate) profile: Option<Uuid>,
}

/// How endpoints come to belong to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    /// An administrator names them.
    ByHand,
    /// Those that fit belong to it.
    ByRule(EndpointRule),
}

/// What a change did, or would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupEffect<T> {
    pub(crate) changed: T,
    /// The endpoints that get another profile.
    pub(crate) reassigned: Vec<Reassigned>,
}

#[derive(Debug, FromQueryResult)]
struct Members {
    group_id: String,
    number: i64,
}

fn group(row: Model, members: u64) -> Result<Group, StoreError> {
    let unreadable =
        |what: &str| StoreError::Unreadable { what: format!("{what} of the endpoint group {}", row.id) };
    let profile = row.profile_id.as_deref().map(str::parse).transpose();
    Ok(Group {
        id: row.id.parse().map_err(|_| unreadable("the identifier"))?,
        revision: u64::try_from(row.revision).map_err(|_| unreadable("the revision"))?,
        members,
        content: GroupContent {
            precedence: u32::try_from(row.precedence).map_err(|_| unreadable("the precedence"))?,
            membership: match &row.rule {
                Some(rule) => Membership::ByRule(read_json("the rule of an endpoint group", rule)?),
                None => Membership::ByHand,
            },
            profile: profile.map_err(|_| unreadable("the profile"))?,
            name: row.name,
        },
    })
}

/// Refuses a change that was meant for another revision of a group.
pub(super) fn check_group(row: &Model, expected: Option<u64>) -> Result<(), StoreError> {
    check_revision(expected, row.revision, || format!("endpoint group “{}”", row.name))
}

pub(super) async fn find(database: &impl ConnectionTrait, id: Uuid) -> Result<Model, StoreError> {
    Entity::find_by_id(id.to_string())
        .one(database)
        .await?
        .ok_or_else(|| StoreError::NotFound(format!("endpoint group {id}")))
}

async fn count(database: &impl ConnectionTrait, id: &str) -> Result<u64, StoreError> {
    let members = endpoint_group_member::Entity::find();
    Ok(members.filter(endpoint_group_member::Column::GroupId.eq(id)).count(database).await?)
}

async fn check(database: &impl ConnectionTrait, id: Uuid, content: &GroupContent) -> Result<(), StoreError> {
    let same_name = Entity::find().filter(Column::Name.eq(content.name.as_str()));
    if same_name.filter(Column::Id.ne(id.to_string())).count(database).await? > 0 {
        return Err(StoreError::Conflict(format!(
            "There is an endpoint group with the name “{}” already. Give another name.",
            content.name
        )));
    }
    if let Some(profile) = content.profile {
        profile_exists(database, profile).await?;
    }
    Ok(())
}

async fn profile_exists(database: &impl ConnectionTrait, profile: Uuid) -> Result<(), StoreError> {
    match endpoint_profile::Entity::find_by_id(profile.to_string()).one(database).await? {
        Some(_) => Ok(()),
        None => Err(StoreError::Conflict(format!("There is no endpoint profile {profile}."))),
    }
}

fn rule_text(content: &GroupContent) -> Result<Option<String>, StoreError> {
    match &content.membership {
        Membership::ByHand => Ok(None),
        Membership::ByRule(rule) => write_json("the rule of an endpoint group", rule).map(Some),
    }
}

impl Store {
    /// Ends a change after which endpoints were placed anew, as it was meant.
    pub(super) async fn finish_placing(
        &self,
        transaction: DatabaseTransaction,
        intent: Intent,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        match intent {
            Intent::CarryOut => {
                // Each of the others looks which of its endpoints have another profile.
                self.announce(&transaction, Notice::Profiles, at).await?;
                self.commit(transaction).await
            }
            Intent::Foresee => Ok(transaction.rollback().await?),
        }
    }

    /// All groups, the one that comes first first.
    pub(crate) async fn groups(&self) -> Result<Vec<Group>, StoreError> {
        let rows = Entity::find()
            .order_by_asc(Column::Precedence)
            .order_by_asc(Column::Id)
            .all(&self.database)
            .await?;
        let members: BTreeMap<String, u64> = endpoint_group_member::Entity::find()
            .select_only()
            .column(endpoint_group_member::Column::GroupId)
            .column_as(endpoint_group_member::Column::EndpointId.count(), "number")
            .group_by(endpoint_group_member::Column::GroupId)
            .into_model::<Members>()
            .all(&self.database)
            .await?
            .into_iter()
            .map(|row| (row.group_id, u64::try_from(row.number).unwrap_or_default()))
            .collect();
        let number = |row: &Model| members.get(&row.id).copied().unwrap_or_default();
        rows.into_iter()
            .map(|row| {
                let number = number(&row);
                group(row, number)
            })
            .collect()
    }

    /// One group.
    pub(crate) async fn group(&self, id: Uuid) -> Result<Group, StoreError> {
        let row = find(&self.database, id).await?;
        let members = count(&self.database, &row.id).await?;
        group(row, members)
    }

    /// The precedence of a group that comes after all others.
    pub(crate) async fn last_precedence(&self) -> Result<u32, StoreError> {
        let last = Entity::find().order_by_desc(Column::Precedence).one(&self.database).await?;
        let last = last.and_then(|row| u32::try_from(row.precedence).ok()).unwrap_or_default();
        Ok(last.saturating_add(1))
    }

    /// Makes a group.
    pub(crate) async fn create_group(
        &self,
        id: Uuid,
        content: &GroupContent,
        change: Change,
        intent: Intent,
    ) -> Result<GroupEffect<Group>, StoreError> {
        let transaction = self.begin_placing_all().await?;
        if Entity::find().count(&transaction).await? >= MAXIMUM_GROUPS {
            return Err(StoreError::Conflict(format!(
                "There are {MAXIMUM_GROUPS} endpoint groups, and there can be no more. Remove one first."
            )));
        }
        check(&transaction, id, content).await?;
        let row = ActiveModel {
            id: Set(id.to_string()),
            name: Set(content.name.clone()),
            revision: Set(1),
            precedence: Set(i64::from(content.precedence)),
            rule: Set(rule_text(content)?),
            profile_id: Set(content.profile.map(|profile| profile.to_string())),
            changed_at: Set(microseconds(change.at)),
        };
        let row = row.insert(&transaction).await?;
        refill(&transaction, &row).await?;
        self.changed(transaction, row, change, intent).await
    }

    /// Changes a group, if it still has the expected revision. When its members come by another way than before, those that
    /// it had are let go.
    pub(crate) async fn change_group(
        &self,
        id: Uuid,
        expected: Option<u64>,
        content: &GroupContent,
        change: Change,
        intent: Intent,
    ) -> Result<GroupEffect<Group>, StoreError> {
        let transaction = self.begin_placing_all().await?;
        let row = find(&transaction, id).await?;
        check_group(&row, expected)?;
        check(&transaction, id, content).await?;
        let rule = rule_text(content)?;
        let other_rule = rule != row.rule;
        if other_rule && rule.is_none() {
            endpoint_group_member::Entity::delete_many()
                .filter(endpoint_group_member::Column::GroupId.eq(&row.id))
                .exec(&transaction)
                .await?;
        }
        let revision = row.revision + 1;
        let mut row = row.into_active_model();
        row.name = Set(content.name.clone());
        row.revision = Set(revision);
        row.precedence = Set(i64::from(content.precedence));
        row.rule = Set(rule);
        row.profile_id = Set(content.profile.map(|profile| profile.to_string()));
        row.changed_at = Set(microseconds(change.at));
        let row = row.update(&transaction).await?;
        if other_rule {
            refill(&transaction, &row).await?;
        }
        self.changed(transaction, row, change, intent).await
    }

    async fn changed(
        &self,
        transaction: DatabaseTransaction,
        row: Model,
        change: Change,
        intent: Intent,
    ) -> Result<GroupEffect<Group>, StoreError> {
        let reassigned = place_all(&transaction).await?;
        let at = change.at;
        record(&transaction, change).await?;
        let members = count(&transaction, &row.id).await?;
        self.finish_placing(transaction, intent, at).await?;
        Ok(GroupEffect { changed: group(row, members)?, reassigned })
    }

    /// Removes a group, if it still has the expected revision. Its endpoints stay.
    pub(crate) async fn remove_group(
        &self,
        id: Uuid,
        expected: Option<u64>,
        change: Change,
        intent: Intent,
    ) -> Result<GroupEffect<()>, StoreError> {
        let transaction = self.begin_placing_all().await?;
        check_group(&find(&transaction, id).await?, expected)?;
        Entity::delete_by_id(id.to_string()).exec(&transaction).await?;
        let reassigned = place_all(&transaction).await?;
        let at = change.at;
        record(&transaction, change).await?;
        self.finish_placing(transaction, intent, at).await?;
        Ok(GroupEffect { changed: (), reassigned })
    }

    /// Makes a profile that of exactly these groups; others that had it have none.
    pub(crate) async fn assign_profile_to_groups(
        &self,
        profile: Uuid,
        groups: &[Uuid],
        expected: Option<&str>,
        change: Change,
        intent: Intent,
    ) -> Result<GroupEffect<()>, StoreError> {
        let transaction = self.begin_placing_all().await?;
        profile_exists(&transaction, profile).await?;
        for id in groups {
            find(&transaction, *id).await?;
        }
        let changed_at = microseconds(change.at);
        let rows = Entity::find().all(&transaction).await?;
        let has = |row: &&Model| row.profile_id.as_deref() == Some(profile.to_string().as_str());
        let tag = tag_of_groups(rows.iter().filter(has).map(|row| row.id.as_str()));
        check_tag(expected, &tag, || "choice of groups for this profile".to_owned())?;
        for row in rows {
            let wanted = groups.iter().any(|id| id.to_string() == row.id);
            let has = row.profile_id.as_deref() == Some(profile.to_string().as_str());
            if wanted != has {
                let revision = row.revision + 1;
                let mut row = row.into_active_model();
                row.revision = Set(revision);
                row.profile_id = Set(wanted.then(|| profile.to_string()));
                row.changed_at = Set(changed_at);
                row.update(&transaction).await?;
            }
        }
        let reassigned = place_all(&transaction).await?;
        let at = change.at;
        record(&transaction, change).await?;
        self.finish_placing(transaction, intent, at).await?;
        Ok(GroupEffect { changed: (), reassigned })
    }

    /// Lets the groups of an endpoint decide which profile it has.
    pub(crate) async fn release_profile(
        &self,
        endpoint: InstanceUid,
        expected: Option<&str>,
        change: Change,
        intent: Intent,
    ) -> Result<(endpoint::Model, Placed), StoreError> {
        let transaction = self.begin().await?;
        let row = endpoint::Entity::find_by_id(endpoint.to_string())
            .one(&transaction)
            .await?
            .ok_or_else(|| StoreError::NotFound(format!("endpoint {endpoint}")))?;
        check_assignment(&row, expected)?;
        let mut row = row.into_active_model();
        row.profile_reason = Set(ProfileReason::Default.code().to_owned());
        row.profile_group_id = Set(None);
        let row = row.update(&transaction).await?;
        let placed = place(&transaction, row).await?;
        if intent == Intent::Foresee {
            transaction.rollback().await?;
            return Ok(placed);
        }
        self.announce(&transaction, Notice::Assigned(endpoint), change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(placed)
    }
}
