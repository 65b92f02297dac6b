//! What a change would do to each endpoint, before it is made: how many connect silently, would be asked, would be cut off, and of
//! how many that is not known, with the reason and the age of each answer.
//!
//! Every change goes the same way: it becomes a [`Plan`], which says what would be shown to whom under which rules, and one walk
//! over the endpoints foretells each.

mod comparison;
mod known;
mod plan;
mod planned;
mod words;

use std::collections::BTreeMap;

use countersign_trust::ProblemKind;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::SemaphorePermit;
use utoipa::ToSchema;

pub(crate) use self::comparison::Comparison;
use self::plan::Plan;
pub(crate) use self::planned::PlannedChange;
use self::words::endpoints as endpoints_in_words;
pub(crate) use self::words::{outcome_title, summary};
use super::Administration;
use crate::forecast::{Forecast, Outcome, Reason, foretell};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{MAXIMUM_PAGE, Reassigned, Scan, Scanned};

/// How many walks over the endpoints are made at the same time: each keeps the database busy.
pub(crate) const WALKS: usize = 2;
/// How long a walk waits for its turn.
const TO_BEGIN: std::time::Duration = std::time::Duration::from_secs(20);
/// No list has so many pages.
const LAST_PAGE: u64 = 1_000_000_000;

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

/// How many endpoints there are of each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct OutcomeCounts {
    /// Connect, and nobody notices anything.
    pub(crate) connects_silently: u64,
    /// Ask their people. Until these allow it, they do not connect.
    pub(crate) asked: u64,
    /// Do not connect, and nobody is asked.
    pub(crate) cut_off: u64,
    /// No agent has said what this rests on.
    pub(crate) unknown: u64,
}

impl OutcomeCounts {
    fn place(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::ConnectsSilently => &mut self.connects_silently,
            Outcome::Asked => &mut self.asked,
            Outcome::CutOff => &mut self.cut_off,
            Outcome::Unknown => &mut self.unknown,
        }
    }

    fn add(&mut self, outcome: Outcome) {
        *self.place(outcome) += 1;
    }

    /// How many have this outcome.
    pub(crate) fn of(mut self, outcome: Outcome) -> u64 {
        *self.place(outcome)
    }

    /// How many endpoints the change concerns.
    pub(crate) fn total(self) -> u64 {
        Outcome::ALL.map(|outcome| self.of(outcome)).iter().sum()
    }
}

/// What a change would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct PreFlight {
    /// How many endpoints the change concerns.
    pub(crate) endpoints: u64,
    pub(crate) counts: OutcomeCounts,
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
            online: row.session.is_some(),
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
        self.walk(plan, query).await
    }

    /// What it would do to endpoints to get other profiles.
    pub(crate) async fn pre_flight_of_moves(
        &self,
        caller: &Caller,
        moves: &[Reassigned],
        query: &ForecastQuery,
    ) -> Result<PreFlight, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let plan = self.plan_of_moves(moves, Vec::new()).await?;
        self.walk(plan, query).await
    }

    /// Waits until all endpoints may be walked through; others wait while the value is kept.
    async fn turn_to_walk(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let busy = || {
            Problem::conflict(
                "Other forecasts are being made, which takes its time with many endpoints. Try again in a moment.",
            )
        };
        let turn = tokio::time::timeout(TO_BEGIN, self.walks.acquire()).await.map_err(|_| busy())?;
        turn.map_err(|_| busy())
    }

    /// Foretells every endpoint that a plan concerns. Only the counts and one page of each outcome are in memory.
    async fn walk(&self, plan: Plan, query: &ForecastQuery) -> Result<PreFlight, Problem> {
        let (page, size) = (query.page.clamp(1, LAST_PAGE), query.size.clamp(1, MAXIMUM_PAGE));
        let _turn = self.turn_to_walk().await?;
        let now = self.now();
        let mut counts = OutcomeCounts::default();
        let mut lists: BTreeMap<Outcome, Vec<EndpointForecast>> = BTreeMap::new();
        let mut scan = Scan::new(plan.scope.clone(), plan.shown.chain);
        while let Some(rows) = self.telemetry.store.next_scanned(&mut scan).await? {
            for row in rows {
                let Some(rules) = plan.rules_then(&row) else { continue };
                let evidence = known::evidence(&row, &plan.rules_now);
                let forecast = foretell(&evidence, &plan.shown, rules, now);
                let outcome = forecast.outcome;
                let place = counts.place(outcome);
                *place += 1;
                let wanted = query.outcome.is_none_or(|wanted| wanted == outcome);
                // Of the gravest outcome, which is known only at the end.
                if wanted && (*place - 1) / size == page - 1 {
                    lists.entry(outcome).or_default().push(EndpointForecast::new(row, forecast, now));
                }
            }
        }
        let gravest = Outcome::ALL.into_iter().find(|outcome| counts.of(*outcome) > 0);
        let listed = query.outcome.or(gravest).unwrap_or(Outcome::ConnectsSilently);
        Ok(PreFlight {
            endpoints: counts.total(),
            counts,
            remarks: plan.remarks,
            listed,
            page,
            pages: counts.of(listed).div_ceil(size).max(1),
            list: lists.remove(&listed).unwrap_or_default(),
        })
    }
}
