//! What an administrator says of a tightening that is to begin: read, or refused in words.

use countersign_protocol::Trial;
use countersign_trust::InvalidCertificateAction;
use serde::Deserialize;
use time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::store::NewTightening;
use crate::tightening::Plan;

/// The rings when nothing else is said, in per cent.
pub(crate) const USUAL_RINGS: [u8; 4] = [1, 10, 50, 100];
/// For how many minutes each ring is observed when nothing else is said.
pub(crate) const USUAL_HOLD: u32 = 60;
/// For how many minutes an endpoint tries when nothing else is said.
pub(crate) const USUAL_TRIAL: u16 = 10;
/// How many per cent have to connect when nothing else is said.
pub(crate) const USUAL_THRESHOLD: u8 = 95;
/// The most rings.
const MAXIMUM_RINGS: usize = 20;
/// The longest time for which a ring is observed, in minutes: 30 days.
const MAXIMUM_HOLD: u32 = 30 * 24 * 60;

/// What to tighten, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TighteningInput {
    pub(crate) profile_id: Uuid,
    /// Only the endpoints that have the profile because of this group. At the end, the group gets a copy of the profile.
    #[serde(default)]
    pub(crate) group_id: Option<Uuid>,
    /// `warn` or `deny`: stricter than the action of the profile.
    #[schema(value_type = String)]
    pub(crate) to_action: InvalidCertificateAction,
    /// Per cent of the endpoints, growing; the last one is 100.
    #[serde(default = "usual_rings")]
    pub(crate) rings: Vec<u8>,
    /// For how many minutes each ring is observed, 1 to 43200. A ring lasts at least as long as the trial.
    #[serde(default = "usual_hold")]
    pub(crate) hold_minutes: u32,
    /// For how many minutes an endpoint tries to connect under the stricter action, 1 to 1440; then it goes back to the former one
    /// by itself.
    #[serde(default = "usual_trial")]
    pub(crate) trial_minutes: u16,
    /// How many per cent of the endpoints that were connected have to connect again, 1 to 100: of those that came with a ring, and of
    /// all rings so far. If fewer do, all endpoints get the former action back.
    #[serde(default = "usual_threshold")]
    pub(crate) threshold_percent: u8,
}

fn usual_rings() -> Vec<u8> {
    USUAL_RINGS.to_vec()
}

fn usual_hold() -> u32 {
    USUAL_HOLD
}

fn usual_trial() -> u16 {
    USUAL_TRIAL
}

fn usual_threshold() -> u8 {
    USUAL_THRESHOLD
}

impl TighteningInput {
    /// Reads the plan, for a profile that says `from` now.
    pub(super) fn plan(&self, from: InvalidCertificateAction) -> Result<Plan, Problem> {
        if self.to_action <= from {
            return Err(Problem::unprocessable(format!(
                "“to_action” must be stricter than what the profile says now, which is {from}."
            )));
        }
        let growing = self.rings.windows(2).all(|pair| pair[0] < pair[1]);
        if !growing
            || self.rings.len() > MAXIMUM_RINGS
            || self.rings.first().is_none_or(|first| *first == 0)
            || self.rings.last() != Some(&100)
        {
            return Err(Problem::unprocessable(format!(
                "“rings” must be up to {MAXIMUM_RINGS} growing per cents, of which the last one is 100."
            )));
        }
        if !(1..=MAXIMUM_HOLD).contains(&self.hold_minutes) {
            return Err(Problem::unprocessable(format!("“hold_minutes” must be 1 to {MAXIMUM_HOLD}.")));
        }
        if !(Trial::MINIMUM_MINUTES..=Trial::MAXIMUM_MINUTES).contains(&self.trial_minutes) {
            return Err(Problem::unprocessable(format!(
                "“trial_minutes” must be {} to {}.",
                Trial::MINIMUM_MINUTES,
                Trial::MAXIMUM_MINUTES
            )));
        }
        if !(1..=100).contains(&self.threshold_percent) {
            return Err(Problem::unprocessable("“threshold_percent” must be 1 to 100."));
        }
        Ok(Plan {
            from,
            to: self.to_action,
            rings: self.rings.clone(),
            hold: Duration::minutes(i64::from(self.hold_minutes)),
            trial: Duration::minutes(i64::from(self.trial_minutes)),
            threshold_percent: self.threshold_percent,
        })
    }

    pub(super) fn new_tightening(&self, plan: Plan) -> NewTightening {
        NewTightening { id: Uuid::now_v7(), profile: self.profile_id, group: self.group_id, plan }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn input() -> TighteningInput {
        serde_json::from_value(json!({"profile_id": Uuid::nil(), "to_action": "deny"})).unwrap()
    }

    #[test]
    fn plans_are_read_or_refused_in_words() {
        use InvalidCertificateAction::{Allow, Deny, Warn};
        type Change = fn(&mut TighteningInput);
        let usual = input().plan(Warn).unwrap();
        assert_eq!((usual.rings, usual.threshold_percent), (vec![1, 10, 50, 100], 95));
        let table: [(InvalidCertificateAction, Change, Option<&str>); 12] = [
            (Allow, |_| {}, None),
            (Deny, |_| {}, Some("stricter than what the profile says now, which is deny")),
            (Warn, |input| input.to_action = Allow, Some("stricter")),
            (Warn, |input| input.rings = vec![100], None),
            (Warn, |input| input.rings = vec![], Some("“rings”")),
            (Warn, |input| input.rings = vec![0, 100], Some("“rings”")),
            (Warn, |input| input.rings = vec![10, 10, 100], Some("“rings”")),
            (Warn, |input| input.rings = vec![10, 50], Some("“rings”")),
            (Warn, |input| input.rings = (81..=101).collect(), Some("“rings”")),
            (Warn, |input| input.hold_minutes = 0, Some("“hold_minutes” must be 1 to 43200")),
            (Warn, |input| input.trial_minutes = 1441, Some("“trial_minutes” must be 1 to 1440")),
            (Warn, |input| input.threshold_percent = 101, Some("“threshold_percent” must be 1 to 100")),
        ];
        for (from, change, expected) in table {
            let mut changed = input();
            change(&mut changed);
            match (changed.plan(from), expected) {
                (Ok(plan), None) => assert_eq!(plan.from, from),
                (Err(problem), Some(expected)) => assert!(problem.detail().contains(expected), "{problem:?}"),
                (result, expected) => panic!("{changed:?}: {result:?} instead of {expected:?}"),
            }
        }
    }
}
