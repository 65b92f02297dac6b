//! Opens the database, and brings its tables up to date. SQLite has one server; PostgreSQL is shared by several, which take
//! turns where two at once would be wrong.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    Statement, TransactionTrait as _,
};
use sea_orm_migration::MigratorTrait as _;
use uuid::Uuid;

use super::doubts::Doubts;
use super::migrations::{self, Migrator};
use super::turns::{ORDERING, OURS, STARTING};
use super::{Store, StoreError};
use crate::database_url::DatabaseUrl;

/// The file within the data directory.
const FILE: &str = "countersign.sqlite";
/// How long a statement may wait for a connection to the database.
const TO_ACQUIRE: Duration = Duration::from_secs(10);
/// How long PostgreSQL may work on a statement, and how long a statement may wait there for a row that somebody else changes.
const TO_EXECUTE: Duration = Duration::from_secs(30);
const TO_LOCK: &str = "10s";
/// A transaction in which nothing is done for so long belongs to a server that is gone.
const TO_GO_ON: &str = "60s";
/// How many connections to PostgreSQL a server has at most. All are shared, so that this need not grow with the endpoints.
const CONNECTIONS: u32 = 16;
/// How long a server that starts waits for another one that starts at the same time.
const TO_START: &str = "120s";

/// The table in which the steps are noted that the others have gone through.
pub(super) const STEPS: &str = "seaql_migrations";

/// Where the database is.
#[derive(Clone, Debug)]
pub(crate) enum DatabaseLocation {
    /// SQLite, in this file.
    Sqlite(PathBuf),
    /// PostgreSQL.
    PostgreSql(DatabaseUrl),
}

impl From<&Path> for DatabaseLocation {
    /// That of the server with this data directory.
    fn from(directory: &Path) -> Self {
        Self::Sqlite(directory.join(FILE))
    }
}

impl From<&DatabaseUrl> for DatabaseLocation {
    fn from(url: &DatabaseUrl) -> Self {
        Self::PostgreSql(url.clone())
    }
}

impl fmt::Display for DatabaseLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(formatter, "{}", file.display()),
            Self::PostgreSql(url) => write!(formatter, "the PostgreSQL database {url}"),
        }
    }
}

impl DatabaseLocation {
    /// The database that is set, or else that of the data directory.
    pub(crate) fn of(directory: &Path, url: Option<&DatabaseUrl>) -> Self {
        url.map_or_else(|| directory.into(), Into::into)
    }

    pub(super) fn error(&self, source: DbErr) -> StoreError {
        match self {
            Self::Sqlite(file) => StoreError::Open { path: file.clone(), source },
            Self::PostgreSql(url) => StoreError::OpenPostgreSql { place: url.to_string(), source },
        }
    }

    /// Connects; tables are left as they are.
    pub(super) async fn connect(&self) -> Result<DatabaseConnection, StoreError> {
        let options = match self {
            Self::Sqlite(file) => sqlite(file),
            Self::PostgreSql(url) => postgresql(url),
        };
        Database::connect(options).await.map_err(|source| self.error(source))
    }
}

/// Where SQLite writes first what is carried out.
pub(super) fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Set with the connection, because the pool may open another one later.
fn sqlite(file: &Path) -> ConnectOptions {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=rwc", file.display()));
    options
        // One connection: SQLite has one writer, and a second one would only wait for the first.
        .max_connections(1)
        .acquire_timeout(TO_ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .pragma("journal_mode", "WAL")
                // What must outlive a loss of power is seen to by itself (`make_durable`): waiting for the disk each time that an
                // agent reports something would cost twenty times as much, and it reports it again.
                .pragma("synchronous", "NORMAL")
                // Tidying up waits for the disk, and everybody for that: not after each four megabytes (as without this) when all
                // agents come at once.
                .pragma("wal_autocheckpoint", "8192")
                .pragma("foreign_keys", "ON")
                .pragma("busy_timeout", "5000")
        });
    options
}

fn postgresql(url: &DatabaseUrl) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.expose());
    options
        .max_connections(CONNECTIONS)
        .acquire_timeout(TO_ACQUIRE)
        .connect_timeout(TO_ACQUIRE)
        .statement_timeout(TO_EXECUTE)
        .set_application_name("countersign-server")
        .sqlx_logging(false)
        .map_sqlx_postgres_opts(|options| {
            options.options([("lock_timeout", TO_LOCK), ("idle_in_transaction_session_timeout", TO_GO_ON)])
        });
    options
}

/// Held by a server that does what only one may do at a time; ends with this value.
#[derive(Debug)]
pub(crate) struct Alone(Option<DatabaseTransaction>);

impl Alone {
    /// Lets the next one go on.
    pub(crate) async fn end(self) -> Result<(), StoreError> {
        match self.0 {
            Some(transaction) => Ok(transaction.commit().await?),
            None => Ok(()),
        }
    }
}

impl Store {
    /// Connects, and leaves the tables as they are.
    pub(crate) async fn connect_only(location: &DatabaseLocation) -> Result<Self, StoreError> {
        let log: Option<Arc<Path>> = match location {
            DatabaseLocation::Sqlite(file) => Some(log_of(file).into()),
            DatabaseLocation::PostgreSql(_) => None,
        };
        let (database, doubts) = (location.connect().await?, Doubts::default());
        Ok(Self { database, log, node: Uuid::now_v7(), sealing: None, doubts })
    }

    /// Opens the database, and makes or upgrades its tables: completely or not at all.
    pub(crate) async fn open(location: impl Into<DatabaseLocation>) -> Result<Self, StoreError> {
        let location = location.into();
        let store = Self::connect_only(&location).await?;
        let alone = store.alone().await?;
        refuse_strange(&store.database).await?;
        let transaction = store.begin_schema().await?;
        let open = |source| location.error(source);
        Migrator::up(&transaction, None).await.map_err(open)?;
        migrations::complete(&transaction).await.map_err(open)?;
        store.commit(transaction).await?;
        alone.end().await?;
        Ok(store)
    }

    /// Begins to make or change tables, which may take as long as it takes when there are many rows.
    pub(super) async fn begin_schema(&self) -> Result<DatabaseTransaction, StoreError> {
        let transaction = self.database.begin().await?;
        if self.is_shared() {
            let patience = format!("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '{TO_START}'");
            transaction.execute_unprepared(&patience).await?;
        }
        Ok(transaction)
    }

    /// Whether other servers may use the same database.
    pub(crate) fn is_shared(&self) -> bool {
        self.database.get_database_backend() == DbBackend::Postgres
    }

    /// Waits until no other server starts. SQLite belongs to this server alone.
    pub(crate) async fn alone(&self) -> Result<Alone, StoreError> {
        if !self.is_shared() {
            return Ok(Alone(None));
        }
        let transaction = self.database.begin().await?;
        let lock = format!(
            "SET LOCAL lock_timeout = '{TO_START}'; SET LOCAL statement_timeout = 0; \
             SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock({OURS}, {STARTING})"
        );
        transaction.execute_unprepared(&lock).await?;
        Ok(Alone(Some(transaction)))
    }

    /// Makes this the only server that orders a certificate; nothing when another one does. The database lets the next one go on
    /// when this one is gone without a word.
    pub(crate) async fn only_one_ordering(&self) -> Result<Option<Alone>, StoreError> {
        if !self.is_shared() {
            return Ok(Some(Alone(None)));
        }
        let transaction = self.database.begin().await?;
        transaction.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
        let lock = format!("SELECT pg_try_advisory_xact_lock({OURS}, {ORDERING})");
        let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, lock)).await?;
        let locked: bool = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        Ok(locked.then(|| Alone(Some(transaction))))
    }

    /// Carries out a transaction whose outcome somebody is told of: it is still there after a loss of power. When this fails, it
    /// may be carried out all the same, and whoever asked for it tells nobody: sessions look for themselves then.
    pub(super) async fn commit(&self, transaction: DatabaseTransaction) -> Result<(), StoreError> {
        let untold = self.untold();
        transaction.commit().await?;
        self.make_durable().await?;
        untold.told();
        Ok(())
    }

    /// Waits until everything that was carried out is on the disk. PostgreSQL does so by itself; SQLite, as it is set here, only
    /// when it tidies up its log, which is what has to be there. Whatever was written to it belongs to a transaction of before.
    pub(super) async fn make_durable(&self) -> Result<(), StoreError> {
        let Some(log) = &self.log else { return Ok(()) };
        let failed = |error: std::io::Error| {
            StoreError::Database(DbErr::Custom(format!(
                "{} cannot be written to the disk: {error}",
                log.display()
            )))
        };
        match tokio::fs::File::open(log).await {
            Ok(file) => file.sync_data().await.map_err(failed),
            // It was tidied up completely.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Fails when the database cannot be reached.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.database.ping().await?)
    }

    /// Writes what is outstanding and closes the database.
    pub(crate) async fn close(self) {
        if let Err(error) = self.database.close().await {
            tracing::warn!(%error, "the database could not be closed in good order");
        }
    }
}

/// The steps that the tables have gone through, in their order; none when there are no tables yet.
pub(super) async fn applied_steps(database: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let backend = database.get_database_backend();
    if !tables(database).await?.iter().any(|table| table == STEPS) {
        return Ok(Vec::new());
    }
    let steps = Statement::from_string(backend, "SELECT version FROM seaql_migrations");
    let rows = database.query_all_raw(steps).await?;
    let mut steps: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    steps.sort_unstable();
    Ok(steps)
}

/// The names of all tables.
pub(super) async fn tables(database: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let backend = database.get_database_backend();
    let names = if backend == DbBackend::Postgres {
        "SELECT table_name::TEXT FROM information_schema.tables
         WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY 1"
    };
    let rows = database.query_all_raw(Statement::from_string(backend, names)).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Tables of a later version may mean something else than this version believes, and those of another program are not ours.
async fn refuse_strange(database: &impl ConnectionTrait) -> Result<(), StoreError> {
    let (known, applied) = (migrations::names(), applied_steps(database).await?);
    if let Some(step) = applied.iter().find(|step| !known.contains(step)) {
        return Err(StoreError::Newer { step: step.clone() });
    }
    match tables(database).await?.into_iter().find(|_| applied.is_empty()) {
        Some(table) if table != STEPS => Err(StoreError::OfAnother { table }),
        Some(_) | None => Ok(()),
    }
}
