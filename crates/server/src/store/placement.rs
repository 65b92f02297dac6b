//! Which groups an endpoint belongs to by their rules, and which profile follows from that: an endpoint that was given one
//! by hand keeps it, another has that of the first of its groups with a profile, and any other has the default.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, FromQueryResult,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, Statement,
};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entity::{endpoint, endpoint_group, endpoint_group_member, endpoint_profile};
use super::{StoreError, read_json};
use crate::endpoint_rule::{EndpointFacts, EndpointRule, ReadRule};

/// How many rows are read or changed by one statement.
const AT_ONCE: usize = 500;

/// Why an endpoint has the profile that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProfileReason {
    /// An administrator gave it to this endpoint.
    ByHand,
    /// It is that of the first of its groups that has one.
    Group,
    /// Nothing else says anything.
    Default,
}

impl ProfileReason {
    /// The word that stands for it in documents and in the database.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Group => "group",
            Self::Default => "default",
        }
    }

    /// What a word stands for.
    pub(crate) fn of_code(code: &str) -> Self {
        match code {
            "by_hand" => Self::ByHand,
            "group" => Self::Group,
            _ => Self::Default,
        }
    }
}

/// An endpoint that gets another profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reassigned {
    pub(crate) endpoint: String,
    /// The profile that it had.
    pub(crate) from: String,
    pub(crate) profile: String,
}

/// Whether an endpoint has another profile than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    Same,
    OtherProfile,
}

/// The columns that rules look at.
#[derive(Debug, FromQueryResult)]
struct Described {
    id: String,
    host_name: String,
    os: String,
    os_type: String,
    agent_version: String,
    address: String,
    inventory: Option<String>,
}

impl Described {
    fn facts(self) -> (String, EndpointFacts) {
        let inventory = self.inventory.as_deref();
        let inventory = inventory.and_then(|text| serde_json::from_str::<Addresses>(text).ok());
        let mut addresses = inventory.map(|inventory| inventory.addresses).unwrap_or_default();
        addresses.extend(self.address.parse::<IpAddr>().ok());
        let facts = EndpointFacts {
            host_name: self.host_name,
            os: self.os,
            os_type: self.os_type,
            agent_version: self.agent_version,
            addresses,
        };
        (self.id, facts)
    }
}

/// Of an inventory, the addresses.
#[derive(Deserialize)]
struct Addresses {
    addresses: Vec<IpAddr>,
}

/// What rules look at.
pub(super) fn facts(row: &endpoint::Model) -> EndpointFacts {
    let described = Described {
        id: String::new(),
        host_name: row.host_name.clone(),
        os: row.os.clone(),
        os_type: row.os_type.clone(),
        agent_version: row.agent_version.clone(),
        address: row.address.clone(),
        inventory: row.inventory.clone(),
    };
    described.facts().1
}

fn rule_of(group: &endpoint_group::Model) -> Result<Option<ReadRule>, StoreError> {
    let Some(text) = &group.rule else { return Ok(None) };
    let rule: EndpointRule = read_json("the rule of an endpoint group", text)?;
    rule.read().map(Some).map_err(|error| StoreError::Unreadable {
        what: format!("the rule of the endpoint group {}: {error}", group.id),
    })
}

/// The default profile.
async fn default_profile(database: &impl ConnectionTrait) -> Result<String, StoreError> {
    let found = endpoint_profile::Entity::find().filter(endpoint_profile::Column::IsDefault.eq(true));
    let row = found.one(database).await?;
    row.map(|row| row.id).ok_or_else(|| StoreError::NotFound("default endpoint profile".to_owned()))
}

/// Puts one endpoint into the groups whose rules it fits, out of the others, and gives it the profile that follows. The transaction
/// is one of [`super::Store::begin_placing_one`] or [`super::Store::begin`], so that the groups stay as they are.
pub(super) async fn place(
    transaction: &impl ConnectionTrait,
    row: endpoint::Model,
) -> Result<(endpoint::Model, Placed), StoreError> {
    let default = default_profile(transaction).await?;
    let groups = endpoint_group::Entity::find()
        .order_by_asc(endpoint_group::Column::Precedence)
        .order_by_asc(endpoint_group::Column::Id)
        .all(transaction)
        .await?;
    let facts = facts(&row);
    let before: BTreeSet<String> = endpoint_group_member::Entity::find()
        .filter(endpoint_group_member::Column::EndpointId.eq(&row.id))
        .all(transaction)
        .await?
        .into_iter()
        .map(|member| member.group_id)
        .collect();
    let mut chosen = None;
    for group in &groups {
        let was = before.contains(&group.id);
        let is = rule_of(group)?.map_or(was, |rule| rule.fits(&facts));
        match (was, is) {
            (false, true) => add_member(transaction, &group.id, &row.id).await?,
            (true, false) => remove_member(transaction, &group.id, &row.id).await?,
            (true, true) | (false, false) => {}
        }
        if is && chosen.is_none() {
            chosen = group.profile_id.clone().map(|profile| (profile, group.id.clone()));
        }
    }
    if ProfileReason::of_code(&row.profile_reason) == ProfileReason::ByHand {
        return Ok((row, Placed::Same));
    }
    let (profile, group) = match chosen {
        Some((profile, group)) => (profile, Some(group)),
        None => (default, None),
    };
    if row.profile_id == profile && row.profile_group_id == group {
        return Ok((row, Placed::Same));
    }
    let placed = if row.profile_id == profile { Placed::Same } else { Placed::OtherProfile };
    let reason = if group.is_some() { ProfileReason::Group } else { ProfileReason::Default };
    let mut row = row.into_active_model();
    row.profile_reason = Set(reason.code().to_owned());
    row.profile_group_id = Set(group);
    if placed == Placed::OtherProfile {
        row.profile_id = Set(profile);
        row.profile_status = Set("pending".to_owned());
        row.profile_error = Set(None);
    }
    Ok((row.update(transaction).await?, placed))
}

async fn add_member(
    transaction: &impl ConnectionTrait,
    group: &str,
    endpoint: &str,
) -> Result<(), StoreError> {
    let row = endpoint_group_member::ActiveModel {
        group_id: Set(group.to_owned()),
        endpoint_id: Set(endpoint.to_owned()),
    };
    row.insert(transaction).await?;
    Ok(())
}

async fn remove_member(
    transaction: &impl ConnectionTrait,
    group: &str,
    endpoint: &str,
) -> Result<(), StoreError> {
    endpoint_group_member::Entity::delete_by_id((group.to_owned(), endpoint.to_owned()))
        .exec(transaction)
        .await?;
    Ok(())
}

/// Adds endpoints to a group, those that belong to it already aside. Returns how many were added.
pub(super) async fn add_members(
    transaction: &impl ConnectionTrait,
    group: &str,
    endpoints: &[String],
) -> Result<u64, StoreError> {
    let mut added = 0;
    for some in endpoints.chunks(AT_ONCE) {
        let present: BTreeSet<String> = endpoint_group_member::Entity::find()
            .filter(endpoint_group_member::Column::GroupId.eq(group))
            .filter(endpoint_group_member::Column::EndpointId.is_in(some.iter().map(String::as_str)))
            .all(transaction)
            .await?
            .into_iter()
            .map(|member| member.endpoint_id)
            .collect();
        let new: BTreeSet<&String> = some.iter().filter(|endpoint| !present.contains(*endpoint)).collect();
        added += new.len() as u64;
        insert_members(transaction, group, new.into_iter().map(String::as_str)).await?;
    }
    Ok(added)
}

/// Adds endpoints that do not belong to a group to it, with one statement.
async fn insert_members(
    transaction: &impl ConnectionTrait,
    group: &str,
    endpoints: impl Iterator<Item = &str>,
) -> Result<(), StoreError> {
    let rows: Vec<_> = endpoints
        .map(|endpoint| endpoint_group_member::ActiveModel {
            group_id: Set(group.to_owned()),
            endpoint_id: Set(endpoint.to_owned()),
        })
        .collect();
    if !rows.is_empty() {
        endpoint_group_member::Entity::insert_many(rows).exec_without_returning(transaction).await?;
    }
    Ok(())
}

/// Makes the members of a group those that fit its rule.
pub(super) async fn refill(
    transaction: &impl ConnectionTrait,
    group: &endpoint_group::Model,
) -> Result<(), StoreError> {
    let Some(rule) = rule_of(group)? else { return Ok(()) };
    endpoint_group_member::Entity::delete_many()
        .filter(endpoint_group_member::Column::GroupId.eq(&group.id))
        .exec(transaction)
        .await?;
    let mut after = String::new();
    loop {
        let rows = endpoint::Entity::find()
            .select_only()
            .columns([
                endpoint::Column::Id,
                endpoint::Column::HostName,
                endpoint::Column::Os,
                endpoint::Column::OsType,
                endpoint::Column::AgentVersion,
                endpoint::Column::Address,
                endpoint::Column::Inventory,
            ])
            .filter(endpoint::Column::Id.gt(after.as_str()))
            .order_by_asc(endpoint::Column::Id)
            .limit(AT_ONCE as u64)
            .into_model::<Described>()
            .all(transaction)
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after.clone_from(&last.id);
        let fitting: Vec<String> = rows
            .into_iter()
            .map(Described::facts)
            .filter(|(_, facts)| rule.fits(facts))
            .map(|(id, _)| id)
            .collect();
        insert_members(transaction, &group.id, fitting.iter().map(String::as_str)).await?;
    }
}

/// What an endpoint should have that has something else.
#[derive(Debug, FromQueryResult)]
struct Misplaced {
    id: String,
    profile_id: String,
    first_group: Option<String>,
    group_profile: Option<String>,
}

/// Gives every endpoint the profile that follows from its groups, within a transaction of [`super::Store::begin_placing_all`]. Returns
/// those that get another one.
pub(super) async fn place_all(transaction: &impl ConnectionTrait) -> Result<Vec<Reassigned>, StoreError> {
    let default = default_profile(transaction).await?;
    // Identifiers are UUIDs that this server made; nothing of a stranger's is in the statement.
    let sql = format!(
        "SELECT placed.id, placed.profile_id, placed.first_group, chosen.profile_id AS group_profile
         FROM (
             SELECT e.id, e.profile_id, e.profile_group_id, (
                 SELECT g.id FROM endpoint_group_members m JOIN endpoint_groups g ON g.id = m.group_id
                 WHERE m.endpoint_id = e.id AND g.profile_id IS NOT NULL
                 ORDER BY g.precedence, g.id LIMIT 1
             ) AS first_group
             FROM endpoints e WHERE e.profile_reason <> 'by_hand'
         ) AS placed
         LEFT JOIN endpoint_groups chosen ON chosen.id = placed.first_group
         WHERE COALESCE(placed.first_group, '') <> COALESCE(placed.profile_group_id, '')
            OR placed.profile_id <> COALESCE(chosen.profile_id, '{default}')"
    );
    let statement = Statement::from_string(transaction.get_database_backend(), sql);
    let found = Misplaced::find_by_statement(statement).all(transaction).await?;
    let mut targets: BTreeMap<(String, Option<String>), Vec<Misplaced>> = BTreeMap::new();
    for row in found {
        let profile = row.group_profile.clone().unwrap_or_else(|| default.clone());
        targets.entry((profile, row.first_group.clone())).or_default().push(row);
    }
    let mut reassigned = Vec::new();
    for ((profile, group), rows) in targets {
        let reason = if group.is_some() { ProfileReason::Group } else { ProfileReason::Default };
        let (same, other): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.profile_id == profile);
        for (rows, placed) in [(same, Placed::Same), (other, Placed::OtherProfile)] {
            for some in rows.chunks(AT_ONCE) {
                let mut statement = endpoint::Entity::update_many()
                    .col_expr(endpoint::Column::ProfileReason, Expr::value(reason.code()))
                    .col_expr(endpoint::Column::ProfileGroupId, Expr::value(group.clone()))
                    .filter(endpoint::Column::Id.is_in(some.iter().map(|row| row.id.as_str())))
                    // An administrator may have decided meanwhile.
                    .filter(endpoint::Column::ProfileReason.ne(ProfileReason::ByHand.code()));
                if placed == Placed::OtherProfile {
                    statement = statement
                        .col_expr(endpoint::Column::ProfileId, Expr::value(profile.as_str()))
                        .col_expr(endpoint::Column::ProfileStatus, Expr::value("pending"))
                        .col_expr(endpoint::Column::ProfileError, Expr::value(None::<String>));
                }
                statement.exec(transaction).await?;
            }
            if placed == Placed::OtherProfile {
                let rows = rows.into_iter();
                reassigned.extend(rows.map(|row| Reassigned {
                    endpoint: row.id,
                    from: row.profile_id,
                    profile: profile.clone(),
                }));
            }
        }
    }
    Ok(reassigned)
}
