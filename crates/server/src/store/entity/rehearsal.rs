//! A certificate that agents are asked about, or that was announced to them.

#![allow(missing_docs, unreachable_pub)]

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel, Debug)]
#[sea_orm(table_name = "rehearsals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain_digest: String,
    pub fingerprint: String,
    pub chain: String,
    pub opened_at: i64,
    pub closes_at: i64,
    pub announced_at: Option<i64>,
    pub announced_until: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
