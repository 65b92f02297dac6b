//! What a change will lead to, said to the administrator who makes it.

use std::collections::BTreeSet;

use countersign_protocol::opamp::AgentCapabilities;
use countersign_protocol::{CertificateReport, EndpointProfile, capabilities};
use countersign_trust::{ChainDigest, Host, InvalidCertificateAction, Problem as Flaw, ProblemKind};
use countersign_words::Words;
use rustls_pki_types::CertificateDer;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Administration;
use crate::problem::Problem;
use crate::served_certificate::ServerCertificate;
use crate::store::entity::endpoint;

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
    chain: ChainDigest,
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

/// Which endpoints a certificate will keep away, if their profile says deny.
#[derive(Debug, Default)]
struct Denial {
    kinds: BTreeSet<ProblemKind>,
    /// So many of those that are connected will find it not valid.
    connected: usize,
    /// So many have found it valid: they have roots that this computer does not have.
    content: usize,
}

impl Denial {
    fn foresee(judgement: &Judgement, endpoints: &[endpoint::Model]) -> Self {
        let mut denial = Self { kinds: judgement.kinds(), ..Self::default() };
        for row in endpoints.iter().filter(|row| takes_profiles(row)) {
            let reported = row.certificate_report.as_deref();
            let reported = reported.and_then(|text| serde_json::from_str::<CertificateReport>(text).ok());
            let found = reported
                .map(|report| report.assessment)
                .filter(|found| found.chain_digest == Some(judgement.chain));
            let valid = found.as_ref().map_or(judgement.flaws.is_empty(), |found| found.problems.is_empty());
            if valid {
                denial.content += usize::from(found.is_some());
            } else if row.session.is_some() {
                denial.connected += 1;
                denial.kinds.extend(found.into_iter().flat_map(|found| found.kinds()));
            }
        }
        denial
    }

    fn warning(&self) -> Option<String> {
        if self.kinds.is_empty() {
            return None;
        }
        let consequence = match (self.connected, self.content) {
            (0, 0) => "endpoints whose profile says deny cannot connect until it is.".to_owned(),
            (0, _) => return None,
            (1, _) => {
                "1 connected endpoint whose profile says deny will disconnect and stay offline until it is."
                    .to_owned()
            }
            (connected, _) => format!(
                "{connected} connected endpoints whose profile says deny will disconnect and stay offline until it is."
            ),
        };
        Some(format!("The certificate that is served is not valid ({}): {consequence}", codes(&self.kinds)))
    }
}

fn takes_profiles(row: &endpoint::Model) -> bool {
    let capabilities = u64::from_ne_bytes(row.capabilities.to_ne_bytes());
    !row.deregistered && capabilities::agent_has(capabilities, AgentCapabilities::AcceptsRemoteConfig)
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
        Judgement { valid, chain: ChainDigest::of(chain), flaws }
    }

    fn foresee(&self, certificate: &ServerCertificate, endpoints: &[endpoint::Model]) -> Denial {
        Denial::foresee(&self.judge(certificate), endpoints)
    }

    /// Whether endpoints with this profile do not connect when the certificate is not valid.
    pub(super) fn denies(profile: &EndpointProfile) -> bool {
        profile.invalid_certificate_action == InvalidCertificateAction::Deny
    }

    /// What endpoints will do that are given this profile.
    pub(super) fn warn_of_profile(
        &self,
        profile: &EndpointProfile,
        endpoints: &[endpoint::Model],
    ) -> Vec<String> {
        if !Self::denies(profile) {
            return Vec::new();
        }
        self.foresee(&self.certificates.current(), endpoints).warning().into_iter().collect()
    }

    /// What endpoints will do that are shown this certificate from now on.
    pub(super) async fn warn_of_denial(
        &self,
        certificate: &ServerCertificate,
    ) -> Result<Vec<String>, Problem> {
        let store = &self.telemetry.store;
        let profiles = store.profiles().await?.into_iter().map(|profile| profile.document);
        let denying: Vec<Uuid> = profiles
            .filter(|profile| profile.invalid_certificate_action == InvalidCertificateAction::Deny)
            .map(|profile| profile.id)
            .collect();
        let endpoints = store.endpoints_with_profiles(&denying).await?;
        if endpoints.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.foresee(certificate, &endpoints).warning().into_iter().collect())
    }
}
