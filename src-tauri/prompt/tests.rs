//! The words of the prompt.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::num::NonZeroU16;

use countersign_agent::Prompt;
use countersign_trust::{
    Advice, AdviceKind, Assessment, CertificateReference, Problem, Question, RememberFor,
};
use countersign_words::{CertificateField, Text, Words};

use super::certificate_text::{FieldText, certificates};
use super::text::{Novelty, PromptText, Tone, printable};
use crate::sample::data as sample;

/// Everything that a prompt says, in one piece.
fn all_text(text: &PromptText) -> String {
    let mut parts: Vec<&Text> = vec![
        &text.window_title,
        &text.headline,
        &text.lead,
        &text.fingerprint,
        &text.compare_with,
        &text.consequence,
    ];
    parts.extend(&text.likely_cause);
    parts.extend(&text.latest_end);
    parts.extend(text.offers.iter().map(|offer| &offer.label));
    parts.extend(text.problems.iter().flat_map(|problem| [&problem.summary, &problem.meaning]));
    parts.extend(text.comparison.iter().flat_map(|field| [&field.before, &field.now]));
    parts.into_iter().map(Text::as_str).collect::<Vec<_>>().join("\u{1F}")
}

#[test]
fn the_first_question_names_server_consequence_and_every_problem() {
    let text = PromptText::of(&Words::english(), &sample::first(sample::three_problems()));
    assert_eq!(text.tone, Tone::Question);
    assert_eq!(text.headline, "This may not be your company’s server");
    assert!(text.window_title.starts_with(text.headline.as_str()));
    assert!(
        text.lead.contains("management.example.com:8013") && text.lead.contains("3 problems"),
        "{}",
        text.lead
    );
    assert_eq!(text.problems.len(), 3);
    for problem in &text.problems {
        assert!(!problem.summary.is_empty() && !problem.meaning.is_empty());
        assert_eq!(problem.novelty, Novelty::Known);
    }
    assert_eq!(text.fingerprint.len(), 95);
    assert!(text.compare_with.contains("IT department"));
    assert!(text.comparison.is_empty() && text.likely_cause.is_none());
}

#[test]
fn one_problem_is_not_several() {
    let mut assessment = sample::three_problems();
    assessment.problems.truncate(1);
    let text = PromptText::of(&Words::english(), &sample::first(assessment));
    assert!(text.lead.ends_with("its certificate has a problem."), "{}", text.lead);
}

#[test]
fn a_changed_certificate_is_an_alarm_with_old_and_new() {
    let prompt = sample::changed();
    let text = PromptText::of(&Words::english(), &prompt);
    assert_eq!(text.tone, Tone::Alarm);
    assert!(text.headline.contains("changed") && text.window_title.contains("changed"));
    assert!(text.lead.contains("3 February 2026"), "{}", text.lead);
    let field = |kind| text.comparison.iter().find(|field| field.kind == kind).unwrap();
    let fingerprint = field(CertificateField::Fingerprint);
    assert_eq!(fingerprint.before, *sample::previous().fingerprint.to_string());
    assert_eq!(fingerprint.now, *prompt.assessment.fingerprint.unwrap().to_string());
    assert!(!fingerprint.is_same());
    for kind in [
        CertificateField::Subject,
        CertificateField::Issuer,
        CertificateField::NotBefore,
        CertificateField::NotAfter,
    ] {
        assert!(!field(kind).before.is_empty() && !field(kind).now.is_empty(), "{kind:?}");
    }
}

#[test]
fn what_is_worse_comes_first_and_is_marked() {
    let text = PromptText::of(&Words::english(), &sample::worse());
    let marked: Vec<_> = text.problems.iter().map(|problem| problem.novelty).collect();
    assert_eq!(marked, [Novelty::New, Novelty::Known, Novelty::Known]);
    assert!(text.problems.first().unwrap().summary.contains("expired"));
    assert!(text.lead.contains("a new problem"), "{}", text.lead);
}

#[test]
fn a_likely_cause_is_named() {
    let text = PromptText::of(&Words::english(), &sample::wrong_clock());
    assert!(text.likely_cause.unwrap().contains("clock of this computer is probably behind"));
}

#[test]
fn what_is_offered_is_said_in_order() {
    let days = |number| RememberFor::Days(NonZeroU16::new(number).unwrap());
    let table: [(&[RememberFor], &[&str]); 3] = [
        (
            &[RememberFor::UntilChanged, days(30), RememberFor::Session],
            &["until it changes", "for 30 days", "only until you log out or quit Countersign"],
        ),
        (&[days(1), RememberFor::Session], &["for one day", "only until you log out or quit Countersign"]),
        (&[RememberFor::Session], &["only until you log out or quit Countersign"]),
    ];
    for (offers, labels) in table {
        let mut prompt = sample::first(sample::three_problems());
        prompt.offers = offers.to_vec();
        let text = PromptText::of(&Words::english(), &prompt);
        let said: Vec<_> = text.offers.iter().map(|text| (text.offer, text.label.as_str())).collect();
        let expected: Vec<_> = offers.iter().copied().zip(labels.iter().copied()).collect();
        assert_eq!(said, expected);
    }
}

#[test]
fn the_certificates_own_end_is_said_where_it_limits_what_is_offered() {
    let days = |number| RememberFor::Days(NonZeroU16::new(number).unwrap());
    let not_after = sample::three_problems().certificate.unwrap().not_after;
    let (before, after) = (not_after - time::Duration::days(10), not_after + time::Duration::days(1));
    for (now, offers, said) in [
        (before, vec![RememberFor::UntilChanged, days(7), RememberFor::Session], true),
        (before, vec![days(30), RememberFor::Session], true),
        (before, vec![days(7), RememberFor::Session], false),
        (before, vec![RememberFor::Session], false),
        // It has ended already.
        (after, vec![RememberFor::UntilChanged, RememberFor::Session], false),
    ] {
        let prompt =
            Prompt::new(sample::server(), sample::three_problems(), Question::First, offers.clone(), now);
        let end = PromptText::of(&Words::english(), &prompt).latest_end;
        assert_eq!(end.is_some(), said, "{now} {offers:?}");
        assert!(end.is_none_or(|end| end.contains("1 September 2026")));
    }
}

#[test]
fn the_three_questions_read_differently() {
    let headlines: std::collections::BTreeSet<Text> =
        [sample::first(sample::three_problems()), sample::changed(), sample::worse()]
            .iter()
            .map(|prompt| PromptText::of(&Words::english(), prompt).headline)
            .collect();
    assert_eq!(headlines.len(), 3);
}

#[test]
fn hostile_names_bring_no_control_characters() {
    let mut changed = sample::changed();
    changed.assessment = sample::hostile();
    for prompt in [sample::first(sample::hostile()), changed] {
        let text = all_text(&PromptText::of(&Words::english(), &prompt));
        let bad = text.chars().find(|character| character.is_control() && *character != '\u{1F}');
        assert_eq!(bad, None);
    }
    for certificate in certificates(&Words::english(), &sample::hostile()) {
        for (label, value) in certificate.findings {
            assert!(!value.chars().any(char::is_control), "{label}");
        }
        for FieldText { label, value, problems, .. } in certificate.fields {
            assert!(!value.chars().any(char::is_control), "{label}");
            assert!(value.chars().count() <= 400, "{label} is too long to be shown");
            assert!(!problems.iter().any(|problem| problem.chars().any(char::is_control)), "{label}");
        }
    }
}

#[test]
fn printable_text_holds_nothing_that_a_toolkit_stumbles_over() {
    assert_eq!(printable("a\0b\nc\u{202E}d"), "a b c d");
    let fingerprint = sample::previous().fingerprint.to_string();
    assert_eq!(printable(&fingerprint), fingerprint);
    let long_word = printable(&format!("{} end", "W".repeat(2000)));
    assert_eq!(long_word, format!("{}… end", "W".repeat(120)));
    assert_eq!(printable(&"a ".repeat(2000)).chars().count(), 801);
}

#[test]
fn advice_comes_before_the_fields() {
    let mut assessment = sample::hostile();
    let certificate = CertificateReference { position: Some(1), subject: "CN=Issuing".to_owned() };
    assessment.advice = vec![Advice { kind: AdviceKind::SerialNumberUnfit, certificate }];
    let texts = certificates(&Words::english(), &assessment);
    let (label, text) = texts.first().unwrap().findings.last().unwrap();
    assert!(*label == "Advice" && text.contains("Issuing") && text.contains("serial number"), "{text}");
}

#[test]
fn the_chain_is_listed_from_the_servers_own() {
    let texts = certificates(&Words::english(), &sample::valid());
    let headings: Vec<&str> = texts.iter().map(|text| text.heading.as_str()).collect();
    assert_eq!(headings, ["The server’s own certificate", "Certificate 2 of the chain"]);
    let labels: Vec<&str> = texts.first().unwrap().fields.iter().map(|field| field.label.as_str()).collect();
    for expected in ["Issued to", "Names", "Valid until", "Fingerprint (SHA-256)", "Fingerprint (SHA-1)"] {
        assert!(labels.contains(&expected), "{expected}");
    }
}

/// Every place of a problem: which certificate, and which field unless it concerns the whole.
fn places(assessment: &Assessment) -> Vec<(usize, Option<CertificateField>)> {
    let texts = certificates(&Words::english(), assessment);
    let mut places = Vec::new();
    for (position, text) in texts.iter().enumerate() {
        places.extend(text.findings.iter().map(|_| (position, None)));
        let fields = text.fields.iter();
        places.extend(
            fields.flat_map(|field| field.problems.iter().map(move |_| (position, Some(field.field)))),
        );
    }
    places
}

#[test]
fn every_problem_stands_once_beside_what_it_concerns() {
    let certificate = |position| CertificateReference { position, subject: "CN=Issuing".to_owned() };
    let not_after = sample::previous().not_after;
    let issuer = sample::valid().chain[1].issuer.clone();
    let table = [
        (Problem::Expired { not_after }, (0, Some(CertificateField::NotAfter))),
        (
            Problem::NameMismatch { requested: "a.example".to_owned(), names: Vec::new() },
            (0, Some(CertificateField::Names)),
        ),
        (Problem::UnknownIssuer { issuer }, (1, Some(CertificateField::Issuer))),
        (Problem::UnknownIssuer { issuer: "CN=Nobody".to_owned() }, (0, Some(CertificateField::Issuer))),
        (
            Problem::IssuerExpired { certificate: certificate(Some(1)), not_after },
            (1, Some(CertificateField::NotAfter)),
        ),
        (
            Problem::WeakKey { certificate: certificate(Some(1)), key: "RSA 1024 bits".to_owned() },
            (1, Some(CertificateField::PublicKey)),
        ),
        (Problem::WrongUsage { allowed: Vec::new() }, (0, None)),
        // A root that the server did not present, and a place that is not shown.
        (Problem::IssuerExpired { certificate: certificate(None), not_after }, (0, None)),
        (Problem::IssuerExpired { certificate: certificate(Some(9)), not_after }, (0, None)),
    ];
    for (problem, place) in table {
        let mut assessment = sample::valid();
        assessment.problems = vec![problem.clone()];
        assert_eq!(places(&assessment), [place], "{problem:?}");
    }
}
