//! What becomes of an action that is on trial. Pure: time is a parameter.
//!
//! An endpoint that refuses its server cannot be told that the stricter action was a mistake, so it goes back by itself. Whoever
//! keeps it from connecting can bring that about, and gains nothing: what holds then is what held before the trial, it was chosen
//! by the administrator and is signed, and nobody but the server can begin another trial.

use countersign_protocol::{EndpointProfile, Trial};
use countersign_trust::InvalidCertificateAction;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A trial that was begun. It is kept with the profile, so that a restart does not begin it anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrialRecord {
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    began_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    ends_at: OffsetDateTime,
    /// Whether there was a session under the stricter action while the trial went on.
    connection: Connection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Connection {
    None,
    CameAbout,
}

/// How a trial stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrialStanding {
    /// The stricter action holds, and no connection has come about under it.
    Running,
    /// One has; the stricter action stays.
    Passed,
    /// The time was over before one did; the former action holds.
    FellBack,
}

impl TrialRecord {
    /// Begins now.
    pub(crate) fn begin(trial: &Trial, now: OffsetDateTime) -> Self {
        let ends_at = now + Duration::minutes(i64::from(trial.minutes));
        Self { id: trial.id, began_at: now, ends_at, connection: Connection::None }
    }

    /// Goes on with the record of the same trial, or begins.
    pub(crate) fn of(trial: &Trial, former: Option<&Self>, now: OffsetDateTime) -> Self {
        former.filter(|former| former.id == trial.id).cloned().unwrap_or_else(|| Self::begin(trial, now))
    }

    /// The trial that it is about.
    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    /// How it stands. A clock that was set back to before the beginning ends the trial: how long it has gone on is not known.
    pub(crate) fn standing(&self, now: OffsetDateTime) -> TrialStanding {
        match self.connection {
            Connection::CameAbout => TrialStanding::Passed,
            Connection::None if self.began_at <= now && now < self.ends_at => TrialStanding::Running,
            Connection::None => TrialStanding::FellBack,
        }
    }

    /// The record after a session has come about; none when the trial is not going on.
    pub(crate) fn passed(&self, now: OffsetDateTime) -> Option<Self> {
        (self.standing(now) == TrialStanding::Running)
            .then(|| Self { connection: Connection::CameAbout, ..self.clone() })
    }

    /// How long the stricter action will still be tried; none when it is decided.
    pub(crate) fn left(&self, now: OffsetDateTime) -> Option<std::time::Duration> {
        match self.standing(now) {
            TrialStanding::Running => std::time::Duration::try_from(self.ends_at - now).ok(),
            TrialStanding::Passed | TrialStanding::FellBack => None,
        }
    }
}

/// The action that a profile brings about. A trial of which nothing is known any more counts as over.
pub(crate) fn action(
    profile: &EndpointProfile,
    record: Option<&TrialRecord>,
    now: OffsetDateTime,
) -> InvalidCertificateAction {
    let Some(trial) = &profile.trial else { return profile.invalid_certificate_action };
    match record.filter(|record| record.id == trial.id).map(|record| record.standing(now)) {
        Some(TrialStanding::Running | TrialStanding::Passed) => profile.invalid_certificate_action,
        Some(TrialStanding::FellBack) | None => trial.fall_back_action,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const BEGAN: OffsetDateTime = datetime!(2026-11-27 12:00 UTC);

    fn profile(former: InvalidCertificateAction, action: InvalidCertificateAction) -> EndpointProfile {
        EndpointProfile::new(Uuid::from_u128(1), "Default".to_owned(), former).on_trial(
            action,
            Uuid::from_u128(2),
            10,
        )
    }

    #[test]
    fn the_stricter_action_holds_while_it_is_tried_and_after_it_was_passed() {
        use InvalidCertificateAction::{Deny, Warn};
        let profile = profile(Warn, Deny);
        let running = TrialRecord::begin(profile.trial.as_ref().unwrap(), BEGAN);
        let passed = running.passed(BEGAN + Duration::minutes(3)).unwrap();
        let table = [
            (&running, Duration::ZERO, TrialStanding::Running, Deny),
            (&running, Duration::seconds(599), TrialStanding::Running, Deny),
            (&running, Duration::seconds(600), TrialStanding::FellBack, Warn),
            (&running, Duration::days(400), TrialStanding::FellBack, Warn),
            (&running, -Duration::seconds(1), TrialStanding::FellBack, Warn),
            (&passed, Duration::seconds(599), TrialStanding::Passed, Deny),
            (&passed, Duration::days(400), TrialStanding::Passed, Deny),
            (&passed, -Duration::days(1), TrialStanding::Passed, Deny),
        ];
        for (record, after, standing, expected) in table {
            let now = BEGAN + after;
            assert_eq!(record.standing(now), standing, "{after}");
            assert_eq!(action(&profile, Some(record), now), expected, "{after}");
        }
        assert_eq!(running.passed(BEGAN + Duration::minutes(10)), None, "too late");
        assert_eq!(passed.passed(BEGAN), None, "passed already");
        assert_eq!(running.left(BEGAN + Duration::minutes(9)), Some(std::time::Duration::from_mins(1)));
        assert_eq!(running.left(BEGAN + Duration::minutes(10)), None);
        assert_eq!(action(&profile, None, BEGAN), Warn, "what is not known is over");
    }

    #[test]
    fn a_changed_profile_goes_on_with_the_trial_and_another_trial_begins_anew() {
        let first = profile(InvalidCertificateAction::Warn, InvalidCertificateAction::Deny).trial.unwrap();
        let record = TrialRecord::begin(&first, BEGAN);
        let later = BEGAN + Duration::minutes(20);
        assert_eq!(TrialRecord::of(&first, Some(&record), later), record);
        let other = Trial { id: Uuid::from_u128(3), ..first.clone() };
        assert_eq!(TrialRecord::of(&other, Some(&record), later), TrialRecord::begin(&other, later));
        assert_eq!(TrialRecord::of(&first, None, later), TrialRecord::begin(&first, later));
        let kept: TrialRecord = serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap();
        assert_eq!(kept, record);
    }

    proptest! {
        /// Whatever the clock shows, the action is never less strict than what is fallen back to, and once it is passed it stays.
        #[test]
        fn never_less_strict_than_before(minutes in 1_u16..=Trial::MAXIMUM_MINUTES, seconds in -200_000_i64..200_000, passes in 0_i64..90_000) {
            let trial = Trial { id: Uuid::from_u128(2), minutes, fall_back_action: InvalidCertificateAction::Allow };
            let mut profile = profile(InvalidCertificateAction::Allow, InvalidCertificateAction::Warn);
            profile.trial = Some(trial.clone());
            let record = TrialRecord::begin(&trial, BEGAN);
            let now = BEGAN + Duration::seconds(seconds);
            let tried = (0..i64::from(minutes) * 60).contains(&seconds);
            let expected = if tried { InvalidCertificateAction::Warn } else { InvalidCertificateAction::Allow };
            prop_assert_eq!(action(&profile, Some(&record), now), expected);
            prop_assert_eq!(record.left(now).is_some(), tried);
            if let Some(passed) = record.passed(BEGAN + Duration::seconds(passes)) {
                prop_assert_eq!(action(&profile, Some(&passed), now), InvalidCertificateAction::Warn);
            }
        }
    }
}
