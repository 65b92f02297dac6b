//! That endpoints are not connected any more, and which of them have not come back since the server's certificate was changed.

use countersign_protocol::InstanceUid;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::entity::endpoint::{Column, Entity};
use super::standing::Standing;
use super::{Store, StoreError, microseconds};

/// So long after the server's certificate was changed, agents have come back by themselves: the longest that one waits before it
/// tries again, and longer than 100,000 of them are asked to stay away.
const COME_BACK_WITHIN: Duration = Duration::minutes(5);

/// Since when an endpoint is not connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AwaySince {
    /// Since the server ended its session because the server's certificate was changed.
    CertificateChanged,
}

impl AwaySince {
    /// The condition for such endpoints.
    pub(super) fn condition(self) -> Condition {
        match self {
            Self::CertificateChanged => Condition::all()
                .add(Column::CertificateChangedAt.is_not_null())
                .add(Column::Session.is_null())
                .add(Column::Deregistered.eq(false)),
        }
    }
}

/// How many endpoints are not connected since the server's certificate was changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AwayCounts {
    /// They would have come back by now if they could.
    pub(crate) not_back: u64,
    /// They may yet come back by themselves.
    pub(crate) coming_back: u64,
}

impl Store {
    /// Keeps when and why a session ended, unless the endpoint has another one already. `certificate_changed_at` is when the server
    /// ended it because its certificate was changed, if it did.
    pub(crate) async fn went_offline(
        &self,
        id: InstanceUid,
        session: Uuid,
        reason: &str,
        standing: Option<Standing>,
        last_seen: OffsetDateTime,
        certificate_changed_at: Option<OffsetDateTime>,
    ) -> Result<(), StoreError> {
        let mut statement = Entity::update_many()
            .col_expr(Column::Session, Expr::value(None::<String>))
            .col_expr(Column::Node, Expr::value(None::<String>))
            .col_expr(Column::OfflineReason, Expr::value(reason))
            .col_expr(Column::LastSeen, Expr::value(microseconds(last_seen)))
            .col_expr(Column::CertificateChangedAt, Expr::value(certificate_changed_at.map(microseconds)))
            .filter(Column::Id.eq(id.to_string()))
            .filter(Column::Session.eq(session.to_string()));
        if let Some(standing) = standing {
            statement = statement.col_expr(Column::Standing, Expr::value(standing.code()));
        }
        statement.exec(&self.database).await?;
        Ok(())
    }

    /// An agent that does not validate certificates may connect again.
    pub(crate) async fn forget_too_old(&self, id: InstanceUid) -> Result<(), StoreError> {
        Entity::update_many()
            .col_expr(Column::Standing, Expr::value(Standing::Unknown.code()))
            .filter(Column::Id.eq(id.to_string()))
            .filter(Column::Standing.eq(Standing::TooOld.code()))
            .exec(&self.database)
            .await?;
        Ok(())
    }

    /// How many endpoints are not connected since the server's certificate was changed. Why is not known: agents that do not trust
    /// it do not say so, and their computers may be switched off.
    pub(crate) async fn count_away(&self, now: OffsetDateTime) -> Result<AwayCounts, StoreError> {
        let away = || Entity::find().filter(AwaySince::CertificateChanged.condition());
        let late = Column::CertificateChangedAt.lte(microseconds(now - COME_BACK_WITHIN));
        let all = away().count(&self.database).await?;
        let not_back = if all == 0 { 0 } else { away().filter(late).count(&self.database).await? };
        Ok(AwayCounts { not_back, coming_back: all.saturating_sub(not_back) })
    }
}
