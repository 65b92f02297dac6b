//! How much worse off endpoints would be with another certificate than with the one that they are shown now.
//!
//! It is compared endpoint by endpoint: one that is cut off is not made good by another one that comes back.

use countersign_protocol::custom;
use time::OffsetDateTime;

use super::known;
use super::walk::TO_BEGIN;
use crate::administration::Administration;
use crate::forecast::{Awaited, CertificateComparison, Effect, Shown, ShownKind, effect, foretell};
use crate::problem::Problem;
use crate::store::{Scanned, Stretch, moment};

/// Whether an answer of its agent is to be expected.
fn awaited(row: &Scanned, seen_since: OffsetDateTime) -> Awaited {
    let can_be_asked = row.custom_capabilities.split(' ').any(|capability| capability == custom::REHEARSAL);
    if can_be_asked && (row.is_connected() || moment(row.last_seen) >= seen_since) {
        Awaited::Yes
    } else {
        Awaited::No
    }
}

impl Administration {
    /// Holds a certificate of the inventory against the one that agents are shown, which is returned, too. Endpoints are awaited that
    /// were here since the given moment.
    pub(in crate::administration) async fn compare_with_present(
        &self,
        id: &str,
        seen_since: OffsetDateTime,
    ) -> Result<(CertificateComparison, Shown), Problem> {
        let present = self.plan_as_now().await?.shown;
        let plan = self.plan_of_certificate(id).await?;
        let _turn = self.turn_to_walk(TO_BEGIN).await?;
        let now = self.now();
        // What was not the SSL certificate does not become it by expiring.
        let expired = present.once_expired(now).filter(|_| present.kind == ShownKind::SslCertificate);
        let mut found = CertificateComparison::default();
        let compare = |stretch: &Stretch, row: &Scanned| {
            let Some(rules) = plan.rules_then(row, stretch) else { return };
            let evidence = known::evidence(row, &plan.rules_now);
            let foretold = |shown: &Shown, at| foretell(&evidence, shown, rules, at);
            let (before, after) = (foretold(&present, now), foretold(&plan.shown, now));
            found.present.add(before.outcome, row.number());
            found.next.add(after.outcome, row.number());
            found.add(effect(&before, &after), row.number(), awaited(row, seen_since));
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
