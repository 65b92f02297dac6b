//! What happened to one endpoint, put together from all that is kept of it: its events, changes by administrators, decisions of
//! people, and commands.

use std::collections::HashMap;

use countersign_protocol::{Decision, InstanceUid};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, FromQueryResult, QueryFilter as _, Statement,
};
use time::OffsetDateTime;

use super::entity::{audit, command, endpoint_decision, endpoint_event};
use super::events::EndpointEvent;
use super::page::{BEYOND_ALL, Page, known_total};
use super::{MAXIMUM_PAGE, Store, StoreError, microseconds, moment, read_json};

/// Something that happened to an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HistoryRow {
    /// Told from all else that happened to the endpoint.
    pub(crate) id: String,
    pub(crate) at: OffsetDateTime,
    pub(crate) happened: Happened,
}

/// What it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Happened {
    Enrolled,
    /// A session began.
    Connected,
    /// With the profile that the endpoint had then, and its revision.
    Event {
        event: EndpointEvent,
        profile: Option<(String, u64)>,
    },
    /// An administrator changed something.
    Changed(audit::Model),
    /// The person decided about the certificate.
    Decided(Decision),
    /// A command came to a group of the endpoint. That one was given to the endpoint itself is a change by an administrator.
    CommandGiven(command::Model),
    CommandFinished(command::Model),
    CommandExpired(command::Model),
}

/// Where something is kept.
#[derive(Debug, FromQueryResult)]
struct Found {
    source: String,
    id: String,
    at: i64,
}

/// All of it. `$1` is the endpoint, `$2` the time now. What happened at the same moment is told in the order of `rank`.
const ALL: &str = "
    SELECT 'enrolled' AS source, 0 AS rank, id AS id, enrolled_at AS at FROM endpoints WHERE id = $1
    UNION ALL SELECT 'connection', 1, id, connected_at FROM endpoints
        WHERE id = $1 AND session IS NOT NULL AND connected_at IS NOT NULL
    UNION ALL SELECT 'connected', 1, CAST(number AS TEXT), since FROM endpoint_events
        WHERE endpoint_id = $1 AND since IS NOT NULL
    UNION ALL SELECT 'event', 3, CAST(number AS TEXT), at FROM endpoint_events WHERE endpoint_id = $1
    UNION ALL SELECT 'changed', 2, id, at FROM audit WHERE subject = $1
    UNION ALL SELECT 'decided', 2, id, at FROM endpoint_decisions WHERE endpoint_id = $1
    UNION ALL SELECT 'given', 2, id, created_at FROM commands WHERE endpoint_id = $1 AND batch_id IS NOT NULL
    UNION ALL SELECT 'finished', 3, id, finished_at FROM commands WHERE endpoint_id = $1 AND finished_at IS NOT NULL
    UNION ALL SELECT 'expired', 3, id, expires_at FROM commands
        WHERE endpoint_id = $1 AND outcome IS NULL AND expires_at <= $2";

impl Store {
    /// A page of what happened to an endpoint, the newest first. The last page is shown for one beyond it.
    pub(crate) async fn history(
        &self,
        endpoint: InstanceUid,
        number: u64,
        size: u64,
        now: OffsetDateTime,
    ) -> Result<Page<HistoryRow>, StoreError> {
        let size = size.clamp(1, MAXIMUM_PAGE);
        let mut number = number.clamp(1, BEYOND_ALL);
        let mut found = self.happened(endpoint, number, size, now).await?;
        let total = match known_total(number, size, found.len() as u64) {
            Some(total) => total,
            None => self.count_happened(endpoint, now).await?,
        };
        let pages = Page::<HistoryRow>::count_of(total, size);
        if number > pages {
            number = pages;
            found = self.happened(endpoint, number, size, now).await?;
        }
        let rows = self.told(endpoint, found).await?;
        Ok(Page { rows, total, number, size })
    }

    async fn happened(
        &self,
        endpoint: InstanceUid,
        number: u64,
        size: u64,
        now: OffsetDateTime,
    ) -> Result<Vec<Found>, StoreError> {
        let sql = format!(
            "SELECT source, id, at FROM ({ALL}) AS happened ORDER BY at DESC, rank DESC, id DESC LIMIT $3 OFFSET $4"
        );
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let values = [
            endpoint.to_string().into(),
            microseconds(now).into(),
            whole(size).into(),
            whole((number - 1) * size).into(),
        ];
        let statement = Statement::from_sql_and_values(self.database.get_database_backend(), sql, values);
        Ok(Found::find_by_statement(statement).all(&self.database).await?)
    }

    async fn count_happened(&self, endpoint: InstanceUid, now: OffsetDateTime) -> Result<u64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM ({ALL}) AS happened");
        let values = [endpoint.to_string().into(), microseconds(now).into()];
        let statement = Statement::from_sql_and_values(self.database.get_database_backend(), sql, values);
        let row = self.database.query_one_raw(statement).await?;
        let count: i64 = row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Reads what each row stands for. What is gone by now is left out.
    async fn told(&self, endpoint: InstanceUid, found: Vec<Found>) -> Result<Vec<HistoryRow>, StoreError> {
        let ids = |sources: &[&str]| -> Vec<&str> {
            found
                .iter()
                .filter(|row| sources.contains(&row.source.as_str()))
                .map(|row| row.id.as_str())
                .collect()
        };
        let numbers: Vec<i64> =
            ids(&["event"]).into_iter().filter_map(|number| number.parse().ok()).collect();
        let events: HashMap<String, endpoint_event::Model> = endpoint_event::Entity::find()
            .filter(endpoint_event::Column::EndpointId.eq(endpoint.to_string()))
            .filter(endpoint_event::Column::Number.is_in(numbers))
            .all(&self.database)
            .await?
            .into_iter()
            .map(|row| (row.number.to_string(), row))
            .collect();
        let changes: HashMap<String, audit::Model> = audit::Entity::find()
            .filter(audit::Column::Id.is_in(ids(&["changed"])))
            .all(&self.database)
            .await?
            .into_iter()
            .map(|row| (row.id.clone(), row))
            .collect();
        let decisions: HashMap<String, endpoint_decision::Model> = endpoint_decision::Entity::find()
            .filter(endpoint_decision::Column::EndpointId.eq(endpoint.to_string()))
            .filter(endpoint_decision::Column::Id.is_in(ids(&["decided"])))
            .all(&self.database)
            .await?
            .into_iter()
            .map(|row| (row.id.clone(), row))
            .collect();
        let commands: HashMap<String, command::Model> = command::Entity::find()
            .filter(command::Column::Id.is_in(ids(&["given", "finished", "expired"])))
            .all(&self.database)
            .await?
            .into_iter()
            .map(|row| (row.id.clone(), row))
            .collect();
        let mut rows = Vec::new();
        for row in &found {
            let happened = match row.source.as_str() {
                "enrolled" => Some(Happened::Enrolled),
                "connection" | "connected" => Some(Happened::Connected),
                "event" => events.get(&row.id).map(event).transpose()?,
                "changed" => changes.get(&row.id).cloned().map(Happened::Changed),
                "decided" => {
                    let decision = decisions.get(&row.id);
                    let read = decision.map(|row| read_json("a decision", &row.document)).transpose()?;
                    read.map(Happened::Decided)
                }
                "given" => commands.get(&row.id).cloned().map(Happened::CommandGiven),
                "finished" => commands.get(&row.id).cloned().map(Happened::CommandFinished),
                "expired" => commands.get(&row.id).cloned().map(Happened::CommandExpired),
                _ => None,
            };
            if let Some(happened) = happened {
                let id = format!("{}-{}", row.source, row.id);
                rows.push(HistoryRow { id, at: moment(row.at), happened });
            }
        }
        Ok(rows)
    }
}

fn event(row: &endpoint_event::Model) -> Result<Happened, StoreError> {
    let revision = row.profile_revision.and_then(|revision| u64::try_from(revision).ok());
    Ok(Happened::Event {
        event: read_json("an event", &row.detail)?,
        profile: row.profile_id.clone().zip(revision),
    })
}
