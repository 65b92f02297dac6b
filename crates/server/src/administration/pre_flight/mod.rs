//! What a change would do to each endpoint, before it is made: how many connect silently, would be asked, would be cut off, and of
//! how many that is not known, with the reason and the age of each answer.
//!
//! Every change goes the same way: it becomes a [`Plan`], which says what would be shown to whom under which rules, and one walk
//! over the endpoints foretells each.

mod comparison;
mod known;
mod plan;
mod planned;
mod tightening;
mod walk;
mod words;

use countersign_trust::ProblemKind;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

pub(in crate::administration) use self::plan::{Plan, rules};
pub(crate) use self::planned::PlannedChange;
pub(crate) use self::walk::WALKS;
pub(crate) use self::words::{outcome_title, summary};
use super::Administration;
use crate::forecast::{Forecast, Outcome, OutcomeCounts, Reason};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{Concerned, Reassigned, Scanned};

/// Which of the endpoints are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForecastQuery {
    /// Those with this outcome; without it, those with the gravest that there is.
    pub(crate) outcome: Option<Outcome>,
    /// The first page is 1.
    pub(crate) page: u64,
    /// Rows of a page, at most [`MAXIMUM_PAGE`].
    pub(crate) size: u64,
}

impl Default for ForecastQuery {
    fn default() -> Self {
        Self { outcome: None, page: 1, size: 50 }
    }
}

/// What a change would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PreFlight {
    /// How many endpoints the change concerns.
    pub(crate) endpoints: u64,
    pub(crate) counts: OutcomeCounts,
    /// What this is about, and from when on, in whole sentences: which certificate endpoints would be shown. None where they are shown
    /// the one that they are shown now.
    pub(crate) about: Vec<String>,
    /// What else there is to know, in whole sentences.
    pub(crate) remarks: Vec<String>,
    /// The outcome of those that are listed.
    pub(crate) listed: Outcome,
    /// The first page is 1.
    pub(crate) page: u64,
    pub(crate) pages: u64,
    pub(crate) list: Vec<EndpointForecast>,
}

/// What would become of one endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct EndpointForecast {
    pub(crate) id: String,
    pub(crate) host_name: String,
    pub(crate) online: bool,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Reason,
    /// The reason, in a whole sentence.
    pub(crate) because: String,
    /// What the agent finds wrong with the certificate, as codes.
    #[schema(value_type = Vec<String>)]
    pub(crate) problems: Vec<ProblemKind>,
    /// When the oldest of the agent's answers was given on which this rests; none where it rests on no answer.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) answered_at: Option<OffsetDateTime>,
    /// How old that answer is, in seconds.
    pub(crate) age_seconds: Option<i64>,
}

impl EndpointForecast {
    fn new(row: Scanned, forecast: Forecast, now: OffsetDateTime) -> Self {
        Self {
            online: row.is_connected(),
            id: row.id,
            host_name: row.host_name,
            because: words::because(&forecast),
            outcome: forecast.outcome,
            reason: forecast.reason,
            problems: forecast.problems.into_iter().collect(),
            answered_at: forecast.answered_at,
            age_seconds: forecast.answered_at.map(|at| (now - at).whole_seconds().max(0)),
        }
    }
}

impl Administration {
    /// What a change would do to each endpoint that it concerns.
    pub(crate) async fn pre_flight(
        &self,
        caller: &Caller,
        change: PlannedChange,
        query: &ForecastQuery,
    ) -> Result<PreFlight, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let early = self.too_early(&change).await?;
        let mut plan = self.plan(caller, change).await?;
        plan.remarks.extend(early);
        if let Concerned::Endpoints(moves) = &plan.concerned {
            plan.remarks.extend(self.too_early_to_move(moves).await?);
        }
        self.walk(plan, query).await
    }

    /// What it would do to endpoints to get other profiles.
    pub(crate) async fn pre_flight_of_moves(
        &self,
        caller: &Caller,
        moves: Vec<Reassigned>,
        query: &ForecastQuery,
    ) -> Result<PreFlight, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let plan = self.plan_of_moves(moves, Vec::new()).await?;
        self.walk(plan, query).await
    }
}
