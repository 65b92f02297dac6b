//! The words for what is found out about certificates, whatever a peer has put into the names.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use countersign_trust::{
    Advice, AdviceKind, CertificateReference, Diagnosis, InvalidCertificateAction, Problem, ProblemKind,
};
use countersign_words::{Text, Words};
use proptest::prelude::*;
use time::macros::datetime;

/// One problem of each kind with this text wherever a peer's can stand.
fn problems(text: &str) -> Vec<Problem> {
    let text = || text.to_owned();
    let certificate = || CertificateReference { position: Some(1), subject: text() };
    let moment = datetime!(2026-11-24 09:30 UTC);
    vec![
        Problem::NoCertificate,
        Problem::Revoked { certificate: certificate() },
        Problem::ChainTooLarge { certificates: 70, bytes: 65_537 },
        Problem::Malformed { certificate: certificate(), detail: text() },
        Problem::BadSignature { certificate: certificate(), issuer: text() },
        Problem::NameMismatch { requested: text(), names: vec![text(), text()] },
        Problem::WildcardTooBroad { pattern: text() },
        Problem::SelfSigned { subject: text() },
        Problem::UnknownIssuer { issuer: text() },
        Problem::UnsuitableRoot { certificate: certificate(), detail: text() },
        Problem::Expired { not_after: moment },
        Problem::NotYetValid { not_before: moment },
        Problem::IssuerExpired { certificate: certificate(), not_after: moment },
        Problem::IssuerNotYetValid { certificate: certificate(), not_before: moment },
        Problem::WrongUsage { allowed: vec![text()] },
        Problem::WrongKeyUsage { allowed: vec![text()] },
        Problem::AuthorityAsServer { subject: text() },
        Problem::IssuerNotAuthority { certificate: certificate() },
        Problem::IssuerMayNotSign { certificate: certificate() },
        Problem::IssuerWrongUsage { certificate: certificate(), allowed: vec![text()] },
        Problem::PathTooLong { certificate: certificate(), limit: 1 },
        Problem::NameNotPermitted { certificate: Some(certificate()) },
        Problem::MisplacedNameConstraints,
        Problem::UnknownCriticalExtension { certificate: certificate(), identifier: text() },
        Problem::WeakKey { certificate: certificate(), key: text() },
        Problem::WeakSignature { certificate: certificate(), algorithm: text() },
        Problem::UnsupportedAlgorithm { certificate: certificate(), algorithm: text() },
        Problem::TooComplex,
        Problem::NotAcceptable { detail: text() },
    ]
}

fn diagnoses(text: &str) -> Vec<Diagnosis> {
    let moment = datetime!(2026-11-24 09:30 UTC);
    let mut diagnoses = vec![
        Diagnosis::CaptivePortal { names: vec![text.to_owned()], issuer: text.to_owned() },
        Diagnosis::InspectingProxy { product: text.to_owned(), issuer: text.to_owned() },
    ];
    for behind in [true, false] {
        diagnoses.push(Diagnosis::ClockWrong { clock: moment, evidence: moment, behind });
    }
    for (same_key, same_issuer) in [(true, true), (true, false), (false, true)] {
        diagnoses.push(Diagnosis::RenewalGoneWrong { same_key, same_issuer });
    }
    diagnoses
}

fn languages() -> [Words; 2] {
    [Words::english(), Words::german()]
}

#[test]
fn every_kind_of_problem_has_a_sentence_a_meaning_and_a_term_of_its_own() {
    let problems = problems("x");
    let kinds: BTreeSet<ProblemKind> = problems.iter().map(Problem::kind).collect();
    assert_eq!(kinds.len(), ProblemKind::ALL.len());
    for words in languages() {
        let all = |say: fn(&Words, &Problem) -> Text| -> Vec<Text> {
            problems.iter().map(|problem| say(&words, problem)).collect()
        };
        for sentences in [all(Words::problem_summary), all(Words::problem_meaning)] {
            for sentence in sentences {
                // A period after a number belongs to a date.
                let before = sentence.split(". ").collect::<Vec<_>>();
                let ended = before.iter().rev().skip(1).any(|part| part.ends_with(char::is_alphabetic));
                assert!(sentence.ends_with('.') && !ended, "{sentence}");
            }
        }
        for texts in [all(Words::problem_summary), all(Words::problem_term)] {
            assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), ProblemKind::ALL.len());
        }
    }
}

#[test]
fn sentences_name_what_matters() {
    let expired = Problem::Expired { not_after: datetime!(2026-11-24 09:30 UTC) };
    let two = Problem::NameMismatch {
        requested: "a.example".to_owned(),
        names: vec!["b.example".to_owned(), "c.example".to_owned()],
    };
    let large = Problem::ChainTooLarge { certificates: 3, bytes: 65_537 };
    let usage = Problem::WrongUsage { allowed: vec!["signing programs".to_owned(), "1.2.3".to_owned()] };
    let weak = Problem::WeakKey {
        certificate: CertificateReference { position: Some(0), subject: String::new() },
        key: "RSA 1024 bits".to_owned(),
    };
    for (problem, english, german) in [
        (
            expired,
            "The certificate expired on 24 November 2026, 09:30 UTC.",
            "Das Zertifikat ist am 24. November 2026, 09:30 UTC abgelaufen.",
        ),
        (
            two,
            "The certificate is not for “a.example”, but for “b.example” and “c.example”.",
            "Das Zertifikat gilt nicht für „a.example“, sondern für „b.example“ und „c.example“.",
        ),
        (
            large,
            "The server sent 3 certificates with 65,537 bytes together, which is more than is accepted.",
            "Der Server hat 3 Zertifikate mit zusammen 65.537 Byte gesendet, mehr als angenommen werden.",
        ),
        (
            usage,
            "The certificate was issued for signing programs and “1.2.3”, not for a server.",
            "Das Zertifikat wurde ausgestellt für: das Signieren von Programmen und „1.2.3“ – nicht für einen Server.",
        ),
        (
            weak,
            "The server’s certificate has a key that is no longer safe (RSA 1024 bits).",
            "Das Zertifikat des Servers hat einen Schlüssel, der nicht mehr sicher ist (RSA 1024 Bit).",
        ),
    ] {
        assert_eq!(Words::english().problem_summary(&problem), english);
        assert_eq!(Words::german().problem_summary(&problem), german);
    }
}

#[test]
fn numbers_choose_the_form() {
    let path = |limit| Problem::PathTooLong { certificate: CertificateReference::default(), limit };
    for (limit, english, german) in [
        (0, "permits no further authority below", "keine weitere Zertifizierungsstelle,"),
        (1, "permits one further authority below", "eine weitere Zertifizierungsstelle,"),
        (2, "permits 2 further authorities below", "2 weitere Zertifizierungsstellen,"),
    ] {
        assert!(Words::english().problem_summary(&path(limit)).contains(english));
        assert!(Words::german().problem_summary(&path(limit)).contains(german));
    }
}

#[test]
fn every_advice_and_every_action_has_words() {
    let server = || CertificateReference { position: Some(0), subject: "CN=a".to_owned() };
    let issuer = || CertificateReference { position: Some(1), subject: "CN=b".to_owned() };
    for words in languages() {
        let texts: BTreeSet<Text> = AdviceKind::ALL
            .iter()
            .flat_map(|kind| words.advice(&[Advice { kind: *kind, certificate: server() }]))
            .collect();
        assert_eq!(texts.len(), AdviceKind::ALL.len());
        let about = words.advice(&[Advice { kind: AdviceKind::NotCritical, certificate: issuer() }]);
        assert!(about[0].starts_with("CN=b: "), "{about:?}");
        let actions: BTreeSet<Text> =
            InvalidCertificateAction::ALL.into_iter().map(|action| words.action(action)).collect();
        assert_eq!(actions.len(), InvalidCertificateAction::ALL.len());
        let causes: BTreeSet<Text> =
            diagnoses("x").iter().map(|diagnosis| words.diagnosis(diagnosis)).collect();
        assert_eq!(causes.len(), diagnoses("x").len());
    }
}

#[test]
fn the_same_advice_about_several_certificates_is_given_once() {
    let advice = |kind, position: usize| Advice {
        kind,
        certificate: CertificateReference { position: Some(position), subject: format!("CN={position}") },
    };
    let given = Words::english().advice(&[
        advice(AdviceKind::NotCritical, 1),
        advice(AdviceKind::SerialNumberUnfit, 2),
        advice(AdviceKind::NotCritical, 0),
        advice(AdviceKind::NotCritical, 2),
        advice(AdviceKind::PurposeTooWide, 0),
    ]);
    let beginnings =
        ["The server’s own certificate, CN=1 and CN=2: A restriction", "CN=2: Its serial", "It may"];
    assert_eq!(given.len(), beginnings.len(), "{given:?}");
    for (text, beginning) in given.iter().zip(beginnings) {
        assert!(outside_marks(text).starts_with(beginning), "{text}");
    }
}

#[test]
fn what_a_stranger_wrote_is_not_in_the_first_sentence_of_a_cause() {
    for words in languages() {
        for diagnosis in [
            Diagnosis::CaptivePortal { names: vec!["Evil".to_owned()], issuer: "Evil".to_owned() },
            Diagnosis::InspectingProxy { product: "Product".to_owned(), issuer: "Evil".to_owned() },
        ] {
            let text = words.diagnosis(&diagnosis);
            let (first, rest) = text.split_once(". ").unwrap();
            assert!(!first.contains("Evil") && rest.contains("Evil"), "{text}");
        }
    }
}

/// The text without the marks that isolate names.
fn outside_marks(text: &str) -> String {
    text.chars().filter(|character| !matches!(character, '\u{2068}' | '\u{2069}')).collect()
}

/// The text without the isolated parts: what of the sentence a peer could have moved.
fn outside(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for character in text.chars() {
        match character {
            '\u{2068}' => depth += 1,
            '\u{2069}' => depth = depth.checked_sub(1).unwrap(),
            _ if depth == 0 => kept.push(character),
            _ => {}
        }
    }
    assert_eq!(depth, 0, "an isolate stays open: {text:?}");
    kept
}

/// What changes the direction of other letters, and letters that are written from right to left.
fn turns_text_around(character: char) -> bool {
    matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(character, '\u{0590}'..='\u{08FF}')
}

fn hostile() -> impl Strategy<Value = String> {
    // Ordinary text, and much of what turns text around or ends it.
    prop_oneof![
        any::<String>(),
        "[a-z \u{0}\n\t\u{202A}-\u{202E}\u{2066}-\u{2069}\u{200B}-\u{200F}א-ת{}$<>&]{0,60}",
        "[W]{0,3000}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_peer_cannot_break_out(text in hostile()) {
        for words in languages() {
            let said = problems(&text)
                .iter()
                .flat_map(|problem| [words.problem_summary(problem), words.problem_meaning(problem), words.problem_term(problem)])
                .chain(diagnoses(&text).iter().map(|diagnosis| words.diagnosis(diagnosis)))
                .collect::<Vec<_>>();
            for text in said {
                prop_assert!(!text.chars().any(char::is_control), "{:?}", text);
                prop_assert!(text.chars().count() < 1600, "{} characters", text.chars().count());
                let moving = outside(&text).chars().find(|character| turns_text_around(*character));
                prop_assert_eq!(moving, None, "{:?}", text);
            }
        }
    }
}
