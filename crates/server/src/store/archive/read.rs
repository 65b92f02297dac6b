//! Restores a backup into a database that is not there yet, completely or not at all.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use sea_orm::sea_query::{Alias, Query, SimpleExpr, Value as SqlValue};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use sea_orm_migration::MigratorTrait as _;
use serde_json::Value;

use super::{ArchiveError, End, FORMAT, Head, Kind, Summary, Table, VERSION};
use crate::store::connect::{DatabaseLocation, log_of, tables};
use crate::store::migrations::{self, Migrator};
use crate::store::sealed::has_check;
use crate::store::tokens::hexadecimal;
use crate::store::{Store, StoreError};

/// How many rows are written at once: with the columns of the widest table, far fewer values than either database takes.
const AT_ONCE: usize = 200;
/// The longest line, in bytes; more is no backup.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;

/// Restores a backup. The data directory of a server on SQLite must be locked by the caller.
pub(crate) async fn restore(location: &DatabaseLocation, path: &Path) -> Result<Summary, ArchiveError> {
    let (summary, steps) = check(path)?;
    match location {
        DatabaseLocation::Sqlite(file) => {
            // A log without its database, too: SQLite would carry out in the new one what is in it.
            if let Some(found) = [file.clone(), log_of(file)].into_iter().find(|found| found.exists()) {
                return Err(ArchiveError::NotEmpty(found.display().to_string()));
            }
            let unfinished = Unfinished::new(file)?;
            fill(&DatabaseLocation::Sqlite(unfinished.0.clone()), path, steps).await?;
            if log_of(&unfinished.0).exists() {
                return Err(ArchiveError::Place(std::io::Error::other("SQLite did not close it")));
            }
            std::fs::rename(&unfinished.0, file).map_err(ArchiveError::Place)?;
            #[cfg(unix)]
            if let Some(directory) = file.parent() {
                File::open(directory)
                    .and_then(|directory| directory.sync_all())
                    .map_err(ArchiveError::Place)?;
            }
        }
        DatabaseLocation::PostgreSql(_) => fill(location, path, steps).await?,
    }
    Ok(summary)
}

/// A file that is removed unless it gets another name.
struct Unfinished(PathBuf);

impl Unfinished {
    fn new(file: &Path) -> Result<Self, ArchiveError> {
        let unfinished = Self(file.with_extension("restoring"));
        unfinished.remove();
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&unfinished.0).map_err(ArchiveError::Place)?;
        Ok(unfinished)
    }

    fn remove(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = self.0.as_os_str().to_owned();
            name.push(suffix);
            // Most often it is not there.
            let _ = std::fs::remove_file(name);
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The lines of a backup.
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    line: Vec<u8>,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::open(path).map_err(|source| ArchiveError::File { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), reader: BufReader::new(file), line: Vec::new() })
    }

    fn damaged(&self, what: &impl ToString) -> ArchiveError {
        ArchiveError::Damaged { path: self.path.clone(), what: what.to_string() }
    }

    /// The next line with its end; nothing after the last one.
    fn next(&mut self) -> Result<Option<&[u8]>, ArchiveError> {
        use std::io::Read as _;
        self.line.clear();
        let read = (&mut self.reader).take(LONGEST_LINE).read_until(b'\n', &mut self.line);
        let read = read.map_err(|source| ArchiveError::File { path: self.path.clone(), source })?;
        Ok((read > 0).then_some(&self.line))
    }
}

/// Reads all of it once: what is not complete changes nothing. Says how many steps its tables have gone through.
fn check(path: &Path) -> Result<(Summary, u32), ArchiveError> {
    let mut lines = Lines::open(path)?;
    let no_backup = || ArchiveError::NoBackup(path.to_owned());
    let first = lines.next()?.ok_or_else(no_backup)?.to_vec();
    let head: Value = serde_json::from_slice(&first).map_err(|_| no_backup())?;
    if head["format"] != FORMAT {
        return Err(no_backup());
    }
    if head["version"] != VERSION {
        let server = head["server"].as_str().unwrap_or_default().to_owned();
        let what = format!("version {} of the format", head["version"]);
        return Err(ArchiveError::Newer { path: path.to_owned(), server, what });
    }
    let head: Head = serde_json::from_value(head).map_err(|_| no_backup())?;
    let steps = known_steps(path, &head)?;
    let (mut context, mut before, mut rows) = (Context::new(&SHA256), first, 0);
    // The last line is not part of what it is about.
    while let Some(line) = lines.next()? {
        context.update(&before);
        rows += u64::from(before.starts_with(b"["));
        before.clear();
        before.extend_from_slice(line);
    }
    let end: End = serde_json::from_slice(&before).map_err(|_| lines.damaged(&"its end is missing"))?;
    if end.rows != rows {
        return Err(lines.damaged(&format!("it should have {} rows and has {rows}", end.rows)));
    }
    if end.sha256 != hexadecimal(context.finish().as_ref()) {
        return Err(lines.damaged(&"its checksum is another one"));
    }
    Ok((Summary { head, rows }, steps))
}

/// How many steps the tables of the backup have gone through: the first ones of those that this version knows.
fn known_steps(path: &Path, head: &Head) -> Result<u32, ArchiveError> {
    let known = migrations::names();
    let strange = head.steps.iter().enumerate().find(|(place, step)| known.get(*place) != Some(*step));
    match strange {
        Some((_, step)) => Err(ArchiveError::Newer {
            path: path.to_owned(),
            server: head.server.clone(),
            what: format!("gone through step {step}"),
        }),
        None => Ok(u32::try_from(head.steps.len()).unwrap_or(u32::MAX)),
    }
}

async fn fill(location: &DatabaseLocation, path: &Path, steps: u32) -> Result<(), ArchiveError> {
    let store = Store::connect_only(location).await?;
    let alone = store.alone().await?;
    if !tables(&store.database).await?.is_empty() {
        return Err(ArchiveError::NotEmpty(location.to_string()));
    }
    let transaction = store.begin_schema().await?;
    // The tables as they were, then their rows, then the steps since.
    Migrator::up(&transaction, Some(steps)).await?;
    insert_all(&transaction, path).await?;
    Migrator::up(&transaction, None).await?;
    migrations::complete(&transaction).await?;
    has_check(&transaction).await.map_err(|error| {
        if let StoreError::NoCheck { place } = error {
            ArchiveError::NoCheck { path: path.to_owned(), place }
        } else {
            error.into()
        }
    })?;
    store.commit(transaction).await?;
    alone.end().await?;
    store.close().await;
    Ok(())
}

async fn insert_all(transaction: &DatabaseTransaction, path: &Path) -> Result<(), ArchiveError> {
    let mut lines = Lines::open(path)?;
    let mut table: Option<Table> = None;
    let mut waiting: Vec<Vec<SimpleExpr>> = Vec::new();
    lines.next()?;
    while let Some(line) = lines.next()? {
        let line: Value = serde_json::from_slice(line).map_err(|error| lines.damaged(&error))?;
        if let Value::Array(row) = line {
            let columns = table.as_ref().map(|table| table.columns.as_slice()).unwrap_or_default();
            let values: Option<Vec<SimpleExpr>> = (row.len() == columns.len())
                .then(|| {
                    row.into_iter()
                        .zip(columns)
                        .map(|(value, column)| sql_value(value, column.kind))
                        .collect()
                })
                .flatten();
            waiting.push(values.ok_or_else(|| lines.damaged(&"a row does not fit its table"))?);
            if waiting.len() < AT_ONCE {
                continue;
            }
            insert(transaction, table.as_ref(), &mut waiting).await?;
        } else {
            insert(transaction, table.as_ref(), &mut waiting).await?;
            table = serde_json::from_value(line).ok();
        }
    }
    Ok(())
}

async fn insert(
    transaction: &DatabaseTransaction,
    table: Option<&Table>,
    waiting: &mut Vec<Vec<SimpleExpr>>,
) -> Result<(), ArchiveError> {
    let Some(table) = table.filter(|_| !waiting.is_empty()) else { return Ok(()) };
    let mut statement = Query::insert();
    statement.into_table(Alias::new(&table.table));
    statement.columns(table.columns.iter().map(|column| Alias::new(&column.name)));
    for row in waiting.drain(..) {
        statement.values(row).map_err(|error| sea_orm::DbErr::Custom(error.to_string()))?;
    }
    transaction.execute(&statement).await?;
    Ok(())
}

fn sql_value(value: Value, kind: Kind) -> Option<SimpleExpr> {
    let value: SqlValue = match (kind, value) {
        (Kind::Text, Value::Null) => None::<String>.into(),
        (Kind::Number, Value::Null) => None::<i64>.into(),
        (Kind::Boolean, Value::Null) => None::<bool>.into(),
        (Kind::Text, Value::String(text)) => text.into(),
        (Kind::Number, Value::Number(number)) => number.as_i64()?.into(),
        (Kind::Boolean, Value::Bool(boolean)) => boolean.into(),
        (Kind::Text | Kind::Number | Kind::Boolean, _) => return None,
    };
    Some(value.into())
}
