//! Whether a profile that a server sent is applied. Pure.

use countersign_protocol::{EndpointProfile, IdentityPublicKey, ProfileError, SessionTrust, SignedProfile};
use countersign_trust::InvalidCertificateAction;
use thiserror::Error;

use crate::ratchet::{self, Ruling};

/// What is known when a profile arrives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) trust: SessionTrust,
    /// The server's identity key as pinned or learned.
    pub(crate) identity: Option<IdentityPublicKey>,
    /// The profile that is applied now.
    pub(crate) current: Option<&'a EndpointProfile>,
    /// The action that is set now, without what a recovery file loosens for a while.
    pub(crate) action: InvalidCertificateAction,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Acceptance {
    /// It is applied and kept.
    Keep(EndpointProfile),
    /// Its action holds until the agent ends; nothing proves who wrote it.
    TightenOnly(InvalidCertificateAction),
}

/// Why it is not applied. Whole sentences: the administrator reads them.
#[derive(Debug, Error)]
pub(crate) enum Rejection {
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error("The profile has revision {offered}, and revision {applied} of it has been applied already.")]
    Older { offered: u64, applied: u64 },
    #[error("{}", ratchet::DENIED)]
    NotTrusted,
    #[error("The server did not prove its identity key, so nothing shows that the profile is its own.")]
    NoIdentity,
}

/// What a profile makes of the action in any case: one on trial may come to no more than what it falls back to.
fn in_any_case(profile: &EndpointProfile) -> InvalidCertificateAction {
    profile.trial.as_ref().map_or(profile.invalid_certificate_action, |trial| trial.fall_back_action)
}

/// Judges a profile.
pub(crate) fn judge(signed: &SignedProfile, facts: &Facts<'_>) -> Result<Acceptance, Rejection> {
    let Some(identity) = facts.identity else {
        let profile = signed.read_unverified()?;
        let wanted = in_any_case(&profile);
        return if wanted > facts.action {
            Ok(Acceptance::TightenOnly(wanted))
        } else {
            Err(Rejection::NoIdentity)
        };
    };
    let profile = signed.verify(&identity)?;
    if let Some(current) = facts.current
        && current.id == profile.id
        && profile.revision < current.revision
    {
        // Whoever recorded an old profile could bring it back.
        return Err(Rejection::Older { offered: profile.revision, applied: current.revision });
    }
    let wanted = in_any_case(&profile);
    match (ratchet::rule_about_action(facts.trust, facts.action, wanted), facts.trust) {
        // Whoever is in the middle can bring any profile that the server has ever signed for anybody: what else it says does not
        // count, and its action does not outlast them.
        (Ruling::Granted, SessionTrust::Unverified) => Ok(Acceptance::TightenOnly(wanted)),
        (Ruling::Granted, SessionTrust::Valid | SessionTrust::Remembered | SessionTrust::Identified) => {
            Ok(Acceptance::Keep(profile))
        }
        (Ruling::Denied, _) => Err(Rejection::NotTrusted),
    }
}

#[cfg(test)]
mod tests {
    use countersign_protocol::IdentityKeyPair;
    use uuid::Uuid;

    use super::*;

    fn profile(action: InvalidCertificateAction, revision: u64) -> EndpointProfile {
        let mut profile = EndpointProfile::new(Uuid::from_u128(1), "Default".to_owned(), action);
        profile.revision = revision;
        profile
    }

    #[test]
    fn who_may_change_what() {
        use InvalidCertificateAction::{Allow, Deny, Warn};
        use SessionTrust::{Identified, Unverified, Valid};
        let key = IdentityKeyPair::generate().unwrap().0;
        let current = profile(Warn, 5);
        let table = [
            (Valid, Allow, 6, "keep"),
            (Identified, Deny, 6, "keep"),
            (Valid, Warn, 5, "keep"),
            (Valid, Deny, 4, "revision 4"),
            (Unverified, Allow, 6, "only make the rules stricter"),
            (Unverified, Warn, 6, "only make the rules stricter"),
            (Unverified, Deny, 6, "tighten"),
            (Unverified, Deny, 4, "revision 4"),
        ];
        for (trust, action, revision, expected) in table {
            let facts =
                Facts { trust, identity: Some(key.public_key()), current: Some(&current), action: Warn };
            let offered = profile(action, revision);
            match judge(&offered.sign(&key).unwrap(), &facts) {
                Ok(acceptance) => {
                    let (kept, tightened) = (Acceptance::Keep(offered), Acceptance::TightenOnly(action));
                    let expected = if expected == "keep" { kept } else { tightened };
                    assert_eq!(acceptance, expected, "{trust:?} {action} {revision}");
                }
                Err(rejection) => assert!(rejection.to_string().contains(expected), "{rejection}"),
            }
        }
    }

    #[test]
    fn a_trial_counts_as_what_it_may_end_in() {
        use InvalidCertificateAction::{Allow, Deny, Warn};
        use SessionTrust::{Unverified, Valid};
        let key = IdentityKeyPair::generate().unwrap().0;
        // In force now, what the profile says without the trial, on trial.
        let table = [
            (Valid, Warn, Warn, Deny, true),
            (Valid, Warn, Allow, Deny, true),
            (Unverified, Allow, Allow, Warn, false),
            (Unverified, Allow, Allow, Deny, false),
            (Unverified, Warn, Allow, Deny, false),
            (Unverified, Allow, Warn, Deny, true),
            (Unverified, Deny, Warn, Deny, false),
            (Unverified, Warn, Allow, Warn, false),
        ];
        for (trust, action, former, tried, accepted) in table {
            let offered = profile(former, 6).on_trial(tried, Uuid::from_u128(7), 10);
            let signed = offered.sign(&key).unwrap();
            let facts = Facts { trust, identity: Some(key.public_key()), current: None, action };
            let judged = judge(&signed, &facts);
            assert_eq!(judged.is_ok(), accepted, "{trust:?} {action}: {former} to {tried}: {judged:?}");
            if let Ok(Acceptance::TightenOnly(tightened)) = judged {
                assert_eq!(tightened, former, "{trust:?} {action}: {former} to {tried}");
            }
            // Without an identity, only what it falls back to can tighten.
            let judged = judge(&signed, &Facts { identity: None, ..facts });
            assert_eq!(judged.is_ok(), former > action, "{action}: {former} to {tried}: {judged:?}");
        }
    }

    #[test]
    fn a_foreign_signature_is_never_enough() {
        let ours = IdentityKeyPair::generate().unwrap().0;
        let theirs = IdentityKeyPair::generate().unwrap().0;
        let offered = profile(InvalidCertificateAction::Deny, 9).sign(&theirs).unwrap();
        for trust in [SessionTrust::Valid, SessionTrust::Unverified] {
            let facts = Facts {
                trust,
                identity: Some(ours.public_key()),
                current: None,
                action: InvalidCertificateAction::Warn,
            };
            assert!(matches!(judge(&offered, &facts), Err(Rejection::Profile(_))));
        }
    }

    #[test]
    fn without_an_identity_only_stricter_actions_hold() {
        let key = IdentityKeyPair::generate().unwrap().0;
        for action in InvalidCertificateAction::ALL {
            for wanted in InvalidCertificateAction::ALL {
                let facts = Facts { trust: SessionTrust::Valid, identity: None, current: None, action };
                let result = judge(&profile(wanted, 1).sign(&key).unwrap(), &facts);
                if wanted > action {
                    assert_eq!(result.unwrap(), Acceptance::TightenOnly(wanted));
                } else {
                    assert!(matches!(result, Err(Rejection::NoIdentity)));
                }
            }
        }
    }
}
