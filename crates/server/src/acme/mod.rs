//! The SSL certificate from a certificate authority, by ACME (RFC 8555): ordered, installed and renewed without a person.

mod account;
mod attempt;
mod candidate;
mod challenge;
mod client;
mod failure;
mod obstacles;
mod probe;
mod progress;
mod renewal;
mod repeated;
mod schedule;
mod settings;
mod surroundings;
mod task;
mod unreachable;
mod verdict;

use tokio::sync::Notify;

pub(crate) use account::hmac_key;
pub(crate) use challenge::{ALPN, Challenges};
pub(crate) use client::{AcmeClient, check_address, roots};
pub(crate) use failure::AcmeFailure;
pub(crate) use obstacles::{Obstacle, ObstacleKind, no_agreement, obstacles};
pub(crate) use progress::{
    Commitment, Foretold, IssuedCandidate, OrderCause, OrderStage, Progress, RenewalSource,
};
pub(crate) use renewal::issued;
pub(crate) use schedule::{Alarm, InUse, alarm, renew_candidate_at};
pub(crate) use settings::{AcmeSettings, AutoRenew, ChallengeKind, LETS_ENCRYPT};
pub(crate) use surroundings::{AskedPorts, Surroundings, Wish};
pub(crate) use task::{Orders, renews_itself};
pub(crate) use verdict::{CommitReason, TimeToJudge, Validity, Verdict, verdict};

/// Wakes the task that orders certificates.
#[derive(Debug, Default)]
pub(crate) struct AcmeBell(Notify);

impl AcmeBell {
    /// There may be something to do.
    pub(crate) fn ring(&self) {
        self.0.notify_one();
    }

    async fn wanted(&self) {
        self.0.notified().await;
    }
}
