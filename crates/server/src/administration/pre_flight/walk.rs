//! The walk over the endpoints that a plan concerns. Those about which the same is known are foretold together; only what tells a
//! stretch of them apart, the counts, and one page of the list are in memory.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::SemaphorePermit;

use super::plan::Plan;
use super::{EndpointForecast, ForecastQuery, PreFlight};
use crate::administration::Administration;
use crate::forecast::{Forecast, Outcome, OutcomeCounts};
use crate::problem::Problem;
use crate::store::{MAXIMUM_PAGE, Scan, Scanned, Stretch};

/// How many walks over the endpoints are made at the same time: each keeps the database busy.
pub(crate) const WALKS: usize = 2;
/// How long a walk waits for its turn.
pub(super) const TO_BEGIN: Duration = Duration::from_secs(20);
/// As long when agents wait to hear of a change until it is known what to say of it.
const TO_BEGIN_IN_A_CHANGE: Duration = Duration::from_secs(2);
/// No list has so many pages.
const LAST_PAGE: u64 = 1_000_000_000;

/// A stretch, and how many of its endpoints have each outcome.
type Walked = (Stretch, OutcomeCounts);

fn busy() -> Problem {
    Problem::conflict(
        "Other forecasts are being made, which takes its time with many endpoints. Try again in a moment.",
    )
}

impl Administration {
    /// Foretells all endpoints that a change concerns which is being made. `see` is given those about which the same is known, and
    /// what is foretold of each of them.
    pub(in crate::administration) async fn foretell_all(
        &self,
        plan: &Plan,
        mut see: impl FnMut(&Scanned, &Forecast) + Send,
    ) -> Result<(), Problem> {
        let _turn = self.turn_to_walk(TO_BEGIN_IN_A_CHANGE).await?;
        let now = self.now();
        let look = |stretch: &Stretch, alike: &Scanned| {
            if let Some(forecast) = plan.foretell(alike, stretch, now) {
                see(alike, &forecast);
            }
        };
        self.look_at_all(&plan.scan(), look).await
    }

    /// Looks at all endpoints of a walk, at those together about which the same is known.
    pub(super) async fn look_at_all(
        &self,
        scan: &Scan<'_>,
        mut see: impl FnMut(&Stretch, &Scanned) + Send,
    ) -> Result<(), Problem> {
        let store = &self.telemetry.store;
        let mut next = store.stretch_after(scan, None).await?;
        while let Some(stretch) = next {
            for alike in store.alike_in(scan, &stretch).await? {
                see(&stretch, &alike);
            }
            next = store.stretch_after(scan, Some(&stretch)).await?;
        }
        Ok(())
    }

    /// Waits for so long until all endpoints may be walked through; others wait while the value is kept.
    pub(super) async fn turn_to_walk(&self, limit: Duration) -> Result<SemaphorePermit<'_>, Problem> {
        let turn = tokio::time::timeout(limit, self.walks.acquire()).await.map_err(|_| busy())?;
        turn.map_err(|_| busy())
    }

    /// Foretells every endpoint that a plan concerns, and lists some.
    pub(super) async fn walk(&self, plan: Plan, query: &ForecastQuery) -> Result<PreFlight, Problem> {
        let (page, size) = (query.page.clamp(1, LAST_PAGE), query.size.clamp(1, MAXIMUM_PAGE));
        let _turn = self.turn_to_walk(TO_BEGIN).await?;
        let (scan, now) = (plan.scan(), self.now());
        let mut counts = OutcomeCounts::default();
        let mut walked: Vec<Walked> = Vec::new();
        let count = |stretch: &Stretch, alike: &Scanned| {
            let Some(forecast) = plan.foretell(alike, stretch, now) else { return };
            if walked.last().is_none_or(|(last, _)| last != stretch) {
                walked.push((stretch.clone(), OutcomeCounts::default()));
            }
            let here = walked.last_mut().map(|(_, here)| here);
            for counts in here.into_iter().chain([&mut counts]) {
                counts.add(forecast.outcome, alike.number());
            }
        };
        self.look_at_all(&scan, count).await?;
        let gravest = Outcome::ALL.into_iter().find(|outcome| counts.of(*outcome) > 0);
        let listed = query.outcome.or(gravest).unwrap_or(Outcome::ConnectsSilently);
        let wanted = Wanted { outcome: listed, skip: (page - 1).saturating_mul(size), size };
        Ok(PreFlight {
            endpoints: counts.total(),
            counts,
            list: self.list(&plan, &scan, &walked, wanted, now).await?,
            about: plan.about,
            remarks: plan.remarks,
            listed,
            page,
            pages: counts.of(listed).div_ceil(size).max(1),
        })
    }

    /// Those that are wanted, one by one: only stretches that have some are read once more.
    async fn list(
        &self,
        plan: &Plan,
        scan: &Scan<'_>,
        walked: &[Walked],
        wanted: Wanted,
        now: OffsetDateTime,
    ) -> Result<Vec<EndpointForecast>, Problem> {
        let store = &self.telemetry.store;
        let Wanted { outcome, mut skip, size } = wanted;
        let mut list = Vec::new();
        let full = |list: &Vec<EndpointForecast>| list.len() as u64 >= size;
        for (stretch, here) in walked {
            let number = here.of(outcome);
            if number <= skip {
                skip -= number;
                continue;
            }
            if full(&list) {
                break;
            }
            let foretold = |row: &Scanned| {
                plan.foretell(row, stretch, now).filter(|forecast| forecast.outcome == outcome)
            };
            let mut like = store.alike_in(scan, stretch).await?;
            like.retain(|alike| foretold(alike).is_some());
            for row in store.endpoints_in(scan, stretch, &like).await? {
                let Some(forecast) = foretold(&row) else { continue };
                if skip > 0 {
                    skip -= 1;
                } else if !full(&list) {
                    list.push(EndpointForecast::new(row, forecast, now));
                } else {
                    break;
                }
            }
        }
        Ok(list)
    }
}

/// Which endpoints are listed.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    outcome: Outcome,
    /// So many come before them.
    skip: u64,
    size: u64,
}
