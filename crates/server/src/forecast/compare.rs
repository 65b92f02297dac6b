//! Whether an endpoint would be worse off with another certificate than with the one that it is shown now.

use super::outcome::{Forecast, Outcome, Reason};

/// What another certificate would change for one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It is no worse off.
    NoWorse,
    /// Its person would be asked, or may be, who is not asked now.
    Asked,
    /// It would be cut off, which it is not now.
    CutOff,
    /// Nobody knows before its agent has judged the certificate.
    NotKnown,
}

/// From what is foretold of the present certificate and of the next one to what the change is for the endpoint.
///
/// Who does not connect now has nothing to lose by what is not known.
pub(crate) fn effect(present: &Forecast, next: &Forecast) -> Effect {
    use Outcome::{Asked, ConnectsSilently, CutOff, Unknown};
    match (next.outcome, present.outcome) {
        (ConnectsSilently, _) | (CutOff, CutOff) | (Asked | Unknown, Asked | CutOff) => Effect::NoWorse,
        (CutOff, ConnectsSilently | Asked | Unknown) => Effect::CutOff,
        (Asked, ConnectsSilently | Unknown) => Effect::Asked,
        // The agent has judged it, and finds it not valid; only whether its person was asked before is not known.
        (Unknown, Unknown) if is_about_permission(next.reason) && is_about_permission(present.reason) => {
            Effect::NoWorse
        }
        (Unknown, ConnectsSilently | Unknown) if is_about_permission(next.reason) => Effect::Asked,
        (Unknown, ConnectsSilently | Unknown) => Effect::NotKnown,
    }
}

fn is_about_permission(reason: Reason) -> bool {
    matches!(reason, Reason::PermissionsNotReported | Reason::PermissionUnclear)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn forecast(outcome: Outcome, reason: Reason) -> Forecast {
        Forecast { outcome, reason, problems: BTreeSet::new(), answered_at: None }
    }

    #[test]
    fn an_endpoint_is_worse_off_only_if_it_has_something_to_lose() {
        use Effect::{Asked, CutOff, NoWorse, NotKnown};
        let silent = forecast(Outcome::ConnectsSilently, Reason::Valid);
        let asked = forecast(Outcome::Asked, Reason::NotAllowed);
        let cut_off = forecast(Outcome::CutOff, Reason::DeniedByProfile);
        let not_judged = forecast(Outcome::Unknown, Reason::NotJudged);
        let unclear = forecast(Outcome::Unknown, Reason::PermissionUnclear);
        let unsaid = forecast(Outcome::Unknown, Reason::PermissionsNotReported);
        // By the present certificate: silent, asked, cut off, not judged, unclear.
        for (next, expected) in [
            (&silent, [NoWorse, NoWorse, NoWorse, NoWorse, NoWorse]),
            (&asked, [Asked, NoWorse, NoWorse, Asked, Asked]),
            (&cut_off, [CutOff, CutOff, NoWorse, CutOff, CutOff]),
            (&not_judged, [NotKnown, NoWorse, NoWorse, NotKnown, NotKnown]),
            (&unclear, [Asked, NoWorse, NoWorse, Asked, NoWorse]),
            (&unsaid, [Asked, NoWorse, NoWorse, Asked, NoWorse]),
        ] {
            let presents = [&silent, &asked, &cut_off, &not_judged, &unclear];
            assert_eq!(presents.map(|present| effect(present, next)), expected, "{next:?}");
        }
    }
}
