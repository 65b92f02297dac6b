//! How many endpoints would be worse off with another certificate than with the one that they are shown now.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::compare::Effect;
use super::counts::OutcomeCounts;
use crate::counted::endpoints;

/// Whether an answer of an agent is to be expected that has not judged the next certificate yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    Yes,
    No,
}

/// What would become of the endpoints with another certificate, beside what becomes of them with the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CertificateComparison {
    /// With the present certificate.
    pub(crate) present: OutcomeCounts,
    /// With the next one.
    pub(crate) next: OutcomeCounts,
    /// Would be cut off by the next one, and are not by the present one.
    pub(crate) cut_off: u64,
    /// Would be asked, or may be, and are not by the present one.
    pub(crate) asked: u64,
    /// May be either; their agents have not judged the next one yet, can be asked, and have been here of late.
    pub(crate) awaited: u64,
    /// May be either, and nobody waits for them.
    pub(crate) not_known: u64,
    /// Would be cut off or asked by the next one, and would not be by the present one once it has expired.
    pub(crate) worse_than_expired: u64,
}

impl CertificateComparison {
    /// How many are known to be worse off.
    pub(crate) fn worse(&self) -> u64 {
        self.cut_off.saturating_add(self.asked)
    }

    /// Who would be worse off, as the beginning of a sentence: “2 endpoints would be cut off and 1 endpoint would be asked”.
    pub(crate) fn worse_in_words(&self) -> String {
        match (self.cut_off, self.asked) {
            (0, asked) => format!("{} would be asked", endpoints(asked)),
            (cut_off, 0) => format!("{} would be cut off", endpoints(cut_off)),
            (cut_off, asked) => {
                format!("{} would be cut off and {} would be asked", endpoints(cut_off), endpoints(asked))
            }
        }
    }

    /// Counts endpoints for which this is the effect.
    pub(crate) fn add(&mut self, effect: Effect, endpoints: u64, awaited: Awaited) {
        let place = match effect {
            Effect::NoWorse => return,
            Effect::CutOff => &mut self.cut_off,
            Effect::Asked => &mut self.asked,
            Effect::NotKnown if awaited == Awaited::Yes => &mut self.awaited,
            Effect::NotKnown => &mut self.not_known,
        };
        *place += endpoints;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_would_be_worse_off_is_said_in_words() {
        for (cut_off, asked, expected) in [
            (1, 0, "1 endpoint would be cut off"),
            (0, 2, "2 endpoints would be asked"),
            (2, 1, "2 endpoints would be cut off and 1 endpoint would be asked"),
        ] {
            let found = CertificateComparison { cut_off, asked, ..CertificateComparison::default() };
            assert_eq!(found.worse_in_words(), expected);
            assert_eq!(found.worse(), cut_off + asked);
        }
    }
}
