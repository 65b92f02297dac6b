//! Why a tightening does not go on, in words.

use time::OffsetDateTime;

use super::overview::{Attention, Urgency};
use crate::counted::endpoints as counted_endpoints;
use crate::store::Tightening;
use crate::tightening::course::waits_for_long;
use crate::tightening::{StopReason, TighteningState, Unknown};

/// How endpoints come to the former action that cannot be reached when a tightening steps back.
pub(crate) const WHO_IS_CUT_OFF: &str = "One that is cut off while it tries the stricter action takes the former one by itself when its \
    trial is over. One that has passed its trial and was cut off since, by another certificate, keeps the stricter action until it is \
    shown a certificate that it finds valid, or is given a recovery file.";

/// Why a tightening does not go on, or what it waits for; nothing while all is well.
pub(super) fn why_it_stands(tightening: &Tightening, now: OffsetDateTime) -> Option<String> {
    let waits = tightening.state == TighteningState::Running
        && waits_for_long(&tightening.plan, tightening.ring_began_at, now);
    if waits {
        return Some(
            "No endpoint that came with this ring was connected since the ring began. It goes on when enough of them have connected."
                .to_owned(),
        );
    }
    tightening.reason.as_ref().map(in_words)
}

fn in_words(reason: &StopReason) -> String {
    match reason {
        StopReason::ByHand => "An administrator said so.".to_owned(),
        StopReason::TooFewConnected { connected, counted } => format!(
            "Of {}, only {connected} connected under the stricter action. All get the former action again. {WHO_IS_CUT_OFF}",
            counted_endpoints(*counted)
        ),
        StopReason::SomeWouldBeCutOff { endpoints } => format!(
            "All rings have passed, and {} could connect only under the former action. Such an endpoint is cut off when the profile \
             gets the stricter one. See to that first, or finish it all the same.",
            counted_endpoints(*endpoints)
        ),
        StopReason::SomeNotKnown { not_heard_of, without_trial } => {
            let unknown = Unknown { not_heard_of: *not_heard_of, without_trial: *without_trial };
            format!(
                "All rings have passed. {} They get the stricter action without a trial when the profile gets it, and are lost where \
                 the certificate is not valid. Resume it to give those a trial that have come meanwhile, or finish it all the same.",
                unknown_in_words(unknown)
            )
        }
        StopReason::ActionChanged => "The action of the profile was changed meanwhile.".to_owned(),
        StopReason::GroupRemoved => "The endpoint group was removed.".to_owned(),
        StopReason::GroupHasAnotherProfile => "The endpoint group was given another profile.".to_owned(),
    }
}

/// Of how many endpoints nothing is known, and why.
pub(super) fn unknown_in_words(unknown: Unknown) -> String {
    let Unknown { not_heard_of, without_trial } = unknown;
    let not_heard_of = (not_heard_of > 0).then(|| {
        format!("Nothing was heard of {} under the stricter action.", counted_endpoints(not_heard_of))
    });
    let without_trial = (without_trial > 0)
        .then(|| format!("Agents that know no trials: {}.", counted_endpoints(without_trial)));
    not_heard_of.into_iter().chain(without_trial).collect::<Vec<_>>().join(" ")
}

/// What somebody should see to.
pub(super) fn attention(tightening: &Tightening, now: OffsetDateTime) -> Option<Attention> {
    let text = match (tightening.state, &tightening.reason) {
        (TighteningState::SteppedBack, Some(StopReason::TooFewConnected { connected, counted })) => format!(
            "A staged tightening was halted and has stepped back by itself: of {}, only {connected} connected with {}.",
            counted_endpoints(*counted),
            tightening.plan.to
        ),
        (TighteningState::SteppedBack, Some(StopReason::GroupRemoved)) => {
            "A staged tightening has stepped back, because its endpoint group was removed.".to_owned()
        }
        (TighteningState::SteppedBack, Some(StopReason::GroupHasAnotherProfile)) => {
            "A staged tightening has stepped back, because its endpoint group was given another profile."
                .to_owned()
        }
        (TighteningState::Halted, Some(StopReason::SomeWouldBeCutOff { endpoints })) => format!(
            "A staged tightening waits for a decision: {} would be cut off at its end.",
            counted_endpoints(*endpoints)
        ),
        (TighteningState::Halted, Some(StopReason::SomeNotKnown { not_heard_of, without_trial })) => {
            let unknown = Unknown { not_heard_of: *not_heard_of, without_trial: *without_trial };
            format!("A staged tightening waits for a decision at its end. {}", unknown_in_words(unknown))
        }
        (TighteningState::Halted, _) => "A staged tightening is halted.".to_owned(),
        (TighteningState::Running, _) if waits_for_long(&tightening.plan, tightening.ring_began_at, now) => {
            let percent = tightening.plan.rings.get(tightening.ring).copied().unwrap_or(100);
            format!(
                "A staged tightening does not go on: none of the endpoints that came with its ring of {percent} % was connected \
                 since the ring began."
            )
        }
        (TighteningState::SteppedBack | TighteningState::Running | TighteningState::Finished, _) => {
            return None;
        }
    };
    Some(Attention { urgency: Urgency::Soon, text, place: "/tightenings".into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_said_in_whole_sentences() {
        let table = [
            (2, 0, "Nothing was heard of 2 endpoints under the stricter action."),
            (0, 1, "Agents that know no trials: 1 endpoint."),
            (
                2,
                3,
                "Nothing was heard of 2 endpoints under the stricter action. Agents that know no trials: 3 endpoints.",
            ),
        ];
        for (not_heard_of, without_trial, expected) in table {
            assert_eq!(unknown_in_words(Unknown { not_heard_of, without_trial }), expected);
        }
    }
}
