//! What an administrator decides for endpoints.

#![allow(missing_docs, unreachable_pub)]

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel, Debug)]
#[sea_orm(table_name = "endpoint_profiles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub revision: i64,
    pub invalid_certificate_action: String,
    pub heartbeat_seconds: i64,
    pub remember_longest: String,
    pub remember_days: i64,
    pub proxy_fallback: String,
    pub is_default: bool,
    pub changed_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
