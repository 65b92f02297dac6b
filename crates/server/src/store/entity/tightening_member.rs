//! An endpoint of the rings of a tightening, and how its trial went.

#![allow(missing_docs, unreachable_pub)]

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel, Debug)]
#[sea_orm(table_name = "tightening_members")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tightening_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub endpoint_id: String,
    pub ring: i64,
    pub connected_before: bool,
    pub outcome: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
