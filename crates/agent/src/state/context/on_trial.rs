//! The trial of a stricter action: when it is passed, and until when it goes on.

use std::time::Duration;

use countersign_protocol::SessionTrust;
use uuid::Uuid;

use super::Context;
use crate::session::ProfileOutcome;
use crate::trial::{TrialRecord, TrialStanding};

impl Context {
    /// A session has come about under the rules of now: a trial that goes on is passed. Not by one in which nothing shows that the
    /// server is the right one: the action would keep that one away.
    pub(crate) async fn session_stands(&mut self, trust: SessionTrust) {
        match trust {
            SessionTrust::Valid | SessionTrust::Remembered | SessionTrust::Identified => {}
            SessionTrust::Unverified => return,
        }
        if !self.is_under_trial() {
            return;
        }
        let now = self.clock.now();
        let passed = self.trial.as_ref().and_then(|trial| trial.passed(now));
        let Some((passed, server)) = passed.zip(self.server()) else { return };
        tracing::info!(%server, action = %self.action(), "connected under the action on trial, which stays");
        self.kept.keep_trial(&server, &passed);
        self.trial = Some(passed);
        self.keep().await;
    }

    /// Whether what is tried is in force. A recovery file may have loosened the action for a while: then nothing is shown about
    /// the stricter one.
    pub(crate) fn is_under_trial(&self) -> bool {
        self.profile.as_ref().is_some_and(|profile| self.action() >= profile.invalid_certificate_action)
    }

    /// The trial that goes on, and for how long still.
    pub(crate) fn running_trial(&self) -> Option<(Uuid, Duration)> {
        let trial = self.trial.as_ref()?;
        Some((trial.id(), trial.left(self.clock.now())?))
    }

    /// A pause that ends with the trial at the latest: under the former action the agent may connect.
    pub(crate) fn within_trial(&self, pause: Duration) -> Duration {
        let left = self.trial.as_ref().and_then(|trial| trial.left(self.clock.now()));
        left.map_or(pause, |left| pause.min(left))
    }

    /// What became of the profile that is applied.
    pub(crate) fn profile_outcome(&self) -> ProfileOutcome {
        let Some(profile) = self.profile.as_ref().filter(|profile| profile.trial.is_some()) else {
            return ProfileOutcome::Applied;
        };
        let standing = self.trial.as_ref().map(|trial: &TrialRecord| trial.standing(self.clock.now()));
        match standing {
            Some(TrialStanding::Passed) => ProfileOutcome::Applied,
            Some(TrialStanding::Running) => ProfileOutcome::OnTrial,
            Some(TrialStanding::FellBack) | None => ProfileOutcome::Failed(format!(
                "No connection came about under the action on trial ({}), so that it was given up. The action is {}.",
                profile.invalid_certificate_action,
                self.action()
            )),
        }
    }
}
