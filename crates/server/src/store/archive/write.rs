//! Makes a backup, while servers may be working on the database: it shows one moment.

use std::io::{BufWriter, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Order, Query};
use sea_orm::{AccessMode, ConnectionTrait, IsolationLevel, QueryResult, TransactionTrait as _};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::catalogue::{Known, known_tables};
use super::{ArchiveError, End, FORMAT, Head, Kind, Summary, VERSION};
use crate::data_directory::PrivateFile;
use crate::store::connect::{DatabaseLocation, applied_steps};
use crate::store::tokens::hexadecimal;

/// How many rows are in memory at once.
const AT_ONCE: u64 = 500;

/// Writes a backup of a database into a new file that only this account can read.
pub(crate) async fn back_up(
    location: &DatabaseLocation,
    path: &Path,
    now: OffsetDateTime,
) -> Result<Summary, ArchiveError> {
    let failed = |source| ArchiveError::File { path: path.to_owned(), source };
    if let DatabaseLocation::Sqlite(file) = location
        && !file.exists()
    {
        return Err(ArchiveError::Nothing(file.display().to_string()));
    }
    if path.exists() {
        return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
    }
    let mut file = PrivateFile::prepare(path).map_err(failed)?;
    let database = location.connect().await?;
    // One moment for all tables: SQLite does that with its log, PostgreSQL with its snapshots.
    let transaction = if database.get_database_backend() == sea_orm::DbBackend::Postgres {
        database.begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)).await?
    } else {
        database.begin().await?
    };
    let steps = applied_steps(&transaction).await?;
    if steps.is_empty() {
        return Err(ArchiveError::Nothing(location.to_string()));
    }
    let head = Head {
        format: FORMAT.to_owned(),
        version: VERSION,
        server: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now.format(&Rfc3339).unwrap_or_default(),
        steps,
    };
    let mut lines = Lines { out: BufWriter::new(file.content()), context: Context::new(&SHA256) };
    lines.write(&head).map_err(failed)?;
    let mut rows = 0;
    for known in known_tables(&transaction).await? {
        lines.write(&known.table).map_err(failed)?;
        let mut pages = Pages { known: &known, after: None, read: 0 };
        while let Some(page) = pages.next(&transaction).await? {
            for row in page {
                lines.write(&row).map_err(failed)?;
                rows += 1;
            }
        }
    }
    lines.end(rows).map_err(failed)?;
    transaction.rollback().await?;
    database.close().await?;
    file.finish().map_err(failed)?;
    Ok(Summary { head, rows })
}

struct Lines<W: Write> {
    out: BufWriter<W>,
    context: Context,
}

impl<W: Write> Lines<W> {
    fn write(&mut self, line: &impl Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        self.context.update(&line);
        self.out.write_all(&line)
    }

    fn end(mut self, rows: u64) -> std::io::Result<()> {
        let end = End { rows, sha256: hexadecimal(self.context.finish().as_ref()) };
        serde_json::to_writer(&mut self.out, &end)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// The rows of a table in the order of its key, some at a time.
struct Pages<'known> {
    known: &'known Known,
    /// The key of the last row, where the key is one text.
    after: Option<String>,
    read: u64,
}

impl Pages<'_> {
    async fn next(
        &mut self,
        database: &impl ConnectionTrait,
    ) -> Result<Option<Vec<Vec<Value>>>, ArchiveError> {
        let columns = &self.known.table.columns;
        let mut query = Query::select();
        query.columns(columns.iter().map(|column| Alias::new(&column.name)));
        query.from(Alias::new(&self.known.table.table)).limit(AT_ONCE);
        for name in &self.known.key {
            query.order_by(Alias::new(name), Order::Asc);
        }
        let key = match self.known.key.as_slice() {
            [name] => columns.iter().position(|column| column.name == *name && column.kind == Kind::Text),
            _ => None,
        };
        match (key, &self.after) {
            (Some(place), Some(after)) => {
                query.and_where(Expr::col(Alias::new(&columns[place].name)).gt(after.as_str()));
            }
            (Some(_), None) => {}
            (None, _) => {
                query.offset(self.read);
            }
        }
        let found = database.query_all(&query).await?;
        if found.is_empty() {
            return Ok(None);
        }
        self.read += found.len() as u64;
        let mut rows = Vec::with_capacity(found.len());
        for row in &found {
            let values = columns.iter().enumerate().map(|(place, column)| value(row, place, column.kind));
            rows.push(values.collect::<Result<Vec<Value>, _>>()?);
        }
        if let Some(place) = key {
            self.after = rows.last().and_then(|row| row[place].as_str()).map(str::to_owned);
        }
        Ok(Some(rows))
    }
}

fn value(row: &QueryResult, place: usize, kind: Kind) -> Result<Value, sea_orm::DbErr> {
    Ok(match kind {
        Kind::Text => row.try_get_by_index::<Option<String>>(place)?.into(),
        Kind::Number => row.try_get_by_index::<Option<i64>>(place)?.into(),
        Kind::Boolean => row.try_get_by_index::<Option<bool>>(place)?.into(),
    })
}
