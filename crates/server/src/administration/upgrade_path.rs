//! Where this installation stands on the way to a valid certificate and a strict action.

use std::collections::BTreeMap;

use countersign_trust::InvalidCertificateAction;
use serde::Serialize;
use utoipa::ToSchema;

use super::Administration;
use super::certificates::CertificateView;
use super::pre_flight::PlannedChange;
use crate::endpoint_control::first_version;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{CertificateSource, Reassigned, Setting, Standing};
use crate::upgrade_path::{
    CertificateFact, EndpointFacts, Facts, FoundHere, How, Observed, ProfileFact, Step, Switch, Verdicts,
    of_action, of_switch, standing,
};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// The recommended upgrade path, and where this installation stands on it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UpgradePath {
    pub(crate) steps: Vec<Step>,
}

impl Administration {
    /// What the standing rests on.
    async fn upgrade_facts(&self) -> Result<Facts, Problem> {
        let store = &self.telemetry.store;
        let on = store.setting(Setting::UseSslCertificate).await?;
        let counts = store.count_endpoints().await?;
        let agents = store.count_agents().await?;
        let away = store.count_away(self.now()).await?;
        let number = |standing| counts.by_standing.get(&standing).copied().unwrap_or_default();
        let invalid = [Standing::Remembered, Standing::Identified, Standing::Unverified];
        let invalid: u64 = invalid.into_iter().map(number).sum();
        let profiles = store.profiles().await?.into_iter().map(|profile| ProfileFact {
            name: profile.document.name,
            action: profile.document.invalid_certificate_action,
        });
        Ok(Facts {
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            first_validating_version: first_version(),
            switch: if on { Switch::On } else { Switch::Off },
            profiles: profiles.collect(),
            observed: match store.profiles_observed_at().await? {
                Some(at) if self.now() < at => Observed::TooShort,
                Some(_) | None => Observed::ForAHeartbeat,
            },
            endpoints: EndpointFacts {
                all: counts.online + counts.offline,
                connected: counts.online,
                legacy: agents.not_validating,
                foreign: agents.foreign,
                applying: agents.applying,
                failed: agents.failed,
                asked: number(Standing::Asked),
                refused: number(Standing::Refused),
                not_back: away.not_back,
                coming_back: away.coming_back,
                invalid,
            },
            certificate: match store.ssl_certificate().await? {
                Some(kept) => {
                    let view = self.view_of_kept(&kept)?;
                    let agents = match kept.chain_digest() {
                        Some(chain) => store.verdicts_on(chain, self.now()).await?,
                        None => Verdicts::default(),
                    };
                    self.certificate_fact(&view, agents)
                }
                None => CertificateFact::None,
            },
            automation: self.automation_facts().await?,
        })
    }

    fn certificate_fact(&self, view: &CertificateView, agents: Verdicts) -> CertificateFact {
        let here = match view.valid {
            Some(true) => FoundHere::Valid,
            None => FoundHere::NameNotKnown,
            Some(false) => {
                let codes = view.assessment.as_ref().map(countersign_trust::Assessment::codes);
                FoundHere::NotValid(codes.unwrap_or_default())
            }
        };
        let how = match view.source {
            CertificateSource::Acme => How::Automated,
            CertificateSource::Uploaded | CertificateSource::BuiltIn => How::Uploaded,
        };
        let days_left = view.not_after.map_or(0, |not_after| {
            // Whatever of a day: one that has expired has fewer than none.
            (not_after - self.now()).whole_seconds().div_euclid(SECONDS_OF_A_DAY)
        });
        CertificateFact::Present { here, agents, how, days_left }
    }

    /// Where this installation stands.
    pub(crate) async fn upgrade_path(&self, caller: &Caller) -> Result<UpgradePath, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        Ok(UpgradePath { steps: standing(&self.upgrade_facts().await?) })
    }

    /// What it would lead to, if the switch *Use SSL certificate for Endpoint Control* were changed now; nothing when it is time.
    pub(crate) async fn too_early_to_switch(
        &self,
        caller: &Caller,
        on: bool,
    ) -> Result<Vec<String>, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let wanted = if on { Switch::On } else { Switch::Off };
        Ok(of_switch(&self.upgrade_facts().await?, wanted))
    }

    /// What it would lead to, if profiles got this action now; nothing when it is time.
    pub(crate) async fn too_early_for(
        &self,
        caller: &Caller,
        action: InvalidCertificateAction,
    ) -> Result<Vec<String>, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        Ok(of_action(&self.upgrade_facts().await?, action))
    }

    /// What the upgrade path has to say to a change, if it is too early for it.
    pub(super) async fn too_early(&self, change: &PlannedChange) -> Result<Vec<String>, Problem> {
        let (profiles, action) = match change {
            PlannedChange::EndpointControl { use_ssl_certificate_for_endpoint_control: on } => {
                let wanted = if *on { Switch::On } else { Switch::Off };
                return Ok(of_switch(&self.upgrade_facts().await?, wanted));
            }
            PlannedChange::Action { profiles, invalid_certificate_action } => {
                (profiles.as_slice(), *invalid_certificate_action)
            }
            PlannedChange::Tightening { profile_id, to_action, .. } => {
                (std::slice::from_ref(profile_id), *to_action)
            }
            PlannedChange::ResumedTightening { tightening_id }
            | PlannedChange::FinishedTightening { tightening_id } => {
                let to = self.telemetry.store.tightening(*tightening_id).await?.plan.to;
                return Ok(of_action(&self.upgrade_facts().await?, to));
            }
            PlannedChange::Profile { profile_id, profile } => {
                (std::slice::from_ref(profile_id), profile.invalid_certificate_action)
            }
            PlannedChange::RollBack { profile_id, revision } => {
                let earlier = self.telemetry.store.profile_version(*profile_id, *revision).await?;
                (std::slice::from_ref(profile_id), earlier.document.invalid_certificate_action)
            }
            // What moves endpoints is looked at when it is known which.
            PlannedChange::Certificate { .. }
            | PlannedChange::Assignment { .. }
            | PlannedChange::ProfileGroups { .. }
            | PlannedChange::NewGroup { .. }
            | PlannedChange::Group { .. }
            | PlannedChange::RemovedGroup { .. }
            | PlannedChange::AddedMembers { .. }
            | PlannedChange::RemovedMember { .. } => return Ok(Vec::new()),
        };
        let kept = self.telemetry.store.profiles().await?.into_iter().map(|profile| profile.document);
        let mut changed = kept.filter(|profile| profiles.contains(&profile.id));
        if changed.all(|profile| profile.invalid_certificate_action == action) {
            return Ok(Vec::new());
        }
        Ok(of_action(&self.upgrade_facts().await?, action))
    }

    /// What the upgrade path has to say to endpoints getting other profiles, if a stricter action comes into force by that and it is
    /// too early for it.
    pub(super) async fn too_early_to_move(&self, moves: &[Reassigned]) -> Result<Vec<String>, Problem> {
        if moves.is_empty() {
            return Ok(Vec::new());
        }
        let profiles = self.telemetry.store.profiles().await?.into_iter().map(|profile| profile.document);
        let actions: BTreeMap<String, InvalidCertificateAction> =
            profiles.map(|profile| (profile.id.to_string(), profile.invalid_certificate_action)).collect();
        let stricter = moves.iter().filter_map(|one| {
            let (from, to) = (actions.get(&one.from)?, actions.get(&one.profile)?);
            (to > from).then_some(*to)
        });
        match stricter.max() {
            Some(action) => Ok(of_action(&self.upgrade_facts().await?, action)),
            None => Ok(Vec::new()),
        }
    }
}
