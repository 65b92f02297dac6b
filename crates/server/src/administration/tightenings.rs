//! Staged tightening: a stricter action for ever more endpoints of a profile.

use countersign_trust::InvalidCertificateAction;
use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use super::tightening_input::{
    TighteningInput, USUAL_HOLD, USUAL_RINGS, USUAL_THRESHOLD, USUAL_TRIAL,
};
pub(crate) use super::tightening_words::WHO_IS_CUT_OFF;
use super::tightening_words::why_it_stands;
use super::{Administration, WithWarnings};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{RingMember, Tightening};
use crate::telemetry::Wake;
use crate::tightening::course::{judged_at, over_at};
use crate::tightening::{Observation, TighteningState};

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
    /// So many endpoints have connected under the stricter action, and are not connected now; while it is in force. One that is cut off
    /// by another certificate since keeps the stricter action.
    pub(crate) passed_and_away: u64,
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
        let (mut without_trial, mut passed_and_away) = (0, 0);
        if tightening.is_in_force() {
            without_trial = store.without_trial(&tightening).await?;
            passed_and_away = store.passed_and_away(&tightening).await?;
        }
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
            passed_and_away,
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

    /// Refuses what could not be begun now, in the same words.
    pub(crate) async fn check_tightening(
        &self,
        caller: &Caller,
        expected: Option<u64>,
        input: &TighteningInput,
    ) -> Result<(), Problem> {
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        let store = &self.telemetry.store;
        let profile = store.profile(input.profile_id).await?.document;
        let plan = input.plan(profile.invalid_certificate_action)?;
        Ok(store.check_new_tightening(&input.new_tightening(plan), expected).await?)
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
        let warnings = self.warn_of_trial(&tightened, concerned).await;
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
        let new = input.new_tightening(plan);
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

    /// Gives all endpoints the former action again that can be reached. Those that are cut off while they try take it when their trial is
    /// over; those that have passed and are cut off since keep the stricter one until they can connect.
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
