//! What to do about a server, given what is known about its certificate.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::action::InvalidCertificateAction;
use crate::assessment::Assessment;
use crate::problem_kind::ProblemKind;
use crate::remembered::RememberedCertificate;

/// Whether the peer has shown that it holds the private key of the certificate that it presented.
///
/// Certificates are public: without a valid handshake signature (RFC 8446, section 4.4.3) anybody can present
/// anybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Possession {
    /// The signature over the handshake was valid.
    Proved,
    /// The signature was invalid, or could not be checked.
    NotProved,
}

/// What happens to the connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Go on with the handshake.
    Connect(ConnectReason),
    /// End the handshake and ask the person at the desk.
    Ask(Question),
    /// End the handshake; nobody is asked.
    Refuse(Refusal),
}

/// Why a connection is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectReason {
    /// The certificate is valid.
    Valid,
    /// The person allowed exactly this certificate for this server, with all of its problems, and until now.
    Remembered,
    /// The server had announced exactly this certificate, and it has no other kinds of problem than those that are accepted.
    Announced,
    /// The certificate is not valid, and the profile's action is `Allow`.
    AllowedByProfile,
}

/// What there is to ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Nothing is remembered for this server, or this certificate was allowed for a time that is over.
    First,
    /// Another certificate was allowed for this server before.
    Changed {
        /// What was allowed before.
        previous: Box<RememberedCertificate>,
    },
    /// The same certificate was allowed, but it has problems that nobody accepted.
    Worse {
        /// What was allowed before.
        remembered: Box<RememberedCertificate>,
        /// The kinds of problem that are new.
        added: BTreeSet<ProblemKind>,
    },
}

/// Why a connection is refused without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The peer did not show that it holds the certificate's key.
    PossessionNotProved,
    /// The certificate has been revoked by its issuer.
    Revoked,
    /// The certificate is not valid, and the profile's action is `Deny`.
    DeniedByProfile,
    /// The peer presented no certificate.
    NoCertificate,
}

/// Decides about a connection. Pure: the same facts always give the same decision.
///
/// | certificate | action | remembered | decision |
/// |---|---|---|---|
/// | none presented, key not proved, or revoked | any | any | refuse; nobody can allow it |
/// | valid | any | any | connect |
/// | invalid | `Allow` | any | connect |
/// | invalid | `Deny` | any | refuse |
/// | invalid | `Warn` | same server, same fingerprint, no new kind of problem, not over | connect |
/// | invalid | `Warn` | same server, announced, no new kind of problem, not over | connect |
/// | invalid | `Warn` | otherwise | ask |
///
/// A remembered certificate of another server (host and port) counts as none. One that was allowed for a time that is
/// over is asked about as if for the first time, and is still what another certificate is compared with.
#[must_use]
pub fn decide(
    possession: Possession,
    assessment: &Assessment,
    action: InvalidCertificateAction,
    remembered: Option<&RememberedCertificate>,
    now: OffsetDateTime,
) -> Decision {
    let Some(fingerprint) = assessment.fingerprint else {
        return Decision::Refuse(Refusal::NoCertificate);
    };
    if possession == Possession::NotProved {
        return Decision::Refuse(Refusal::PossessionNotProved);
    }
    if assessment.is_valid() {
        return Decision::Connect(ConnectReason::Valid);
    }
    let kinds = assessment.kinds();
    if kinds.contains(&ProblemKind::Revoked) {
        return Decision::Refuse(Refusal::Revoked);
    }
    match action {
        InvalidCertificateAction::Allow => Decision::Connect(ConnectReason::AllowedByProfile),
        InvalidCertificateAction::Deny => Decision::Refuse(Refusal::DeniedByProfile),
        InvalidCertificateAction::Warn => {
            let Some(remembered) = remembered.filter(|remembered| remembered.server == assessment.server)
            else {
                return Decision::Ask(Question::First);
            };
            if remembered.fingerprint != fingerprint {
                if remembered.lets_announced_through(fingerprint, &kinds, now) {
                    return Decision::Connect(ConnectReason::Announced);
                }
                return Decision::Ask(Question::Changed { previous: Box::new(remembered.clone()) });
            }
            let added: BTreeSet<ProblemKind> = kinds.difference(&remembered.accepted).copied().collect();
            if !added.is_empty() {
                return Decision::Ask(Question::Worse { remembered: Box::new(remembered.clone()), added });
            }
            if remembered.holds_at(now) {
                Decision::Connect(ConnectReason::Remembered)
            } else {
                Decision::Ask(Question::First)
            }
        }
    }
}
