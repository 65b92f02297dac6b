//! Endpoint profiles.

use countersign_protocol::{EndpointProfile, InstanceUid};
use countersign_trust::InvalidCertificateAction;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    ModelTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, Set, TransactionTrait as _,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::audit::{Actor, Change, record};
use super::entity::endpoint;
use super::entity::endpoint_profile::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError, microseconds};

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
        let transaction = self.database.begin().await?;
        refuse_taken_name(&transaction, id, &content.name).await?;
        let row = ActiveModel {
            id: Set(id.to_string()),
            name: Set(content.name.clone()),
            revision: Set(1),
            invalid_certificate_action: Set(content.invalid_certificate_action.to_string()),
            heartbeat_seconds: Set(i64::from(content.heartbeat_seconds)),
            is_default: Set(is_default),
            changed_at: Set(microseconds(change.at)),
        };
        let row = row.insert(&transaction).await?;
        record(&transaction, change).await?;
        transaction.commit().await?;
        row.try_into()
    }

    /// Changes a profile; its revision grows by one.
    pub(crate) async fn change_profile(
        &self,
        id: Uuid,
        content: &ProfileChange,
        change: Change,
    ) -> Result<Profile, StoreError> {
        let transaction = self.database.begin().await?;
        let row = find(&transaction, id).await?;
        refuse_taken_name(&transaction, id, &content.name).await?;
        let revision = row.revision + 1;
        let mut row = row.into_active_model();
        row.name = Set(content.name.clone());
        row.revision = Set(revision);
        row.invalid_certificate_action = Set(content.invalid_certificate_action.to_string());
        row.heartbeat_seconds = Set(i64::from(content.heartbeat_seconds));
        row.changed_at = Set(microseconds(change.at));
        let row = row.update(&transaction).await?;
        record(&transaction, change).await?;
        transaction.commit().await?;
        row.try_into()
    }

    /// Gives an endpoint a profile in the place of the one that it has.
    pub(crate) async fn assign_profile(
        &self,
        endpoint: InstanceUid,
        profile: Uuid,
        change: Change,
    ) -> Result<endpoint::Model, StoreError> {
        let transaction = self.database.begin().await?;
        find(&transaction, profile).await?;
        let row = endpoint::Entity::find_by_id(endpoint.to_string())
            .one(&transaction)
            .await?
            .ok_or_else(|| StoreError::NotFound(format!("endpoint {endpoint}")))?;
        let mut row = row.into_active_model();
        row.profile_id = Set(profile.to_string());
        row.profile_status = Set("pending".to_owned());
        row.profile_error = Set(None);
        let row = row.update(&transaction).await?;
        record(&transaction, change).await?;
        transaction.commit().await?;
        Ok(row)
    }

    /// Removes a profile that no endpoint has and none will get.
    pub(crate) async fn remove_profile(&self, id: Uuid, change: Change) -> Result<(), StoreError> {
        let transaction = self.database.begin().await?;
        let row = find(&transaction, id).await?;
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
                "The endpoint profile “{}” is that of {endpoints} endpoint(s). Give them another one first, with PUT \
                 /api/v1/endpoints/{{id}}/profile.",
                row.name
            )));
        }
        row.delete(&transaction).await?;
        record(&transaction, change).await?;
        Ok(transaction.commit().await?)
    }
}

async fn find(database: &impl ConnectionTrait, id: Uuid) -> Result<Model, StoreError> {
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
