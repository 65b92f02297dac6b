//! The next certificate, announced before it is shown.

use std::collections::BTreeSet;

use countersign_trust::{
    AnnouncedCertificate, AnnouncementRefusal, Assessment, CertificateReference, ConnectReason, Decision,
    Fingerprint, Given, InvalidCertificateAction, LONGEST_ANNOUNCEMENT, MAXIMUM_ANNOUNCED, PermissionOrigin,
    Possession, Problem, ProblemKind, Question, ROLL_BACK, RememberFor, RememberLimit, RememberOptions,
    RememberedCertificate, announce, decide,
};
use proptest::prelude::*;
use time::{Duration, OffsetDateTime};

use crate::making::{NOW, judge_with, self_signed, server};

const HOST: &str = "host.example.test";

/// A self-signed certificate that is valid for so many days, as it is found at a moment.
fn certificate(valid_for: i64, at: OffsetDateTime) -> Assessment {
    let mut parameters = server(&[HOST]);
    parameters.not_after = NOW + Duration::days(valid_for);
    judge_with(HOST, &[self_signed(&parameters)], [], at)
}

fn days(number: u16) -> RememberFor {
    RememberFor::Days(number.try_into().unwrap())
}

fn allowed(present: &Assessment, remember_for: RememberFor) -> RememberedCertificate {
    RememberedCertificate::of(present, remember_for, NOW).unwrap()
}

fn in_days(number: i64) -> OffsetDateTime {
    NOW + Duration::days(number)
}

fn decided(shown: &Assessment, remembered: &RememberedCertificate, at: OffsetDateTime) -> Decision {
    decide(Possession::Proved, shown, InvalidCertificateAction::Warn, Some(remembered), at)
}

const ANNOUNCED: Decision = Decision::Connect(ConnectReason::Announced);

#[test]
fn an_announced_certificate_is_let_through_and_any_other_is_a_question() {
    let (present, next, other) = (certificate(30, NOW), certificate(400, NOW), certificate(400, NOW));
    let permission = allowed(&present, RememberFor::UntilChanged);
    let announced = announce(&present, Some(&permission), &next, in_days(40), NOW).unwrap();
    assert_eq!(Some(announced.fingerprint), next.fingerprint);
    let kept = permission.with_announced(announced, NOW);
    assert_eq!(decided(&present, &kept, in_days(1)), Decision::Connect(ConnectReason::Remembered));
    assert_eq!(decided(&next, &kept, in_days(1)), ANNOUNCED);
    // A change after the former has expired was planned all the same.
    assert_eq!(decided(&next, &kept, in_days(39)), ANNOUNCED);
    for (shown, at) in [(&other, 1), (&next, 40)] {
        assert!(matches!(decided(shown, &kept, in_days(at)), Decision::Ask(Question::Changed { .. })));
    }
    let not_proved =
        decide(Possession::NotProved, &next, InvalidCertificateAction::Warn, Some(&kept), in_days(1));
    assert!(matches!(not_proved, Decision::Refuse(_)));
    let denied = decide(Possession::Proved, &next, InvalidCertificateAction::Deny, Some(&kept), in_days(1));
    assert!(matches!(denied, Decision::Refuse(_)));
    // More wrong than was accepted, when it is shown.
    let mut worse = next;
    worse.problems.push(Problem::NameMismatch { requested: HOST.to_owned(), names: Vec::new() });
    assert!(matches!(decided(&worse, &kept, in_days(1)), Decision::Ask(Question::Changed { .. })));
}

#[test]
fn what_is_not_kept_and_why() {
    use AnnouncementRefusal::{AlreadyShown, CannotBeAllowed, NewProblems, NotNeeded, Over};
    let (present, next) = (certificate(80, NOW), certificate(80, NOW));
    let permission = allowed(&present, RememberFor::UntilChanged);
    let with = |change: fn(&mut Assessment)| {
        let mut changed = next.clone();
        change(&mut changed);
        changed
    };
    let revoked =
        with(|next| next.problems.push(Problem::Revoked { certificate: CertificateReference::default() }));
    let expired = with(|next| next.problems.push(Problem::Expired { not_after: NOW }));
    let valid = with(|next| next.problems.clear());
    let later = with(|next| next.problems = vec![Problem::NotYetValid { not_before: NOW }]);
    let unreadable = with(|next| next.certificate = None);
    let elsewhere =
        RememberedCertificate { server: "other.example:1".parse().unwrap(), ..permission.clone() };
    let new = |kinds: &[ProblemKind]| NewProblems(kinds.iter().copied().collect());
    let week = allowed(&present, days(7));
    let table = [
        ("revoked", Some(&permission), &revoked, 9, CannotBeAllowed),
        ("unreadable", Some(&permission), &unreadable, 9, CannotBeAllowed),
        ("valid", Some(&permission), &valid, 9, NotNeeded),
        ("valid later", None, &later, 9, NotNeeded),
        ("the same", Some(&permission), &present, 9, AlreadyShown),
        ("worse", Some(&permission), &expired, 9, new(&[ProblemKind::Expired])),
        ("nothing is let through", None, &next, 9, new(&[ProblemKind::SelfSigned])),
        ("of another server", Some(&elsewhere), &next, 9, new(&[ProblemKind::SelfSigned])),
        ("too late", Some(&permission), &next, 0, Over),
    ];
    for (what, permission, next, until, expected) in table {
        assert_eq!(announce(&present, permission, next, in_days(until), NOW), Err(expected), "{what}");
    }
    let over = announce(&present, Some(&week), &next, in_days(20), in_days(7));
    assert_eq!(over, Err(Over));
}

#[test]
fn what_is_over_counts_as_none_and_what_only_its_certificate_has_ended_does_not() {
    let (present, next) = (certificate(5, NOW), certificate(400, NOW));
    let person = |remember_for| allowed(&present, remember_for);
    let profile = RememberedCertificate::let_through_by_profile(&present, NOW).unwrap();
    let announced = announce(&present, Some(&profile), &next, in_days(20), NOW).unwrap();
    let followed = profile.clone().with_announced(announced, NOW).succeeded_by(&next, in_days(1)).unwrap();
    let recovered = RememberedCertificate {
        chosen: None,
        until: Some(in_days(20)),
        origin: PermissionOrigin::RecoveryFile,
        // Of the permission before, which was for the same certificate.
        announced: vec![AnnouncedCertificate { until: in_days(400), ..announced }],
        ..person(RememberFor::UntilChanged)
    };
    let options = |longest| RememberOptions { longest, days: 9.try_into().unwrap() };
    let (free, days_of_profile) = (options(RememberLimit::UntilChanged), options(RememberLimit::Days));
    let session = options(RememberLimit::Session);
    // What was allowed, under which profile, since when, and on which day it is over.
    let table = [
        ("until changed", person(RememberFor::UntilChanged), free, Given::Earlier, None),
        ("for seven days", person(days(7)), free, Given::Earlier, Some(7)),
        ("for more than the profile permits", person(days(30)), days_of_profile, Given::Earlier, Some(9)),
        (
            "until changed, of nine days",
            person(RememberFor::UntilChanged),
            days_of_profile,
            Given::Earlier,
            Some(9),
        ),
        ("in this session", person(RememberFor::UntilChanged), session, Given::InThisSession, None),
        ("in a session before", person(RememberFor::UntilChanged), session, Given::Earlier, Some(0)),
        ("by the profile", profile, free, Given::InThisSession, None),
        ("what followed that", followed, free, Given::InThisSession, Some(20)),
        ("by a recovery file", recovered, days_of_profile, Given::Earlier, Some(20)),
    ];
    for (what, permission, options, given, over) in table {
        for day in [0, 1, 6, 7, 8, 9, 19, 20, 300] {
            let expected = over.is_some_and(|over| over <= day);
            assert_eq!(permission.is_over(options, given, in_days(day)), expected, "{what}, day {day}");
            // What is over lets nothing through.
            let counts = permission.limited_to(options, given);
            let lets_through = counts.holds_at(in_days(day))
                || counts.announced.iter().any(|announced| in_days(day) < announced.until);
            assert!(!(expected && lets_through), "{what}, day {day}");
        }
    }
}

/// A clock that is set back brings nothing about.
#[test]
fn what_the_profile_let_through_is_allowed_at_no_time() {
    let (present, next) = (certificate(30, NOW), certificate(400, NOW));
    let profile = RememberedCertificate::let_through_by_profile(&present, NOW).unwrap();
    let announced = announce(&present, Some(&profile), &next, in_days(20), NOW).unwrap();
    let kept = profile.with_announced(announced, NOW);
    for day in [-300, -1, 0, 1] {
        assert_eq!(decided(&present, &kept, in_days(day)), Decision::Ask(Question::First), "day {day}");
        let followed = kept.succeeded_by(&next, in_days(day)).unwrap();
        assert!(followed.announced.is_empty(), "what nobody allowed does not come back");
    }
}

#[test]
fn an_announcement_ends_with_what_was_allowed_and_has_a_limit() {
    let (present, next) = (certificate(30, NOW), certificate(400, NOW));
    let profile = RememberedCertificate::let_through_by_profile(&present, NOW).unwrap();
    // What was allowed, what the server wants, what it gets.
    let table = [
        (allowed(&present, RememberFor::UntilChanged), 40, in_days(40)),
        (allowed(&present, RememberFor::Session), 40, in_days(40)),
        (allowed(&present, RememberFor::UntilChanged), 4000, NOW + LONGEST_ANNOUNCEMENT),
        (allowed(&present, days(7)), 40, in_days(7)),
        (profile.clone(), 40, in_days(40)),
        // Earlier versions did not keep what was chosen.
        (
            RememberedCertificate { chosen: None, ..allowed(&present, RememberFor::UntilChanged) },
            40,
            in_days(30) + Duration::SECOND,
        ),
    ];
    for (permission, wanted, until) in table {
        let announced = announce(&present, Some(&permission), &next, in_days(wanted), NOW).unwrap();
        assert_eq!(announced.until, until, "{:?} {:?}", permission.chosen, permission.origin);
        // A stricter profile ends it earlier.
        let options = RememberOptions { longest: RememberLimit::Days, days: 3.try_into().unwrap() };
        let limited = permission.with_announced(announced, NOW).limited_to(options, Given::Earlier);
        assert_eq!(decided(&next, &limited, in_days(2)), ANNOUNCED);
        assert!(matches!(decided(&next, &limited, in_days(3)), Decision::Ask(Question::Changed { .. })));
    }
    // What the profile lets through is no permission.
    assert_eq!(decided(&present, &profile, NOW), Decision::Ask(Question::First));
    assert_eq!(profile.origin, PermissionOrigin::Profile);
}

#[test]
fn what_is_shown_takes_the_place_of_the_former_which_may_come_back() {
    let (present, next, third) = (certificate(30, NOW), certificate(400, NOW), certificate(400, NOW));
    let with_next = |permission: RememberedCertificate| {
        let announced = announce(&present, Some(&permission), &next, in_days(20), NOW).unwrap();
        permission.with_announced(announced, NOW)
    };
    let change = in_days(5);
    let after = with_next(allowed(&present, RememberFor::UntilChanged)).succeeded_by(&next, change).unwrap();
    assert_eq!((Some(after.fingerprint), after.origin), (next.fingerprint, PermissionOrigin::Announcement));
    assert_eq!(after.until, Some(in_days(400) + Duration::SECOND));
    assert_eq!(decided(&next, &after, in_days(300)), Decision::Connect(ConnectReason::Remembered));
    assert_eq!(decided(&present, &after, change + Duration::days(1)), ANNOUNCED);
    let back = change + ROLL_BACK;
    assert!(matches!(decided(&present, &after, back), Decision::Ask(Question::Changed { .. })));
    // The next change is announced in the same way.
    assert!(announce(&next, Some(&after), &third, in_days(60), change).is_ok());

    // Days are counted from the answer of the person.
    let after = with_next(allowed(&present, days(7))).succeeded_by(&next, change).unwrap();
    assert_eq!((after.until, after.remembered_at), (Some(in_days(7)), NOW));
    assert_eq!(decided(&next, &after, in_days(7)), Decision::Ask(Question::First));
    // Nobody has allowed what the profile let through, so that it may not come back.
    let profile = RememberedCertificate::let_through_by_profile(&present, NOW).unwrap();
    let after = with_next(profile).succeeded_by(&next, change).unwrap();
    assert_eq!((after.until, after.announced), (Some(in_days(20)), Vec::new()));
    assert_eq!(with_next(allowed(&present, days(7))).succeeded_by(&third, change), None);
}

#[test]
fn an_entry_with_everything_fits_into_every_keychain() {
    let present = certificate(30, NOW);
    let announced = |text: &[u8]| AnnouncedCertificate { fingerprint: Fingerprint::of(text), until: NOW };
    let entry = RememberedCertificate {
        subject: "\u{1F512}".repeat(120),
        issuer: "\u{1F512}".repeat(120),
        accepted: ProblemKind::ALL.into_iter().take(12).collect(),
        announced: vec![announced(b"a"), announced(b"b")],
        ..allowed(&present, days(3650))
    };
    let length = serde_json::to_string(&entry).unwrap().len();
    assert!(length <= 2500, "{length} bytes");
    let kept: RememberedCertificate = serde_json::from_str(&serde_json::to_string(&entry).unwrap()).unwrap();
    assert_eq!(kept, entry);
    let mut full = entry;
    for number in 0..9_u8 {
        full = full.with_announced(AnnouncedCertificate { until: in_days(1), ..announced(&[number]) }, NOW);
    }
    assert_eq!(full.announced.len(), MAXIMUM_ANNOUNCED);
    assert_eq!(full.announced[1].fingerprint, Fingerprint::of(&[8]));
}

fn some_kinds() -> impl Strategy<Value = BTreeSet<ProblemKind>> {
    prop::collection::btree_set(prop::sample::select(ProblemKind::ALL.to_vec()), 0..6)
}

proptest! {
    /// However it came about, an announcement lets no kind of problem through that was not accepted, and nothing after its
    /// end.
    #[test]
    fn nothing_new_is_let_through(accepted in some_kinds(), shown in some_kinds(), seconds in -10_i64..10) {
        let until = NOW;
        let at = NOW + Duration::seconds(seconds);
        let entry = RememberedCertificate {
            accepted: accepted.clone(),
            ..allowed(&certificate(30, NOW), RememberFor::UntilChanged)
        }.with_announced(
            AnnouncedCertificate { fingerprint: Fingerprint::of(b"next"), until },
            NOW - Duration::HOUR,
        );
        let through = entry.lets_announced_through(Fingerprint::of(b"next"), &shown, at);
        prop_assert_eq!(through, shown.is_subset(&accepted) && at < until);
        prop_assert!(!entry.lets_announced_through(Fingerprint::of(b"other"), &shown, at));
    }

    /// Whatever follows what, the accepted kinds of problem and the moment of the person's answer stay the same.
    #[test]
    fn a_chain_of_changes_allows_nothing_more(changes in 1_usize..4, gap in 1_i64..20) {
        let mut present = certificate(400, NOW);
        let mut permission = allowed(&present, RememberFor::UntilChanged);
        let before = (permission.accepted.clone(), permission.remembered_at);
        let mut at = NOW;
        for _ in 0..changes {
            let next = certificate(400, NOW);
            let announced = announce(&present, Some(&permission), &next, at + Duration::days(30), at).unwrap();
            at += Duration::days(gap);
            permission = permission.with_announced(announced, at).succeeded_by(&next, at).unwrap();
            prop_assert_eq!(decided(&next, &permission, at), Decision::Connect(ConnectReason::Remembered));
            present = next;
        }
        prop_assert_eq!((permission.accepted, permission.remembered_at), before);
        prop_assert!(permission.announced.len() <= MAXIMUM_ANNOUNCED);
    }
}
