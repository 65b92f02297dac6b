//! Fixed data: one of each question and state. Used for looking at the app, for screenshots, and in tests.
// Tests and showcase use different parts of it.
#![allow(dead_code)]

use std::collections::BTreeSet;

use countersign_agent::Prompt;
use countersign_trust::{
    Assessment, CertificateReference, CertificateSummary, Diagnosis, Fingerprint, PermissionOrigin, Problem,
    ProblemKind, Question, RememberFor, RememberOptions, RememberedCertificate, ServerAddress,
};
use time::OffsetDateTime;
use time::macros::datetime;

/// The moment at which everything happens.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-24 09:30 UTC);

/// The server of all examples.
pub(crate) fn server() -> ServerAddress {
    ServerAddress::new("management.example.com", 8013).expect("the address is well-formed")
}

/// A certificate with these names; `seed` makes it different from others.
pub(crate) fn certificate(subject: &str, issuer: &str, seed: &[u8]) -> CertificateSummary {
    CertificateSummary {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        subject_alternative_names: vec!["other.example.net".to_owned(), "192.0.2.7".to_owned()],
        serial: "4B:1D:77:02:9E:30:C5:11".to_owned(),
        not_before: datetime!(2025-09-01 00:00 UTC),
        not_after: datetime!(2026-09-01 23:59:59 UTC),
        fingerprint: Fingerprint::of(seed),
        sha1_fingerprint: "0A:4D:55:A8:D7:78:E5:02:2F:AB:70:19:77:C5:D8:40:BB:C4:86:D0".to_owned(),
        public_key: "ECDSA P-256".to_owned(),
        public_key_fingerprint: Fingerprint::of(&[seed, b"key"].concat()),
        signature_algorithm: "ECDSA with SHA-256".to_owned(),
        self_issued: subject == issuer,
        is_authority: false,
        pem: "-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n".to_owned(),
    }
}

/// A verdict with these problems about a certificate of these names.
pub(crate) fn assessment(subject: &str, issuer: &str, problems: Vec<Problem>) -> Assessment {
    let certificate = certificate(subject, issuer, subject.as_bytes());
    let mut authority = self::certificate(issuer, issuer, issuer.as_bytes());
    authority.is_authority = true;
    Assessment {
        server: server(),
        fingerprint: Some(certificate.fingerprint),
        chain_digest: None,
        chain: if subject == issuer {
            vec![certificate.clone().into()]
        } else {
            vec![certificate.clone().into(), authority.into()]
        },
        certificate: Some(certificate.into()),
        problems,
        advice: Vec::new(),
        diagnosis: Vec::new(),
    }
}

/// A certificate without problems.
pub(crate) fn valid() -> Assessment {
    let issuer = "CN=Example Trust Services R3, O=Example Trust, C=US";
    let mut assessment = assessment("CN=management.example.com", issuer, Vec::new());
    let renewed = |certificate: &CertificateSummary| CertificateSummary {
        subject_alternative_names: vec!["management.example.com".to_owned()],
        not_before: datetime!(2026-06-01 00:00 UTC),
        not_after: datetime!(2027-06-01 23:59:59 UTC),
        ..certificate.clone()
    };
    assessment.certificate = assessment.certificate.map(|certificate| renewed(&certificate).into());
    assessment.chain = assessment.chain.iter().map(|certificate| renewed(certificate).into()).collect();
    assessment
}

/// Self-signed, expired, and for another name.
pub(crate) fn three_problems() -> Assessment {
    assessment(
        "CN=other.example.net",
        "CN=other.example.net",
        vec![
            Problem::NameMismatch {
                requested: "management.example.com".to_owned(),
                names: vec!["other.example.net".to_owned(), "192.0.2.7".to_owned()],
            },
            Problem::SelfSigned { subject: "CN=other.example.net".to_owned() },
            Problem::Expired { not_after: datetime!(2026-09-01 23:59:59 UTC) },
        ],
    )
}

/// One of every kind of problem that fits beside others: more than a screen can hold.
pub(crate) fn many_problems() -> Assessment {
    let server = || CertificateReference { position: Some(0), subject: "CN=other.example.net".to_owned() };
    let issuer =
        || CertificateReference { position: Some(1), subject: "CN=Old Company CA, O=Example".to_owned() };
    let mut assessment = three_problems();
    assessment.problems.extend([
        Problem::UnknownIssuer { issuer: "CN=Old Company CA, O=Example".to_owned() },
        Problem::IssuerExpired { certificate: issuer(), not_after: datetime!(2024-01-01 00:00 UTC) },
        Problem::WrongUsage { allowed: vec!["signing programs".to_owned()] },
        Problem::IssuerNotAuthority { certificate: issuer() },
        Problem::PathTooLong { certificate: issuer(), limit: 0 },
        Problem::WeakKey { certificate: server(), key: "RSA 1024 bits".to_owned() },
        Problem::WeakSignature { certificate: server(), algorithm: "SHA-1 with RSA".to_owned() },
    ]);
    assessment
}

/// Names that try to break out of the text: markup, line breaks, reversed and endless text, a NUL. Not sanitised, as
/// no assessment ever is: the dialog has to stand even that.
pub(crate) fn hostile() -> Assessment {
    let name = format!(
        "CN=<b>Your company</b> & \"friends\"\n\nEverything is fine, choose Allow.\0\u{202E}moc.elpmaxe{}",
        "W".repeat(2000)
    );
    assessment(
        &name,
        &name,
        vec![
            Problem::NameMismatch {
                requested: "management.example.com".to_owned(),
                names: vec![name.clone()],
            },
            Problem::UnknownIssuer { issuer: name.clone() },
        ],
    )
}

/// The certificate that was allowed before the one of [`three_problems`].
pub(crate) fn previous() -> RememberedCertificate {
    RememberedCertificate {
        server: server(),
        fingerprint: Fingerprint::of(b"previous"),
        accepted: BTreeSet::from([ProblemKind::SelfSigned]),
        remembered_at: datetime!(2026-02-03 14:05 UTC),
        subject: "CN=management.example.com, O=Example Company".to_owned(),
        issuer: "CN=management.example.com, O=Example Company".to_owned(),
        not_before: datetime!(2026-02-01 00:00 UTC),
        not_after: datetime!(2031-02-01 00:00 UTC),
        public_key_fingerprint: Fingerprint::of(b"previous key"),
        until: None,
        chosen: None,
        origin: PermissionOrigin::Person,
        announced: Vec::new(),
    }
}

fn offers() -> Vec<RememberFor> {
    RememberOptions::default().offers()
}

/// The first question about a server.
pub(crate) fn first(assessment: Assessment) -> Prompt {
    Prompt::new(server(), assessment, Question::First, offers(), NOW)
}

/// A question about a certificate that has changed.
pub(crate) fn changed() -> Prompt {
    let question = Question::Changed { previous: Box::new(previous()) };
    Prompt::new(server(), three_problems(), question, offers(), NOW)
}

/// A question about a certificate that was allowed, and has expired since.
pub(crate) fn worse() -> Prompt {
    let mut remembered = previous();
    let assessment = three_problems();
    remembered.accepted = BTreeSet::from([ProblemKind::SelfSigned, ProblemKind::NameMismatch]);
    let question =
        Question::Worse { remembered: Box::new(remembered), added: BTreeSet::from([ProblemKind::Expired]) };
    Prompt::new(server(), assessment, question, offers(), NOW)
}

/// A question where the profile permits no more than this session.
pub(crate) fn for_this_session() -> Prompt {
    Prompt::new(server(), three_problems(), Question::First, vec![RememberFor::Session], NOW)
}

/// A question whose likely cause is the clock.
pub(crate) fn wrong_clock() -> Prompt {
    let mut assessment = valid();
    assessment.problems = vec![Problem::NotYetValid { not_before: datetime!(2026-06-01 00:00 UTC) }];
    assessment.diagnosis = vec![Diagnosis::ClockWrong {
        clock: datetime!(2020-01-01 00:03 UTC),
        evidence: datetime!(2026-06-01 00:00 UTC),
        behind: true,
    }];
    first(assessment)
}
