//! Which groups have a profile.

use serde_json::json;
use uuid::Uuid;

use super::groups::{Done, GroupView, WithEffect};
use super::{Administration, Intent};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::tag_of_groups;

/// Stands for which of these groups have a profile.
pub(crate) fn tag_of_profile_groups(groups: &[GroupView], profile: Uuid) -> String {
    let with = groups.iter().filter(|group| group.profile_id == Some(profile));
    let ids: Vec<String> = with.map(|group| group.id.to_string()).collect();
    tag_of_groups(ids.iter().map(String::as_str))
}

impl Administration {
    /// The groups that have a profile, the one that comes first first, and the tag that stands for just these.
    pub(crate) async fn groups_with_profile(
        &self,
        caller: &Caller,
        profile: Uuid,
    ) -> Result<(Vec<GroupView>, String), Problem> {
        let mut groups = self.groups(caller).await?;
        self.telemetry.store.profile(profile).await?;
        groups.retain(|group| group.profile_id == Some(profile));
        let tag = tag_of_profile_groups(&groups, profile);
        Ok((groups, tag))
    }

    /// Makes a profile that of exactly these groups. With the expected tag of those that have it, only while they still do.
    pub(crate) async fn assign_profile_to_groups(
        &self,
        caller: &Caller,
        profile: Uuid,
        groups: &[Uuid],
        expected: Option<&str>,
        intent: Intent,
    ) -> Result<WithEffect<Done>, Problem> {
        caller.needs_within(Scope::GroupsManage, Permission::Operate)?;
        self.telemetry.store.profile(profile).await?;
        let detail = json!({"groups": groups});
        let change = caller.change(self.now(), "profile.assigned_to_groups", profile.to_string(), detail);
        let store = &self.telemetry.store;
        let effect = store.assign_profile_to_groups(profile, groups, expected, change, intent).await?;
        self.tell(effect, intent).await.map(WithEffect::done)
    }
}
