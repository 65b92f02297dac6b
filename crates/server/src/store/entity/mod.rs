//! The tables as types.

pub(crate) mod administrator;
pub(crate) mod administrator_session;
pub(crate) mod api_token;
pub(crate) mod audit;
pub(crate) mod command;
pub(crate) mod command_batch;
pub(crate) mod endpoint;
pub(crate) mod endpoint_decision;
pub(crate) mod endpoint_group;
pub(crate) mod endpoint_group_member;
pub(crate) mod endpoint_move;
pub(crate) mod endpoint_profile;
pub(crate) mod endpoint_profile_version;
pub(crate) mod enrolment_token;
pub(crate) mod failed_sign_in;
pub(crate) mod key_material;
pub(crate) mod licence;
pub(crate) mod node;
pub(crate) mod revision;
pub(crate) mod setting;
pub(crate) mod ssl_certificate;
pub(crate) mod tightening;
pub(crate) mod tightening_member;
