//! What the servers of one database tell each other: each change that concerns sessions has a number, and every server sees to
//! those that it has not seen yet. A notification of PostgreSQL makes them look at once; they look without one, too.

use std::fmt;
use std::str::FromStr;

use countersign_protocol::InstanceUid;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, DbBackend, EntityTrait as _,
    ModelTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, Statement,
};
use sqlx::postgres::PgListener;
use time::{Duration, OffsetDateTime};

use super::audit::{Change, record};
use super::entity::{endpoint, endpoint_move, node, revision};
use super::{SealedColumn, Store, StoreError, microseconds};
use crate::telemetry::{Destination, Woken};

/// The channel of the notifications.
const CHANNEL: &str = "countersign";
/// After so many microseconds nobody is to be sent to another server any more: the one that has its session was told at once, and looks
/// every second. What is kept for it holds an enrolment token.
const TO_MOVE_MICROSECONDS: i64 = 60_000_000;
/// After this time no server has yet to see a change.
const KEPT: Duration = Duration::hours(1);
/// How many changes are read at once.
const AT_ONCE: u64 = 1000;

/// What the other servers have to see to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Endpoint profiles have changed.
    Profiles,
    /// The certificate, or whether it is used.
    Certificate,
    /// The endpoint has another profile.
    Assigned(InstanceUid),
    /// There is a command for the endpoint.
    Command(InstanceUid),
    /// There are commands for many endpoints.
    Commands,
    /// Another licence is in force.
    Licence,
    /// A certificate is to be rehearsed or was announced, or no longer.
    Rehearsals,
    /// A certificate is to be ordered from an authority, or not any more.
    Acme,
    /// Who may use the HTTPS port, or what the HTTP port does.
    Access,
    /// The endpoint shall go to another server.
    Moved(InstanceUid),
    /// The endpoint was removed.
    Removed(InstanceUid),
}

impl fmt::Display for Notice {
    /// As it is kept.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profiles => formatter.write_str("profiles"),
            Self::Certificate => formatter.write_str("certificate"),
            Self::Commands => formatter.write_str("commands"),
            Self::Licence => formatter.write_str("licence"),
            Self::Rehearsals => formatter.write_str("rehearsals"),
            Self::Acme => formatter.write_str("acme"),
            Self::Access => formatter.write_str("access"),
            Self::Assigned(endpoint) => write!(formatter, "assigned {endpoint}"),
            Self::Command(endpoint) => write!(formatter, "command {endpoint}"),
            Self::Moved(endpoint) => write!(formatter, "moved {endpoint}"),
            Self::Removed(endpoint) => write!(formatter, "removed {endpoint}"),
        }
    }
}

impl FromStr for Notice {
    type Err = StoreError;

    fn from_str(kept: &str) -> Result<Self, StoreError> {
        let unreadable = || StoreError::Unreadable { what: format!("the notice “{kept}”") };
        let (kind, endpoint) = kept.split_once(' ').unwrap_or((kept, ""));
        let endpoint = || endpoint.parse::<InstanceUid>().map_err(|_| unreadable());
        Ok(match kind {
            "profiles" => Self::Profiles,
            "certificate" => Self::Certificate,
            "commands" => Self::Commands,
            "licence" => Self::Licence,
            "rehearsals" => Self::Rehearsals,
            "acme" => Self::Acme,
            "access" => Self::Access,
            "assigned" => Self::Assigned(endpoint()?),
            "command" => Self::Command(endpoint()?),
            "moved" => Self::Moved(endpoint()?),
            "removed" => Self::Removed(endpoint()?),
            _ => return Err(unreadable()),
        })
    }
}

/// The number of a change that sessions were told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revision(i64);

/// What a server has not seen to yet.
#[derive(Debug)]
pub(crate) enum Unseen {
    /// These, in their order.
    Notices(Vec<Notice>),
    /// Some of them are no longer kept or cannot be read: whatever there is may have changed.
    Anything,
}

impl Store {
    /// Tells the other servers, once the transaction is carried out. It must be one of [`Store::begin`], so that numbers
    /// become visible in their order.
    pub(super) async fn announce(
        &self,
        transaction: &DatabaseTransaction,
        notice: Notice,
        at: OffsetDateTime,
    ) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        let number = latest(transaction).await? + 1;
        let row = revision::ActiveModel {
            number: Set(number),
            node: Set(self.node.to_string()),
            notice: Set(notice.to_string()),
            at: Set(microseconds(at)),
        };
        revision::Entity::insert(row).exec_without_returning(transaction).await?;
        // The last number stays: the next one is counted from it.
        revision::Entity::delete_many()
            .filter(revision::Column::At.lt(microseconds(at - KEPT)))
            .filter(revision::Column::Number.lt(number))
            .exec(transaction)
            .await?;
        let notify = format!("SELECT pg_notify('{CHANNEL}', '')");
        transaction.execute_unprepared(&notify).await?;
        Ok(())
    }

    /// The latest number; changes after it have yet to be seen to.
    pub(crate) async fn latest_revision(&self) -> Result<Revision, StoreError> {
        Ok(Revision(latest(&self.database).await?))
    }

    /// What the other servers have changed since, and up to which number.
    pub(crate) async fn unseen(&self, seen: Revision) -> Result<(Revision, Unseen), StoreError> {
        let rows = revision::Entity::find()
            .filter(revision::Column::Number.gt(seen.0))
            .order_by_asc(revision::Column::Number)
            .limit(AT_ONCE)
            .all(&self.database)
            .await?;
        let Some(last) = rows.last().map(|row| Revision(row.number)) else {
            return Ok((seen, Unseen::Notices(Vec::new())));
        };
        if rows.first().is_some_and(|first| first.number > seen.0 + 1) {
            return Ok((last, Unseen::Anything));
        }
        let own = self.node.to_string();
        let notices: Result<Vec<Notice>, _> =
            rows.iter().filter(|row| row.node != own).map(|row| row.notice.parse()).collect();
        let unseen = notices.map_or_else(
            |error| {
                tracing::warn!(%error, "a notice of another server, perhaps of a later version, cannot be read");
                Unseen::Anything
            },
            Unseen::Notices,
        );
        Ok((last, unseen))
    }

    /// What tells at once that there may be something to see to; nothing when there are no other servers.
    pub(crate) async fn listener(&self) -> Result<Option<PgListener>, sqlx::Error> {
        if !self.is_shared() {
            return Ok(None);
        }
        let mut listener = PgListener::connect_with(self.database.get_postgres_connection_pool()).await?;
        listener.listen(CHANNEL).await?;
        Ok(Some(listener))
    }

    /// Writes down that an endpoint is sent to another server, if it is connected to this one (then `wake` says so) or to
    /// another one of this database, which is told; and only then.
    pub(crate) async fn move_endpoint(
        &self,
        id: InstanceUid,
        to: &Destination,
        change: Change,
        wake: impl FnOnce() -> Woken,
    ) -> Result<Woken, StoreError> {
        let at = change.at;
        let transaction = self.begin().await?;
        record(&transaction, change).await?;
        let mut woken = wake();
        if woken == Woken::NotConnected && self.is_elsewhere(&transaction, id).await? {
            let seal = |token| self.seal(SealedColumn::MOVE_TOKEN, &id.to_string(), token);
            let sealed = to.enrolment_token.as_ref().map(seal).transpose()?;
            let row = endpoint_move::ActiveModel {
                endpoint_id: Set(id.to_string()),
                server: Set(to.server.to_string()),
                enrolment_token: Set(sealed),
                created_at: Set(self.database_time().await?),
            };
            endpoint_move::Entity::delete_by_id(id.to_string()).exec(&transaction).await?;
            endpoint_move::Entity::insert(row).exec_without_returning(&transaction).await?;
            self.announce(&transaction, Notice::Moved(id), at).await?;
            woken = Woken::Yes;
        }
        match woken {
            Woken::Yes => self.commit(transaction).await?,
            Woken::NotConnected => transaction.rollback().await?,
        }
        Ok(woken)
    }

    /// Whether a server other than this one has the session of an endpoint.
    async fn is_elsewhere(
        &self,
        transaction: &DatabaseTransaction,
        id: InstanceUid,
    ) -> Result<bool, StoreError> {
        let Some(row) = endpoint::Entity::find_by_id(id.to_string()).one(transaction).await? else {
            return Ok(false);
        };
        let Some(other) = row.node.filter(|node| *node != self.node.to_string()) else { return Ok(false) };
        Ok(node::Entity::find_by_id(other).one(transaction).await?.is_some())
    }

    /// Forgets where endpoints should have gone whose session has ended first. By the clock of the database, as when it was kept.
    pub(crate) async fn forget_moves(&self) -> Result<(), StoreError> {
        if !self.is_shared() {
            return Ok(());
        }
        let too_old = self.database_time().await? - TO_MOVE_MICROSECONDS;
        endpoint_move::Entity::delete_many()
            .filter(endpoint_move::Column::CreatedAt.lt(too_old))
            .exec(&self.database)
            .await?;
        Ok(())
    }

    /// Where an endpoint shall go, for the server that has its session. The second one that asks is told nothing.
    pub(crate) async fn take_move(&self, id: InstanceUid) -> Result<Option<Destination>, StoreError> {
        let Some(row) = endpoint_move::Entity::find_by_id(id.to_string()).one(&self.database).await? else {
            return Ok(None);
        };
        let server = row.server.parse().map_err(|_| StoreError::Unreadable {
            what: format!("the server to which the endpoint {id} shall go"),
        })?;
        let unseal = |sealed: &String| self.unseal(SealedColumn::MOVE_TOKEN, &id.to_string(), sealed);
        let to =
            Destination { server, enrolment_token: row.enrolment_token.as_ref().map(unseal).transpose()? };
        let deleted = row.delete(&self.database).await?;
        Ok((deleted.rows_affected > 0).then_some(to))
    }
}

async fn latest(database: &impl sea_orm::ConnectionTrait) -> Result<i64, StoreError> {
    let highest = Statement::from_string(
        database.get_database_backend(),
        "SELECT COALESCE(MAX(number), 0) FROM revisions",
    );
    let row = database.query_one_raw(highest).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
}

/// Tells a server that had the session of an endpoint before that it has gone elsewhere. Nothing depends on its arrival.
pub(super) fn left(endpoint: InstanceUid) -> Statement {
    Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_notify($1, $2)",
        [CHANNEL.into(), endpoint.to_string().into()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_read_as_they_are_written() {
        let endpoint = InstanceUid::generate();
        for notice in [
            Notice::Profiles,
            Notice::Certificate,
            Notice::Commands,
            Notice::Licence,
            Notice::Rehearsals,
            Notice::Acme,
            Notice::Access,
            Notice::Assigned(endpoint),
            Notice::Command(endpoint),
            Notice::Moved(endpoint),
            Notice::Removed(endpoint),
        ] {
            assert_eq!(notice.to_string().parse::<Notice>().unwrap(), notice);
        }
        for wrong in ["", "command", "command x", "else"] {
            assert!(wrong.parse::<Notice>().is_err(), "{wrong}");
        }
    }
}
