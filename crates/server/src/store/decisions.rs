//! What people at endpoints decided, and what is allowed because of it, as their agents report it.

use countersign_protocol::{Decision, InstanceUid, RememberedReport};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Set, TransactionTrait as _,
};
use time::OffsetDateTime;

use super::entity::endpoint;
use super::entity::endpoint_decision::{ActiveModel, Column, Entity};
use super::{Store, StoreError, microseconds, read_json, write_json};
use crate::forecast::without_when;

/// So many decisions of an endpoint are kept; older ones make room.
const KEPT: u64 = 500;

impl Store {
    /// Keeps decisions. Those that are kept already stay as they are: an agent sends again what it does not know to be kept.
    pub(crate) async fn keep_decisions(
        &self,
        endpoint: InstanceUid,
        decisions: &[Decision],
    ) -> Result<(), StoreError> {
        let transaction = self.database.begin().await?;
        let row = endpoint::Entity::find_by_id(endpoint.to_string()).lock_exclusive();
        if row.one(&transaction).await?.is_none() {
            return Err(StoreError::NotFound(format!("endpoint {endpoint}")));
        }
        for decision in decisions {
            let key = (endpoint.to_string(), decision.id.to_string());
            if Entity::find_by_id(key).one(&transaction).await?.is_some() {
                continue;
            }
            let row = ActiveModel {
                endpoint_id: Set(endpoint.to_string()),
                id: Set(decision.id.to_string()),
                at: Set(microseconds(decision.at)),
                document: Set(write_json("a decision", decision)?),
            };
            row.insert(&transaction).await?;
        }
        let first_too_many = Entity::find()
            .filter(Column::EndpointId.eq(endpoint.to_string()))
            .order_by_desc(Column::At)
            .offset(KEPT)
            .limit(1)
            .one(&transaction)
            .await?;
        if let Some(row) = first_too_many {
            Entity::delete_many()
                .filter(Column::EndpointId.eq(endpoint.to_string()))
                .filter(Column::At.lte(row.at))
                .exec(&transaction)
                .await?;
        }
        // The agent lets go of what it is told to be kept.
        self.commit(transaction).await
    }

    /// What was decided at an endpoint, the newest first.
    pub(crate) async fn decisions(
        &self,
        endpoint: InstanceUid,
        limit: u64,
    ) -> Result<Vec<Decision>, StoreError> {
        let rows = Entity::find()
            .filter(Column::EndpointId.eq(endpoint.to_string()))
            .order_by_desc(Column::At)
            .order_by_desc(Column::Id)
            .limit(limit)
            .all(&self.database)
            .await?;
        rows.iter().map(|row| read_json("a decision", &row.document)).collect()
    }

    /// Keeps what is allowed at an endpoint.
    pub(crate) async fn keep_remembered(
        &self,
        id: InstanceUid,
        report: &RememberedReport,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let text = write_json("remembered certificates", report)?;
        let allowed = write_json("allowed certificates", &without_when(report))?;
        endpoint::Entity::update_many()
            .col_expr(endpoint::Column::Remembered, Expr::value(text))
            .col_expr(endpoint::Column::CertificatesAllowed, Expr::value(allowed))
            .col_expr(endpoint::Column::RememberedAt, Expr::value(microseconds(now)))
            .filter(endpoint::Column::Id.eq(id.to_string()))
            .exec(&self.database)
            .await?;
        Ok(())
    }
}
