//! What an agent was asked about a certificate, and what it answered.

#![allow(missing_docs, unreachable_pub)]

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel, Debug)]
#[sea_orm(table_name = "rehearsal_answers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub endpoint_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain_digest: String,
    pub asked_as: Option<String>,
    pub asked_at: Option<i64>,
    pub judged_at: Option<i64>,
    pub outcome: Option<String>,
    pub document: Option<String>,
    pub announced_at: Option<i64>,
    pub announcement: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
