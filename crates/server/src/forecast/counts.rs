//! How many endpoints there are of each outcome.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outcome::Outcome;

/// How many endpoints there are of each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct OutcomeCounts {
    /// Connect, and nobody notices anything.
    pub(crate) connects_silently: u64,
    /// Ask their people. Until these allow it, they do not connect.
    pub(crate) asked: u64,
    /// Do not connect, and nobody is asked.
    pub(crate) cut_off: u64,
    /// No agent has said what this rests on.
    pub(crate) unknown: u64,
}

impl OutcomeCounts {
    fn place(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::ConnectsSilently => &mut self.connects_silently,
            Outcome::Asked => &mut self.asked,
            Outcome::CutOff => &mut self.cut_off,
            Outcome::Unknown => &mut self.unknown,
        }
    }

    pub(crate) fn add(&mut self, outcome: Outcome, endpoints: u64) {
        *self.place(outcome) += endpoints;
    }

    /// How many have this outcome.
    pub(crate) fn of(mut self, outcome: Outcome) -> u64 {
        *self.place(outcome)
    }

    /// How many endpoints the change concerns.
    pub(crate) fn total(self) -> u64 {
        Outcome::ALL.map(|outcome| self.of(outcome)).iter().sum()
    }
}
