//! How much worse off endpoints would be with another certificate than with the one that they are shown now.
//!
//! It is compared endpoint by endpoint: one that is cut off is not made good by another one that comes back.

use countersign_protocol::custom;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::walk::TO_BEGIN;
use super::{OutcomeCounts, endpoints_in_words, known};
use crate::administration::Administration;
use crate::forecast::{Effect, Shown, ShownKind, effect, foretell};
use crate::problem::Problem;
use crate::store::{Scanned, Stretch, moment};

/// What would become of the endpoints with another certificate, beside what becomes of them with the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Comparison {
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

impl Comparison {
    /// How many are known to be worse off.
    pub(crate) fn worse(&self) -> u64 {
        self.cut_off.saturating_add(self.asked)
    }

    /// Who would be worse off, as the beginning of a sentence: “2 endpoints would be cut off and 1 endpoint would be asked”.
    pub(crate) fn worse_in_words(&self) -> String {
        match (self.cut_off, self.asked) {
            (0, asked) => format!("{} would be asked", endpoints_in_words(asked)),
            (cut_off, 0) => format!("{} would be cut off", endpoints_in_words(cut_off)),
            (cut_off, asked) => format!(
                "{} would be cut off and {} would be asked",
                endpoints_in_words(cut_off),
                endpoints_in_words(asked)
            ),
        }
    }

    fn add(&mut self, effect: Effect, row: &Scanned, seen_since: OffsetDateTime) {
        let place = match effect {
            Effect::NoWorse => return,
            Effect::CutOff => &mut self.cut_off,
            Effect::Asked => &mut self.asked,
            Effect::NotKnown if is_awaited(row, seen_since) => &mut self.awaited,
            Effect::NotKnown => &mut self.not_known,
        };
        *place += row.number();
    }
}

/// Whether an answer of its agent is to be expected.
fn is_awaited(row: &Scanned, seen_since: OffsetDateTime) -> bool {
    let can_be_asked = row.custom_capabilities.split(' ').any(|capability| capability == custom::REHEARSAL);
    can_be_asked && (row.is_connected() || moment(row.last_seen) >= seen_since)
}

impl Administration {
    /// Holds a certificate of the inventory against the one that agents are shown, which is returned, too. Endpoints are awaited that
    /// were here since the given moment.
    pub(in crate::administration) async fn compare_with_present(
        &self,
        id: &str,
        seen_since: OffsetDateTime,
    ) -> Result<(Comparison, Shown), Problem> {
        let present = self.plan_as_now().await?.shown;
        let plan = self.plan_of_certificate(id).await?;
        let _turn = self.turn_to_walk(TO_BEGIN).await?;
        let now = self.now();
        // What was not the SSL certificate does not become it by expiring.
        let expired = present.once_expired(now).filter(|_| present.kind == ShownKind::SslCertificate);
        let mut found = Comparison::default();
        let compare = |stretch: &Stretch, row: &Scanned| {
            let Some(rules) = plan.rules_then(row, stretch) else { return };
            let evidence = known::evidence(row, &plan.rules_now);
            let foretold = |shown: &Shown, at| foretell(&evidence, shown, rules, at);
            let (before, after) = (foretold(&present, now), foretold(&plan.shown, now));
            found.present.add(before.outcome, row.number());
            found.next.add(after.outcome, row.number());
            found.add(effect(&before, &after), row, seen_since);
            if let Some((expired, at)) = &expired {
                let worse = effect(&foretold(expired, *at), &foretold(&plan.shown, *at));
                if matches!(worse, Effect::CutOff | Effect::Asked) {
                    found.worse_than_expired += row.number();
                }
            }
        };
        self.look_at_all(&plan.scan().comparing(present.into(), seen_since), compare).await?;
        if expired.is_none() {
            found.worse_than_expired = found.worse();
        }
        Ok((found, present))
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
            let found = Comparison { cut_off, asked, ..Comparison::default() };
            assert_eq!(found.worse_in_words(), expected);
            assert_eq!(found.worse(), cut_off + asked);
        }
    }
}
