//! What is foretold.

use std::collections::BTreeSet;

use countersign_trust::ProblemKind;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// What would become of an endpoint. The milder outcome comes first; an unknown one may be any of them, and of two that happen one
/// after the other the graver one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// It connects, and nobody notices anything.
    ConnectsSilently,
    /// No agent has said what this rests on.
    Unknown,
    /// Its person is asked. Until they allow it, the endpoint does not connect.
    Asked,
    /// It does not connect, and nobody is asked.
    CutOff,
}

impl Outcome {
    /// All of them, the gravest first.
    pub(crate) const ALL: [Self; 4] = [Self::CutOff, Self::Asked, Self::Unknown, Self::ConnectsSilently];

    /// The word that stands for it in documents.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::ConnectsSilently => "connects_silently",
            Self::Unknown => "unknown",
            Self::Asked => "asked",
            Self::CutOff => "cut_off",
        }
    }

    /// What a word stands for.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.code() == code)
    }
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ForecastReason)]
pub(crate) enum Reason {
    /// The certificate is valid there.
    Valid,
    /// It is not, and the person has allowed exactly this one.
    Remembered,
    /// It is not; it was announced to the agent, which lets it follow the one that the person has allowed.
    Announced,
    /// The profile allows any certificate.
    AllowedByProfile,
    /// The certificate is not valid there, and the profile says deny.
    DeniedByProfile,
    /// The certificate has been revoked by its issuer.
    Revoked,
    /// The certificate is not valid there, and nothing was allowed.
    NotAllowed,
    /// The certificate is not valid there, and the person has allowed another one.
    AnotherAllowed,
    /// The person has allowed this one, and there is more wrong with it than there was then.
    MoreWrong,
    /// The agent is too old to validate certificates, and the SSL certificate is used for endpoint control.
    TooOld,
    /// The agent is too old to validate certificates, and takes the built-in one.
    TakesBuiltIn,
    /// No judgement of this certificate by the agent is known: of those that it was shown, only the last one is kept.
    NotJudged,
    /// It has; but meanwhile the certificate has become valid, or has expired.
    OutOfDate,
    /// The agent has not said what its person has allowed.
    PermissionsNotReported,
    /// Whether what the person has allowed would still count is known to the agent alone.
    PermissionUnclear,
    /// Which action the agent has in force is not known.
    ActionNotReported,
    /// It is no agent of Countersign, and does not say that it validates certificates.
    ForeignAgent,
}

/// What is foretold of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forecast {
    pub(crate) outcome: Outcome,
    pub(crate) reason: Reason,
    /// What the agent finds wrong with the certificate.
    pub(crate) problems: BTreeSet<ProblemKind>,
    /// When the oldest of the answers was given on which this rests; none where it rests on no answer.
    pub(crate) answered_at: Option<OffsetDateTime>,
}

impl Forecast {
    /// One that rests on no answer of the agent.
    pub(super) fn without_answer(outcome: Outcome, reason: Reason) -> Self {
        Self { outcome, reason, problems: BTreeSet::new(), answered_at: None }
    }

    pub(super) fn unknown(reason: Reason) -> Self {
        Self::without_answer(Outcome::Unknown, reason)
    }

    /// Of two that happen one after the other, the graver one; of two that are alike, this one.
    pub(super) fn or_worse(self, other: Self) -> Self {
        if other.outcome > self.outcome { other } else { self }
    }
}
