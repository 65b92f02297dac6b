//! Of what agents report, what a forecast rests on: so much is kept beside the whole reports. These are long, and each is different;
//! of what is kept here, most endpoints of a fleet have the same.

use countersign_protocol::{CertificateReport, RememberedAtEndpoint, RememberedReport, ReportedDecision};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::evidence::Found;

/// Of a certificate report, what a forecast rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reported {
    pub(crate) assessment: Found,
    pub(crate) decision: ReportedDecision,
}

impl Reported {
    pub(crate) fn of(report: &CertificateReport) -> Self {
        Self { assessment: (&report.assessment).into(), decision: report.decision }
    }
}

/// What a person has allowed, as if all had done so at the same time, and without the names in the certificates. A forecast is the same
/// as long as what is allowed holds until the certificate changes.
pub(crate) fn without_when(report: &RememberedReport) -> RememberedReport {
    let certificates = report.certificates.iter().map(|allowed| RememberedAtEndpoint {
        since: OffsetDateTime::UNIX_EPOCH,
        subject: String::new(),
        issuer: String::new(),
        ..allowed.clone()
    });
    RememberedReport { certificates: certificates.collect() }
}

#[cfg(test)]
mod tests {
    use countersign_trust::{RememberLimit, RememberOptions};
    use proptest::prelude::*;

    use super::*;
    use crate::forecast::tests::{NOW, any_action, any_evidence, any_shown};
    use crate::forecast::{Evidence, Permissions, Rules, foretell};

    proptest! {
        #[test]
        fn when_something_was_allowed_does_not_matter_while_it_holds_until_the_certificate_changes(
            evidence in any_evidence(), shown in any_shown(), action in any_action(), ages in proptest::array::uniform3(0..400_i64),
        ) {
            let remember = RememberOptions { longest: RememberLimit::UntilChanged, ..RememberOptions::default() };
            let in_force = evidence.in_force.map(|now| Rules { remember, ..now });
            let mut evidence = Evidence { in_force, ..evidence };
            if let Permissions::Reported { certificates, .. } = &mut evidence.permissions {
                for (certificate, days) in certificates.iter_mut().zip(ages) {
                    certificate.since = NOW - time::Duration::days(days);
                }
            }
            let mut shortened = evidence.clone();
            if let Permissions::Reported { certificates, .. } = &mut shortened.permissions {
                *certificates = without_when(&RememberedReport { certificates: certificates.clone() }).certificates;
            }
            let rules = Rules { action, remember };
            prop_assert_eq!(foretell(&shortened, &shown, rules, NOW), foretell(&evidence, &shown, rules, NOW));
        }
    }
}
