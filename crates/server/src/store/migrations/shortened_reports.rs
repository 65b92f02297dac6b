//! Of what endpoints report, what forecasts rest on, beside the whole reports: `certificate_found` of `certificate_report`,
//! `certificates_allowed` of `remembered`. Both are JSON.

use sea_orm::{ConnectionTrait, Statement, Value};
use sea_orm_migration::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::forecast::{Reported, without_when};

/// How many endpoints are read at once.
const AT_ONCE: usize = 500;

pub(super) struct ShortenedReports;

impl MigrationName for ShortenedReports {
    fn name(&self) -> &'static str {
        "m0023_shortened_reports"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ShortenedReports {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        for column in ["certificate_found", "certificates_allowed"] {
            database.execute_unprepared(&format!("ALTER TABLE endpoints ADD COLUMN {column} TEXT")).await?;
        }
        shorten(database).await
    }

    /// A server that is ended in the middle leaves no half of a step behind.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Shortens all reports that are there.
pub(in crate::store) async fn shorten(database: &impl ConnectionTrait) -> Result<(), DbErr> {
    let backend = database.get_database_backend();
    let mut last = String::new();
    loop {
        let sql = format!(
            "SELECT id, certificate_report, remembered FROM endpoints
             WHERE id > $1 AND (certificate_report IS NOT NULL OR remembered IS NOT NULL) ORDER BY id LIMIT {AT_ONCE}"
        );
        let statement = Statement::from_sql_and_values(backend, sql, [last.clone().into()]);
        let rows = database.query_all_raw(statement).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let (report, remembered): (Option<String>, Option<String>) =
                (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            last = row.try_get_by_index(0)?;
            let found = shortened(report, Reported::of);
            let allowed = shortened(remembered, without_when);
            let values: [Value; 3] = [found.into(), allowed.into(), last.clone().into()];
            let sql = "UPDATE endpoints SET certificate_found = $1, certificates_allowed = $2 WHERE id = $3";
            database.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        }
    }
}

/// What cannot be read was not said.
fn shortened<T: DeserializeOwned, S: Serialize>(
    whole: Option<String>,
    shorten: impl FnOnce(&T) -> S,
) -> Option<String> {
    let whole: T = serde_json::from_str(&whole?).ok()?;
    serde_json::to_string(&shorten(&whole)).ok()
}
