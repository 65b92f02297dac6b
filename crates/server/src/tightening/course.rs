//! What a tightening does next. Pure: time is a parameter.

use countersign_trust::InvalidCertificateAction;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

/// An endpoint begins its trial when it hears of it, and comes back a moment after its end: rings are judged so much later.
pub(crate) const SLACK: Duration = Duration::minutes(1);

/// What an administrator decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) from: InvalidCertificateAction,
    pub(crate) to: InvalidCertificateAction,
    /// Per cent of the endpoints, growing; the last one is 100.
    pub(crate) rings: Vec<u8>,
    /// For how long a ring is observed before the next one begins. A ring lasts at least as long as the trial.
    pub(crate) hold: Duration,
    /// For how long an endpoint tries to connect.
    pub(crate) trial: Duration,
    /// How many per cent of a ring have to connect under the stricter action.
    pub(crate) threshold_percent: u8,
}

/// Where a tightening is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Counts the rings from 0.
    pub(crate) ring: usize,
    pub(crate) began_at: OffsetDateTime,
    /// What the profile itself says.
    pub(crate) profile_action: InvalidCertificateAction,
}

/// What is known of the endpoints of a ring. The rings before belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Observation {
    /// All of them.
    pub(crate) members: u64,
    /// Those that count: they were connected when they came into the ring, or it is known since how their trial ended.
    pub(crate) counted: u64,
    /// Those that have connected under the stricter action.
    pub(crate) connected: u64,
    /// Those that could not, and went back to the former action by themselves.
    pub(crate) fell_back: u64,
}

impl Observation {
    fn suffices(&self, threshold_percent: u8) -> bool {
        self.connected * 100 >= self.counted * u64::from(threshold_percent)
    }
}

/// How a tightening stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TighteningState {
    /// Ring follows ring.
    Running,
    /// The endpoints of the rings so far keep the stricter action; no other ring begins.
    Halted,
    /// All endpoints have the former action again.
    SteppedBack,
    /// The profile itself has the stricter action.
    Finished,
}

impl TighteningState {
    pub(crate) const ALL: [Self; 4] = [Self::Running, Self::Halted, Self::SteppedBack, Self::Finished];

    /// The word that stands for it in documents and in the database.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Halted => "halted",
            Self::SteppedBack => "stepped_back",
            Self::Finished => "finished",
        }
    }

    /// What a word stands for.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// Why a tightening does not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Reason {
    /// An administrator said so.
    ByHand,
    /// Too few endpoints of the ring have connected.
    TooFewConnected {
        /// So many have.
        connected: u64,
        /// Of so many.
        counted: u64,
    },
    /// All rings have passed; some endpoints are known to be cut off by the stricter action, which a person has to decide on.
    SomeWouldBeCutOff {
        /// So many.
        endpoints: u64,
    },
    /// The action of the profile was changed by somebody.
    ActionChanged,
    /// The group is not there any more.
    GroupRemoved,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Wait,
    /// Begin the ring of this number.
    Ring(usize),
    Halt(Reason),
    /// The former action again.
    Back(Reason),
    /// The profile itself gets the stricter action.
    Finish,
}

/// When a ring has shown what it can: nothing happens before.
pub(crate) fn judged_at(plan: &Plan, began_at: OffsetDateTime) -> OffsetDateTime {
    began_at + plan.trial + SLACK
}

/// When the ring is over, if it goes well.
pub(crate) fn over_at(plan: &Plan, began_at: OffsetDateTime) -> OffsetDateTime {
    judged_at(plan, began_at).max(began_at + plan.hold)
}

/// Decides on a tightening that is running.
pub(crate) fn next_step(plan: &Plan, position: &Position, seen: &Observation, now: OffsetDateTime) -> Step {
    if position.profile_action != plan.from {
        return Step::Back(Reason::ActionChanged);
    }
    if now < judged_at(plan, position.began_at) {
        return Step::Wait;
    }
    if !seen.suffices(plan.threshold_percent) {
        return Step::Back(Reason::TooFewConnected { connected: seen.connected, counted: seen.counted });
    }
    // A ring of which nobody was there has shown nothing, and one without endpoints that know trials neither.
    if now < over_at(plan, position.began_at) || seen.counted == 0 {
        return Step::Wait;
    }
    let next = position.ring + 1;
    if next < plan.rings.len() {
        Step::Ring(next)
    } else if seen.fell_back > 0 {
        Step::Halt(Reason::SomeWouldBeCutOff { endpoints: seen.fell_back })
    } else {
        Step::Finish
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const BEGAN: OffsetDateTime = datetime!(2026-11-27 12:00 UTC);

    fn plan() -> Plan {
        Plan {
            from: InvalidCertificateAction::Warn,
            to: InvalidCertificateAction::Deny,
            rings: vec![1, 10, 100],
            hold: Duration::hours(1),
            trial: Duration::minutes(10),
            threshold_percent: 95,
        }
    }

    fn seen(members: u64, counted: u64, connected: u64, fell_back: u64) -> Observation {
        Observation { members, counted, connected, fell_back }
    }

    #[test]
    fn ring_follows_ring_as_long_as_enough_connect() {
        use InvalidCertificateAction::{Allow, Deny, Warn};
        let too_few = |connected, counted| Step::Back(Reason::TooFewConnected { connected, counted });
        let table = [
            ("not judged yet", 0, Warn, 10, seen(100, 100, 0, 0), Step::Wait),
            ("nobody has come back", 0, Warn, 11, seen(100, 100, 0, 0), too_few(0, 100)),
            ("one too few", 1, Warn, 11, seen(100, 100, 94, 0), too_few(94, 100)),
            ("just enough, and held", 1, Warn, 59, seen(100, 100, 95, 5), Step::Wait),
            ("just enough", 1, Warn, 60, seen(100, 100, 95, 5), Step::Ring(2)),
            ("too few while it is held", 1, Warn, 59, seen(200, 200, 189, 11), too_few(189, 200)),
            ("those that were not there do not count", 0, Warn, 60, seen(100, 20, 19, 1), Step::Ring(1)),
            ("nobody was there", 0, Warn, 600, seen(100, 0, 0, 0), Step::Wait),
            ("nobody has the profile and knows trials", 0, Warn, 600, seen(0, 0, 0, 0), Step::Wait),
            ("the last ring", 2, Warn, 60, seen(100, 100, 99, 0), Step::Finish),
            (
                "the last ring, and somebody would be cut off",
                2,
                Warn,
                60,
                seen(100, 100, 99, 1),
                Step::Halt(Reason::SomeWouldBeCutOff { endpoints: 1 }),
            ),
            ("loosened by hand", 0, Allow, 1, seen(100, 100, 100, 0), Step::Back(Reason::ActionChanged)),
            ("tightened by hand", 0, Deny, 1, seen(100, 100, 100, 0), Step::Back(Reason::ActionChanged)),
        ];
        for (what, ring, profile_action, minutes, seen, expected) in table {
            let position = Position { ring, began_at: BEGAN, profile_action };
            let now = BEGAN + Duration::minutes(minutes);
            assert_eq!(next_step(&plan(), &position, &seen, now), expected, "{what}");
        }
    }

    #[test]
    fn a_ring_lasts_at_least_as_long_as_the_trial() {
        let plan = Plan { hold: Duration::minutes(1), ..plan() };
        assert_eq!(over_at(&plan, BEGAN), BEGAN + Duration::minutes(11));
    }

    #[test]
    fn states_are_read_as_they_are_written() {
        for state in TighteningState::ALL {
            assert_eq!(TighteningState::of_code(state.code()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.code());
        }
    }

    proptest! {
        /// No ring begins, and nothing is finished, unless the share is reached and the time is over; and it never goes back.
        #[test]
        fn nothing_is_tightened_without_evidence(
            threshold_percent in 1_u8..=100,
            ring in 0_usize..3,
            minutes in 0_i64..200,
            counted in 0_u64..1000,
            connected in 0_u64..1000,
            fell_back in 0_u64..10,
        ) {
            let plan = Plan { threshold_percent, ..plan() };
            let connected = connected.min(counted);
            let seen = seen(1000, counted, connected, fell_back.min(counted - connected));
            let position = Position { ring, began_at: BEGAN, profile_action: plan.from };
            let now = BEGAN + Duration::minutes(minutes);
            match next_step(&plan, &position, &seen, now) {
                Step::Ring(next) => {
                    prop_assert_eq!(next, ring + 1);
                    prop_assert!(next < plan.rings.len());
                }
                Step::Finish | Step::Halt(_) => prop_assert_eq!(ring + 1, plan.rings.len()),
                Step::Back(_) => {
                    prop_assert!(connected * 100 < counted * u64::from(threshold_percent));
                    prop_assert!(minutes >= 11);
                    return Ok(());
                }
                Step::Wait => {
                    prop_assert!(minutes < 60 || counted == 0);
                    return Ok(());
                }
            }
            prop_assert!(minutes >= 60 && counted > 0);
            prop_assert!(connected * 100 >= counted * u64::from(threshold_percent));
        }
    }
}
