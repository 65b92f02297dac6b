#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use countersign_agent::doctor::{
    Attempt, AttemptResult, BusFacts, BusFault, CertificateFacts, CertificateFault, ClockDirection,
    ClockFacts, ClockFault, ConfigurationFacts, ConfigurationFault, DesktopService, DnsFacts, DnsFault,
    KeychainFacts, KeychainFault, NameHint, Pace, Presence, ProxyFacts, ProxyFault, ProxyKind,
    RememberedKnowledge, ServiceState, Synchronisation, TcpFacts, TcpFault, TlsFacts, TlsFault, TrayFacts,
    TrayFault,
};
use countersign_trust::{ConnectReason, Decision, InvalidCertificateAction, Question};

use super::*;
use crate::sample::data;

/// Something that a stranger says, with what must not get through.
fn detail() -> String {
    "the stranger\u{202E}\u{7} says so".to_owned()
}

fn attempts() -> Vec<Attempt> {
    let address = "192.0.2.7:8013".parse().unwrap();
    [
        AttemptResult::Connected,
        AttemptResult::Refused,
        AttemptResult::Unreachable,
        AttemptResult::NoAnswer,
        AttemptResult::Other { detail: detail() },
    ]
    .map(|result| Attempt { address, result })
    .into()
}

fn certificate(decision: Decision, remembered: RememberedKnowledge) -> Box<CertificateFacts> {
    let assessment = data::three_problems();
    Box::new(CertificateFacts { assessment, decision, action: InvalidCertificateAction::Warn, remembered })
}

fn well() -> Vec<Finding> {
    let host = "management.example.com".to_owned();
    let clock = |synchronised| Finding::Clock(Outcome::Ok(ClockFacts { clock: data::NOW, synchronised }));
    let keychain = |pace| Finding::Keychain(Outcome::Ok(KeychainFacts { milliseconds: 7, pace }));
    let tcp =
        |answered| Finding::Tcp(Outcome::Ok(TcpFacts { answered, attempts: attempts(), milliseconds: 7 }));
    let connect = Decision::Connect(ConnectReason::Valid);
    vec![
        Finding::Configuration(Outcome::Ok(ConfigurationFacts {
            server: data::server(),
            action: InvalidCertificateAction::Warn,
        })),
        Finding::Proxy(Outcome::Ok(ProxyFacts {
            kind: ProxyKind::Socks5,
            proxy: data::server(),
            milliseconds: 7,
        })),
        Finding::Dns(Outcome::Ok(DnsFacts {
            host,
            addresses: vec!["192.0.2.7".parse().unwrap()],
            milliseconds: 7,
        })),
        tcp(Some("192.0.2.7:8013".parse().unwrap())),
        tcp(None),
        Finding::TlsVersion(Outcome::Ok(TlsFacts { milliseconds: 7 })),
        Finding::Certificate(Outcome::Ok(certificate(connect, RememberedKnowledge::Known))),
        clock(Synchronisation::Synchronised),
        clock(Synchronisation::NotSynchronised),
        Finding::SessionBus(Outcome::Ok(BusFacts { services: Vec::new() })),
        keychain(Pace::Usual),
        keychain(Pace::Slow),
        Finding::TrayHost(Outcome::Ok(TrayFacts { desktop: None })),
    ]
}

fn wrong() -> Vec<Finding> {
    let (host, proxy, detail) = ("management.example.com".to_owned(), data::server(), detail());
    let (clock, known) = (data::NOW, RememberedKnowledge::Known);
    let services = vec![
        ServiceState { service: DesktopService::Notifications, presence: Presence::Running },
        ServiceState { service: DesktopService::Secrets, presence: Presence::Missing },
    ];
    let ask = || Decision::Ask(Question::First);
    let contradicts = |direction| ClockFault::ContradictsCertificates { clock, evidence: clock, direction };
    let mut all: Vec<Finding> = Vec::new();
    all.extend(
        [ConfigurationFault::NoServer, ConfigurationFault::Wrong { detail: detail.clone() }]
            .map(|fault| Finding::Configuration(Outcome::Failed(fault))),
    );
    all.extend(
        [
            ProxyFault::Settings { detail: detail.clone() },
            ProxyFault::NameUnknown { proxy: proxy.clone() },
            ProxyFault::Unreachable { proxy, attempts: attempts() },
        ]
        .map(|fault| Finding::Proxy(Outcome::Failed(fault))),
    );
    all.extend(
        [
            DnsFault::NoSuchName { host: host.clone(), hint: None },
            DnsFault::NoSuchName { host: host.clone(), hint: Some(NameHint::LocalName) },
            DnsFault::NoSuchName {
                host: host.clone(),
                hint: Some(NameHint::SingleLabel { search: Vec::new() }),
            },
            DnsFault::NoResolver { host: host.clone() },
            DnsFault::ResolverFails { host: host.clone() },
            DnsFault::Other { host, detail: detail.clone() },
        ]
        .map(|fault| Finding::Dns(Outcome::Failed(fault))),
    );
    all.extend(
        [
            TcpFault::Refused { attempts: attempts() },
            TcpFault::NoAnswer { attempts: attempts() },
            TcpFault::Unreachable { attempts: attempts() },
            TcpFault::Other { attempts: attempts() },
            TcpFault::ProxyAuthentication { detail: detail.clone() },
            TcpFault::ProxyRefuses { detail: detail.clone() },
        ]
        .map(|fault| Finding::Tcp(Outcome::Failed(fault))),
    );
    all.extend(
        [TlsFault::OnlyOlder, TlsFault::NotTls, TlsFault::Closed, TlsFault::Other { detail: detail.clone() }]
            .map(|fault| Finding::TlsVersion(Outcome::Failed(fault))),
    );
    all.extend(
        [
            CertificateFault::NotValid(certificate(Decision::Connect(ConnectReason::Remembered), known)),
            CertificateFault::NotValid(certificate(ask(), known)),
            CertificateFault::NotValid(certificate(ask(), RememberedKnowledge::KeychainNotRead)),
            CertificateFault::NotProved(certificate(
                Decision::Refuse(countersign_trust::Refusal::PossessionNotProved),
                known,
            )),
        ]
        .map(|fault| Finding::Certificate(Outcome::Failed(fault))),
    );
    all.extend(
        [
            ClockFault::BeforeBuild { clock, built: clock },
            contradicts(ClockDirection::Behind),
            contradicts(ClockDirection::Ahead),
        ]
        .map(|fault| Finding::Clock(Outcome::Failed(fault))),
    );
    all.extend(
        [BusFault::Unreachable { detail: detail.clone() }, BusFault::ServicesMissing { services }]
            .map(|fault| Finding::SessionBus(Outcome::Failed(fault))),
    );
    all.extend(
        [
            KeychainFault::Locked,
            KeychainFault::NoKeyring,
            KeychainFault::Unavailable { detail: detail.clone() },
            KeychainFault::NotKept,
            KeychainFault::NotRemoved { entry: "probe".to_owned(), detail },
        ]
        .map(|fault| Finding::Keychain(Outcome::Failed(fault))),
    );
    all.extend(
        [
            TrayFault::GnomeWithoutExtension,
            TrayFault::NoWatcher { desktop: None },
            TrayFault::NoHost { desktop: None },
        ]
        .map(|fault| Finding::TrayHost(Outcome::Failed(fault))),
    );
    all
}

#[test]
fn every_finding_has_words_of_its_own_in_every_language() {
    let mut said = BTreeSet::new();
    for words in [Words::english(), Words::german()] {
        for finding in well().into_iter().chain(wrong()) {
            let text = FindingText::of(&words, &finding);
            let all = [&text.name, &text.outcome, &text.meaning];
            for part in all.into_iter().chain(&text.details).chain(&text.advice) {
                // A text that the catalogue lacks is said by its name.
                assert!(!part.is_empty() && !part.contains("doctor_"), "{}: {part}", finding.code());
                assert!(!part.contains(['\u{202E}', '\u{7}']), "{}: {part}", finding.code());
            }
            let whole = format!("{} {:?}", text.meaning, text.advice);
            assert!(said.insert(whole.clone()), "{}: {whole} is said of something else", finding.code());
        }
    }
}

#[test]
fn what_is_wrong_comes_with_what_to_do() {
    let words = Words::english();
    for finding in wrong() {
        assert!(FindingText::of(&words, &finding).advice.is_some(), "{}", finding.code());
    }
    for finding in well() {
        assert_eq!(FindingText::of(&words, &finding).advice, None, "{}", finding.code());
    }
}

#[test]
fn the_samples_have_every_fault() {
    let codes: BTreeSet<String> = well().iter().chain(&wrong()).map(Finding::code).collect();
    // Ten checks that are well, and the reasons of their faults: 2 + 3 + 4 + 6 + 4 + 2 + 2 + 2 + 5 + 3.
    assert_eq!(codes.len(), 10 + 33, "{codes:?}");
}

#[test]
fn attempts_and_problems_are_told() {
    let words = Words::english();
    let refused = Finding::Tcp(Outcome::Failed(TcpFault::Refused { attempts: attempts() }));
    let details = FindingText::of(&words, &refused).details;
    assert_eq!(details.len(), 5);
    assert_eq!(details[1], "192.0.2.7:8013: refused");
    let asks = certificate(Decision::Ask(Question::First), RememberedKnowledge::KeychainNotRead);
    let invalid = Finding::Certificate(Outcome::Failed(CertificateFault::NotValid(asks)));
    let text = FindingText::of(&words, &invalid);
    assert!(text.meaning.contains("3 problems") && text.meaning.contains("asks you"), "{}", text.meaning);
    assert!(text.meaning.contains("keychain cannot be read"), "{}", text.meaning);
    let first = &data::three_problems().problems[0];
    assert!(text.details[0].starts_with(words.problem_summary(first).as_str()), "{:?}", text.details);
}

#[test]
fn what_was_not_looked_at_says_why() {
    let words = Words::english();
    let skipped = Finding::Tcp(Outcome::Skipped { because_of: Check::Dns });
    let text = FindingText::of(&words, &skipped);
    assert_eq!(text.outcome, "not checked");
    assert!(text.meaning.contains("Name of the server (DNS)"), "{}", text.meaning);
    let late = Finding::Tcp(Outcome::TimedOut { milliseconds: 7_500 });
    assert!(FindingText::of(&words, &late).meaning.contains("8 seconds"));
    let mut reasons = BTreeSet::new();
    for why in [
        NotApplicable::AddressGiven,
        NotApplicable::ProxyResolves,
        NotApplicable::NoProxy,
        NotApplicable::OperatingSystem,
        NotApplicable::NoGraphicalSession,
    ] {
        let text = FindingText::of(&words, &Finding::Dns(Outcome::NotApplicable { why }));
        assert!(reasons.insert(text.meaning), "{why:?}");
    }
}
