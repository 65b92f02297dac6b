//! The people who administer the server.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, Select, Set,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::audit::{Change, record};
use super::documents::check_revision;
use super::entity::administrator::{ActiveModel, Column, Entity, Model};
use super::entity::administrator_session;
use super::{ProviderIdentity, SealedColumn, Store, StoreError, microseconds, moment};
use crate::people::{AdministratorName, OneTimeSecret, PasswordHash, Role};

/// In the place of a password for those who have none.
pub(super) const NO_PASSWORD: &str = "";

/// Somebody who administers the server.
#[derive(Clone, Debug)]
pub(crate) struct Administrator {
    pub(crate) id: Uuid,
    pub(crate) name: AdministratorName,
    pub(crate) role: Role,
    /// None for those who sign in at a provider.
    pub(crate) password: Option<PasswordHash>,
    /// Who they are there.
    pub(crate) provider: Option<ProviderIdentity>,
    /// With which one-time passwords are made; none for those who sign in with the password alone.
    pub(crate) one_time: Option<OneTimeSecret>,
    /// The time step of the latest one-time password; it and earlier ones are used up.
    pub(crate) one_time_step: u64,
    pub(crate) enabled: bool,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) signed_in_at: Option<OffsetDateTime>,
    /// Counts the changes.
    pub(crate) revision: u64,
}

/// Somebody who is to be added.
#[derive(Clone, Debug)]
pub(crate) struct NewAdministrator {
    pub(crate) name: AdministratorName,
    pub(crate) role: Role,
    pub(crate) password: PasswordHash,
}

/// A change to somebody's account.
#[derive(Clone, Debug)]
pub(crate) enum AccountChange {
    /// What they may do.
    Role(Role),
    /// Whether they can sign in.
    Enabled(bool),
    /// Another password.
    Password(PasswordHash),
    /// One-time passwords from this secret on, of which those up to this time step are used up; or none any more.
    OneTime(Option<(OneTimeSecret, u64)>),
}

impl AccountChange {
    /// Whether whoever is signed in has to sign in again.
    fn ends_sessions(&self) -> bool {
        match self {
            Self::Role(_) => false,
            Self::Enabled(_) | Self::Password(_) | Self::OneTime(_) => true,
        }
    }
}

impl Store {
    /// Reads a row, and opens what is sealed in it.
    pub(super) fn read_administrator(&self, row: &Model) -> Result<Administrator, StoreError> {
        let unreadable =
            |what: &str| StoreError::Unreadable { what: format!("{what} of the administrator {}", row.id) };
        Ok(Administrator {
            id: row.id.parse().map_err(|_| unreadable("the identifier"))?,
            name: AdministratorName::new(&row.name).map_err(|_| unreadable("the name"))?,
            role: Role::of_code(&row.role).ok_or_else(|| unreadable("the role"))?,
            password: Some(row.password_hash.clone())
                .filter(|kept| kept != NO_PASSWORD)
                .map(PasswordHash::from_kept),
            provider: row
                .issuer
                .clone()
                .zip(row.subject.clone())
                .map(|(issuer, subject)| ProviderIdentity { issuer, subject }),
            one_time: row
                .one_time_secret
                .as_deref()
                .map(|kept| {
                    let secret = self.unseal(SealedColumn::ONE_TIME_SECRET, &row.id, kept)?;
                    OneTimeSecret::from_kept(&secret)
                        .map_err(|_| unreadable("the secret for one-time passwords"))
                })
                .transpose()?,
            one_time_step: u64::try_from(row.one_time_step).map_err(|_| unreadable("the time step"))?,
            enabled: row.enabled,
            created_at: moment(row.created_at),
            signed_in_at: row.signed_in_at.map(moment),
            revision: u64::try_from(row.revision).map_err(|_| unreadable("the revision"))?,
        })
    }
}

impl Store {
    /// Whether anybody can administer the server with a password.
    pub(crate) async fn has_administrators(&self) -> Result<bool, StoreError> {
        Ok(with_password().count(&self.database).await? > 0)
    }

    /// Everybody, by name.
    pub(crate) async fn administrators(&self) -> Result<Vec<Administrator>, StoreError> {
        let rows = Entity::find().order_by_asc(Column::NameKey).all(&self.database).await?;
        rows.into_iter().map(|row| self.read_administrator(&row)).collect()
    }

    /// Somebody by identifier.
    pub(crate) async fn administrator(&self, id: Uuid) -> Result<Administrator, StoreError> {
        self.read_administrator(&find(&self.database, id).await?)
    }

    /// Somebody by name.
    pub(crate) async fn administrator_named(
        &self,
        name: &AdministratorName,
    ) -> Result<Option<Administrator>, StoreError> {
        let row = Entity::find().filter(Column::NameKey.eq(name.key())).one(&self.database).await?;
        row.map(|row| self.read_administrator(&row)).transpose()
    }

    /// Adds the first administrator; nobody once there is one.
    pub(crate) async fn add_first_administrator(
        &self,
        new: &NewAdministrator,
        change: impl FnOnce(Uuid) -> Change,
    ) -> Result<Uuid, StoreError> {
        let transaction = self.begin().await?;
        if with_password().count(&transaction).await? > 0 {
            return Err(StoreError::Conflict(
                "This server has been set up already. Sign in, or ask an administrator for an account."
                    .to_owned(),
            ));
        }
        refuse_taken_name(&transaction, &new.name).await?;
        let id = insert(&transaction, new, change).await?;
        self.commit(transaction).await?;
        Ok(id)
    }

    /// Adds an administrator.
    pub(crate) async fn add_administrator(
        &self,
        new: &NewAdministrator,
        change: impl FnOnce(Uuid) -> Change,
    ) -> Result<Uuid, StoreError> {
        let transaction = self.begin().await?;
        refuse_taken_name(&transaction, &new.name).await?;
        let id = insert(&transaction, new, change).await?;
        self.commit(transaction).await?;
        Ok(id)
    }

    /// Changes an account, if it still has the expected revision: all of the changes or none. Somebody who can administer always
    /// remains.
    pub(crate) async fn change_administrator(
        &self,
        id: Uuid,
        expected: Option<u64>,
        changes: Vec<(AccountChange, Change)>,
    ) -> Result<Administrator, StoreError> {
        let transaction = self.begin().await?;
        let row = find(&transaction, id).await?;
        check_revision(expected, row.revision, || account(&row))?;
        let revision = row.revision + i64::from(!changes.is_empty());
        let mut row = row.into_active_model();
        row.revision = Set(revision);
        for (account, change) in changes {
            if account.ends_sessions() {
                end_sessions(&transaction, id).await?;
            }
            match account {
                AccountChange::Role(role) => row.role = Set(role.code().to_owned()),
                AccountChange::Enabled(enabled) => row.enabled = Set(enabled),
                AccountChange::Password(password) => row.password_hash = Set(password.as_str().to_owned()),
                AccountChange::OneTime(Some((secret, step))) => {
                    let sealed =
                        self.seal(SealedColumn::ONE_TIME_SECRET, &id.to_string(), &secret.to_keep())?;
                    row.one_time_secret = Set(Some(sealed));
                    row.one_time_step = Set(step_number(step));
                }
                AccountChange::OneTime(None) => row.one_time_secret = Set(None),
            }
            record(&transaction, change).await?;
        }
        let row = row.update(&transaction).await?;
        keep_one(&transaction).await?;
        self.commit(transaction).await?;
        self.read_administrator(&row)
    }

    /// Removes an account, if it still has the expected revision. Somebody who can administer always remains.
    pub(crate) async fn remove_administrator(
        &self,
        id: Uuid,
        expected: Option<u64>,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let row = find(&transaction, id).await?;
        check_revision(expected, row.revision, || account(&row))?;
        end_sessions(&transaction, id).await?;
        Entity::delete_by_id(id.to_string()).exec(&transaction).await?;
        keep_one(&transaction).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// Uses up the one-time password of a time step. Whoever comes second with it is refused.
    pub(crate) async fn use_one_time_step(&self, id: Uuid, step: u64) -> Result<StepUse, StoreError> {
        let step = step_number(step);
        let used = Entity::update_many()
            .col_expr(Column::OneTimeStep, Expr::value(step))
            .filter(Column::Id.eq(id.to_string()))
            .filter(Column::OneTimeStep.lt(step))
            .exec(&self.database)
            .await?;
        Ok(if used.rows_affected == 0 { StepUse::UsedUp } else { StepUse::First })
    }
}

/// Whether a one-time password was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepUse {
    /// It was.
    First,
    /// It or a later one was used already.
    UsedUp,
}

fn step_number(step: u64) -> i64 {
    i64::try_from(step).unwrap_or(i64::MAX)
}

async fn find(database: &impl ConnectionTrait, id: Uuid) -> Result<Model, StoreError> {
    Entity::find_by_id(id.to_string())
        .one(database)
        .await?
        .ok_or_else(|| StoreError::NotFound(format!("administrator {id}")))
}

/// As a sentence names it.
fn account(row: &Model) -> String {
    format!("account “{}”", row.name)
}

/// Those who can sign in whether a provider can be reached or not.
fn with_password() -> Select<Entity> {
    Entity::find().filter(Column::PasswordHash.ne(NO_PASSWORD))
}

async fn refuse_taken_name(
    transaction: &impl ConnectionTrait,
    name: &AdministratorName,
) -> Result<(), StoreError> {
    if Entity::find().filter(Column::NameKey.eq(name.key())).count(transaction).await? == 0 {
        return Ok(());
    }
    Err(StoreError::Conflict(format!(
        "There is an administrator with the name “{name}” already. Give another name."
    )))
}

async fn insert(
    transaction: &impl ConnectionTrait,
    new: &NewAdministrator,
    change: impl FnOnce(Uuid) -> Change,
) -> Result<Uuid, StoreError> {
    let id = Uuid::now_v7();
    let change = change(id);
    let row = ActiveModel {
        id: Set(id.to_string()),
        name: Set(new.name.to_string()),
        name_key: Set(new.name.key()),
        role: Set(new.role.code().to_owned()),
        password_hash: Set(new.password.as_str().to_owned()),
        one_time_secret: Set(None),
        one_time_step: Set(0),
        enabled: Set(true),
        created_at: Set(microseconds(change.at)),
        signed_in_at: Set(None),
        revision: Set(1),
        issuer: Set(None),
        subject: Set(None),
    };
    row.insert(transaction).await?;
    record(transaction, change).await?;
    Ok(id)
}

/// Ends all sessions of somebody. Returns how many there were.
pub(super) async fn end_sessions(transaction: &impl ConnectionTrait, id: Uuid) -> Result<u64, StoreError> {
    let ended = administrator_session::Entity::delete_many()
        .filter(administrator_session::Column::AdministratorId.eq(id.to_string()))
        .exec(transaction)
        .await?;
    Ok(ended.rows_affected)
}

/// Nobody locks everybody out, not even when a provider cannot be reached.
async fn keep_one(transaction: &impl ConnectionTrait) -> Result<(), StoreError> {
    let left = with_password()
        .filter(Column::Enabled.eq(true))
        .filter(Column::Role.eq(Role::Administrator.code()))
        .count(transaction)
        .await?;
    if left > 0 {
        return Ok(());
    }
    Err(StoreError::Conflict(
        "Then nobody with the role “Administrator” could sign in with a password any more. Give another account with a password \
         that role first."
            .to_owned(),
    ))
}
