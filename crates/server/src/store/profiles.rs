//! Endpoint profiles.

use std::num::NonZeroU16;

use countersign_protocol::{EndpointProfile, ProxyFallback};
use countersign_trust::{InvalidCertificateAction, RememberOptions};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, ModelTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, Set,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::assignment_tags::{check_tag, tag_of_profiles};
use super::audit::{Actor, Change, record};
use super::documents::check_revision;
use super::endpoint_reports::PENDING;
use super::entity::endpoint_profile::{ActiveModel, Column, Entity, Model};
use super::entity::{endpoint, endpoint_group};
use super::profile_versions::keep_version;
use super::{Notice, Store, StoreError, microseconds, moment};
use crate::counted;

/// A profile, and whether new endpoints get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) document: EndpointProfile,
    pub(crate) is_default: bool,
}

/// What an administrator decides in a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProfileChange {
    pub(crate) name: String,
    pub(crate) invalid_certificate_action: InvalidCertificateAction,
    pub(crate) heartbeat_seconds: u32,
    pub(crate) remember: RememberOptions,
    pub(crate) proxy_fallback: ProxyFallback,
}

impl TryFrom<Model> for Profile {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable =
            |what: &str| StoreError::Unreadable { what: format!("{what} of the profile {}", row.id) };
        let id = row.id.parse().map_err(|_| unreadable("the identifier"))?;
        let action = row.invalid_certificate_action.parse().map_err(|_| unreadable("the action"))?;
        let mut document = EndpointProfile::new(id, row.name.clone(), action);
        document.revision = u64::try_from(row.revision).map_err(|_| unreadable("the revision"))?;
        document.heartbeat_seconds =
            u32::try_from(row.heartbeat_seconds).map_err(|_| unreadable("the heartbeat interval"))?;
        document.remember = RememberOptions {
            longest: from_word(&row.remember_longest)
                .ok_or_else(|| unreadable("the longest time to remember"))?,
            days: u16::try_from(row.remember_days)
                .ok()
                .and_then(NonZeroU16::new)
                .ok_or_else(|| unreadable("the number of days to remember"))?,
        };
        document.proxy_fallback =
            from_word(&row.proxy_fallback).ok_or_else(|| unreadable("the fallback of the proxy"))?;
        Ok(Self { document, is_default: row.is_default })
    }
}

impl Store {
    /// The default profile, made now if there is none.
    pub(crate) async fn default_profile(&self, now: OffsetDateTime) -> Result<Profile, StoreError> {
        let found = Entity::find().filter(Column::IsDefault.eq(true)).one(&self.database).await?;
        if let Some(row) = found {
            return row.try_into();
        }
        let first = ProfileChange {
            name: "Default".to_owned(),
            invalid_certificate_action: InvalidCertificateAction::default(),
            heartbeat_seconds: countersign_protocol::profile::DEFAULT_HEARTBEAT_SECONDS,
            remember: RememberOptions::default(),
            proxy_fallback: ProxyFallback::default(),
        };
        let id = Uuid::now_v7();
        let change = Change {
            actor: Actor::Server,
            at: now,
            action: "profile.created",
            subject: id.to_string(),
            detail: serde_json::json!({"name": first.name, "invalid_certificate_action": first.invalid_certificate_action}),
        };
        self.insert_profile(id, &first, true, change).await
    }

    /// All profiles, by name.
    pub(crate) async fn profiles(&self) -> Result<Vec<Profile>, StoreError> {
        let rows = Entity::find().order_by_asc(Column::Name).all(&self.database).await?;
        rows.into_iter().map(Profile::try_from).collect()
    }

    /// From when on every profile is as it is for at least one of its heartbeats; none when there is no profile.
    pub(crate) async fn profiles_observed_at(&self) -> Result<Option<OffsetDateTime>, StoreError> {
        let rows = Entity::find().all(&self.database).await?;
        let ends = rows
            .iter()
            .map(|row| row.changed_at.saturating_add(row.heartbeat_seconds.saturating_mul(1_000_000)));
        Ok(ends.max().map(moment))
    }

    /// One profile.
    pub(crate) async fn profile(&self, id: Uuid) -> Result<Profile, StoreError> {
        find(&self.database, id).await?.try_into()
    }

    /// Makes a profile.
    pub(crate) async fn create_profile(
        &self,
        id: Uuid,
        content: &ProfileChange,
        change: Change,
    ) -> Result<Profile, StoreError> {
        self.insert_profile(id, content, false, change).await
    }

    async fn insert_profile(
        &self,
        id: Uuid,
        content: &ProfileChange,
        is_default: bool,
        change: Change,
    ) -> Result<Profile, StoreError> {
        let transaction = self.begin().await?;
        refuse_taken_name(&transaction, id, &content.name).await?;
        let row = ActiveModel {
            id: Set(id.to_string()),
            name: Set(content.name.clone()),
            revision: Set(1),
            invalid_certificate_action: Set(content.invalid_certificate_action.to_string()),
            heartbeat_seconds: Set(i64::from(content.heartbeat_seconds)),
            remember_longest: Set(word("the longest time to remember", &content.remember.longest)?),
            remember_days: Set(i64::from(content.remember.days.get())),
            proxy_fallback: Set(word("the fallback of the proxy", &content.proxy_fallback)?),
            is_default: Set(is_default),
            changed_at: Set(microseconds(change.at)),
        };
        let row = row.insert(&transaction).await?;
        keep_version(&transaction, &row, &change.actor.to_string()).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        row.try_into()
    }

    /// Changes a profile, if it still has the expected revision; its revision grows by one.
    pub(crate) async fn change_profile(
        &self,
        id: Uuid,
        expected: Option<u64>,
        content: &ProfileChange,
        change: Change,
    ) -> Result<Profile, StoreError> {
        let transaction = self.begin().await?;
        let row = find(&transaction, id).await?;
        check_revision(expected, row.revision, || format!("endpoint profile “{}”", row.name))?;
        refuse_taken_name(&transaction, id, &content.name).await?;
        let revision = row.revision + 1;
        let mut row = row.into_active_model();
        row.name = Set(content.name.clone());
        row.revision = Set(revision);
        row.invalid_certificate_action = Set(content.invalid_certificate_action.to_string());
        row.heartbeat_seconds = Set(i64::from(content.heartbeat_seconds));
        row.remember_longest = Set(word("the longest time to remember", &content.remember.longest)?);
        row.remember_days = Set(i64::from(content.remember.days.get()));
        row.proxy_fallback = Set(word("the fallback of the proxy", &content.proxy_fallback)?);
        row.changed_at = Set(microseconds(change.at));
        let row = row.update(&transaction).await?;
        keep_version(&transaction, &row, &change.actor.to_string()).await?;
        await_answers(&transaction, &id.to_string()).await?;
        self.announce(&transaction, Notice::Profiles, change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        row.try_into()
    }

    /// Gives several profiles the same action, all of them or none; with an expected tag, only if all profiles are as they were.
    /// Returns those that have changed.
    pub(crate) async fn change_actions(
        &self,
        ids: &[Uuid],
        action: InvalidCertificateAction,
        expected: Option<&str>,
        change: impl Fn(Uuid) -> Change,
    ) -> Result<Vec<Profile>, StoreError> {
        let transaction = self.begin().await?;
        if expected.is_some() {
            let rows = Entity::find().all(&transaction).await?;
            let revision = |row: &Model| u64::try_from(row.revision).unwrap_or_default();
            let present = tag_of_profiles(rows.iter().map(|row| (row.id.as_str(), revision(row))));
            check_tag(expected, &present, || "list of endpoint profiles".to_owned())?;
        }
        let mut changed = Vec::new();
        for id in ids {
            let row = find(&transaction, *id).await?;
            if row.invalid_certificate_action == action.to_string() {
                continue;
            }
            let change = change(*id);
            let row = self.set_action(&transaction, row, action, &change).await?;
            changed.push(row.try_into()?);
            record(&transaction, change).await?;
        }
        self.commit(transaction).await?;
        Ok(changed)
    }

    /// Saves a profile under its next revision with this action, within the transaction of the change.
    pub(super) async fn set_action(
        &self,
        transaction: &DatabaseTransaction,
        row: Model,
        action: InvalidCertificateAction,
        change: &Change,
    ) -> Result<Model, StoreError> {
        let revision = row.revision + 1;
        let mut row = row.into_active_model();
        row.revision = Set(revision);
        row.invalid_certificate_action = Set(action.to_string());
        row.changed_at = Set(microseconds(change.at));
        let row = row.update(transaction).await?;
        keep_version(transaction, &row, &change.actor.to_string()).await?;
        await_answers(transaction, &row.id).await?;
        self.announce(transaction, Notice::Profiles, change.at).await?;
        Ok(row)
    }

    /// Removes a profile that no endpoint has and none will get, if it still has the expected revision.
    pub(crate) async fn remove_profile(
        &self,
        id: Uuid,
        expected: Option<u64>,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let row = find(&transaction, id).await?;
        check_revision(expected, row.revision, || format!("endpoint profile “{}”", row.name))?;
        if row.is_default {
            return Err(StoreError::Conflict(format!(
                "“{}” is the default endpoint profile, which new endpoints get. It can be changed and not removed.",
                row.name
            )));
        }
        let endpoints = endpoint::Entity::find()
            .filter(endpoint::Column::ProfileId.eq(id.to_string()))
            .count(&transaction)
            .await?;
        if endpoints > 0 {
            return Err(StoreError::Conflict(format!(
                "The endpoint profile “{}” is that of {}. Give them another one first.",
                row.name,
                counted::endpoints(endpoints)
            )));
        }
        let groups = endpoint_group::Entity::find()
            .filter(endpoint_group::Column::ProfileId.eq(id.to_string()))
            .count(&transaction)
            .await?;
        if groups > 0 {
            return Err(StoreError::Conflict(format!(
                "The endpoint profile “{}” is that of {}. Give them another one first, or none.",
                row.name,
                counted::counted(groups, "endpoint group", "endpoint groups")
            )));
        }
        row.delete(&transaction).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }
}

/// No endpoint that has this profile has answered to what it says now, connected or not.
async fn await_answers(database: &impl ConnectionTrait, profile: &str) -> Result<(), StoreError> {
    endpoint::Entity::update_many()
        .col_expr(endpoint::Column::ProfileStatus, Expr::value(PENDING))
        .col_expr(endpoint::Column::ProfileError, Expr::value(None::<String>))
        .filter(endpoint::Column::ProfileId.eq(profile))
        .exec(database)
        .await?;
    Ok(())
}

/// The word that stands for a choice in documents stands for it in the database, too.
fn word(what: &str, choice: &impl Serialize) -> Result<String, StoreError> {
    match serde_json::to_value(choice) {
        Ok(Value::String(word)) => Ok(word),
        Ok(_) | Err(_) => Err(StoreError::Unreadable { what: what.to_owned() }),
    }
}

fn from_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(Value::String(word.to_owned())).ok()
}

pub(super) async fn find(database: &impl ConnectionTrait, id: Uuid) -> Result<Model, StoreError> {
    Entity::find_by_id(id.to_string())
        .one(database)
        .await?
        .ok_or_else(|| StoreError::NotFound(format!("endpoint profile {id}")))
}

async fn refuse_taken_name(database: &impl ConnectionTrait, id: Uuid, name: &str) -> Result<(), StoreError> {
    let taken = Entity::find()
        .filter(Column::Name.eq(name))
        .filter(Column::Id.ne(id.to_string()))
        .one(database)
        .await?;
    match taken {
        Some(_) => Err(StoreError::Conflict(format!(
            "There is an endpoint profile with the name “{name}” already. Give another name."
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Database;
    use sea_orm_migration::MigratorTrait as _;

    use super::*;
    use crate::store::migrations::Migrator;

    #[tokio::test]
    async fn profiles_of_earlier_versions_permit_what_agents_did_before() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        store.close().await;
        let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().flatten().collect();
        let file = files.iter().map(std::fs::DirEntry::path).find(|path| path.extension().is_some()).unwrap();
        for file in &files {
            std::fs::remove_file(file.path()).unwrap();
        }
        let earlier = Database::connect(format!("sqlite://{}?mode=rwc", file.display())).await.unwrap();
        Migrator::up(&earlier, Some(2)).await.unwrap();
        let row = "INSERT INTO endpoint_profiles VALUES
            ('00000000-0000-0000-0000-000000000001', 'Old', 7, 'deny', 60, TRUE, 0)";
        earlier.execute_unprepared(row).await.unwrap();
        let other = "INSERT INTO endpoint_profiles VALUES
            ('00000000-0000-0000-0000-000000000002', 'Other', 1, 'deny', 60, FALSE, 0)";
        earlier.execute_unprepared(other).await.unwrap();
        for (number, profile) in [(11, 2), (12, 1)] {
            let endpoint = format!(
                "INSERT INTO endpoints VALUES ('00000000-0000-0000-0000-0000000000{number}',
                    '00000000-0000-0000-0000-00000000000{profile}', '', '', '', '', 0, NULL, NULL, NULL, 'applied', NULL,
                    NULL, NULL, 0, 0, NULL, FALSE, '', NULL)"
            );
            earlier.execute_unprepared(&endpoint).await.unwrap();
        }
        for (id, outcome) in [
            ("a", "NULL"),
            ("b", r#"'{"status":"succeeded","output":null}'"#),
            ("c", r#"'{"status":"failed","reason":"x"}'"#),
        ] {
            let command = format!(
                "INSERT INTO commands VALUES ('{id}', '00000000-0000-0000-0000-000000000011', '{{}}', 0, 0, {outcome}, NULL)"
            );
            earlier.execute_unprepared(&command).await.unwrap();
        }
        earlier.close().await.unwrap();

        let store = Store::open(directory.path()).await.unwrap();
        let profile = store.default_profile(OffsetDateTime::UNIX_EPOCH).await.unwrap().document;
        assert_eq!((profile.name.as_str(), profile.revision, profile.heartbeat_seconds), ("Old", 7, 60));
        assert_eq!(profile.remember, RememberOptions::default());
        assert_eq!(profile.proxy_fallback, ProxyFallback::None);
        let versions = store.profile_versions(profile.id).await.unwrap();
        assert_eq!((versions.len(), versions[0].document.revision, &versions[0].saved_by), (1, 7, &None));
        assert_eq!(versions[0].document, profile);
        let endpoint = |id: &str| {
            let (store, id) = (store.clone(), id.parse().unwrap());
            async move { store.endpoint(id).await.unwrap().unwrap() }
        };
        let by_hand = endpoint("00000000-0000-0000-0000-000000000011").await;
        let default = endpoint("00000000-0000-0000-0000-000000000012").await;
        assert_eq!(
            (by_hand.profile_reason.as_str(), default.profile_reason.as_str()),
            ("by_hand", "default")
        );
        let commands = store.commands(by_hand.id.parse().unwrap(), 10).await.unwrap();
        let mut results: Vec<_> = commands.iter().map(|command| command.result.as_deref()).collect();
        results.sort_unstable();
        assert_eq!(results, [None, Some("failed"), Some("succeeded")]);
    }
}
