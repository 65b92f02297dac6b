//! What the upgrade path rests on that concerns a certificate from an authority, and the pre-check of it.

use super::Administration;
use crate::acme::{AcmeSettings, AutoRenew, Obstacle, OrderStage, Progress};
use crate::problem::Problem;
use crate::store::AcmeCheck;
use crate::upgrade_path::{Attempts, AutomationFacts, CheckFact, RequestFact, Switch, Terms};

impl Administration {
    /// Keeps what a pre-check has found, for the upgrade path.
    pub(super) async fn keep_check(
        &self,
        settings: &AcmeSettings,
        found: &[Obstacle],
    ) -> Result<(), Problem> {
        let obstacles = found.iter().map(|obstacle| (obstacle.code.to_owned(), obstacle.text.clone()));
        let check = AcmeCheck {
            domain: settings.domain.clone(),
            challenge: settings.challenge,
            obstacles: obstacles.collect(),
        };
        Ok(self.telemetry.store.keep_acme_check(&check, self.now()).await?)
    }

    /// What a certificate from an authority takes, and how far that is.
    pub(super) async fn automation_facts(&self) -> Result<AutomationFacts, Problem> {
        let store = &self.telemetry.store;
        let access = self.access.current();
        let settings = store.acme_settings().await?.map(|(settings, _)| settings);
        let progress = store.acme_order().await?.map(|order| order.progress).unwrap_or_default();
        // One that was made for something else says nothing about what is asked for.
        let concerns = |check: &AcmeCheck| {
            settings.as_ref().is_none_or(|settings| {
                (&settings.domain, settings.challenge) == (&check.domain, check.challenge)
            })
        };
        let check = store.last_acme_check().await?.filter(|(check, _)| concerns(check));
        let check = check.map(|(check, at)| CheckFact {
            domain: check.domain,
            days_ago: (self.now() - at).whole_days(),
            obstacles: check.obstacles,
        });
        let switch = |on| if on { Switch::On } else { Switch::Off };
        Ok(AutomationFacts {
            remote_https_access: switch(access.is_remote()),
            redirect_http: switch(access.redirects()),
            request: settings.map(|settings| self.request(settings, &progress)),
            check,
        })
    }

    fn request(&self, settings: AcmeSettings, progress: &Progress) -> RequestFact {
        let name = self.server_name.as_ref().map(ToString::to_string);
        RequestFact {
            other_name: name.filter(|name| *name != settings.domain),
            domain: settings.domain,
            email: settings.email,
            auto_renew: if settings.auto_renew == AutoRenew::On { Switch::On } else { Switch::Off },
            terms: if settings.agreed_terms.is_some() { Terms::Agreed } else { Terms::NotAgreed },
            attempts: match (&progress.last_failure, progress.stage) {
                (Some(_), _) => Attempts::Failed,
                // It has issued one, of which agents or somebody here have yet to say something.
                (None, OrderStage::Rehearsing | OrderStage::Awaiting | OrderStage::HeldBack) => {
                    Attempts::Succeeded
                }
                (None, OrderStage::Resting) if progress.last_success.is_some() => Attempts::Succeeded,
                (None, OrderStage::Resting | OrderStage::Wanted | OrderStage::Ordered) => Attempts::None,
            },
        }
    }
}
