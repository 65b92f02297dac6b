//! From what is known of an endpoint to what it would do.

use std::collections::BTreeSet;

use countersign_trust::{
    ChainDigest, ConnectReason, Decision, Fingerprint, InvalidCertificateAction, Possession, ProblemKind,
    Question, Refusal, RememberedCertificate, decide,
};
use time::{Duration, OffsetDateTime};

use super::evidence::{
    AgentKind, Connection, Evidence, Judgement, Permissions, ProfileState, Rules, allowed_as_found,
};
use super::outcome::{Forecast, Outcome, Reason};

/// What the server would show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The whole chain, on which it depends what agents find.
    pub(crate) chain: ChainDigest,
    /// The server's own certificate, which people have allowed or not.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) kind: ShownKind,
    /// From when on it is valid; none when that cannot be read.
    pub(crate) not_before: Option<OffsetDateTime>,
    /// Until when.
    pub(crate) not_after: Option<OffsetDateTime>,
}

/// Which of its certificates that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShownKind {
    /// It bears no host name, so that no agent finds it valid, whatever it trusts.
    BuiltIn,
    /// *Use SSL certificate for Endpoint Control* is on. Agents that are not known to validate certificates cannot connect.
    SslCertificate,
    /// The same, once it has expired: no agent finds it valid whose clock is right.
    ExpiredSslCertificate,
}

impl Shown {
    /// The same certificate once it has expired, and a moment at which it has; nothing when it cannot be read when that is.
    pub(crate) fn once_expired(self, now: OffsetDateTime) -> Option<(Self, OffsetDateTime)> {
        let expired = Self { kind: ShownKind::ExpiredSslCertificate, ..self };
        self.not_after.map(|ends| (expired, now.max(ends + Duration::SECOND)))
    }

    fn is_within_validity(&self, moment: OffsetDateTime) -> bool {
        self.not_before.is_none_or(|from| moment >= from)
            && self.not_after.is_none_or(|until| moment <= until)
    }
}

/// What an endpoint would do if it were shown this certificate and its profile said `then`.
///
/// One that is connected hears of a changed profile at once. Any other is shown the certificate first, under the rules that it
/// has in force, and hears of the profile only if it connects: whoever is cut off is not helped by a milder profile.
pub(crate) fn foretell(evidence: &Evidence, shown: &Shown, then: Rules, now: OffsetDateTime) -> Forecast {
    match (evidence.agent, shown.kind) {
        (AgentKind::Legacy, ShownKind::SslCertificate | ShownKind::ExpiredSslCertificate) => {
            return Forecast::without_answer(Outcome::CutOff, Reason::TooOld);
        }
        (AgentKind::Legacy, ShownKind::BuiltIn) => {
            return Forecast::without_answer(Outcome::ConnectsSilently, Reason::TakesBuiltIn);
        }
        (AgentKind::Foreign, ShownKind::SslCertificate | ShownKind::ExpiredSslCertificate) => {
            return Forecast::without_answer(Outcome::CutOff, Reason::ForeignAgent);
        }
        (AgentKind::Foreign, ShownKind::BuiltIn) => return Forecast::unknown(Reason::ForeignAgent),
        (AgentKind::Validating, _) => {}
    }
    let after = under(evidence, shown, then, now);
    let hears_first =
        evidence.connection == Connection::Connected && evidence.profile != ProfileState::Failed;
    match evidence.in_force {
        _ if hears_first => after,
        Some(rules) => under(evidence, shown, rules, now).or_worse(after),
        None => {
            let under_each = InvalidCertificateAction::ALL
                .map(|action| under(evidence, shown, Rules { action, ..then }, now).outcome);
            let same = under_each.iter().all(|outcome| *outcome == after.outcome);
            if same { after } else { Forecast::unknown(Reason::ActionNotReported).or_worse(after) }
        }
    }
}

/// Under these rules.
fn under(evidence: &Evidence, shown: &Shown, rules: Rules, now: OffsetDateTime) -> Forecast {
    match evidence.judgement(shown.chain) {
        Some(judgement) if shown.is_within_validity(judgement.judged_at) == shown.is_within_validity(now) => {
            judged(evidence, judgement, shown, rules, now)
        }
        Some(_) => not_judged(evidence, shown, rules, Reason::OutOfDate),
        None => not_judged(evidence, shown, rules, Reason::NotJudged),
    }
}

/// What follows although the agent has not judged the certificate.
fn not_judged(evidence: &Evidence, shown: &Shown, rules: Rules, reason: Reason) -> Forecast {
    match (rules.action, shown.kind) {
        // Whatever it would find: agents look for no revocation, the one thing that nobody can allow.
        (InvalidCertificateAction::Allow, _) => {
            Forecast::without_answer(Outcome::ConnectsSilently, Reason::AllowedByProfile)
        }
        (InvalidCertificateAction::Deny, ShownKind::BuiltIn | ShownKind::ExpiredSslCertificate) => {
            Forecast::without_answer(Outcome::CutOff, Reason::DeniedByProfile)
        }
        (InvalidCertificateAction::Warn, ShownKind::BuiltIn | ShownKind::ExpiredSslCertificate) => {
            match &evidence.permissions {
                Permissions::Reported { certificates, at } => {
                    match certificates.iter().find(|found| found.fingerprint == shown.fingerprint) {
                        None if certificates.is_empty() => asked_without_judgement(Reason::NotAllowed, *at),
                        None => asked_without_judgement(Reason::AnotherAllowed, *at),
                        // That it expires was not allowed.
                        Some(allowed)
                            if shown.kind == ShownKind::ExpiredSslCertificate
                                && !allowed.accepted.contains(&ProblemKind::Expired) =>
                        {
                            asked_without_judgement(Reason::MoreWrong, *at)
                        }
                        Some(_) => Forecast::unknown(reason),
                    }
                }
                Permissions::NotReported => Forecast::unknown(reason),
            }
        }
        (InvalidCertificateAction::Warn | InvalidCertificateAction::Deny, ShownKind::SslCertificate) => {
            Forecast::unknown(reason)
        }
    }
}

fn asked_without_judgement(reason: Reason, reported_at: OffsetDateTime) -> Forecast {
    Forecast { outcome: Outcome::Asked, reason, problems: BTreeSet::new(), answered_at: Some(reported_at) }
}

/// What follows from what the agent found.
fn judged(
    evidence: &Evidence,
    judgement: &Judgement,
    shown: &Shown,
    rules: Rules,
    now: OffsetDateTime,
) -> Forecast {
    let assessment = &judgement.assessment;
    let decided = |remembered: Option<&RememberedCertificate>| {
        decide(Possession::Proved, assessment, rules.action, remembered, now)
    };
    let problems = assessment.kinds();
    let with = |decision: &Decision, answered_at| {
        let (outcome, reason) = outcome_of(decision);
        Forecast { outcome, reason, problems: problems.clone(), answered_at: Some(answered_at) }
    };
    let first = decided(None);
    if !matches!(first, Decision::Ask(_)) {
        // Whatever was allowed.
        return with(&first, judgement.judged_at);
    }
    match &evidence.permissions {
        Permissions::Reported { certificates, at } => {
            let answered_at = judgement.judged_at.min(*at);
            let possible =
                evidence.possibly_remembered(certificates, &assessment.server, shown.fingerprint, rules, now);
            let mut forecasts =
                possible.iter().map(|remembered| with(&decided(remembered.as_ref()), answered_at));
            let forecast = forecasts.next().unwrap_or_else(|| with(&first, answered_at));
            if forecasts.all(|other| other.outcome == forecast.outcome) {
                forecast
            } else {
                Forecast { outcome: Outcome::Unknown, reason: Reason::PermissionUnclear, ..forecast }
            }
        }
        // Earlier versions do not report what was allowed; that this very certificate was is seen from how it connected.
        Permissions::NotReported => match evidence.allowed(shown.fingerprint) {
            Some(found) => {
                let allowed = allowed_as_found(found, shown.fingerprint, judgement.judged_at);
                with(&decided(Some(&allowed)), judgement.judged_at)
            }
            None => Forecast {
                outcome: Outcome::Unknown,
                reason: Reason::PermissionsNotReported,
                ..with(&first, judgement.judged_at)
            },
        },
    }
}

/// What a decision of the agent means to an administrator.
fn outcome_of(decision: &Decision) -> (Outcome, Reason) {
    match decision {
        Decision::Connect(ConnectReason::Valid) => (Outcome::ConnectsSilently, Reason::Valid),
        Decision::Connect(ConnectReason::Remembered) => (Outcome::ConnectsSilently, Reason::Remembered),
        Decision::Connect(ConnectReason::Announced) => (Outcome::ConnectsSilently, Reason::Announced),
        Decision::Connect(ConnectReason::AllowedByProfile) => {
            (Outcome::ConnectsSilently, Reason::AllowedByProfile)
        }
        Decision::Ask(Question::First) => (Outcome::Asked, Reason::NotAllowed),
        Decision::Ask(Question::Changed { .. }) => (Outcome::Asked, Reason::AnotherAllowed),
        Decision::Ask(Question::Worse { .. }) => (Outcome::Asked, Reason::MoreWrong),
        Decision::Refuse(Refusal::DeniedByProfile) => (Outcome::CutOff, Reason::DeniedByProfile),
        Decision::Refuse(Refusal::Revoked) => (Outcome::CutOff, Reason::Revoked),
        // The server holds the key and has a certificate.
        Decision::Refuse(Refusal::PossessionNotProved | Refusal::NoCertificate) => {
            (Outcome::Unknown, Reason::NotJudged)
        }
    }
}
