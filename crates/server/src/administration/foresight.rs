//! What a change will lead to, said to the administrator who makes it.

use std::collections::BTreeSet;

use countersign_protocol::EndpointProfile;
use countersign_trust::{Host, InvalidCertificateAction, Problem as Flaw, ProblemKind};
use countersign_words::Words;
use rustls_pki_types::CertificateDer;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Administration;
use super::pre_flight::{Plan, rules};
use crate::counted::endpoints;
use crate::forecast::{Forecast, Outcome, Reason, ShownKind};
use crate::problem::Problem;
use crate::served_certificate::ServerCertificate;
use crate::store::{Concerned, Scanned};

/// What was changed, and what the administrator should know about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WithWarnings<T> {
    #[serde(flatten)]
    pub(crate) changed: T,
    /// Whole sentences; none when there is nothing to warn of.
    pub(crate) warnings: Vec<String>,
}

impl<T> WithWarnings<T> {
    /// The warnings are logged, too.
    pub(super) fn new(changed: T, warnings: Vec<String>) -> Self {
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
        Self { changed, warnings }
    }
}

/// What agents with the roots of this computer would find wrong with a certificate.
#[derive(Debug)]
pub(super) struct Judgement {
    /// None when that depends on the name of the server, which is not known.
    pub(super) valid: Option<bool>,
    flaws: Vec<Flaw>,
}

impl Judgement {
    /// What agents will find wrong, if anything.
    pub(super) fn warning(&self, certificate: &str) -> Option<String> {
        if self.flaws.is_empty() {
            return None;
        }
        let words = Words::english();
        let flaws: Vec<String> =
            self.flaws.iter().map(|flaw| words.problem_summary(flaw).to_string()).collect();
        let kinds = codes(&self.kinds());
        Some(format!("Agents will find {certificate} not valid ({kinds}): {}", flaws.join(" ")))
    }

    /// What this computer finds, to be shown beside what agents have answered.
    pub(super) fn by_this_computer(&self) -> String {
        match self.warning("it") {
            _ if self.valid == Some(true) => "This computer finds it valid.".to_owned(),
            Some(_) => format!("This computer finds it not valid ({}).", codes(&self.kinds())),
            None => {
                "Whether it is valid depends on the name of this server, which is not set (“server_name”)."
                    .to_owned()
            }
        }
    }

    fn kinds(&self) -> BTreeSet<ProblemKind> {
        self.flaws.iter().map(Flaw::kind).collect()
    }
}

/// How endpoints come to go by deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    /// Their profile says so.
    ByProfile,
    /// They try it, ring by ring, while their profile says something else.
    OnTrial,
}

/// Which endpoints a certificate keeps away because they go by deny, by what their agents have said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Denial {
    kinds: BTreeSet<ProblemKind>,
    /// So many are connected, and do not find it valid.
    connected: u64,
    /// So many others do not.
    absent: u64,
    /// So many find it valid.
    content: u64,
    /// So many have not said what they find.
    unknown: u64,
}

impl Denial {
    fn count(&mut self, alike: &Scanned, forecast: &Forecast) {
        let place = match (forecast.outcome, forecast.reason) {
            (Outcome::CutOff, Reason::DeniedByProfile) if alike.is_connected() => &mut self.connected,
            (Outcome::CutOff, Reason::DeniedByProfile) => &mut self.absent,
            (Outcome::ConnectsSilently, _) => &mut self.content,
            (Outcome::Unknown, _) => &mut self.unknown,
            // That has another reason than what the profile says.
            (Outcome::CutOff | Outcome::Asked, _) => return,
        };
        *place += alike.number();
        if forecast.outcome == Outcome::CutOff {
            self.kinds.extend(&forecast.problems);
        }
    }

    fn warnings(&self, shown: ShownKind, denied: Denied) -> Vec<String> {
        match denied {
            Denied::ByProfile => self.warnings_of_profile(shown),
            Denied::OnTrial => self.warnings_of_trial(),
        }
    }

    /// What a certificate does to endpoints that try deny.
    fn warnings_of_trial(&self) -> Vec<String> {
        let kept_away = match self.connected + self.absent {
            0 => None,
            number => Some(format!(
                "The certificate that is served is not valid ({}) at {}: such an endpoint cannot connect by deny, and goes back to the \
                 former action when its trial is over.",
                codes(&self.kinds),
                endpoints(number)
            )),
        };
        let unknown = match self.unknown {
            0 => None,
            1 => Some(
                "1 endpoint that is to go by deny has not judged the certificate that is served, and cannot connect by it if it finds \
                 the certificate not valid."
                    .to_owned(),
            ),
            number => Some(format!(
                "{number} endpoints that are to go by deny have not judged the certificate that is served, and cannot connect by it if \
                 they find the certificate not valid."
            )),
        };
        kept_away.into_iter().chain(unknown).collect()
    }

    fn warnings_of_profile(&self, shown: ShownKind) -> Vec<String> {
        const CANNOT: &str = "endpoints whose profile says deny cannot connect until it is.";
        let consequence = match (self.connected, self.absent) {
            // No agent finds the built-in certificate valid, also those that are not there yet.
            (0, 0) if shown == ShownKind::BuiltIn && self.content + self.unknown == 0 => {
                Some(CANNOT.to_owned())
            }
            (0, 0) => None,
            (0, _) => Some(CANNOT.to_owned()),
            (1, _) => Some(
                "1 connected endpoint whose profile says deny will disconnect and stay offline until it is."
                    .to_owned(),
            ),
            (connected, _) => Some(format!(
                "{connected} connected endpoints whose profile says deny will disconnect and stay offline until it is."
            )),
        };
        let kinds = if self.kinds.is_empty() { String::new() } else { format!(" ({})", codes(&self.kinds)) };
        let denied = consequence
            .map(|consequence| format!("The certificate that is served is not valid{kinds}: {consequence}"));
        let unknown = match self.unknown {
            0 => None,
            1 => Some(
                "1 endpoint whose profile says deny has not judged the certificate that is served, and cannot connect if it finds it \
                 not valid."
                    .to_owned(),
            ),
            number => Some(format!(
                "{number} endpoints whose profile says deny have not judged the certificate that is served, and cannot connect if \
                 they find it not valid."
            )),
        };
        denied.into_iter().chain(unknown).collect()
    }
}

fn codes(kinds: &BTreeSet<ProblemKind>) -> String {
    kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Administration {
    /// What agents with the roots of this computer would find wrong. Without a name of the server, what they would find
    /// under any name.
    pub(super) fn judge(&self, certificate: &ServerCertificate) -> Judgement {
        self.judge_chain(&certificate.key.cert)
    }

    /// As [`Administration::judge`], of a chain.
    pub(super) fn judge_chain(&self, chain: &[CertificateDer<'_>]) -> Judgement {
        let name = self.server_name.as_ref();
        let assessment = match name {
            Some(host) => self.assess_as(host, chain),
            None => Host::new("localhost").ok().and_then(|host| self.assess_as(&host, chain)),
        };
        let about_name =
            |flaw: &Flaw| matches!(flaw.kind(), ProblemKind::NameMismatch | ProblemKind::WildcardTooBroad);
        let assessed = assessment.is_some();
        let mut flaws = assessment.map(|found| found.problems).unwrap_or_default();
        if name.is_none() {
            flaws.retain(|flaw| !about_name(flaw));
        }
        let valid = if flaws.is_empty() { (assessed && name.is_some()).then_some(true) } else { Some(false) };
        Judgement { valid, flaws }
    }

    /// Whether endpoints with this profile do not connect when the certificate is not valid.
    pub(super) fn denies(profile: &EndpointProfile) -> bool {
        profile.invalid_certificate_action == InvalidCertificateAction::Deny
    }

    /// What endpoints do that have this profile, or are given it.
    pub(super) async fn warn_of_profile(
        &self,
        profile: &EndpointProfile,
        concerned: Concerned,
    ) -> Vec<String> {
        self.warn_of_rules(profile, concerned, Denied::ByProfile).await
    }

    /// What endpoints do that get this profile on trial.
    pub(super) async fn warn_of_trial(&self, profile: &EndpointProfile, concerned: Concerned) -> Vec<String> {
        self.warn_of_rules(profile, concerned, Denied::OnTrial).await
    }

    async fn warn_of_rules(
        &self,
        profile: &EndpointProfile,
        concerned: Concerned,
        denied: Denied,
    ) -> Vec<String> {
        if !Self::denies(profile) {
            return Vec::new();
        }
        let plan = self.plan_as_now().await.map(|mut plan| {
            plan.changed.insert(profile.id.to_string(), rules(profile));
            plan.concerned = concerned;
            plan
        });
        self.warn_of(plan, denied).await
    }

    /// What endpoints do that are shown this certificate from now on.
    pub(super) async fn warn_of_denial(
        &self,
        certificate: &ServerCertificate,
    ) -> Result<Vec<String>, Problem> {
        let profiles = self.telemetry.store.profiles().await?.into_iter().map(|profile| profile.document);
        let denying: Vec<Uuid> = profiles.filter(Self::denies).map(|profile| profile.id).collect();
        if denying.is_empty() {
            return Ok(Vec::new());
        }
        let plan = self.plan_to_show(certificate).await.map(|mut plan| {
            plan.concerned = Concerned::Profiles(denying);
            plan
        });
        Ok(self.warn_of(plan, Denied::ByProfile).await)
    }

    /// The change is made: that nobody knows what it does is no reason to say that it was not.
    async fn warn_of(&self, plan: Result<Plan, Problem>, denied: Denied) -> Vec<String> {
        let foretold = async {
            let plan = plan?;
            let mut denial = Denial::default();
            self.foretell_all(&plan, |alike, forecast| denial.count(alike, forecast)).await?;
            Ok::<_, Problem>(denial.warnings(plan.shown.kind, denied))
        };
        foretold.await.unwrap_or_else(|problem| {
            vec![format!("Which endpoints this keeps away could not be found out. {}", problem.detail())]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENIED: &str = "The certificate that is served is not valid (self_signed): ";
    const UNKNOWN: &str =
        "have not judged the certificate that is served, and cannot connect if they find it not valid.";

    const BACK: &str = "goes back to the former action when its trial is over.";

    /// How each sentence begins and ends.
    type Sentences = &'static [(&'static str, &'static str)];

    #[test]
    fn what_agents_have_said_is_said_of_a_trial() {
        let denial = |connected, absent, unknown| Denial {
            kinds: BTreeSet::from([ProblemKind::SelfSigned]),
            connected,
            absent,
            content: 1,
            unknown,
        };
        let table: [(Denial, Sentences); 4] = [
            (denial(0, 0, 0), &[]),
            (denial(0, 0, 1), &[("1 endpoint that is to go by deny has not judged", "not valid.")]),
            (denial(0, 0, 2), &[("2 endpoints that are to go by deny have not judged", "not valid.")]),
            (
                denial(1, 2, 2),
                &[
                    ("The certificate that is served is not valid (self_signed) at 3 endpoints: ", BACK),
                    ("2 endpoints ", "not valid."),
                ],
            ),
        ];
        for (denial, expected) in table {
            let warnings = denial.warnings(ShownKind::BuiltIn, Denied::OnTrial);
            assert_eq!(warnings.len(), expected.len(), "{denial:?}: {warnings:?}");
            for (warning, (begin, end)) in warnings.iter().zip(expected) {
                assert!(warning.starts_with(begin) && warning.ends_with(end), "{denial:?}: {warning}");
                assert!(!warning.contains("profile says"), "{warning}");
            }
        }
    }

    #[test]
    fn what_agents_have_said_is_said() {
        use ShownKind::{BuiltIn, SslCertificate};
        let denial = |connected, absent, content, unknown| Denial {
            kinds: BTreeSet::from([ProblemKind::SelfSigned]),
            connected,
            absent,
            content,
            unknown,
        };
        let table: [(Denial, ShownKind, Sentences); 10] = [
            (denial(0, 0, 0, 0), SslCertificate, &[]),
            (
                denial(0, 0, 0, 0),
                BuiltIn,
                &[(DENIED, "endpoints whose profile says deny cannot connect until it is.")],
            ),
            (denial(0, 0, 3, 0), BuiltIn, &[]),
            (denial(0, 0, 3, 0), SslCertificate, &[]),
            (denial(0, 4, 3, 0), SslCertificate, &[(DENIED, "cannot connect until it is.")]),
            (
                denial(1, 4, 3, 0),
                SslCertificate,
                &[(DENIED, "will disconnect and stay offline until it is.")],
            ),
            (
                denial(2, 0, 0, 0),
                SslCertificate,
                &[(
                    DENIED,
                    "2 connected endpoints whose profile says deny will disconnect and stay offline until it is.",
                )],
            ),
            (
                denial(0, 0, 0, 1),
                SslCertificate,
                &[("1 endpoint", "cannot connect if it finds it not valid.")],
            ),
            (denial(0, 0, 9, 2), BuiltIn, &[("2 endpoints", UNKNOWN)]),
            (denial(1, 0, 0, 2), SslCertificate, &[(DENIED, "until it is."), ("2 endpoints", UNKNOWN)]),
        ];
        for (denial, shown, expected) in table {
            let warnings = denial.warnings(shown, Denied::ByProfile);
            assert_eq!(warnings.len(), expected.len(), "{denial:?}: {warnings:?}");
            for (warning, (begin, end)) in warnings.iter().zip(expected) {
                assert!(warning.starts_with(begin) && warning.ends_with(end), "{denial:?}: {warning}");
            }
        }
    }
}
