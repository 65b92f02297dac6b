//! Saved revisions of endpoint profiles: listed, compared, brought back.

use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::profiles::{ProfileContent, ProfileView, detail};
use super::{Administration, Intent, WithWarnings};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{Concerned, Profile, ProfileVersion};
use crate::telemetry::Wake;

/// A saved revision of an endpoint profile.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionView {
    pub(crate) revision: u64,
    /// Whether the profile is like this now.
    pub(crate) current: bool,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) saved_at: OffsetDateTime,
    /// Who saved it; none for revisions from before versions were kept.
    pub(crate) saved_by: Option<String>,
    pub(crate) content: ProfileContent,
}

/// What two revisions of a profile have different.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comparison {
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// None when both say the same.
    pub(crate) differences: Vec<FieldDifference>,
}

/// A field that differs.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct FieldDifference {
    /// The name of the field, for example `remember.days`.
    pub(crate) field: String,
    /// Its value in the one revision.
    pub(crate) before: Value,
    /// And in the other.
    pub(crate) after: Value,
}

impl VersionView {
    fn new(version: ProfileVersion, current: u64) -> Self {
        Self {
            revision: version.document.revision,
            current: version.document.revision == current,
            saved_at: version.saved_at,
            saved_by: version.saved_by,
            content: version.document.into(),
        }
    }
}

/// The fields in which two documents differ, in the order of their names.
fn differences(before: &Value, after: &Value) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    collect("", before, after, &mut found);
    found
}

fn collect(field: &str, before: &Value, after: &Value, found: &mut Vec<FieldDifference>) {
    if before == after {
        return;
    }
    if let (Value::Object(old), Value::Object(new)) = (before, after) {
        let names: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for name in names {
            let path = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
            let value =
                |object: &serde_json::Map<String, Value>| object.get(name).cloned().unwrap_or_default();
            collect(&path, &value(old), &value(new), found);
        }
        return;
    }
    found.push(FieldDifference { field: field.to_owned(), before: before.clone(), after: after.clone() });
}

impl Administration {
    /// The saved revisions of a profile, the newest first.
    pub(crate) async fn profile_versions(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> Result<Vec<VersionView>, Problem> {
        caller.needs_within(Scope::ProfilesRead, Permission::View)?;
        let current = self.telemetry.store.profile(id).await?.document.revision;
        let versions = self.telemetry.store.profile_versions(id).await?;
        Ok(versions.into_iter().map(|version| VersionView::new(version, current)).collect())
    }

    /// One saved revision.
    pub(crate) async fn profile_version(
        &self,
        caller: &Caller,
        id: Uuid,
        revision: u64,
    ) -> Result<VersionView, Problem> {
        caller.needs_within(Scope::ProfilesRead, Permission::View)?;
        let current = self.telemetry.store.profile(id).await?.document.revision;
        Ok(VersionView::new(self.telemetry.store.profile_version(id, revision).await?, current))
    }

    /// What is different between two saved revisions.
    pub(crate) async fn compare_profile_versions(
        &self,
        caller: &Caller,
        id: Uuid,
        from: u64,
        to: u64,
    ) -> Result<Comparison, Problem> {
        let written =
            |view: &VersionView| serde_json::to_value(&view.content).map_err(|error| Problem::failed(&error));
        let before = written(&self.profile_version(caller, id, from).await?)?;
        let after = written(&self.profile_version(caller, id, to).await?)?;
        Ok(Comparison { from, to, differences: differences(&before, &after) })
    }

    /// Makes a profile what it was in an earlier revision, as a new revision. With an expected revision, only if nobody else
    /// has changed the profile since.
    pub(crate) async fn roll_back_profile(
        &self,
        caller: &Caller,
        id: Uuid,
        revision: u64,
        expected: Option<u64>,
        intent: Intent,
    ) -> Result<WithWarnings<ProfileView>, Problem> {
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        let store = &self.telemetry.store;
        let present = store.profile(id).await?;
        if present.document.revision == revision {
            return Err(Problem::conflict(format!("The profile is as it was in revision {revision}.")));
        }
        let version = store.profile_version(id, revision).await?;
        let concerned = Concerned::Profiles(vec![id]);
        if intent == Intent::Foresee {
            let warnings = self.warn_of_profile(&version.document, concerned).await;
            let profile = Profile { document: version.document, is_default: present.is_default };
            let mut view = ProfileView::from(profile);
            view.revision = present.document.revision + 1;
            return Ok(WithWarnings { changed: view, warnings });
        }
        let content = version.content();
        let mut said = detail(&content);
        said["as_in_revision"] = json!(revision);
        let change = caller.change(self.now(), "profile.rolled_back", id.to_string(), said);
        let profile = store.change_profile(id, expected, &content, change).await?;
        // Before the agents hear of it: it is said how many are connected.
        let warnings = self.warn_of_profile(&profile.document, concerned).await;
        self.telemetry.presence.wake_all(&Wake::Profile);
        Ok(WithWarnings::new(profile.into(), warnings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_field_by_field() {
        let before = json!({"name": "A", "remember": {"longest": "days", "days": 7}, "gone": 1});
        let after = json!({"name": "A", "remember": {"longest": "days", "days": 8}, "new": [1]});
        let found = differences(&before, &after);
        let outline: Vec<_> =
            found.iter().map(|found| (found.field.as_str(), &found.before, &found.after)).collect();
        assert_eq!(
            outline,
            [
                ("gone", &json!(1), &Value::Null),
                ("new", &Value::Null, &json!([1])),
                ("remember.days", &json!(7), &json!(8)),
            ]
        );
        assert_eq!(differences(&before, &before), []);
    }
}
