//! For how long an answer *Allow* holds.

use std::num::NonZeroU16;

use countersign_trust::{
    ConnectReason, Decision, Given, InvalidCertificateAction, Possession, Question, RememberFor,
    RememberLimit, RememberOptions, RememberedCertificate, decide,
};
use time::{Duration, OffsetDateTime};

use crate::making::{NOW, judge_with, self_signed, server};

const HOST: &str = "host.example.test";

fn number(days: u16) -> NonZeroU16 {
    NonZeroU16::new(days).unwrap()
}

fn days(days: u16) -> RememberFor {
    RememberFor::Days(number(days))
}

/// What is allowed now of a certificate that is valid for so many days more.
fn allowed(remember_for: RememberFor, valid_for: i64) -> RememberedCertificate {
    let mut parameters = server(&[HOST]);
    parameters.not_after = NOW + Duration::days(valid_for);
    let assessment = judge_with(HOST, &[self_signed(&parameters)], [], NOW);
    RememberedCertificate::of(&assessment, remember_for, NOW).unwrap()
}

fn in_days(days: i64) -> OffsetDateTime {
    NOW + Duration::days(days)
}

/// The moment after the last second in which the certificate is valid.
fn expiry(days: i64) -> OffsetDateTime {
    NOW + Duration::days(days) + Duration::SECOND
}

#[test]
fn a_permission_ends_with_its_days_or_with_the_certificate() {
    let table = [
        (RememberFor::UntilChanged, 80, Some(expiry(80))),
        (RememberFor::Session, 80, Some(expiry(80))),
        (days(7), 80, Some(in_days(7))),
        (days(80), 80, Some(in_days(80))),
        (days(81), 80, Some(expiry(80))),
        // One that has expired already cannot do so again.
        (RememberFor::UntilChanged, -1, None),
        (RememberFor::Session, -1, None),
        (days(7), -1, Some(in_days(7))),
    ];
    for (remember_for, valid_for, until) in table {
        let certificate = allowed(remember_for, valid_for);
        assert_eq!(certificate.until, until, "{remember_for:?}, valid for {valid_for} days");
        assert!(certificate.holds_at(NOW));
        if let Some(until) = until {
            assert!(certificate.holds_at(until - Duration::SECOND) && !certificate.holds_at(until));
        }
    }
}

#[test]
fn a_permission_counts_as_far_as_the_profile_permits() {
    use Given::{Earlier, InThisSession};
    use RememberLimit::{Days, Session, UntilChanged};
    let table = [
        (RememberFor::UntilChanged, UntilChanged, Earlier, expiry(80)),
        (RememberFor::UntilChanged, Days, Earlier, in_days(5)),
        (RememberFor::UntilChanged, Days, InThisSession, in_days(5)),
        (RememberFor::UntilChanged, Session, InThisSession, expiry(80)),
        (RememberFor::UntilChanged, Session, Earlier, NOW),
        (days(3), UntilChanged, Earlier, in_days(3)),
        (days(3), Days, Earlier, in_days(3)),
        (days(7), Days, Earlier, in_days(5)),
        (days(7), Session, Earlier, NOW),
        (days(7), Session, InThisSession, in_days(7)),
        (RememberFor::Session, UntilChanged, InThisSession, expiry(80)),
        (RememberFor::Session, Days, InThisSession, in_days(5)),
        (RememberFor::Session, Session, InThisSession, expiry(80)),
    ];
    for (remember_for, longest, given, until) in table {
        let options = RememberOptions { longest, days: number(5) };
        let limited = allowed(remember_for, 80).limited_to(options, given);
        assert_eq!(limited.until, Some(until), "{remember_for:?} under {longest:?}, given {given:?}");
        // A looser profile does not give more than the person did.
        assert!(limited.until <= allowed(remember_for, 80).until);
    }
}

#[test]
fn entries_of_earlier_versions_end_with_their_certificate() {
    let mut entry = serde_json::to_value(allowed(RememberFor::UntilChanged, 80)).unwrap();
    entry.as_object_mut().unwrap().remove("until").unwrap();
    let entry: RememberedCertificate = serde_json::from_value(entry).unwrap();
    assert_eq!(entry.until, None);
    assert_eq!(entry.limited_to(RememberOptions::default(), Given::Earlier).until, Some(expiry(80)));
}

#[test]
fn what_is_over_is_asked_about_again() {
    let mut parameters = server(&[HOST]);
    parameters.not_after = NOW + Duration::days(80);
    let (this, other) = (self_signed(&parameters), self_signed(&parameters));
    let seen = |certificate: &rustls_pki_types::CertificateDer<'static>, at| {
        judge_with(HOST, std::slice::from_ref(certificate), [], at)
    };
    let remembered = RememberedCertificate::of(&seen(&this, NOW), days(7), NOW).unwrap();
    let decided = |certificate, after| {
        let at = NOW + Duration::days(after);
        let warn = InvalidCertificateAction::Warn;
        decide(Possession::Proved, &seen(certificate, at), warn, Some(&remembered), at)
    };
    assert_eq!(decided(&this, 6), Decision::Connect(ConnectReason::Remembered));
    assert_eq!(decided(&this, 7), Decision::Ask(Question::First));
    assert!(matches!(decided(&other, 6), Decision::Ask(Question::Changed { .. })));
    assert!(matches!(decided(&other, 8), Decision::Ask(Question::Changed { .. })));
    assert!(matches!(decided(&this, 90), Decision::Ask(Question::Worse { .. })));
}
