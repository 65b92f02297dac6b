//! While an action is on trial and there is a session: looks beside it whether the server would be let through under that action now.
//!
//! What the session rests on was found when it began, perhaps weeks ago. Only a session that comes about under the stricter action
//! passes the trial; as long as a handshake shows that none would, the present one goes on, so that nobody is cut off or asked.

use std::pin::Pin;
use std::time::Duration;

use countersign_protocol::SessionTrust;
use uuid::Uuid;

use super::hold::SendError;
use super::{Session, SessionEnd};
use crate::back_off::BackOff;
use crate::client_identity::ClientIdentity;
use crate::clock::Pause;
use crate::state::Context;
use crate::tls::{self, Judgement, Outcome};

/// The first look is made within this part of the trial, and within [`LONGEST_SPREAD`]: the endpoints of a ring hear of it in the
/// same moment.
const SPREAD: f64 = 0.25;
const LONGEST_SPREAD: Duration = Duration::from_mins(1);

/// Follows the trial that goes on during a session, if any does.
pub(super) struct TrialWatch {
    /// The trial that is followed.
    trial: Option<Uuid>,
    stage: Stage,
    looks: BackOff,
}

enum Stage {
    /// There is nothing to wait for.
    Idle,
    /// Until the next look, or the end of the trial.
    Waiting(Pause),
    Looking {
        identity: Option<ClientIdentity>,
        attempt: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    },
}

/// What a watch was waiting for.
pub(super) enum TrialEvent {
    /// It is time to look, or the trial is over.
    Due,
    Looked {
        identity: Option<ClientIdentity>,
        outcome: Outcome,
    },
}

impl Default for TrialWatch {
    fn default() -> Self {
        Self { trial: None, stage: Stage::Idle, looks: BackOff::for_looking_again() }
    }
}

impl TrialWatch {
    /// Takes notice of a trial that has begun, or that a changed profile has ended.
    pub(super) fn follow(&mut self, context: &Context) {
        match context.running_trial() {
            Some((trial, left)) if self.trial != Some(trial) => {
                let spread = left.mul_f64(SPREAD).min(LONGEST_SPREAD);
                let first = context.clock.pause(spread.mul_f64(rand::random()));
                *self = Self { trial: Some(trial), stage: Stage::Waiting(first), ..Self::default() };
            }
            // One that was followed and is over is told of when it is due.
            Some(_) => {}
            None if context.trial.is_none() => *self = Self::default(),
            None => {}
        }
    }

    /// Waits. What was begun goes on when the waiting is broken off.
    pub(super) async fn event(&mut self) -> TrialEvent {
        match &mut self.stage {
            Stage::Idle => std::future::pending().await,
            Stage::Waiting(pause) => {
                pause.await;
                self.stage = Stage::Idle;
                TrialEvent::Due
            }
            Stage::Looking { identity, attempt } => {
                let outcome = attempt.await;
                let identity = identity.take();
                self.stage = Stage::Idle;
                TrialEvent::Looked { identity, outcome }
            }
        }
    }

    fn wait(&mut self, context: &Context) {
        let pause = self.looks.next(rand::random());
        self.stage = Stage::Waiting(context.clock.pause(context.within_trial(pause)));
    }
}

impl Session {
    /// Does what is due.
    pub(super) async fn trial_event(
        &mut self,
        context: &mut Context,
        watch: &mut TrialWatch,
        event: TrialEvent,
    ) -> Result<Option<SessionEnd>, SendError> {
        let running = context.running_trial().is_some();
        match event {
            TrialEvent::Due if running && self.can_pass(context) => {
                let target = context.target(&self.server).await;
                let identity = target.client_identity.clone();
                watch.stage = Stage::Looking { identity, attempt: Box::pin(tls::attempt(target)) };
            }
            TrialEvent::Looked { identity, outcome: Ok(Judgement::Connected(connection)) } if running => {
                tracing::info!(server = %self.server, "the server is let through under the action on trial; the session is opened anew");
                return Ok(Some(SessionEnd::Anew { connection, identity }));
            }
            TrialEvent::Due | TrialEvent::Looked { .. } if running => {
                if let TrialEvent::Looked { outcome, .. } = &event {
                    tracing::info!(server = %self.server, found = what_stands_in_the_way(outcome), "no session would come about under the action on trial now");
                }
                watch.wait(context);
            }
            TrialEvent::Due | TrialEvent::Looked { .. } => self.trial_is_over(context).await?,
        }
        Ok(None)
    }

    /// Whether a session that is opened anew would pass the trial: not when a recovery file loosens the action meanwhile.
    fn can_pass(&self, context: &Context) -> bool {
        let trusted = match self.trust {
            SessionTrust::Valid | SessionTrust::Remembered | SessionTrust::Identified => true,
            SessionTrust::Unverified => false,
        };
        trusted && context.is_under_trial()
    }

    /// The former action holds again, which the server is told.
    async fn trial_is_over(&mut self, context: &mut Context) -> Result<(), SendError> {
        context.show_profile();
        let Some(signed) = context.signed_profile() else { return Ok(()) };
        tracing::warn!(server = %self.server, action = %context.action(), "the trial of a stricter action is over, and was not passed");
        let message = self.outbox.config_result(signed.hash(), context.profile_outcome(), Some(&signed));
        self.send(message).await
    }
}

fn what_stands_in_the_way(outcome: &Outcome) -> String {
    match outcome {
        Ok(Judgement::Connected(_)) => "nothing".to_owned(),
        Ok(Judgement::Ask(assessment, _) | Judgement::Refused(assessment, _)) => assessment.codes(),
        Err(error) => error.to_string(),
    }
}
