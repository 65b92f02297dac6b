//! Endpoint groups: who belongs to them, which profile that gives, and what a change would lead to.

use std::collections::BTreeMap;

use countersign_protocol::InstanceUid;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Administration;
use crate::endpoint_rule::EndpointRule;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::entity::endpoint;
use crate::store::{Concerned, Group, GroupContent, GroupEffect, Intent, Membership, Reassigned};
use crate::telemetry::Wake;

/// The longest name of a group, in characters.
const MAXIMUM_NAME: usize = 100;
/// The highest number for the precedence.
const MAXIMUM_PRECEDENCE: u32 = 1_000_000;
/// The most endpoints that are added at once.
const MAXIMUM_ADDED: usize = 10_000;

/// An endpoint group.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct GroupView {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// Counts the changes.
    pub(crate) revision: u64,
    /// Of several groups of an endpoint, the one with the lowest number decides.
    pub(crate) precedence: u32,
    /// Which endpoints belong to it; none when an administrator names them.
    pub(crate) rule: Option<EndpointRule>,
    /// The profile of its endpoints; none when it decides nothing.
    pub(crate) profile_id: Option<Uuid>,
    /// How many endpoints belong to it.
    pub(crate) members: u64,
}

/// What an administrator decides in a group.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupInput {
    /// Up to 100 characters; each name occurs once.
    pub(crate) name: String,
    /// 1 to 1000000; without it, a new group comes after all others, and another keeps what it has.
    #[serde(default)]
    pub(crate) precedence: Option<u32>,
    /// Which endpoints belong to it; without it, an administrator names them.
    #[serde(default)]
    pub(crate) rule: Option<EndpointRule>,
    /// The profile of its endpoints.
    #[serde(default)]
    pub(crate) profile_id: Option<Uuid>,
}

/// Endpoints for a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MembersInput {
    /// Up to 10000.
    #[schema(value_type = Vec<Uuid>)]
    pub(crate) endpoints: Vec<InstanceUid>,
}

/// Groups for a profile.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupsInput {
    pub(crate) groups: Vec<Uuid>,
}

/// How many endpoints were added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Added {
    pub(crate) added: u64,
}

/// Nothing more to say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {}

/// What was changed, or would be, and what that does to endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WithEffect<T> {
    #[serde(flatten)]
    pub(crate) changed: T,
    /// How many endpoints get another profile.
    pub(crate) reassigned: u64,
    /// And which.
    pub(crate) to_profiles: Vec<ToProfile>,
    /// Whole sentences; none when there is nothing to warn of.
    pub(crate) warnings: Vec<String>,
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) moves: Vec<Reassigned>,
}

/// So many endpoints get this profile.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ToProfile {
    pub(crate) profile_id: Uuid,
    pub(crate) name: String,
    pub(crate) endpoints: u64,
}

impl From<Group> for GroupView {
    fn from(group: Group) -> Self {
        let content = group.content;
        Self {
            id: group.id,
            name: content.name,
            revision: group.revision,
            precedence: content.precedence,
            rule: match content.membership {
                Membership::ByHand => None,
                Membership::ByRule(rule) => Some(rule),
            },
            profile_id: content.profile,
            members: group.members,
        }
    }
}

impl From<GroupView> for GroupInput {
    fn from(group: GroupView) -> Self {
        Self {
            name: group.name,
            precedence: Some(group.precedence),
            rule: group.rule,
            profile_id: group.profile_id,
        }
    }
}

impl GroupInput {
    fn check(self, precedence: u32) -> Result<GroupContent, Problem> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > MAXIMUM_NAME || name.chars().any(char::is_control) {
            return Err(Problem::unprocessable(format!(
                "“name” must have 1 to {MAXIMUM_NAME} printable characters."
            )));
        }
        let precedence = self.precedence.unwrap_or(precedence);
        if !(1..=MAXIMUM_PRECEDENCE).contains(&precedence) {
            return Err(Problem::unprocessable(format!("“precedence” must be 1 to {MAXIMUM_PRECEDENCE}.")));
        }
        let membership = match self.rule.map(|rule| rule.trimmed()) {
            None => Membership::ByHand,
            Some(rule) => {
                rule.read().map_err(Problem::unprocessable)?;
                Membership::ByRule(rule)
            }
        };
        Ok(GroupContent { name, precedence, membership, profile: self.profile_id })
    }
}

fn detail(content: &GroupContent) -> Value {
    json!({
        "name": content.name,
        "precedence": content.precedence,
        "rule": match &content.membership {
            Membership::ByHand => Value::Null,
            Membership::ByRule(rule) => json!(rule),
        },
        "profile": content.profile,
    })
}

impl Administration {
    /// All endpoint groups, the one that comes first first.
    pub(crate) async fn groups(&self, caller: &Caller) -> Result<Vec<GroupView>, Problem> {
        caller.needs_within(Scope::GroupsRead, Permission::View)?;
        Ok(self.telemetry.store.groups().await?.into_iter().map(GroupView::from).collect())
    }

    /// One endpoint group.
    pub(crate) async fn group(&self, caller: &Caller, id: Uuid) -> Result<GroupView, Problem> {
        caller.needs_within(Scope::GroupsRead, Permission::View)?;
        Ok(self.telemetry.store.group(id).await?.into())
    }

    /// The groups that an endpoint belongs to, the one that comes first first.
    pub(crate) async fn groups_of(
        &self,
        caller: &Caller,
        endpoint: InstanceUid,
    ) -> Result<Vec<GroupView>, Problem> {
        let groups = self.groups(caller).await?;
        self.find(endpoint).await?;
        let own = self.telemetry.store.groups_of(endpoint).await?;
        Ok(groups.into_iter().filter(|group| own.contains(&group.id)).collect())
    }

    /// Makes an endpoint group.
    pub(crate) async fn create_group(
        &self,
        caller: &Caller,
        input: GroupInput,
        intent: Intent,
    ) -> Result<WithEffect<GroupView>, Problem> {
        caller.needs_within(Scope::GroupsManage, Permission::Operate)?;
        let store = &self.telemetry.store;
        let content = input.check(store.last_precedence().await?.min(MAXIMUM_PRECEDENCE))?;
        let id = Uuid::now_v7();
        let change = caller.change(self.now(), "group.created", id.to_string(), detail(&content));
        let effect = store.create_group(id, &content, change, intent).await?;
        self.tell(effect, intent).await.map(WithEffect::of_group)
    }

    /// Changes an endpoint group. With an expected revision, only if nobody else has changed it since.
    pub(crate) async fn change_group(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<u64>,
        input: GroupInput,
        intent: Intent,
    ) -> Result<WithEffect<GroupView>, Problem> {
        caller.needs_within(Scope::GroupsManage, Permission::Operate)?;
        let store = &self.telemetry.store;
        let present = store.group(id).await?.content.precedence;
        let content = input.check(present)?;
        let change = caller.change(self.now(), "group.changed", id.to_string(), detail(&content));
        let effect = store.change_group(id, expected, &content, change, intent).await?;
        self.tell(effect, intent).await.map(WithEffect::of_group)
    }

    /// Removes an endpoint group. Its endpoints stay. With an expected revision, only if nobody else has changed it since.
    pub(crate) async fn remove_group(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<u64>,
        intent: Intent,
    ) -> Result<WithEffect<Done>, Problem> {
        caller.needs_within(Scope::GroupsManage, Permission::Operate)?;
        let change = caller.change(self.now(), "group.removed", id.to_string(), json!({}));
        let effect = self.telemetry.store.remove_group(id, expected, change, intent).await?;
        self.tell(effect, intent).await.map(WithEffect::done)
    }

    /// Adds endpoints to a group whose members are named by hand. With an expected revision, only if nobody else has changed it
    /// since.
    pub(crate) async fn add_group_members(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<u64>,
        endpoints: &[InstanceUid],
        intent: Intent,
    ) -> Result<WithEffect<Added>, Problem> {
        caller.needs_within(Scope::GroupsManage, Permission::Operate)?;
        if endpoints.is_empty() || endpoints.len() > MAXIMUM_ADDED {
            return Err(Problem::unprocessable(format!("Name 1 to {MAXIMUM_ADDED} endpoints.")));
        }
        let change =
            caller.change(self.now(), "group.members_added", id.to_string(), json!({"endpoints": endpoints}));
        let store = &self.telemetry.store;
        let effect = store.add_group_members(id, expected, endpoints, change, intent).await?;
        let told = self.tell(effect, intent).await?;
        Ok(told.map(|added| Added { added }))
    }

    /// The endpoints that are named by host name or instance UID. Of several with the same host name, all of them.
    pub(crate) async fn named_endpoints(
        &self,
        caller: &Caller,
        names: &[&str],
    ) -> Result<Vec<InstanceUid>, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let store = &self.telemetry.store;
        let mut found: Vec<InstanceUid> = Vec::new();
        for name in names {
            let known: Vec<endpoint::Model> = match name.parse::<InstanceUid>() {
                Ok(uid) => store.endpoint(uid).await?.into_iter().collect(),
                Err(_) => store.endpoints_named(name).await?,
            };
            if known.is_empty() {
                let name: String = name.chars().take(MAXIMUM_NAME).collect();
                return Err(Problem::unprocessable(format!(
                    "“{name}” is neither the host name nor the instance UID of an endpoint."
                )));
            }
            found.extend(known.iter().filter_map(|row| row.id.parse::<InstanceUid>().ok()));
        }
        Ok(found)
    }

    /// Takes an endpoint out of a group whose members are named by hand. With an expected revision, only if nobody else has changed
    /// the group since.
    pub(crate) async fn remove_group_member(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<u64>,
        endpoint: InstanceUid,
        intent: Intent,
    ) -> Result<WithEffect<Done>, Problem> {
        caller.needs_within(Scope::GroupsManage, Permission::Operate)?;
        let detail = json!({"endpoint": endpoint});
        let change = caller.change(self.now(), "group.member_removed", id.to_string(), detail);
        let store = &self.telemetry.store;
        let effect = store.remove_group_member(id, expected, endpoint, change, intent).await?;
        self.tell(effect, intent).await.map(WithEffect::done)
    }

    /// Says what a change leads to, and lets the endpoints know of it if it was made.
    pub(super) async fn tell<T>(
        &self,
        effect: GroupEffect<T>,
        intent: Intent,
    ) -> Result<WithEffect<T>, Problem> {
        let GroupEffect { changed, reassigned } = effect;
        let untold = (intent == Intent::CarryOut).then(|| self.telemetry.store.untold());
        let mut targets: BTreeMap<&str, Vec<&Reassigned>> = BTreeMap::new();
        for moved in &reassigned {
            targets.entry(&moved.profile).or_default().push(moved);
        }
        let (mut to_profiles, mut warnings) = (Vec::new(), self.too_early_to_move(&reassigned).await?);
        for profile in self.telemetry.store.profiles().await? {
            let id = profile.document.id.to_string();
            let Some(moves) = targets.get(id.as_str()) else { continue };
            to_profiles.push(ToProfile {
                profile_id: profile.document.id,
                name: profile.document.name.clone(),
                endpoints: moves.len() as u64,
            });
            if Self::denies(&profile.document) {
                let concerned = Concerned::Endpoints(moves.iter().copied().cloned().collect());
                warnings.extend(self.warn_of_profile(&profile.document, concerned).await);
            }
        }
        if intent == Intent::CarryOut {
            for endpoint in &reassigned {
                if let Ok(uid) = endpoint.endpoint.parse() {
                    self.telemetry.presence.wake(uid, Wake::Profile);
                }
            }
        }
        if let Some(untold) = untold {
            untold.told();
        }
        Ok(WithEffect {
            changed,
            reassigned: reassigned.len() as u64,
            to_profiles,
            warnings,
            moves: reassigned,
        })
    }
}

impl<T> WithEffect<T> {
    fn map<U>(self, make: impl FnOnce(T) -> U) -> WithEffect<U> {
        WithEffect {
            changed: make(self.changed),
            reassigned: self.reassigned,
            to_profiles: self.to_profiles,
            warnings: self.warnings,
            moves: self.moves,
        }
    }

    /// How many endpoints get which profile, in whole sentences.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let each = self.to_profiles.iter().map(|to| format!("{} “{}”", to.endpoints, to.name));
        let each = each.collect::<Vec<_>>().join(", ");
        match self.reassigned {
            0 => Vec::new(),
            1 => vec![format!("1 endpoint gets another profile: {each}.")],
            number => vec![format!("{number} endpoints get another profile: {each}.")],
        }
    }
}

impl WithEffect<Group> {
    fn of_group(self) -> WithEffect<GroupView> {
        self.map(GroupView::from)
    }
}

impl WithEffect<()> {
    pub(super) fn done(self) -> WithEffect<Done> {
        self.map(|()| Done {})
    }
}
