//! Whether the server works, and figures about it, for programs that watch it.

use std::time::Duration;

use axum::http::StatusCode;

use super::Administration;
use crate::metrics::Figures;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;

/// How long the database may take to show that it works.
const TO_ANSWER: Duration = Duration::from_secs(5);

impl Administration {
    /// Fails when the server does not work: when its database does not.
    pub(crate) async fn health(&self) -> Result<(), Problem> {
        let failure = match tokio::time::timeout(TO_ANSWER, self.telemetry.store.ping()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} seconds", TO_ANSWER.as_secs()),
        };
        tracing::error!(failure, "the database does not work");
        // Whoever asks may be anybody; the log says more.
        let detail = "The database of the server does not answer. The log of the server says why.";
        Err(Problem::with_status(StatusCode::SERVICE_UNAVAILABLE, detail))
    }

    /// Figures about the server, in the text format of OpenMetrics.
    pub(crate) async fn metrics(&self, caller: &Caller) -> Result<String, Problem> {
        caller.needs_within(Scope::MetricsRead, Permission::View)?;
        let store = &self.telemetry.store;
        let counts = store.count_endpoints().await?;
        let ends = self.certificate_ends().await?;
        let figures = Figures {
            sessions: self.telemetry.presence.count(),
            online: counts.online,
            offline: counts.offline,
            profile_failed: counts.profile_failed,
            not_back: store.count_away(self.now()).await?.not_back,
            by_standing: counts
                .by_standing
                .iter()
                .map(|(standing, number)| (standing.code(), *number))
                .collect(),
            servers: store.count_nodes().await?,
            certificates: ends.iter().map(|end| (end.kind, end.not_after.unix_timestamp())).collect(),
            seats: self.telemetry.licence().await?.seats,
        };
        self.telemetry.metrics.text(&figures).map_err(|error| Problem::failed(&error))
    }
}
