//! What a tightening does next. Pure: time is a parameter.

use countersign_trust::InvalidCertificateAction;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

/// An endpoint begins its trial when it hears of it, and comes back a moment after its end: rings are judged so much later.
pub(crate) const SLACK: Duration = Duration::minutes(1);

/// A ring that could have gone on for so long waits for endpoints that do not come.
const LONG: Duration = Duration::hours(1);

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
    /// How many per cent have to connect under the stricter action: of those that came with a ring, and of all rings so far.
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

/// What is known of some endpoints of the rings.
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

/// What is known of all the endpoints that a tightening is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Those of all rings so far.
    pub(crate) rings: Observation,
    /// Those that came with the ring where it is: among many who have passed, they would not be noticed.
    pub(crate) newest: Observation,
    /// Of the others; known when the last ring has begun.
    pub(crate) unknown: Unknown,
}

/// How many endpoints would get the stricter action without anything being known of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unknown {
    /// They know trials, and nothing was heard of how theirs has ended, or they came after the last ring had begun.
    pub(crate) not_heard_of: u64,
    /// Their agents know no trials.
    pub(crate) without_trial: u64,
}

impl Progress {
    /// The endpoints of which too few have connected, if there are such.
    fn too_few(&self, threshold_percent: u8) -> Option<&Observation> {
        [&self.newest, &self.rings].into_iter().find(|some| !some.suffices(threshold_percent))
    }

    /// A ring of which nobody was there has shown nothing, and one without endpoints that know trials neither.
    fn has_shown_something(&self) -> bool {
        self.rings.counted > 0 && (self.newest.members == 0 || self.newest.counted > 0)
    }
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
pub(crate) enum StopReason {
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
    /// All rings have passed; of some endpoints it is not known whether they would be cut off, which a person has to decide on.
    SomeNotKnown {
        /// Of so many nothing was heard under the stricter action.
        not_heard_of: u64,
        /// So many have agents that know no trials.
        without_trial: u64,
    },
    /// The action of the profile was changed by somebody.
    ActionChanged,
    /// The group is not there any more.
    GroupRemoved,
    /// The group was given another profile.
    GroupHasAnotherProfile,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Wait,
    /// Begin the ring of this number.
    Ring(usize),
    Halt(StopReason),
    /// The former action again.
    Back(StopReason),
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
pub(crate) fn next_step(plan: &Plan, position: &Position, seen: &Progress, now: OffsetDateTime) -> Step {
    if position.profile_action != plan.from {
        return Step::Back(StopReason::ActionChanged);
    }
    if now < judged_at(plan, position.began_at) {
        return Step::Wait;
    }
    if let Some(Observation { connected, counted, .. }) = seen.too_few(plan.threshold_percent).copied() {
        return Step::Back(StopReason::TooFewConnected { connected, counted });
    }
    if now < over_at(plan, position.began_at) || !seen.has_shown_something() {
        return Step::Wait;
    }
    let next = position.ring + 1;
    if next < plan.rings.len() {
        return Step::Ring(next);
    }
    match (seen.rings.fell_back, seen.unknown) {
        (0, Unknown { not_heard_of: 0, without_trial: 0 }) => Step::Finish,
        (0, Unknown { not_heard_of, without_trial }) => {
            Step::Halt(StopReason::SomeNotKnown { not_heard_of, without_trial })
        }
        (endpoints, _) => Step::Halt(StopReason::SomeWouldBeCutOff { endpoints }),
    }
}

/// Whether a tightening that is running has been waiting for endpoints of its ring for long: nobody would notice otherwise.
pub(crate) fn waits_for_long(plan: &Plan, began_at: OffsetDateTime, now: OffsetDateTime) -> bool {
    now >= over_at(plan, began_at) + LONG
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

    fn some(members: u64, counted: u64, connected: u64, fell_back: u64) -> Observation {
        Observation { members, counted, connected, fell_back }
    }

    /// A ring, of which all are new, and everybody else is known.
    fn seen(members: u64, counted: u64, connected: u64, fell_back: u64) -> Progress {
        let ring = some(members, counted, connected, fell_back);
        Progress { rings: ring, newest: ring, unknown: Unknown::default() }
    }

    fn with(newest: Observation, rings: Observation) -> Progress {
        Progress { rings, newest, unknown: Unknown::default() }
    }

    fn without(not_heard_of: u64, without_trial: u64) -> Progress {
        Progress { unknown: Unknown { not_heard_of, without_trial }, ..seen(100, 100, 99, 0) }
    }

    #[test]
    fn ring_follows_ring_as_long_as_enough_connect() {
        use InvalidCertificateAction::{Allow, Deny, Warn};
        let too_few = |connected, counted| Step::Back(StopReason::TooFewConnected { connected, counted });
        let not_known = |not_heard_of, without_trial| {
            Step::Halt(StopReason::SomeNotKnown { not_heard_of, without_trial })
        };
        let cut_off = |endpoints| Step::Halt(StopReason::SomeWouldBeCutOff { endpoints });
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
            // Half of the newcomers, among many who have passed.
            (
                "too few newcomers",
                2,
                Warn,
                11,
                with(some(10, 10, 5, 5), some(100, 100, 95, 5)),
                too_few(5, 10),
            ),
            (
                "too few of all",
                1,
                Warn,
                11,
                with(some(10, 10, 10, 0), some(100, 100, 94, 6)),
                too_few(94, 100),
            ),
            ("enough of both", 1, Warn, 60, with(some(20, 20, 19, 1), some(100, 100, 95, 5)), Step::Ring(2)),
            (
                "no newcomer was there",
                1,
                Warn,
                600,
                with(some(50, 0, 0, 0), some(100, 50, 50, 0)),
                Step::Wait,
            ),
            (
                "a ring without newcomers",
                1,
                Warn,
                60,
                with(some(0, 0, 0, 0), some(1, 1, 1, 0)),
                Step::Ring(2),
            ),
            ("the last ring", 2, Warn, 60, seen(100, 100, 100, 0), Step::Finish),
            ("the last ring, and somebody would be cut off", 2, Warn, 60, seen(100, 100, 99, 1), cut_off(1)),
            ("the last ring, and one did not come back", 2, Warn, 60, without(1, 0), not_known(1, 0)),
            ("the last ring, and one knows no trials", 2, Warn, 60, without(0, 1), not_known(0, 1)),
            ("the last ring, and most were never there", 2, Warn, 60, without(80, 3), not_known(80, 3)),
            (
                "what is not known does not matter before the last ring",
                1,
                Warn,
                60,
                without(80, 3),
                Step::Ring(2),
            ),
            ("loosened by hand", 0, Allow, 1, seen(100, 100, 100, 0), Step::Back(StopReason::ActionChanged)),
            ("tightened by hand", 0, Deny, 1, seen(100, 100, 100, 0), Step::Back(StopReason::ActionChanged)),
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

    fn observed() -> impl Strategy<Value = Observation> {
        (0_u64..1000, 0_u64..1000, 0_u64..10, 0_u64..10).prop_map(
            |(counted, connected, fell_back, absent)| {
                let connected = connected.min(counted);
                some(counted + absent, counted, connected, fell_back.min(counted - connected))
            },
        )
    }

    proptest! {
        /// No ring begins, and nothing is finished, unless the share is reached and the time is over; and it never goes back.
        /// Nothing is finished over endpoints of which nothing is known.
        #[test]
        fn nothing_is_tightened_without_evidence(
            threshold_percent in 1_u8..=100,
            ring in 0_usize..3,
            minutes in 0_i64..200,
            newest in observed(),
            before in observed(),
            not_heard_of in 0_u64..3,
            without_trial in 0_u64..3,
        ) {
            let plan = Plan { threshold_percent, ..plan() };
            let rings = Observation {
                members: newest.members + before.members,
                counted: newest.counted + before.counted,
                connected: newest.connected + before.connected,
                fell_back: newest.fell_back + before.fell_back,
            };
            let seen = Progress { rings, newest, unknown: Unknown { not_heard_of, without_trial } };
            let position = Position { ring, began_at: BEGAN, profile_action: plan.from };
            let now = BEGAN + Duration::minutes(minutes);
            let reached = |some: &Observation| some.connected * 100 >= some.counted * u64::from(threshold_percent);
            match next_step(&plan, &position, &seen, now) {
                Step::Ring(next) => {
                    prop_assert_eq!(next, ring + 1);
                    prop_assert!(next < plan.rings.len());
                }
                Step::Finish => {
                    prop_assert_eq!(ring + 1, plan.rings.len());
                    prop_assert_eq!(rings.fell_back + not_heard_of + without_trial, 0);
                }
                Step::Halt(_) => {
                    prop_assert_eq!(ring + 1, plan.rings.len());
                    prop_assert!(rings.fell_back + not_heard_of + without_trial > 0);
                }
                Step::Back(_) => {
                    prop_assert!(!reached(&rings) || !reached(&newest));
                    prop_assert!(minutes >= 11);
                    return Ok(());
                }
                Step::Wait => {
                    prop_assert!(minutes < 60 || rings.counted == 0 || newest.counted == 0);
                    return Ok(());
                }
            }
            prop_assert!(minutes >= 60 && rings.counted > 0);
            prop_assert!(reached(&rings) && reached(&newest));
        }
    }
}
