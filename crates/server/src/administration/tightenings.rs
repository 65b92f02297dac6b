//! Staged tightening: a stricter action for ever more endpoints of a profile.

use countersign_protocol::Trial;
use countersign_trust::InvalidCertificateAction;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::tightening_words::why_it_stands;
use super::{Administration, WithWarnings};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{NewTightening, RingMember, Tightening};
use crate::telemetry::Wake;
use crate::tightening::course::{judged_at, over_at};
use crate::tightening::{Observation, Plan, TighteningState};

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
    fn plan(&self, from: InvalidCertificateAction) -> Result<Plan, Problem> {
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
}

/// A tightening, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TighteningView {
    pub(crate) id: Uuid,
    pub(crate) profile_id: Uuid,
    pub(crate) group_id: Option<Uuid>,
    /// `allow` or `warn`.
    #[schema(value_type = String)]
    pub(crate) from_action: InvalidCertificateAction,
    /// `warn` or `deny`.
    #[schema(value_type = String)]
    pub(crate) to_action: InvalidCertificateAction,
    pub(crate) rings: Vec<u8>,
    pub(crate) hold_minutes: i64,
    pub(crate) trial_minutes: i64,
    pub(crate) threshold_percent: u8,
    pub(crate) state: TighteningState,
    /// Why it does not go on, or what it has been waiting for all the time; in whole sentences.
    pub(crate) reason: Option<String>,
    /// The ring where it is, in per cent.
    pub(crate) ring: u8,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) ring_began_at: OffsetDateTime,
    /// When it is known whether enough endpoints have come back; while it is running.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) judged_at: Option<OffsetDateTime>,
    /// When the next ring begins, or it is finished, if enough have; while it is running.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) goes_on_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) begun_at: OffsetDateTime,
    pub(crate) begun_by: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) changed_at: OffsetDateTime,
    /// The endpoints of its rings.
    pub(crate) endpoints: Observation,
    /// Of these, those that came with the ring where it is.
    pub(crate) newest: Observation,
    /// So many endpoints of the profile have agents that know no trials. They get the action when it is finished, at once.
    pub(crate) without_trial: u64,
    /// Up to 100 endpoints of the rings that have not connected under the stricter action.
    pub(crate) not_connected: Vec<NotConnected>,
    /// Where it is.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) tag: String,
}

/// An endpoint of a ring that has not connected under the stricter action.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotConnected {
    pub(crate) id: String,
    pub(crate) host_name: String,
    /// `trying` (nothing is known yet, or it did not come back) or `fell_back` (it has the former action again).
    pub(crate) outcome: &'static str,
}

impl From<RingMember> for NotConnected {
    fn from(member: RingMember) -> Self {
        Self { id: member.endpoint, host_name: member.host_name, outcome: member.outcome.code() }
    }
}

impl Administration {
    async fn tightening_view(&self, tightening: Tightening) -> Result<TighteningView, Problem> {
        let store = &self.telemetry.store;
        let seen = store.observe_tightening(&tightening).await?;
        let not_connected = store.not_connected(tightening.id).await?;
        let without_trial =
            if tightening.is_in_force() { store.without_trial(&tightening).await? } else { 0 };
        let running = tightening.state == TighteningState::Running;
        let (plan, began_at) = (&tightening.plan, tightening.ring_began_at);
        Ok(TighteningView {
            tag: tightening.tag(),
            id: tightening.id,
            profile_id: tightening.profile,
            group_id: tightening.group,
            from_action: plan.from,
            to_action: plan.to,
            hold_minutes: plan.hold.whole_minutes(),
            trial_minutes: plan.trial.whole_minutes(),
            threshold_percent: plan.threshold_percent,
            state: tightening.state,
            reason: why_it_stands(&tightening, self.now()),
            ring: plan.rings.get(tightening.ring).copied().unwrap_or(100),
            ring_began_at: began_at,
            judged_at: running.then(|| judged_at(plan, began_at)),
            goes_on_at: running.then(|| over_at(plan, began_at)),
            begun_at: tightening.begun_at,
            begun_by: tightening.begun_by,
            changed_at: tightening.changed_at,
            endpoints: seen.rings,
            newest: seen.newest,
            without_trial,
            not_connected: not_connected.into_iter().map(NotConnected::from).collect(),
            rings: tightening.plan.rings,
        })
    }

    /// The tightenings, the newest first; of all profiles, or of one.
    pub(crate) async fn tightenings(
        &self,
        caller: &Caller,
        profile: Option<Uuid>,
    ) -> Result<Vec<TighteningView>, Problem> {
        caller.needs_within(Scope::ProfilesRead, Permission::View)?;
        let mut views = Vec::new();
        for tightening in self.telemetry.store.tightenings(profile).await? {
            views.push(self.tightening_view(tightening).await?);
        }
        Ok(views)
    }

    /// One tightening.
    pub(crate) async fn tightening(&self, caller: &Caller, id: Uuid) -> Result<TighteningView, Problem> {
        caller.needs_within(Scope::ProfilesRead, Permission::View)?;
        let tightening = self.telemetry.store.tightening(id).await?;
        self.tightening_view(tightening).await
    }

    /// Begins a tightening. The endpoints of its first ring that are connected hear of it at once. With an expected revision, only if
    /// nobody else has changed the profile since.
    pub(crate) async fn begin_tightening(
        &self,
        caller: &Caller,
        expected: Option<u64>,
        input: TighteningInput,
    ) -> Result<WithWarnings<TighteningView>, Problem> {
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        let store = &self.telemetry.store;
        let profile = store.profile(input.profile_id).await?.document;
        let plan = input.plan(profile.invalid_certificate_action)?;
        let mut tightened = profile;
        tightened.invalid_certificate_action = plan.to;
        let concerned = self.concerned_by_tightening(input.profile_id, input.group_id).await?;
        let warnings = self.warn_of_profile(&tightened, concerned).await;
        let detail = json!({
            "from_action": plan.from,
            "to_action": plan.to,
            "group": input.group_id,
            "rings": plan.rings,
            "hold_minutes": input.hold_minutes,
            "trial_minutes": input.trial_minutes,
            "threshold_percent": input.threshold_percent,
        });
        let change = caller.change(self.now(), "tightening.begun", input.profile_id.to_string(), detail);
        let new =
            NewTightening { id: Uuid::now_v7(), profile: input.profile_id, group: input.group_id, plan };
        let tightening = store.begin_tightening(&new, expected, change).await?;
        self.telemetry.presence.wake_all(&Wake::Profile);
        Ok(WithWarnings::new(self.tightening_view(tightening).await?, warnings))
    }

    /// Begins no other ring of it. The endpoints of the rings so far keep the stricter action. This and the other moves are made, with
    /// an expected tag, only while the tightening is where it was.
    pub(crate) async fn halt_tightening(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<&str>,
    ) -> Result<TighteningView, Problem> {
        let change = self.move_by_hand(caller, id, "tightening.halted").await?;
        let tightening = self.telemetry.store.halt_tightening(id, expected, change).await?;
        self.tightening_view(tightening).await
    }

    /// Goes on with the ring where it is; after it has stepped back, with a new attempt.
    pub(crate) async fn resume_tightening(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<&str>,
    ) -> Result<TighteningView, Problem> {
        let change = self.move_by_hand(caller, id, "tightening.resumed").await?;
        let tightening = self.telemetry.store.resume_tightening(id, expected, change).await?;
        self.telemetry.presence.wake_all(&Wake::Profile);
        self.tightening_view(tightening).await
    }

    /// Gives all endpoints the former action again. Those that are cut off take it when their trial is over.
    pub(crate) async fn step_tightening_back(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<&str>,
    ) -> Result<TighteningView, Problem> {
        let change = self.move_by_hand(caller, id, "tightening.stepped_back").await?;
        let tightening = self.telemetry.store.step_tightening_back(id, expected, change).await?;
        self.telemetry.presence.wake_all(&Wake::Profile);
        self.tightening_view(tightening).await
    }

    /// Gives the profile itself the stricter action, once the last ring has begun.
    pub(crate) async fn finish_tightening(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<&str>,
    ) -> Result<TighteningView, Problem> {
        let change = self.move_by_hand(caller, id, "tightening.finished").await?;
        let tightening = self.telemetry.store.finish_tightening(id, expected, change).await?;
        self.telemetry.presence.wake_all(&Wake::Profile);
        self.tightening_view(tightening).await
    }

    async fn move_by_hand(
        &self,
        caller: &Caller,
        id: Uuid,
        action: &'static str,
    ) -> Result<crate::store::Change, Problem> {
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        let profile = self.telemetry.store.tightening(id).await?.profile;
        let detail = json!({"reason": {"kind": "by_hand"}});
        Ok(caller.change(self.now(), action, profile.to_string(), detail))
    }
}

#[cfg(test)]
mod tests {
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
