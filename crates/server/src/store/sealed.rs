//! Which columns hold secrets, which are sealed with a key that is not in the database, and how that key comes to fit.

use std::sync::Arc;

use countersign_protocol::Secret;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::keys::KeyName;
use super::{Store, StoreError};
use crate::key_file::KeyFile;
use crate::sealing::{SealingKey, is_sealed};

/// A column whose values are sealed, and the column by which its rows are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SealedColumn {
    table: &'static str,
    row: &'static str,
    column: &'static str,
}

impl SealedColumn {
    /// The keys of the server.
    pub(crate) const KEY: Self = Self { table: "key_material", row: "name", column: "value" };
    /// The private keys of its certificates.
    pub(crate) const PRIVATE_KEY: Self =
        Self { table: "server_certificates", row: "id", column: "private_key" };
    /// With which one-time passwords of administrators are made.
    pub(crate) const ONE_TIME_SECRET: Self =
        Self { table: "administrators", row: "id", column: "one_time_secret" };
    /// With which an endpoint shall enrol at another server.
    pub(crate) const MOVE_TOKEN: Self =
        Self { table: "moves", row: "endpoint_id", column: "enrolment_token" };
    /// Of external accounts at certificate authorities, of the accounts there, and of certificates that are ordered.
    pub(crate) const ACME_BINDING_KEY: Self =
        Self { table: "acme_settings", row: "id", column: "binding_key" };
    pub(crate) const ACME_ACCOUNT: Self =
        Self { table: "acme_accounts", row: "directory_url", column: "credentials" };
    pub(crate) const ACME_PRIVATE_KEY: Self = Self { table: "acme_orders", row: "id", column: "private_key" };
    /// All of them. Whatever is sealed in a column that is missing here does not survive another key.
    const ALL: [Self; 7] = [
        Self::KEY,
        Self::PRIVATE_KEY,
        Self::ONE_TIME_SECRET,
        Self::MOVE_TOKEN,
        Self::ACME_BINDING_KEY,
        Self::ACME_ACCOUNT,
        Self::ACME_PRIVATE_KEY,
    ];

    /// Names one value, in what it is sealed with and in errors.
    fn place(self, row: &str) -> String {
        format!("{}.{} of {row}", self.table, self.column)
    }

    /// The rows that have a value, with it.
    async fn values(self, database: &impl ConnectionTrait) -> Result<Vec<(String, String)>, StoreError> {
        let mut query = Query::select();
        query.columns([Alias::new(self.row), Alias::new(self.column)]).from(Alias::new(self.table));
        query.and_where(Expr::col(Alias::new(self.column)).is_not_null());
        let rows = database.query_all(&query).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }

    async fn set(self, database: &impl ConnectionTrait, row: &str, value: String) -> Result<(), StoreError> {
        let mut statement = Query::update();
        statement.table(Alias::new(self.table)).value(Alias::new(self.column), value);
        statement.and_where(Expr::col(Alias::new(self.row)).eq(row));
        database.execute(&statement).await?;
        Ok(())
    }
}

/// What is sealed to know the key again.
const CHECK: &str = "countersign";

impl Store {
    /// Opens what is sealed in the database with the key of this file from now on. Where nothing is sealed yet, the key is made
    /// if need be, and everything that stands there plainly is sealed: completely or not at all.
    pub(crate) async fn sealed_with(mut self, file: &KeyFile) -> Result<Self, StoreError> {
        // Of several servers that start, one makes the key and the others wait.
        let alone = self.alone().await?;
        let key = match (check(&self.database).await?, file.read()?) {
            (Some(check), found) => fitting(&check, found, file)?,
            (None, found) => {
                nothing_is_sealed(&self.database).await?;
                let key = found.map_or_else(|| file.make(), Ok)?;
                self.seal_everything(&key).await?;
                key
            }
        };
        alone.end().await?;
        self.sealing = Some(Arc::new(key));
        Ok(self)
    }

    /// Fails in words when what is sealed in this database cannot be opened with the key of this file.
    pub(crate) async fn check_key(&self, file: &KeyFile) -> Result<(), StoreError> {
        match check(&self.database).await? {
            Some(check) => fitting(&check, file.read()?, file).map(drop),
            None => nothing_is_sealed(&self.database).await,
        }
    }

    /// Makes another key, and seals everything with it. No server may use the database meanwhile, which the caller sees to.
    pub(crate) async fn seal_anew(&self, file: &KeyFile) -> Result<u64, StoreError> {
        let alone = self.alone().await?;
        // The file comes first: without it, what is in the database would be lost.
        let key = file.next().make()?;
        let transaction = self.begin().await?;
        let mut sealed = 0;
        for column in SealedColumn::ALL {
            for (row, value) in column.values(&transaction).await? {
                let secret = self.unseal(column, &row, &value)?;
                column.set(&transaction, &row, seal(&key, column, &row, &secret)?).await?;
                sealed += 1;
            }
        }
        self.commit(transaction).await?;
        file.take_next()?;
        self.forget_remains().await?;
        alone.end().await?;
        Ok(sealed)
    }

    /// Seals a secret for a row of a column.
    pub(crate) fn seal(
        &self,
        column: SealedColumn,
        row: &str,
        secret: &Secret,
    ) -> Result<String, StoreError> {
        seal(self.sealing.as_deref().ok_or(StoreError::NoKey)?, column, row, secret)
    }

    /// Opens what was sealed for a row of a column.
    pub(crate) fn unseal(&self, column: SealedColumn, row: &str, sealed: &str) -> Result<Secret, StoreError> {
        let key = self.sealing.as_deref().ok_or(StoreError::NoKey)?;
        let place = column.place(row);
        key.open(&place, sealed).map_err(|source| StoreError::Sealing { place, source })
    }

    async fn seal_everything(&self, key: &SealingKey) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let mut plain = 0_u64;
        for column in SealedColumn::ALL {
            for (row, value) in column.values(&transaction).await? {
                let sealed = seal(key, column, &row, &Secret::new(value))?;
                column.set(&transaction, &row, sealed).await?;
                plain += 1;
            }
        }
        self.add_check(&transaction, key).await?;
        self.commit(transaction).await?;
        if plain > 0 {
            tracing::info!(values = plain, "the secrets in the database are sealed from now on");
            self.forget_remains().await?;
        }
        Ok(())
    }

    async fn add_check(&self, transaction: &DatabaseTransaction, key: &SealingKey) -> Result<(), StoreError> {
        let name = KeyName::SealingCheck.as_str();
        let sealed = seal(key, SealedColumn::KEY, name, &Secret::new(CHECK.to_owned()))?;
        let mut statement = Query::insert();
        statement.into_table(Alias::new(SealedColumn::KEY.table));
        statement.columns([Alias::new(SealedColumn::KEY.row), Alias::new(SealedColumn::KEY.column)]);
        statement
            .values([name.into(), sealed.into()])
            .map_err(|error| sea_orm::DbErr::Custom(error.to_string()))?;
        transaction.execute(&statement).await?;
        Ok(())
    }

    /// What was replaced must not be left in unused parts of the file of SQLite. On PostgreSQL this is for its administrator.
    async fn forget_remains(&self) -> Result<(), StoreError> {
        if self.is_shared() {
            return Ok(());
        }
        for statement in ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            self.database.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

/// By which the key is known again; none as long as nothing is sealed.
async fn check(database: &impl ConnectionTrait) -> Result<Option<String>, StoreError> {
    let values = SealedColumn::KEY.values(database).await?;
    let check = values.into_iter().find(|(name, _)| name == KeyName::SealingCheck.as_str());
    Ok(check.map(|(_, value)| value))
}

/// Where the check is missing and something is sealed all the same, somebody has removed the check: what stands there plainly
/// may be of theirs, and is not sealed as if it were of the server.
async fn nothing_is_sealed(database: &impl ConnectionTrait) -> Result<(), StoreError> {
    for column in SealedColumn::ALL {
        let values = column.values(database).await?;
        if let Some((row, _)) = values.iter().find(|(_, value)| is_sealed(value)) {
            return Err(StoreError::NoCheck { place: column.place(row) });
        }
    }
    Ok(())
}

/// Fails where something is sealed, and nothing tells with which key.
pub(super) async fn has_check(database: &impl ConnectionTrait) -> Result<(), StoreError> {
    match check(database).await? {
        Some(_) => Ok(()),
        None => nothing_is_sealed(database).await,
    }
}

fn seal(key: &SealingKey, column: SealedColumn, row: &str, secret: &Secret) -> Result<String, StoreError> {
    let place = column.place(row);
    key.seal(&place, secret).map_err(|source| StoreError::Sealing { place, source })
}

/// The key that opens the check: that of the file, or the next one, when everything was sealed with it and the server that did
/// so was ended before it had put it in its place.
fn fitting(check: &str, found: Option<SealingKey>, file: &KeyFile) -> Result<SealingKey, StoreError> {
    let place = SealedColumn::KEY.place(KeyName::SealingCheck.as_str());
    let fits = |key: &SealingKey| key.open(&place, check).is_ok();
    let is_there = found.is_some();
    if let Some(key) = found.filter(fits) {
        return Ok(key);
    }
    if let Some(key) = file.next().read()?.filter(fits) {
        file.take_next()?;
        return Ok(key);
    }
    let path = file.path().to_owned();
    Err(if is_there { StoreError::OtherKey { path } } else { StoreError::MissingKey { path } })
}
