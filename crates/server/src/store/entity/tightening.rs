//! A staged tightening of a profile.

#![allow(missing_docs, unreachable_pub)]

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel, Debug)]
#[sea_orm(table_name = "tightenings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub profile_id: String,
    pub group_id: Option<String>,
    pub from_action: String,
    pub to_action: String,
    pub rings: String,
    pub hold_minutes: i64,
    pub trial_minutes: i64,
    pub threshold_percent: i64,
    pub state: String,
    pub reason: Option<String>,
    pub ring: i64,
    pub ring_began_at: i64,
    pub trial_id: String,
    pub begun_at: i64,
    pub begun_by: String,
    pub changed_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
