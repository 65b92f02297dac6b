//! How far the certificate authority's work is, as it is kept: a server that is started in the middle carries on.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use super::failure::{AcmeFailure, FailureKind};
use super::verdict::CommitReason;
use crate::forecast::CertificateComparison;

/// Why a certificate is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderCause {
    /// An administrator has asked for it.
    Import,
    /// The one that there is will end.
    Renewal,
}

/// What is being done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderStage {
    /// Nothing.
    #[default]
    Resting,
    /// A certificate is to be ordered.
    Wanted,
    /// It is ordered; the authority convinces itself that the domain belongs to this server, or issues it.
    Ordered,
    /// It is issued, and the agents that are connected judge it before anybody is shown it.
    Rehearsing,
    /// Those that have judged it are no worse off; others that have been here of late are waited for.
    Awaiting,
    /// Some endpoints would be cut off or asked that are not now, so that it is not shown by itself.
    HeldBack,
}

/// From where it is known when to renew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RenewalSource {
    /// The certificate authority says so (RFC 9773).
    Authority,
    /// A third of the lifetime is left.
    Lifetime,
}

/// The certificate that was issued last and became the SSL certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Issued {
    pub(crate) fingerprint: String,
    /// By which the authority knows it (RFC 9773, section 4.1).
    pub(crate) authority_id: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) not_before: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) not_after: OffsetDateTime,
}

/// A certificate that was issued, and that nobody is shown yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IssuedCandidate {
    /// By which it is known among the certificates of the server.
    pub(crate) certificate: Uuid,
    pub(crate) issued: Issued,
    /// When it was issued.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) issued_at: OffsetDateTime,
    /// Until when the agents that are connected may judge it.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) rehearsed_until: OffsetDateTime,
    /// Until when those that are not connected are waited for.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) awaited_until: OffsetDateTime,
    /// When it is looked at next.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) look_at: OffsetDateTime,
    /// What was found when it was looked at last, and when.
    pub(crate) foretold: Option<Foretold>,
}

/// What would become of the endpoints, as it was foretold at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Foretold {
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: OffsetDateTime,
    #[serde(flatten)]
    pub(crate) comparison: CertificateComparison,
}

/// How the certificate that was issued last became the SSL certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Commitment {
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: OffsetDateTime,
    pub(crate) reason: CommitReason,
    /// What was foretold then, if anybody was to be asked.
    pub(crate) foretold: Option<CertificateComparison>,
}

/// When it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Schedule {
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) renew_at: OffsetDateTime,
    pub(crate) source: RenewalSource,
    /// When the authority is asked again whether that still holds.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) ask_again_at: OffsetDateTime,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Progress {
    pub(crate) stage: OrderStage,
    pub(crate) cause: Option<OrderCause>,
    /// The address of the order at the authority, once it is ordered.
    pub(crate) order_url: Option<String>,
    /// So many attempts have failed in a row.
    pub(crate) failures: u32,
    /// Not before then is it tried again.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) not_before: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) last_attempt: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) last_success: Option<OffsetDateTime>,
    /// What stood in the way of the last attempt; none once one has succeeded.
    pub(crate) last_failure: Option<AcmeFailure>,
    pub(crate) issued: Option<Issued>,
    pub(crate) schedule: Option<Schedule>,
    /// A certificate that was issued after that one, and that nobody is shown yet.
    pub(crate) candidate: Option<IssuedCandidate>,
    /// How the last one became the SSL certificate.
    pub(crate) commitment: Option<Commitment>,
}

impl Progress {
    /// As an administrator wants it who asks for a certificate now.
    pub(crate) fn wanted(self, cause: OrderCause) -> Self {
        Self {
            stage: OrderStage::Wanted,
            cause: Some(cause),
            order_url: None,
            failures: 0,
            not_before: None,
            last_failure: None,
            candidate: None,
            ..self
        }
    }

    /// As it stands once somebody has chosen another certificate than one that is ordered and not issued yet. None if nothing is.
    ///
    /// Where the authority has issued one before, that another one is used is said anyway.
    pub(crate) fn given_up(self, now: OffsetDateTime) -> Option<Self> {
        let text = "Another SSL certificate was committed while one was ordered from the certificate authority, so that the order was \
                    given up. To have one from the authority all the same, order it again.";
        match self.stage {
            OrderStage::Wanted | OrderStage::Ordered => Some(Self {
                stage: OrderStage::Resting,
                cause: None,
                order_url: None,
                // A renewal that was left alone for a while is so also when somebody comes back to what it would have replaced.
                schedule: self.schedule.map(|schedule| Schedule {
                    renew_at: schedule.renew_at.max(self.not_before.unwrap_or(schedule.renew_at)),
                    ..schedule
                }),
                not_before: None,
                last_failure: match self.issued {
                    Some(_) => self.last_failure,
                    None => Some(AcmeFailure::own(FailureKind::Lasting, text, now)),
                },
                candidate: None,
                ..self
            }),
            OrderStage::Resting | OrderStage::Rehearsing | OrderStage::Awaiting | OrderStage::HeldBack => {
                None
            }
        }
    }

    /// The lifetime of the certificate that was issued last.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        self.issued.as_ref().map(|issued| issued.not_after - issued.not_before)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);

    #[test]
    fn a_renewal_that_is_given_up_is_left_alone_as_long_as_before() {
        let hours = |hours| NOW + Duration::hours(hours);
        let passing = AcmeFailure::own(FailureKind::Passing, "It was busy.", NOW);
        let issued = Issued {
            fingerprint: String::new(),
            authority_id: None,
            not_before: NOW - Duration::days(60),
            not_after: NOW + Duration::days(30),
        };
        for (not_before, renew_at, expected) in [
            (Some(hours(2)), hours(-1), hours(2)),
            (Some(hours(2)), hours(3), hours(3)),
            (None, hours(-1), hours(-1)),
        ] {
            let schedule = Schedule { renew_at, source: RenewalSource::Lifetime, ask_again_at: NOW };
            let renewing = Progress {
                stage: OrderStage::Ordered,
                cause: Some(OrderCause::Renewal),
                order_url: Some("https://acme.example/order".to_owned()),
                failures: 3,
                not_before,
                last_failure: Some(passing.clone()),
                issued: Some(issued.clone()),
                schedule: Some(schedule),
                ..Progress::default()
            };
            let given_up = renewing.given_up(NOW).unwrap();
            assert_eq!(given_up.schedule, Some(Schedule { renew_at: expected, ..schedule }));
            assert_eq!(
                (given_up.stage, given_up.cause, given_up.order_url),
                (OrderStage::Resting, None, None)
            );
            // What stood in the way still counts: somebody comes back to the certificate that ends.
            assert_eq!((given_up.failures, given_up.last_failure), (3, Some(passing.clone())));
        }
    }
}
