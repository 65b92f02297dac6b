//! An endpoint, as it was last heard of.

#![allow(missing_docs, unreachable_pub)]

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel, Debug)]
#[sea_orm(table_name = "endpoints")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub profile_id: String,
    pub service_name: String,
    pub host_name: String,
    pub agent_version: String,
    pub os: String,
    pub capabilities: i64,
    pub inventory: Option<String>,
    pub certificate_report: Option<String>,
    pub certificate_reported_at: Option<i64>,
    pub profile_status: String,
    pub profile_error: Option<String>,
    pub health: Option<String>,
    pub settings_error: Option<String>,
    pub enrolled_at: i64,
    pub last_seen: i64,
    pub offline_reason: Option<String>,
    pub deregistered: bool,
    pub certificate_key: Option<String>,
    pub previous_certificate_key: Option<String>,
    pub session: Option<String>,
    pub standing: String,
    pub os_type: String,
    pub address: String,
    pub profile_reason: String,
    pub profile_group_id: Option<String>,
    pub custom_capabilities: String,
    pub remembered: Option<String>,
    pub remembered_at: Option<i64>,
    pub node: Option<String>,
    pub connected_at: Option<i64>,
    pub certificate_changed_at: Option<i64>,
    pub judgement: Option<String>,
    pub action_in_force: Option<String>,
    pub certificate_found: Option<String>,
    pub certificates_allowed: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
