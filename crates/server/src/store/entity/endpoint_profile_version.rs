//! A saved revision of an endpoint profile.

#![allow(missing_docs, unreachable_pub)]

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel, Debug)]
#[sea_orm(table_name = "endpoint_profile_versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    pub at: i64,
    pub actor: String,
    pub name: String,
    pub invalid_certificate_action: String,
    pub heartbeat_seconds: i64,
    pub remember_longest: String,
    pub remember_days: i64,
    pub proxy_fallback: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
