//! The servers of this installation.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Administration;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::Node;

/// A server of this installation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerView {
    pub(crate) id: String,
    /// The name of its computer, or the address on which it listens, and the port of its console.
    pub(crate) address: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) started_at: OffsetDateTime,
    /// How many endpoints are connected to it.
    pub(crate) sessions: u64,
    /// Whether it is the one that answers.
    pub(crate) answers: bool,
}

impl Administration {
    /// The servers of this installation, the one that has been there longest first. On SQLite there is one.
    pub(crate) async fn servers(&self, caller: &Caller) -> Result<Vec<ServerView>, Problem> {
        caller.needs_within(Scope::SettingsRead, Permission::View)?;
        let store = &self.telemetry.store;
        if !store.is_shared() {
            let this = ServerView {
                id: store.node().to_string(),
                address: self.address.clone(),
                started_at: self.started_at,
                sessions: store.count_endpoints().await?.online,
                answers: true,
            };
            return Ok(vec![this]);
        }
        Ok(store.nodes().await?.into_iter().map(ServerView::from).collect())
    }
}

impl From<Node> for ServerView {
    fn from(node: Node) -> Self {
        let Node { id, address, started_at, sessions, is_this } = node;
        Self { id, address, started_at, sessions, answers: is_this }
    }
}
