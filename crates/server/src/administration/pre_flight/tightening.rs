//! Staged tightenings in forecasts: what their end would do, and what endpoints of rings go by meanwhile.

use countersign_trust::InvalidCertificateAction;
use uuid::Uuid;

use super::known::reported_action;
use super::plan::Plan;
use crate::administration::Administration;
use crate::administration::tightening_words::unknown_in_words;
use crate::counted::endpoints as counted_endpoints;
use crate::forecast::{ProfileState, Rules};
use crate::problem::Problem;
use crate::store::{Attempt, Concerned, Reassigned, Resumption, Scanned, Stretch, TrialOutcome};

impl Plan {
    /// What an endpoint would go by once it has heard of everything.
    ///
    /// Not always what its profile says: an endpoint in a ring is offered the stricter action as long as the profile says what it said
    /// when the tightening began. Where the change is not about its profile, a stricter action that an agent has reported outranks
    /// what it should have. A looser one does not: what a recovery file has loosened ends, and it is not told when.
    pub(super) fn rules_then(&self, row: &Scanned, stretch: &Stretch) -> Option<Rules> {
        if let Some(profile) = stretch.profile() {
            return self.rules_of_profile(profile);
        }
        let rules = self.rules_of_profile(&row.profile_id)?;
        let as_reported = match super::known::profile_state(row) {
            ProfileState::Applied if !self.changed.contains_key(&row.profile_id) => reported_action(row),
            ProfileState::Applied | ProfileState::Awaited | ProfileState::Failed => None,
        };
        let expected = tried(row, rules.action).unwrap_or(rules.action);
        Some(Rules { action: in_the_end(as_reported, expected), ..rules })
    }
}

/// What holds in the end where an agent has reported one action and another is expected.
fn in_the_end(
    reported: Option<InvalidCertificateAction>,
    expected: InvalidCertificateAction,
) -> InvalidCertificateAction {
    reported.map_or(expected, |reported| reported.max(expected))
}

/// The action that an endpoint is offered because it is in a ring, while its profile says `says`. An endpoint that has fallen back
/// has the former action, whatever it is offered.
fn tried(row: &Scanned, says: InvalidCertificateAction) -> Option<InvalidCertificateAction> {
    let fell_back = row.trial_outcome.as_deref()? == TrialOutcome::FellBack.code();
    let from: InvalidCertificateAction = row.tightened_from.as_deref()?.parse().ok()?;
    let to = row.tightened_to.as_deref()?.parse().ok()?;
    (!fell_back && says == from).then_some(to)
}

/// What resuming a tightening gives to whom before anything else is seen.
fn at_once(resumption: &Resumption) -> String {
    let Resumption { tightening, attempt, newcomers } = resumption;
    let plan = &tightening.plan;
    let (to, number) = (plan.to, counted_endpoints(*newcomers));
    let percent = plan.rings.get(tightening.ring).copied().unwrap_or(100);
    let at_once = match (attempt, newcomers) {
        (Attempt::Halted, 0) => format!("The ring of {percent} % goes on; nobody else gets {to} at once."),
        (Attempt::Halted, _) => {
            format!("The ring of {percent} % goes on; {to} is on trial at once at {number} more.")
        }
        (Attempt::New, _) => {
            format!("The ring of {percent} % begins again; {to} is on trial at once at {number}.")
        }
    };
    format!("{at_once} Foretold is the end, when all have it.")
}

/// What rings have shown so far of endpoints that the stricter action cuts off; nothing where there are none.
fn fell_back_in_words(fell_back: u64) -> Option<String> {
    (fell_back > 0).then(|| {
        format!("Under the former action only could connect: {} of the rings.", counted_endpoints(fell_back))
    })
}

impl Administration {
    pub(super) async fn plan_of_tightening(
        &self,
        profile: Uuid,
        group: Option<Uuid>,
        to: InvalidCertificateAction,
    ) -> Result<Plan, Problem> {
        let mut plan = self.plan_as_now().await?;
        let now = self.rules_of(&plan, profile).await?;
        plan.changed.insert(profile.to_string(), Rules { action: to, ..now });
        plan.concerned = self.concerned_by_tightening(profile, group).await?;
        Ok(plan)
    }

    /// Those that get the stricter action at the end.
    pub(in crate::administration) async fn concerned_by_tightening(
        &self,
        profile: Uuid,
        group: Option<Uuid>,
    ) -> Result<Concerned, Problem> {
        let Some(group) = group else { return Ok(Concerned::Profiles(vec![profile])) };
        // At the end, the group gets a copy of the profile; the profile itself stays as it is.
        let endpoints = self.telemetry.store.endpoints_of_group_with(profile, group).await?;
        let profile = profile.to_string();
        let named = endpoints.into_iter().map(|endpoint| Reassigned {
            endpoint,
            from: profile.clone(),
            profile: profile.clone(),
        });
        Ok(Concerned::Endpoints(named.collect()))
    }

    /// Refused when it cannot be resumed, as the move itself would be.
    pub(super) async fn plan_of_resumed_tightening(&self, id: Uuid) -> Result<Plan, Problem> {
        let store = &self.telemetry.store;
        let resumption = store.foresee_resumption(id).await?;
        let tightening = &resumption.tightening;
        let mut plan =
            self.plan_of_tightening(tightening.profile, tightening.group, tightening.plan.to).await?;
        plan.remarks.push(at_once(&resumption));
        let seen = store.observe_tightening(tightening).await?;
        plan.remarks.extend(fell_back_in_words(seen.rings.fell_back));
        Ok(plan)
    }

    pub(super) async fn plan_of_finished_tightening(&self, id: Uuid) -> Result<Plan, Problem> {
        let tightening = self.telemetry.store.tightening(id).await?;
        let mut plan =
            self.plan_of_tightening(tightening.profile, tightening.group, tightening.plan.to).await?;
        let seen = self.telemetry.store.observe_tightening(&tightening).await?;
        plan.remarks.extend(fell_back_in_words(seen.rings.fell_back));
        let unknown = unknown_in_words(seen.unknown);
        plan.remarks.extend(Some(unknown).filter(|unknown| !unknown.is_empty()));
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use InvalidCertificateAction::{Allow, Deny, Warn};

    use super::*;

    #[test]
    fn what_was_loosened_for_a_while_holds_not_in_the_end() {
        for (reported, expected, found) in [
            (None, Warn, Warn),
            (Some(Deny), Warn, Deny),
            (Some(Warn), Warn, Warn),
            (Some(Allow), Deny, Deny),
            (Some(Warn), Deny, Deny),
        ] {
            assert_eq!(in_the_end(reported, expected), found, "{reported:?} {expected:?}");
        }
    }
}
