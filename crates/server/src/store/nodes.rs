//! The servers that use one database. Each says again and again that it is there; what was with one that no longer does is
//! taken from it. The clock of the database counts, so that clocks that differ do no harm.

use std::collections::HashMap;

use countersign_protocol::InstanceUid;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait as _, DatabaseTransaction, DbBackend,
    EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
    Statement,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::entity::{endpoint, node};
use super::events::sessions_ended;
use super::{Store, StoreError, microseconds, moment};

/// A server that has not said for so long that it is there is gone.
const LEASE_MICROSECONDS: i64 = 15_000_000;
/// How many rows are changed at once.
const AT_ONCE: usize = 500;
/// Why endpoints of such a server are offline.
const GONE: &str = "the server that it was connected to has gone";
/// What is said of sessions whose server was started again.
const ENDED: &str = "the server ended without saying so, and was started again";
/// And of those whose server was stopped before they had ended.
const STOPPED: &str = "the server was stopped";

/// What became of saying that this server is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// The others know.
    Kept,
    /// It came too late: others took this server for gone, and its endpoints for offline.
    Lapsed,
}

/// A server that uses the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: String,
    /// Where its console is.
    pub(crate) address: String,
    pub(crate) started_at: OffsetDateTime,
    /// How many endpoints are connected to it.
    pub(crate) sessions: u64,
    /// Whether it is the one that is asked.
    pub(crate) is_this: bool,
}

impl Store {
    /// The time of day of the database in microseconds.
    pub(super) async fn database_time(&self) -> Result<i64, StoreError> {
        let ask = Statement::from_string(
            DbBackend::Postgres,
            "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT",
        );
        let row = self.database.query_one_raw(ask).await?;
        let row =
            row.ok_or_else(|| StoreError::Unreadable { what: "the time of day of the database".to_owned() })?;
        Ok(row.try_get_by_index(0)?)
    }

    /// Makes this the server with this identifier, by which the database knows an earlier start of it.
    pub(crate) fn of_node(self, node: Uuid) -> Self {
        Self { node, ..self }
    }

    /// This server is there from now on.
    pub(crate) async fn enter(&self, address: &str) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        let time = self.database_time().await?;
        let row = node::ActiveModel {
            id: Set(self.node.to_string()),
            address: Set(address.to_owned()),
            started_at: Set(time),
            renewed_at: Set(time),
        };
        node::Entity::delete_by_id(self.node.to_string()).exec(&self.database).await?;
        row.insert(&self.database).await?;
        Ok(())
    }

    /// This server is still there.
    pub(crate) async fn renew(&self) -> Result<Renewal, StoreError> {
        let renewed = node::Entity::update_many()
            .col_expr(node::Column::RenewedAt, Expr::value(self.database_time().await?))
            .filter(node::Column::Id.eq(self.node.to_string()))
            .exec(&self.database)
            .await?;
        Ok(if renewed.rows_affected == 0 { Renewal::Lapsed } else { Renewal::Kept })
    }

    /// Takes their sessions from servers that are gone. Returns where those served.
    pub(crate) async fn forget_gone(&self) -> Result<Vec<String>, StoreError> {
        if !self.is_shared() {
            return Ok(Vec::new());
        }
        let too_old = self.database_time().await? - LEASE_MICROSECONDS;
        let old = || node::Column::RenewedAt.lt(too_old);
        let mut gone = Vec::new();
        for row in node::Entity::find().filter(old()).all(&self.database).await? {
            let transaction = self.begin().await?;
            // Whoever removes it takes its sessions; and it cannot renew meanwhile.
            let removed = node::Entity::delete_many()
                .filter(node::Column::Id.eq(&row.id))
                .filter(old())
                .exec(&transaction)
                .await?;
            if removed.rows_affected == 0 {
                continue;
            }
            let of_it = Condition::all().add(endpoint::Column::Node.eq(&row.id));
            sessions_ended(&transaction, GONE, "e.node = $2", vec![row.id.clone().into()]).await?;
            end_sessions(&transaction, of_it, Some(GONE)).await?;
            transaction.commit().await?;
            gone.push(row.address);
        }
        Ok(gone)
    }

    /// This server starts: no endpoint is connected to it, nor to one that is not there. On SQLite, where there are no others,
    /// none is at all.
    pub(crate) async fn forget_sessions(&self) -> Result<(), StoreError> {
        let mut lost = Condition::all().add(endpoint::Column::Session.is_not_null());
        let mut lost_in_words = "e.session IS NOT NULL".to_owned();
        if self.is_shared() {
            lost_in_words +=
                " AND (e.node IS NULL OR e.node NOT IN (SELECT o.id FROM nodes o WHERE o.id <> $2))";
            let others = Query::select()
                .column(node::Column::Id)
                .from(node::Entity)
                .and_where(Expr::col(node::Column::Id).ne(self.node.to_string()))
                .to_owned();
            let not_elsewhere = Condition::any()
                .add(endpoint::Column::Node.is_null())
                .add(endpoint::Column::Node.not_in_subquery(others));
            lost = lost.add(not_elsewhere);
        }
        let transaction = self.begin().await?;
        let values = self.is_shared().then(|| self.node.to_string().into()).into_iter().collect();
        sessions_ended(&transaction, ENDED, &lost_in_words, values).await?;
        end_sessions(&transaction, lost, None).await?;
        Ok(transaction.commit().await?)
    }

    /// This server ends: nothing is connected to it any more.
    pub(crate) async fn leave(&self) -> Result<(), StoreError> {
        let node = self.node.to_string();
        let of_it = Condition::all().add(endpoint::Column::Node.eq(&node));
        let transaction = self.begin().await?;
        sessions_ended(&transaction, STOPPED, "e.node = $2", vec![node.clone().into()]).await?;
        end_sessions(&transaction, of_it, None).await?;
        node::Entity::delete_by_id(node).exec(&transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Says of sessions that others took for ended that they are still here. Those that have gone elsewhere stay there.
    pub(crate) async fn reclaim(&self, sessions: &[(InstanceUid, Uuid)]) -> Result<(), StoreError> {
        for (id, session) in sessions {
            endpoint::Entity::update_many()
                .col_expr(endpoint::Column::Session, Expr::value(session.to_string()))
                .col_expr(endpoint::Column::Node, Expr::value(self.node.to_string()))
                .col_expr(endpoint::Column::ConnectedAt, Expr::value(self.database_time().await?))
                .filter(endpoint::Column::Id.eq(id.to_string()))
                .filter(endpoint::Column::Session.is_null())
                .exec(&self.database)
                .await?;
        }
        Ok(())
    }

    /// Keeps when endpoints of this server were last heard of, so that the others can say so, too. An endpoint that somebody else
    /// changes at the moment is left out rather than waited for: it is heard of again.
    pub(crate) async fn keep_seen(&self, seen: &[(InstanceUid, OffsetDateTime)]) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        for some in seen.chunks(AT_ONCE) {
            // Identifiers and numbers only: nothing here comes from outside as text.
            let values: Vec<String> =
                some.iter().map(|(id, seen)| format!("('{id}', {})", microseconds(*seen))).collect();
            let statement = format!(
                "UPDATE endpoints SET last_seen = free.at
                 FROM (
                     SELECT e.id, seen.at FROM endpoints e JOIN (VALUES {}) AS seen (id, at) ON e.id = seen.id
                     WHERE e.node = '{}' AND e.last_seen < seen.at
                     FOR NO KEY UPDATE OF e SKIP LOCKED
                 ) AS free
                 WHERE endpoints.id = free.id",
                values.join(", "),
                self.node
            );
            self.database.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    /// The servers that use the database, the one that has been there longest first. None on SQLite, which has one.
    pub(crate) async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        if !self.is_shared() {
            return Ok(Vec::new());
        }
        let counted = endpoint::Entity::find()
            .select_only()
            .column(endpoint::Column::Node)
            .column_as(endpoint::Column::Id.count(), "number")
            .filter(endpoint::Column::Node.is_not_null())
            .group_by(endpoint::Column::Node)
            .into_tuple::<(Option<String>, i64)>()
            .all(&self.database)
            .await?;
        let sessions: HashMap<String, i64> =
            counted.into_iter().filter_map(|(node, number)| Some((node?, number))).collect();
        let rows = node::Entity::find()
            .order_by_asc(node::Column::StartedAt)
            .order_by_asc(node::Column::Id)
            .all(&self.database)
            .await?;
        let node = |row: node::Model| Node {
            sessions: sessions.get(&row.id).copied().map(u64::try_from).and_then(Result::ok).unwrap_or(0),
            is_this: row.id == self.node.to_string(),
            id: row.id,
            address: row.address,
            started_at: moment(row.started_at),
        };
        Ok(rows.into_iter().map(node).collect())
    }

    /// The name by which the database knows this server.
    pub(crate) fn node(&self) -> Uuid {
        self.node
    }

    /// How many servers use the database.
    pub(crate) async fn count_nodes(&self) -> Result<u64, StoreError> {
        if !self.is_shared() {
            return Ok(1);
        }
        Ok(node::Entity::find().count(&self.database).await?)
    }
}

/// Within a transaction of [`Store::begin`], as everything that changes rows of several endpoints and waits for them.
async fn end_sessions(
    transaction: &DatabaseTransaction,
    which: Condition,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let mut statement = endpoint::Entity::update_many()
        .col_expr(endpoint::Column::Session, Expr::value(None::<String>))
        .col_expr(endpoint::Column::Node, Expr::value(None::<String>))
        .filter(which);
    if let Some(reason) = reason {
        statement = statement.col_expr(endpoint::Column::OfflineReason, Expr::value(reason));
    }
    statement.exec(transaction).await?;
    Ok(())
}
