//! What is known of one endpoint.

use countersign_protocol::decision::Lasting;
use countersign_protocol::{RememberedAtEndpoint, ReportedDecision};
use countersign_trust::{
    AnnouncedCertificate, Assessment, ChainDigest, Fingerprint, Given, InvalidCertificateAction,
    PermissionOrigin, Problem, RememberFor, RememberLimit, RememberOptions, RememberedCertificate,
    ServerAddress,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::datetime;

/// Certificates do not outlast this (RFC 5280, section 4.1.2.5); what an agent reports as allowed ends with its certificate already.
const NO_EXPIRY: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

/// What is known of one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) agent: AgentKind,
    pub(crate) connection: Connection,
    pub(crate) profile: ProfileState,
    /// What the agent goes by until it takes another profile; none when that is not known.
    pub(crate) in_force: Option<Rules>,
    /// What the agent found out about certificates, each about one.
    pub(crate) judgements: Vec<Judgement>,
    pub(crate) permissions: Permissions,
}

/// What kind of agent it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AgentKind {
    /// It validates certificates and reports what it finds.
    Validating,
    /// It is too old to validate certificates.
    Legacy,
    /// It is not one of Countersign.
    Foreign,
}

/// Whether the endpoint has a session now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    Connected,
    /// It hears of nothing before it has connected.
    Absent,
}

/// What has become of the endpoint's profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProfileState {
    Applied,
    /// It was or will be sent.
    Awaited,
    /// The agent could not apply it, and goes by what it had before.
    Failed,
}

/// What an endpoint profile says about certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) action: InvalidCertificateAction,
    pub(crate) remember: RememberOptions,
}

/// How an agent came to judge a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// It was shown it when it connected; with what let the connection through.
    Shown(ReportedDecision),
    /// It was sent it to be judged.
    Rehearsed,
}

/// What an agent found out about a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    pub(crate) source: Source,
    pub(crate) assessment: Assessment,
    pub(crate) judged_at: OffsetDateTime,
}

/// Of an assessment, what the decision rests on: so much is kept of an answer, and read of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    server: ServerAddress,
    fingerprint: Option<Fingerprint>,
    /// Earlier versions do not say which chain it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain_digest: Option<ChainDigest>,
    problems: Vec<Problem>,
}

impl From<&Assessment> for Found {
    fn from(assessment: &Assessment) -> Self {
        Self {
            server: assessment.server.clone(),
            fingerprint: assessment.fingerprint,
            chain_digest: assessment.chain_digest,
            problems: assessment.problems.clone(),
        }
    }
}

impl From<Found> for Assessment {
    fn from(found: Found) -> Self {
        Self {
            server: found.server,
            certificate: None,
            fingerprint: found.fingerprint,
            chain_digest: found.chain_digest,
            problems: found.problems,
            advice: Vec::new(),
            chain: Vec::new(),
            diagnosis: Vec::new(),
        }
    }
}

/// What the person at an endpoint has allowed.
#[derive(Clone, Debug)]
pub(crate) enum Permissions {
    NotReported,
    Reported { certificates: Vec<RememberedAtEndpoint>, at: OffsetDateTime },
}

impl Evidence {
    /// What the agent found out about one chain, the latest of it. What it found out about another chain of the same certificate
    /// tells nothing: there an intermediate may be missing.
    pub(super) fn judgement(&self, chain: ChainDigest) -> Option<&Judgement> {
        let about = |judgement: &&Judgement| judgement.assessment.chain_digest == Some(chain);
        self.judgements.iter().filter(about).max_by_key(|judgement| judgement.judged_at)
    }

    /// What the agent found wrong with this certificate when a session rested on its person having allowed it, in whatever chain:
    /// permissions are for the certificate.
    pub(super) fn allowed(&self, fingerprint: Fingerprint) -> Option<&Assessment> {
        let allowed = Source::Shown(ReportedDecision::AllowedByPerson);
        let about = |judgement: &&Judgement| {
            judgement.source == allowed && judgement.assessment.fingerprint == Some(fingerprint)
        };
        self.judgements.iter().find(about).map(|judgement| &judgement.assessment)
    }

    /// What may be remembered at the endpoint under some rules, as the agent hands it to its decision. Several when only the agent
    /// knows which of them it is; never empty.
    pub(super) fn possibly_remembered(
        &self,
        certificates: &[RememberedAtEndpoint],
        server: &ServerAddress,
        wanted: Fingerprint,
        rules: Rules,
        now: OffsetDateTime,
    ) -> Vec<Option<RememberedCertificate>> {
        // An agent remembers one certificate for each server.
        let same = certificates.iter().find(|certificate| certificate.fingerprint == wanted);
        let Some(allowed) = same.or(certificates.first()) else { return vec![None] };
        let remembered = as_remembered(allowed, server);
        let mut possible: Vec<_> = givens(allowed, rules)
            .iter()
            .map(|given| Some(remembered.limited_to(rules.remember, *given)))
            .collect();
        if allowed.lasting == Lasting::ThisSession && self.connection == Connection::Absent {
            // The app may have ended since.
            possible.push(None);
        }
        if remembered.origin != PermissionOrigin::Profile
            && !remembered.holds_at(now)
            && self.in_force.is_none_or(|now| now.remember != rules.remember)
        {
            // It ended by the rules of now, which may be stricter than it was given.
            possible.push(Some(RememberedCertificate { until: None, ..remembered }));
        }
        possible
    }
}

/// What is kept in the keychain may have been given in this run of the agent; that matters only where people may allow for no longer
/// than that.
fn givens(allowed: &RememberedAtEndpoint, rules: Rules) -> &'static [Given] {
    match (allowed.lasting, rules.remember.longest) {
        (Lasting::ThisSession, _) => &[Given::InThisSession],
        (Lasting::Kept, RememberLimit::Session) => &[Given::InThisSession, Given::Earlier],
        (Lasting::Kept, RememberLimit::UntilChanged | RememberLimit::Days) => &[Given::Earlier],
    }
}

fn as_remembered(allowed: &RememberedAtEndpoint, server: &ServerAddress) -> RememberedCertificate {
    RememberedCertificate {
        server: server.clone(),
        fingerprint: allowed.fingerprint,
        accepted: allowed.accepted.clone(),
        remembered_at: allowed.since,
        subject: allowed.subject.clone(),
        issuer: allowed.issuer.clone(),
        not_before: OffsetDateTime::UNIX_EPOCH,
        not_after: NO_EXPIRY,
        public_key_fingerprint: allowed.fingerprint,
        until: allowed.until,
        // What was announced beside it ends when the agent has said, whatever ends this.
        chosen: Some(RememberFor::UntilChanged),
        origin: allowed.origin,
        announced: allowed
            .announced
            .iter()
            .map(|announced| AnnouncedCertificate {
                fingerprint: announced.fingerprint,
                until: announced.until,
            })
            .collect(),
    }
}

/// What is remembered when the person has allowed a certificate with exactly these problems.
pub(super) fn allowed_as_found(
    assessment: &Assessment,
    fingerprint: Fingerprint,
    at: OffsetDateTime,
) -> RememberedCertificate {
    RememberedCertificate {
        server: assessment.server.clone(),
        fingerprint,
        accepted: assessment.kinds(),
        remembered_at: at,
        subject: String::new(),
        issuer: String::new(),
        not_before: OffsetDateTime::UNIX_EPOCH,
        not_after: NO_EXPIRY,
        public_key_fingerprint: fingerprint,
        until: None,
        chosen: None,
        origin: PermissionOrigin::Person,
        announced: Vec::new(),
    }
}
