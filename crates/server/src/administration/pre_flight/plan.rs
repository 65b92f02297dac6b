//! What a change means for endpoints: what they would be shown, and under which rules.

use std::collections::BTreeMap;

use countersign_protocol::EndpointProfile;
use countersign_trust::{ChainDigest, InvalidCertificateAction, RememberLimit, summarise};
use rustls_pki_types::CertificateDer;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::PlannedChange;
use super::known::evidence;
use crate::administration::certificate_inventory::identifier;
use crate::administration::certificates::BUILT_IN;
use crate::administration::groups::WithEffect;
use crate::administration::settings::nothing_to_use;
use crate::administration::{Administration, Intent};
use crate::forecast::{Forecast, Rules, Shown, ShownKind, foretell};
use crate::people::Caller;
use crate::problem::Problem;
use crate::served_certificate::ServerCertificate;
use crate::store::{
    AboutCertificate, AllowedNeeded, Concerned, Placed, Reassigned, Scan, Scanned, Setting, Since, Stretch,
};

/// So many characters of a fingerprint tell certificates apart for people: eight bytes.
const FINGERPRINT_BEGINS: usize = 23;

/// A change as endpoints see it.
#[derive(Debug)]
pub(in crate::administration) struct Plan {
    /// What the server would show.
    pub(in crate::administration) shown: Shown,
    /// What each profile says now, by identifier.
    pub(super) rules_now: BTreeMap<String, Rules>,
    /// What profiles would say that are changed.
    pub(in crate::administration) changed: BTreeMap<String, Rules>,
    /// Those that would get another profile say so here.
    pub(in crate::administration) concerned: Concerned,
    /// Which certificate this is about, and from when on, in whole sentences; none where it is the one that is shown now.
    pub(super) about: Vec<String>,
    /// What else there is to know, in whole sentences.
    pub(super) remarks: Vec<String>,
}

impl Plan {
    /// What a profile would say.
    pub(super) fn rules_of_profile(&self, profile: &str) -> Option<Rules> {
        self.changed.get(profile).or_else(|| self.rules_now.get(profile)).copied()
    }

    /// The way to what is known of the endpoints that this concerns.
    pub(super) fn scan(&self) -> Scan<'_> {
        let asks = |profile: &&String| {
            self.rules_of_profile(profile).is_some_and(|then| then.action == InvalidCertificateAction::Warn)
        };
        let mut all = self.rules_now.values().chain(self.changed.values());
        let since = if all.all(|rules| rules.remember.longest == RememberLimit::UntilChanged) {
            Since::DoesNotMatter
        } else {
            Since::Matters
        };
        let asking = self.rules_now.keys().filter(asks).cloned().collect();
        Scan::new(&self.concerned, self.shown.into(), AllowedNeeded { asking, since })
    }

    /// What would become of an endpoint, or of each of several about which the same is known; none when it has no profile.
    pub(super) fn foretell(&self, row: &Scanned, stretch: &Stretch, now: OffsetDateTime) -> Option<Forecast> {
        let then = self.rules_then(row, stretch)?;
        Some(foretell(&evidence(row, &self.rules_now), &self.shown, then, now))
    }
}

impl From<Shown> for AboutCertificate {
    fn from(shown: Shown) -> Self {
        let Shown { chain, not_before, not_after, .. } = shown;
        Self { chain, not_before, not_after }
    }
}

/// What a profile says about certificates.
pub(in crate::administration) fn rules(profile: &EndpointProfile) -> Rules {
    Rules { action: profile.invalid_certificate_action, remember: profile.remember }
}

/// A chain as agents are shown it.
fn shown(chain: &[CertificateDer<'_>], kind: ShownKind) -> Option<Shown> {
    let own = summarise(chain.first()?);
    Some(Shown {
        chain: ChainDigest::of(chain),
        fingerprint: own.fingerprint,
        kind,
        not_before: Some(own.not_before),
        not_after: Some(own.not_after),
    })
}

/// Which certificate it is, in a whole sentence.
fn named(chain: &[CertificateDer<'_>], kind: ShownKind) -> String {
    let Some(own) = chain.first().map(summarise) else { return String::new() };
    let fingerprint: String = own.fingerprint.to_string().chars().take(FINGERPRINT_BEGINS).collect();
    let name = own.subject_alternative_names.first().map_or(own.subject.as_str(), String::as_str);
    let name = if name.is_empty() { String::new() } else { format!(" for {name}") };
    let built_in = if kind == ShownKind::BuiltIn { "built-in " } else { "" };
    format!(
        "This is about the {built_in}certificate{name} whose fingerprint (SHA-256) begins with {fingerprint}."
    )
}

fn empty_chain() -> Problem {
    Problem::conflict("This certificate is empty. Remove it, and import it again.")
}

impl Administration {
    pub(super) async fn plan(&self, caller: &Caller, change: PlannedChange) -> Result<Plan, Problem> {
        match change {
            PlannedChange::Certificate { certificate } => self.plan_of_certificate(&certificate).await,
            PlannedChange::EndpointControl { use_ssl_certificate_for_endpoint_control: on } => {
                self.plan_of_endpoint_control(on).await
            }
            PlannedChange::Action { profiles, invalid_certificate_action: action } => {
                let mut plan = self.plan_as_now().await?;
                for id in &profiles {
                    let now = self.rules_of(&plan, *id).await?;
                    plan.changed.insert(id.to_string(), Rules { action, ..now });
                }
                plan.concerned = Concerned::Profiles(profiles);
                Ok(plan)
            }
            PlannedChange::Tightening { profile_id, group_id, to_action } => {
                self.plan_of_tightening(profile_id, group_id, to_action).await
            }
            PlannedChange::ResumedTightening { tightening_id } => {
                self.plan_of_resumed_tightening(tightening_id).await
            }
            PlannedChange::FinishedTightening { tightening_id } => {
                self.plan_of_finished_tightening(tightening_id).await
            }
            PlannedChange::Profile { profile_id, profile } => {
                let mut plan = self.plan_as_now().await?;
                let now = self.rules_of(&plan, profile_id).await?;
                let content = profile.check()?;
                let then = Rules { action: content.invalid_certificate_action, remember: content.remember };
                plan.change(profile_id, now, then);
                Ok(plan)
            }
            PlannedChange::RollBack { profile_id, revision } => {
                let mut plan = self.plan_as_now().await?;
                let now = self.rules_of(&plan, profile_id).await?;
                let version = self.telemetry.store.profile_version(profile_id, revision).await?;
                plan.change(profile_id, now, rules(&version.document));
                Ok(plan)
            }
            PlannedChange::Assignment { endpoint, profile_id: Some(profile) } => {
                let row = self.find(endpoint).await?;
                let known = self.telemetry.store.profiles().await?;
                if !known.iter().any(|known| known.document.id == profile) {
                    return Err(Problem::unprocessable(format!("There is no endpoint profile {profile}.")));
                }
                let assigned =
                    Reassigned { endpoint: row.id, from: row.profile_id, profile: profile.to_string() };
                // To have by hand what it has already concerns nobody.
                let moves = Some(assigned).filter(|assigned| assigned.profile != assigned.from);
                self.plan_of_moves(moves.into_iter().collect(), Vec::new()).await
            }
            PlannedChange::Assignment { endpoint, profile_id: None } => {
                let change =
                    caller.change(self.now(), "endpoint.profile_released", endpoint.to_string(), json!({}));
                let from = self.find(endpoint).await?.profile_id;
                let store = &self.telemetry.store;
                let (row, placed) = store.release_profile(endpoint, None, change, Intent::Foresee).await?;
                let moves = match placed {
                    Placed::Same => Vec::new(),
                    Placed::OtherProfile => {
                        vec![Reassigned { endpoint: endpoint.to_string(), from, profile: row.profile_id }]
                    }
                };
                self.plan_of_moves(moves, Vec::new()).await
            }
            PlannedChange::ProfileGroups { profile_id, groups } => {
                let effect =
                    self.assign_profile_to_groups(caller, profile_id, &groups, None, Intent::Foresee).await?;
                self.plan_of_effect(effect).await
            }
            PlannedChange::NewGroup { group } => {
                let effect = self.create_group(caller, group, Intent::Foresee).await?;
                self.plan_of_effect(effect).await
            }
            PlannedChange::Group { group_id, group } => {
                let effect = self.change_group(caller, group_id, None, group, Intent::Foresee).await?;
                self.plan_of_effect(effect).await
            }
            PlannedChange::RemovedGroup { group_id } => {
                let effect = self.remove_group(caller, group_id, None, Intent::Foresee).await?;
                self.plan_of_effect(effect).await
            }
            PlannedChange::AddedMembers { group_id, endpoints } => {
                let effect =
                    self.add_group_members(caller, group_id, None, &endpoints, Intent::Foresee).await?;
                self.plan_of_effect(effect).await
            }
            PlannedChange::RemovedMember { group_id, endpoint } => {
                let effect =
                    self.remove_group_member(caller, group_id, None, endpoint, Intent::Foresee).await?;
                self.plan_of_effect(effect).await
            }
        }
    }

    /// Nothing is changed.
    pub(in crate::administration) async fn plan_as_now(&self) -> Result<Plan, Problem> {
        self.plan_to_show(&self.certificates.current()).await
    }

    /// Agents are shown this certificate, and nothing else is changed.
    pub(in crate::administration) async fn plan_to_show(
        &self,
        certificate: &ServerCertificate,
    ) -> Result<Plan, Problem> {
        let kind = if certificate.fingerprint == self.built_in.fingerprint {
            ShownKind::BuiltIn
        } else {
            ShownKind::SslCertificate
        };
        let profiles = self.telemetry.store.profiles().await?;
        Ok(Plan {
            shown: shown(&certificate.key.cert, kind).ok_or_else(empty_chain)?,
            rules_now: profiles
                .iter()
                .map(|profile| (profile.document.id.to_string(), rules(&profile.document)))
                .collect(),
            changed: BTreeMap::new(),
            concerned: Concerned::All,
            about: Vec::new(),
            remarks: Vec::new(),
        })
    }

    pub(super) async fn rules_of(&self, plan: &Plan, id: Uuid) -> Result<Rules, Problem> {
        match plan.rules_now.get(&id.to_string()) {
            Some(rules) => Ok(*rules),
            None => Ok(rules(&self.telemetry.store.profile(id).await?.document)),
        }
    }

    /// The chain of a certificate of the inventory, by identifier or `built-in`.
    pub(in crate::administration) async fn chain_of(
        &self,
        id: &str,
    ) -> Result<Vec<CertificateDer<'static>>, Problem> {
        if id == BUILT_IN {
            return Ok(self.built_in.key.cert.clone());
        }
        let kept = self.telemetry.store.certificate(identifier(id)?).await?;
        ServerCertificate::chain_from_pem(&kept.chain_pem)
            .map_err(|error| Problem::conflict(error.to_string()))
    }

    pub(super) async fn plan_of_certificate(&self, id: &str) -> Result<Plan, Problem> {
        let mut plan = self.plan_as_now().await?;
        let chain = self.chain_of(id).await?;
        let kind = if id == BUILT_IN { ShownKind::BuiltIn } else { ShownKind::SslCertificate };
        self.show_in_plan(&mut plan, &chain, kind)?;
        if kind == ShownKind::SslCertificate
            && !self.telemetry.store.setting(Setting::UseSslCertificate).await?
        {
            plan.about.push(
                "Agents are not shown it now, since “Use SSL certificate for Endpoint Control” is off: nothing happens to them at \
                 once. The figures are for when it is turned on."
                    .to_owned(),
            );
        }
        Ok(plan)
    }

    async fn plan_of_endpoint_control(&self, on: bool) -> Result<Plan, Problem> {
        let mut plan = self.plan_as_now().await?;
        if on {
            let kept = self.telemetry.store.ssl_certificate().await?.ok_or_else(nothing_to_use)?;
            let chain = ServerCertificate::chain_from_pem(&kept.chain_pem)
                .map_err(|error| Problem::conflict(error.to_string()))?;
            self.show_in_plan(&mut plan, &chain, ShownKind::SslCertificate)?;
        } else {
            self.show_in_plan(&mut plan, &self.built_in.key.cert, ShownKind::BuiltIn)?;
        }
        Ok(plan)
    }

    /// With what this computer would find, which is no answer of any agent.
    fn show_in_plan(
        &self,
        plan: &mut Plan,
        chain: &[CertificateDer<'_>],
        kind: ShownKind,
    ) -> Result<(), Problem> {
        let next = shown(chain, kind).ok_or_else(empty_chain)?;
        plan.about.push(named(chain, kind));
        if next == plan.shown {
            plan.remarks.push("Agents are shown this certificate already.".to_owned());
        } else if next.fingerprint == plan.shown.fingerprint {
            plan.remarks.push(
                "Agents are shown this certificate already, with other certificates of its issuers: what they found then does not \
                 tell what they find now."
                    .to_owned(),
            );
        }
        plan.shown = next;
        plan.remarks.push(self.judge_chain(chain).by_this_computer());
        Ok(())
    }

    async fn plan_of_effect<T>(&self, effect: WithEffect<T>) -> Result<Plan, Problem> {
        let remarks = effect.sentences();
        self.plan_of_moves(effect.moves, remarks).await
    }

    pub(in crate::administration) async fn plan_of_moves(
        &self,
        mut moves: Vec<Reassigned>,
        remarks: Vec<String>,
    ) -> Result<Plan, Problem> {
        let mut plan = self.plan_as_now().await?;
        moves.sort_by(|one, other| one.profile.cmp(&other.profile));
        plan.concerned = Concerned::Endpoints(moves);
        plan.remarks = remarks;
        Ok(plan)
    }
}

impl Plan {
    /// A profile that says the same as before concerns nobody.
    fn change(&mut self, id: Uuid, now: Rules, then: Rules) {
        self.changed.insert(id.to_string(), then);
        self.concerned = Concerned::Profiles(if now == then { Vec::new() } else { vec![id] });
    }
}
