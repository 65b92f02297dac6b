//! The state of the whole installation at a glance.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use countersign_trust::InvalidCertificateAction;
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use super::{Administration, tightening_words};
use crate::counted;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{EndpointCounts, Standing, Tightening};

/// A certificate that ends sooner needs attention.
const SOON: Duration = Duration::days(30);

/// The state of the whole installation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    pub(crate) online: u64,
    pub(crate) offline: u64,
    /// Of those that are not connected: have not come back since the server's certificate was changed, though there was time.
    pub(crate) not_back: u64,
    /// How the endpoints trust this server: of those that are connected, and for `asked`, `refused` and `too_old` of those that are
    /// not. The words are those of `standing` of an endpoint.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub(crate) by_standing: BTreeMap<Standing, u64>,
    /// When the certificates of this server end, the one that is served first.
    pub(crate) certificates: Vec<CertificateEnd>,
    /// What an administrator should see to, in whole sentences, the most urgent first.
    pub(crate) attention: Vec<Attention>,
}

/// When a certificate of this server ends.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificateEnd {
    /// `ssl` or `built_in`.
    pub(crate) kind: &'static str,
    /// Whether agents are shown it.
    pub(crate) served: bool,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) not_after: OffsetDateTime,
    /// Whole days left; negative once it has ended.
    pub(crate) days_left: i64,
}

/// Something to see to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Attention {
    pub(crate) urgency: Urgency,
    /// What it is, in whole sentences.
    pub(crate) text: String,
    /// Where in the console it can be seen to.
    #[schema(value_type = String)]
    pub(crate) place: Cow<'static, str>,
}

/// How soon something should be seen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Urgency {
    /// Endpoints are cut off, or will be.
    Now,
    /// It will matter.
    Soon,
    /// It could be better.
    Sometime,
}

impl Administration {
    /// The state of the whole installation.
    pub(crate) async fn overview(&self, caller: &Caller) -> Result<Overview, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let store = &self.telemetry.store;
        let counts = store.count_endpoints().await?;
        let not_back = store.count_away(self.now()).await?.not_back;
        let actions: Vec<InvalidCertificateAction> = store
            .profiles()
            .await?
            .iter()
            .map(|profile| profile.document.invalid_certificate_action)
            .collect();
        let certificates = self.certificate_ends().await?;
        let renews = if self.renews_itself().await? { Renews::ByItself } else { Renews::ByHand };
        let mut attention = of_certificates(&certificates, renews);
        attention.extend(self.automation_attention().await?);
        attention.extend(of_endpoints(&counts));
        attention.extend(of_absence(not_back));
        let licence = self.licence_for(counts.online + counts.offline).await?;
        attention.extend(licence.attention(self.now()));
        attention.extend(of_actions(&actions));
        attention.extend(of_tightenings(&store.tightenings(None).await?, self.now()));
        attention.sort_by_key(|attention| attention.urgency);
        Ok(Overview {
            online: counts.online,
            offline: counts.offline,
            not_back,
            by_standing: counts.by_standing,
            certificates,
            attention,
        })
    }

    /// When the certificates of this server end, the one that is served first.
    pub(super) async fn certificate_ends(&self) -> Result<Vec<CertificateEnd>, Problem> {
        let mut views = vec![("built_in", self.view(&self.built_in.key.cert, None)?)];
        if let Some(kept) = self.telemetry.store.ssl_certificate().await? {
            views.push(("ssl", self.view_of_kept(&kept)?));
        }
        let now = self.now();
        let mut ends: Vec<CertificateEnd> = views
            .into_iter()
            .filter_map(|(kind, view)| {
                let not_after = view.not_after?;
                let days_left = (not_after - now).whole_days();
                Some(CertificateEnd { kind, served: view.served, not_after, days_left })
            })
            .collect();
        ends.sort_by_key(|end| !end.served);
        Ok(ends)
    }
}

/// Whether the SSL certificate is renewed without anybody doing anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renews {
    ByItself,
    ByHand,
}

fn of_certificates(certificates: &[CertificateEnd], renews: Renews) -> Vec<Attention> {
    // One that will be renewed in time need not be seen to.
    let cared_for = |certificate: &CertificateEnd| {
        renews == Renews::ByItself && certificate.kind == "ssl" && certificate.days_left >= 0
    };
    let served = certificates.iter().filter(|certificate| certificate.served && !cared_for(certificate));
    served
        .filter_map(|certificate| {
            let (urgency, text) = if certificate.days_left < 0 {
                (Urgency::Now, "The certificate that agents are shown has expired.".to_owned())
            } else if Duration::days(certificate.days_left) < SOON {
                let days = certificate.days_left;
                (Urgency::Soon, format!("The certificate that agents are shown expires in {days} days."))
            } else {
                return None;
            };
            Some(Attention { urgency, text, place: "/system-settings/server".into() })
        })
        .collect()
}

fn of_endpoints(counts: &EndpointCounts) -> Vec<Attention> {
    let number = |standing| counts.by_standing.get(&standing).copied().unwrap_or_default();
    let mut found = Vec::new();
    for (count, urgency, says, place) in [
        (
            number(Standing::Refused),
            Urgency::Now,
            "cut off: the certificate is not valid there, and the profile says Deny.",
            "/endpoints?standing=refused",
        ),
        (
            number(Standing::TooOld),
            Urgency::Now,
            "cut off: the agent does not validate certificates, and the SSL certificate is used for endpoint control.",
            "/endpoints?standing=too_old",
        ),
        (
            number(Standing::Asked),
            Urgency::Now,
            "with a question: their people were asked about the certificate and have not allowed it.",
            "/endpoints?standing=asked",
        ),
        (
            number(Standing::Unverified),
            Urgency::Soon,
            "with nothing that proves who this server is: the certificate is not valid there.",
            "/endpoints?standing=unverified",
        ),
        (
            counts.profile_failed,
            Urgency::Soon,
            "with an endpoint profile that could not be applied.",
            "/endpoints?profile_status=failed",
        ),
    ] {
        if count > 0 {
            let text = format!("{} {says}", counted::endpoints(count));
            found.push(Attention { urgency, text, place: place.into() });
        }
    }
    found
}

fn of_absence(not_back: u64) -> Option<Attention> {
    (not_back > 0).then(|| Attention {
        urgency: Urgency::Now,
        text: counted::not_back(not_back),
        place: "/endpoints?connection=certificate_changed".into(),
    })
}

/// Of each profile, the latest tightening, if somebody has to decide on it.
fn of_tightenings(tightenings: &[Tightening], now: OffsetDateTime) -> Vec<Attention> {
    let mut seen = BTreeSet::new();
    let latest = tightenings.iter().filter(|tightening| seen.insert(tightening.profile));
    latest.filter_map(|tightening| tightening_words::attention(tightening, now)).collect()
}

fn of_actions(actions: &[InvalidCertificateAction]) -> Option<Attention> {
    let allowing = actions.iter().filter(|action| **action == InvalidCertificateAction::Allow).count();
    (allowing > 0).then(|| Attention {
        urgency: Urgency::Sometime,
        text: format!(
            "{} certificates that are not valid. That is meant for an upgrade; set Warn once the server has a valid certificate.",
            counted::counted(allowing as u64, "endpoint profile allows", "endpoint profiles allow")
        ),
        place: "/endpoint-profiles".into(),
    })
}
