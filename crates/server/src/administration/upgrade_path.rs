//! Where this installation stands on the way to a valid certificate and a strict action.

use countersign_trust::InvalidCertificateAction;
use serde::Serialize;
use utoipa::ToSchema;

use super::Administration;
use super::certificates::CertificateView;
use crate::people::{Caller, Permission};
use crate::problem::Problem;
use crate::store::Standing;
use crate::upgrade_path::{
    CertificateFact, EndpointFacts, Facts, How, ProfileFact, Step, Switch, Validity, of_action, of_switch,
    standing,
};

/// The first version of agents that validate certificates.
const FIRST_VALIDATING_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The recommended upgrade path, and where this installation stands on it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UpgradePath {
    pub(crate) steps: Vec<Step>,
}

impl Administration {
    /// What the standing rests on.
    async fn upgrade_facts(&self, caller: &Caller) -> Result<Facts, Problem> {
        let store = &self.telemetry.store;
        let settings = self.settings(caller).await?;
        let counts = store.count_endpoints().await?;
        let number = |standing| counts.by_standing.get(&standing).copied().unwrap_or_default();
        let invalid = [Standing::Remembered, Standing::Identified, Standing::Unverified];
        let profiles = store.profiles().await?.into_iter().map(|profile| ProfileFact {
            name: profile.document.name,
            action: profile.document.invalid_certificate_action,
        });
        Ok(Facts {
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            first_validating_version: FIRST_VALIDATING_VERSION.to_owned(),
            switch: if settings.use_ssl_certificate_for_endpoint_control { Switch::On } else { Switch::Off },
            profiles: profiles.collect(),
            endpoints: EndpointFacts {
                all: counts.online + counts.offline,
                connected: counts.online,
                legacy: store.count_legacy_endpoints().await?,
                asked: number(Standing::Asked),
                refused: number(Standing::Refused),
                invalid: invalid.into_iter().map(number).sum(),
            },
            certificate: match self.ssl_certificate_if_any(caller).await? {
                Some(view) => {
                    let content =
                        number(Standing::Valid) > 0 && invalid.into_iter().map(number).sum::<u64>() == 0;
                    self.certificate_fact(&view, content && view.served)
                }
                None => CertificateFact::None,
            },
        })
    }

    /// Agents may have roots that this computer has not: what all of them find counts for more.
    fn certificate_fact(&self, view: &CertificateView, found_valid: bool) -> CertificateFact {
        let validity = match view.valid {
            _ if found_valid => Validity::Valid,
            Some(true) => Validity::Valid,
            None => Validity::NameNotKnown,
            Some(false) => {
                let codes = view.assessment.as_ref().map(|assessment| assessment.codes());
                Validity::NotValid(codes.unwrap_or_default())
            }
        };
        let days_left = view.not_after.map_or(0, |not_after| (not_after - self.now()).whole_days());
        CertificateFact::Present { validity, how: How::Uploaded, days_left }
    }

    /// Where this installation stands.
    pub(crate) async fn upgrade_path(&self, caller: &Caller) -> Result<UpgradePath, Problem> {
        caller.needs(Permission::View)?;
        Ok(UpgradePath { steps: standing(&self.upgrade_facts(caller).await?) })
    }

    /// What it would lead to, if the switch *Use SSL certificate for Endpoint Control* were changed now; nothing when it is time.
    pub(crate) async fn too_early_to_switch(
        &self,
        caller: &Caller,
        on: bool,
    ) -> Result<Vec<String>, Problem> {
        let wanted = if on { Switch::On } else { Switch::Off };
        Ok(of_switch(&self.upgrade_facts(caller).await?, wanted))
    }

    /// What it would lead to, if profiles got this action now; nothing when it is time.
    pub(crate) async fn too_early_for(
        &self,
        caller: &Caller,
        action: InvalidCertificateAction,
    ) -> Result<Vec<String>, Problem> {
        Ok(of_action(&self.upgrade_facts(caller).await?, action))
    }
}
