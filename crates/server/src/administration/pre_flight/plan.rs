//! What a change means for endpoints: what they would be shown, and under which rules.

use std::collections::{BTreeMap, HashMap};

use countersign_protocol::EndpointProfile;
use countersign_trust::{ChainDigest, summarise};
use rustls_pki_types::CertificateDer;
use serde_json::json;
use uuid::Uuid;

use super::PlannedChange;
use crate::administration::certificate_inventory::identifier;
use crate::administration::certificates::BUILT_IN;
use crate::administration::groups::WithEffect;
use crate::administration::settings::nothing_to_use;
use crate::administration::{Administration, Intent};
use crate::forecast::{Rules, Shown, ShownKind};
use crate::people::Caller;
use crate::problem::Problem;
use crate::served_certificate::ServerCertificate;
use crate::store::{Placed, Reassigned, Scanned, Scope, Setting};

/// A change as endpoints see it.
#[derive(Debug)]
pub(super) struct Plan {
    /// What the server would show.
    pub(super) shown: Shown,
    /// What each profile says now, by identifier.
    pub(super) rules_now: BTreeMap<String, Rules>,
    /// What profiles would say that are changed.
    changed: BTreeMap<String, Rules>,
    /// Which profile endpoints would have that get another one.
    moved: HashMap<String, String>,
    pub(super) scope: Scope,
    /// What else there is to know, in whole sentences.
    pub(super) remarks: Vec<String>,
}

impl Plan {
    /// What the profile of an endpoint would say.
    pub(super) fn rules_then(&self, row: &Scanned) -> Option<Rules> {
        let profile = self.moved.get(&row.id).unwrap_or(&row.profile_id);
        self.changed.get(profile).or_else(|| self.rules_now.get(profile)).copied()
    }
}

fn rules(profile: &EndpointProfile) -> Rules {
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
                plan.scope = Scope::Profiles(profiles);
                Ok(plan)
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
                let assigned = Reassigned { endpoint: row.id, profile: profile.to_string() };
                // To have by hand what it has already concerns nobody.
                let moves = Some(assigned).filter(|assigned| assigned.profile != row.profile_id);
                self.plan_of_moves(moves.as_slice(), Vec::new()).await
            }
            PlannedChange::Assignment { endpoint, profile_id: None } => {
                let change =
                    caller.change(self.now(), "endpoint.profile_released", endpoint.to_string(), json!({}));
                let store = &self.telemetry.store;
                let (row, placed) = store.release_profile(endpoint, None, change, Intent::Foresee).await?;
                let moves = match placed {
                    Placed::Same => Vec::new(),
                    Placed::OtherProfile => {
                        vec![Reassigned { endpoint: endpoint.to_string(), profile: row.profile_id }]
                    }
                };
                self.plan_of_moves(&moves, Vec::new()).await
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
    pub(super) async fn plan_as_now(&self) -> Result<Plan, Problem> {
        let current = self.certificates.current();
        let kind = if current.fingerprint == self.built_in.fingerprint {
            ShownKind::BuiltIn
        } else {
            ShownKind::SslCertificate
        };
        let profiles = self.telemetry.store.profiles().await?;
        Ok(Plan {
            shown: shown(&current.key.cert, kind).ok_or_else(empty_chain)?,
            rules_now: profiles
                .iter()
                .map(|profile| (profile.document.id.to_string(), rules(&profile.document)))
                .collect(),
            changed: BTreeMap::new(),
            moved: HashMap::new(),
            scope: Scope::All,
            remarks: Vec::new(),
        })
    }

    async fn rules_of(&self, plan: &Plan, id: Uuid) -> Result<Rules, Problem> {
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
            plan.remarks.push(
                "Agents are not shown it before “Use SSL certificate for Endpoint Control” is turned on."
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
        self.plan_of_moves(&effect.moves, remarks).await
    }

    pub(super) async fn plan_of_moves(
        &self,
        moves: &[Reassigned],
        remarks: Vec<String>,
    ) -> Result<Plan, Problem> {
        let mut plan = self.plan_as_now().await?;
        plan.moved = moves.iter().map(|one| (one.endpoint.clone(), one.profile.clone())).collect();
        plan.scope = Scope::Endpoints(moves.iter().map(|one| one.endpoint.clone()).collect());
        plan.remarks = remarks;
        Ok(plan)
    }
}

impl Plan {
    /// A profile that says the same as before concerns nobody.
    fn change(&mut self, id: Uuid, now: Rules, then: Rules) {
        self.changed.insert(id.to_string(), then);
        self.scope = Scope::Profiles(if now == then { Vec::new() } else { vec![id] });
    }
}
