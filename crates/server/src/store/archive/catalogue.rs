//! Which tables and columns a database has, by its own account: tables of later steps are backed up without a word here.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::{ArchiveError, Column, Kind, OF_THE_MOMENT, Table};
use crate::store::StoreError;
use crate::store::connect::{STEPS, tables};

/// A table, and by what its rows can be put in order.
pub(super) struct Known {
    pub(super) table: Table,
    pub(super) key: Vec<String>,
}

/// All tables whose rows belong in a backup; those that others refer to come first.
pub(super) async fn known_tables(database: &impl ConnectionTrait) -> Result<Vec<Known>, ArchiveError> {
    let left_out = |name: &String| name == STEPS || OF_THE_MOMENT.contains(&name.as_str());
    let mut names: Vec<String> = tables(database).await?;
    names.retain(|name| !left_out(name));
    let references = references(database).await?;
    let (mut ordered, mut done) = (Vec::new(), BTreeSet::new());
    while !names.is_empty() {
        let waits = |name: &String| {
            references
                .iter()
                .any(|(from, to)| from == name && to != name && names.contains(to) && !done.contains(to))
        };
        let (later, now): (Vec<String>, Vec<String>) = names.iter().cloned().partition(waits);
        if now.is_empty() {
            let what = format!("tables that refer to each other: {}", later.join(", "));
            return Err(StoreError::Unreadable { what }.into());
        }
        done.extend(now.iter().cloned());
        for name in now {
            ordered.push(known(database, name).await?);
        }
        names = later;
    }
    Ok(ordered)
}

/// Which table refers to which.
async fn references(database: &impl ConnectionTrait) -> Result<Vec<(String, String)>, DbErr> {
    let backend = database.get_database_backend();
    let ask = if backend == DbBackend::Postgres {
        "SELECT a.relname::TEXT, b.relname::TEXT
         FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
         WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace"
    } else {
        "SELECT m.name, f.\"table\" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
    };
    let rows = database.query_all_raw(Statement::from_string(backend, ask)).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

async fn known(database: &impl ConnectionTrait, name: String) -> Result<Known, ArchiveError> {
    let backend = database.get_database_backend();
    // Name, type, and the place in the primary key or 0.
    let ask = if backend == DbBackend::Postgres {
        "SELECT a.attname::TEXT, format_type(a.atttypid, NULL)::TEXT,
             COALESCE(array_position(i.indkey::INT2[], a.attnum) + 1, 0)::BIGINT
         FROM pg_attribute a
         JOIN pg_class t ON t.oid = a.attrelid AND t.relnamespace = current_schema()::regnamespace
         LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
         WHERE t.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
    } else {
        "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid"
    };
    let rows =
        database.query_all_raw(Statement::from_sql_and_values(backend, ask, [name.clone().into()])).await?;
    let (mut columns, mut key) = (Vec::new(), Vec::new());
    for row in rows {
        let (column, type_name, place): (String, String, i64) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let kind = match type_name.to_lowercase().as_str() {
            "text" => Kind::Text,
            "bigint" => Kind::Number,
            "boolean" => Kind::Boolean,
            other => {
                let what = format!("the type “{other}” of the column {column} of the table {name}");
                return Err(StoreError::Unreadable { what }.into());
            }
        };
        if place > 0 {
            key.push((place, column.clone()));
        }
        columns.push(Column { name: column, kind });
    }
    key.sort_unstable();
    Ok(Known { table: Table { table: name, columns }, key: key.into_iter().map(|(_, name)| name).collect() })
}
