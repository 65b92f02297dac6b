//! What a session may do, by how far it is trusted (the rules of trust in `docs/architecture.md`). Pure.
//!
//! A session without a valid certificate whose server did not prove its identity may only make the rules stricter.

use countersign_protocol::SessionTrust;
use countersign_trust::{ConnectReason, InvalidCertificateAction};

/// Something that a server wants of the agent, beyond making the action stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Loosen the action, or change anything else in the profile.
    Loosen,
    /// Run a command.
    Command,
    /// Connect to another server, or use other connection settings.
    Move,
    /// Be given the enrolment token.
    EnrolmentToken,
    /// Give the agent a client certificate or another instance UID.
    Enrol,
    /// Show its licence.
    Licence,
    /// Receive the inventory, which tells about the person and the computer.
    Inventory,
    /// Hear what people decided about its certificate, and what is allowed because of it.
    Decisions,
    /// Hear what the agent would do if it showed another certificate, which tells about roots and what was allowed.
    Rehearse,
    /// Announce the certificate that it will show next.
    Announce,
}

impl Wish {
    /// Every wish.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 10] = [
        Self::Loosen,
        Self::Command,
        Self::Move,
        Self::EnrolmentToken,
        Self::Enrol,
        Self::Licence,
        Self::Inventory,
        Self::Decisions,
        Self::Rehearse,
        Self::Announce,
    ];
}

/// Whether a wish is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// It is.
    Granted,
    /// The session is not trusted far enough.
    Denied,
}

/// Why a wish was not granted, for logs and for the server.
pub(crate) const DENIED: &str = "The server has no valid certificate and did not prove its identity; such a session may only make the rules stricter.";

/// Rules about a wish. Today every wish needs the same trust.
///
/// That holds for the command to forget a certificate, too, although forgetting seems only to tighten. Whoever is in the
/// middle of an `Unverified` session could have what was allowed forgotten and then show another certificate: the person
/// would get the plain first question instead of the loud one about a changed certificate.
#[must_use]
pub(crate) fn rule(trust: SessionTrust, wish: Wish) -> Ruling {
    match (trust, wish) {
        (SessionTrust::Valid | SessionTrust::Remembered | SessionTrust::Identified, _) => Ruling::Granted,
        (
            SessionTrust::Unverified,
            Wish::Loosen
            | Wish::Command
            | Wish::Move
            | Wish::EnrolmentToken
            | Wish::Enrol
            | Wish::Licence
            | Wish::Inventory
            | Wish::Decisions
            | Wish::Rehearse
            | Wish::Announce,
        ) => Ruling::Denied,
    }
}

/// What the server showed about its identity key on this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentityEvidence {
    /// It proved the key that is pinned.
    Pinned,
    /// It proved a key, and another one is pinned.
    Other,
    /// It proved a key, and none is pinned.
    New,
    /// It proved none.
    None,
}

/// Whether the one first use is possible: set up by hand, never connected to this server, no key to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstUse {
    /// It is.
    Possible,
    /// There was a server or a pinned key before.
    Past,
}

/// How far a session is trusted, and whether the proved key is to be pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// How far the session is trusted.
    pub(crate) trust: SessionTrust,
    /// What to do with the proved key.
    pub(crate) pin: Pin,
}

/// What to do with the key that a server proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    /// Nothing.
    Keep,
    /// Pin it: it comes with a certificate that is valid or that the person allowed.
    Learn,
    /// Pin it, and tell the person: it is trusted because there is nothing to compare it with.
    LearnAtFirstUse,
}

/// Judges a new connection.
///
/// A server with a good certificate that proves another key than the pinned one is not trusted further than one that
/// proves none: the pinned key is what the installer or an earlier session vouched for.
#[must_use]
pub(crate) fn standing(reason: ConnectReason, evidence: IdentityEvidence, first_use: FirstUse) -> Standing {
    let good = match reason {
        ConnectReason::Valid => Some(SessionTrust::Valid),
        // What is announced follows from what was allowed.
        ConnectReason::Remembered | ConnectReason::Announced => Some(SessionTrust::Remembered),
        ConnectReason::AllowedByProfile => None,
    };
    match (good, evidence) {
        (_, IdentityEvidence::Other) => Standing { trust: SessionTrust::Unverified, pin: Pin::Keep },
        (Some(trust), IdentityEvidence::New) => Standing { trust, pin: Pin::Learn },
        (Some(trust), IdentityEvidence::Pinned | IdentityEvidence::None) => {
            Standing { trust, pin: Pin::Keep }
        }
        (None, IdentityEvidence::Pinned) => Standing { trust: SessionTrust::Identified, pin: Pin::Keep },
        (None, IdentityEvidence::New) if first_use == FirstUse::Possible => {
            Standing { trust: SessionTrust::Identified, pin: Pin::LearnAtFirstUse }
        }
        (None, IdentityEvidence::New | IdentityEvidence::None) => {
            Standing { trust: SessionTrust::Unverified, pin: Pin::Keep }
        }
    }
}

/// Whether a profile may be applied that changes the action from `current` to `wanted`.
#[must_use]
pub(crate) fn rule_about_action(
    trust: SessionTrust,
    current: InvalidCertificateAction,
    wanted: InvalidCertificateAction,
) -> Ruling {
    if wanted > current { Ruling::Granted } else { rule(trust, Wish::Loosen) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unverified_session_is_granted_nothing() {
        for wish in Wish::ALL {
            assert_eq!(rule(SessionTrust::Unverified, wish), Ruling::Denied);
            for trust in [SessionTrust::Valid, SessionTrust::Remembered, SessionTrust::Identified] {
                assert_eq!(rule(trust, wish), Ruling::Granted);
            }
        }
    }

    #[test]
    fn an_unverified_session_may_only_tighten() {
        for current in InvalidCertificateAction::ALL {
            for wanted in InvalidCertificateAction::ALL {
                let expected = if wanted > current { Ruling::Granted } else { Ruling::Denied };
                assert_eq!(rule_about_action(SessionTrust::Unverified, current, wanted), expected);
                assert_eq!(rule_about_action(SessionTrust::Identified, current, wanted), Ruling::Granted);
            }
        }
    }

    #[test]
    fn the_standing_of_every_connection() {
        use ConnectReason::{AllowedByProfile, Announced, Remembered, Valid};
        use IdentityEvidence::{New, None, Other, Pinned};
        use SessionTrust::{Identified, Unverified};
        let table = [
            (Valid, Pinned, SessionTrust::Valid, Pin::Keep),
            (Valid, Other, Unverified, Pin::Keep),
            (Valid, New, SessionTrust::Valid, Pin::Learn),
            (Valid, None, SessionTrust::Valid, Pin::Keep),
            (Remembered, Pinned, SessionTrust::Remembered, Pin::Keep),
            (Remembered, Other, Unverified, Pin::Keep),
            (Remembered, New, SessionTrust::Remembered, Pin::Learn),
            (Remembered, None, SessionTrust::Remembered, Pin::Keep),
            (Announced, Pinned, SessionTrust::Remembered, Pin::Keep),
            (Announced, Other, Unverified, Pin::Keep),
            (AllowedByProfile, Pinned, Identified, Pin::Keep),
            (AllowedByProfile, Other, Unverified, Pin::Keep),
            (AllowedByProfile, New, Unverified, Pin::Keep),
            (AllowedByProfile, None, Unverified, Pin::Keep),
        ];
        for (reason, evidence, trust, pin) in table {
            assert_eq!(
                standing(reason, evidence, FirstUse::Past),
                Standing { trust, pin },
                "{reason:?} {evidence:?}"
            );
        }
        assert_eq!(
            standing(AllowedByProfile, New, FirstUse::Possible),
            Standing { trust: Identified, pin: Pin::LearnAtFirstUse }
        );
        for evidence in [Other, None] {
            assert_eq!(standing(AllowedByProfile, evidence, FirstUse::Possible).trust, Unverified);
        }
    }
}
