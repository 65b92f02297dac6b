//! From the name to the certificate.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use countersign_agent::doctor::{
    Check, ConfigurationFault, Finding, Limits, LookupFailure, Remembered, Resolver, ResolverSettings,
    Standing, Target,
};
use countersign_agent::{Clock, Keychain as _, Secret};
use countersign_trust::{
    Assessment, InvalidCertificateAction, RememberFor, RememberedCertificate, ServerAddress, built_at,
};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::json;
use time::OffsetDateTime;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::strangers::{Manner, OldServer, SHORT, Stranger, closed_port};
use super::{LIMITS, codes, computer, json, keychain, look, look_within, target};
use crate::support::SOON;
use crate::support::server::{Certificates, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_good_server_on_a_good_computer_has_no_faults() {
    let certificates = Certificates::make();
    let server = Server::start(&certificates.valid).await;
    let report = look(Ok(target(server.address.port())), &computer(&certificates)).await;
    assert_eq!(codes(&report), ["proxy.not_applicable"]);
    assert_eq!(report.standing, Standing::Ok);
    let certificate = json(&report, Check::Certificate);
    assert_eq!(certificate["decision"], json!({ "connect": "valid" }));
    assert_eq!(certificate["assessment"]["problems"], json!([]));
    let tcp = json(&report, Check::Tcp);
    assert_eq!(tcp["answered"], server.address.to_string());
    assert_eq!(json(&report, Check::Clock)["synchronised"], "synchronised");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_is_told_once() {
    let certificates = Certificates::make();
    let around = computer(&certificates);
    let silent = Stranger::start(Manner::Silent).await;
    let greeting = Stranger::start(Manner::Greets).await;
    let text = Stranger::start(Manner::AnswersInText).await;
    let rude = Stranger::start(Manner::HangsUp).await;
    let old = OldServer::start().await;
    let wrong = ConfigurationFault::Wrong { detail: "x".to_owned() };
    let in_vain = |host: &str| Ok(Target { server: ServerAddress::new(host, 1).unwrap(), ..target(1) });
    let short = Limits { check: SHORT, ..LIMITS };
    let table = [
        ("no server", Err(ConfigurationFault::NoServer), LIMITS, vec!["configuration.no_server"], 5),
        ("wrong file", Err(wrong), LIMITS, vec!["configuration.wrong"], 5),
        ("no such name", in_vain("nowhere.invalid"), LIMITS, vec!["dns.no_such_name"], 3),
        ("wrong port", Ok(target(closed_port().await)), LIMITS, vec!["tcp.refused"], 2),
        ("speaks first", Ok(target(greeting.port)), LIMITS, vec!["tls_version.not_tls"], 1),
        ("plain text", Ok(target(text.port)), LIMITS, vec!["tls_version.not_tls"], 1),
        ("hangs up", Ok(target(rude.port)), LIMITS, vec!["tls_version.closed"], 1),
        ("silent", Ok(target(silent.port)), short, vec!["tls_version.timed_out"], 1),
        ("TLS 1.2", Ok(target(old.port)), LIMITS, vec!["tls_version.only_older"], 1),
    ];
    for (what, target, limits, expected, skipped) in table {
        let mut around = computer(&certificates);
        around.resolver = Arc::new(Names);
        let report = look_within(target, &around, limits).await;
        let faults: Vec<String> = report.faults().map(Finding::code).collect();
        assert_eq!(faults, expected, "{what}: {:?}", codes(&report));
        assert_eq!(report.standing, Standing::PreventsConnection, "{what}");
        let root = report.faults().next().unwrap().check();
        let because: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.standing() == Standing::Skipped)
            .map(|finding| json(&report, finding.check())["because_of"].clone())
            .collect();
        assert_eq!(because, vec![serde_json::to_value(root).unwrap(); skipped], "{what}");
        assert!(Check::ALL.iter().all(|check| !check.depends_on().contains(check)));
    }
    drop(around);
}

/// Knows localhost and nothing else.
struct Names;

#[async_trait]
impl Resolver for Names {
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, LookupFailure> {
        match name {
            "localhost" => Ok(vec![IpAddr::from([127, 0, 0, 1])]),
            "slow.example" => std::future::pending().await,
            "servfail.example" => Err(LookupFailure::ResolverFails),
            "empty.example" => Ok(Vec::new()),
            _ => Err(LookupFailure::NoSuchName),
        }
    }

    fn settings(&self) -> Option<ResolverSettings> {
        Some(ResolverSettings { name_servers: 0, search: vec!["corp.example".to_owned()] })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_lead_nowhere_are_told_apart() {
    let certificates = Certificates::make();
    let mut around = computer(&certificates);
    around.resolver = Arc::new(Names);
    for (host, code, hint) in [
        ("nowhere.example", "dns.no_such_name", json!(null)),
        ("empty.example", "dns.no_such_name", json!(null)),
        ("printer.local", "dns.no_such_name", json!({ "hint": "local_name" })),
        ("ems", "dns.no_such_name", json!({ "hint": "single_label", "search": ["corp.example"] })),
        ("servfail.example", "dns.no_resolver", json!(null)),
        ("slow.example", "dns.timed_out", json!(null)),
    ] {
        let target = Target { server: ServerAddress::new(host, 1).unwrap(), ..target(1) };
        let report = look_within(Ok(target), &around, Limits { check: SHORT, ..LIMITS }).await;
        let finding = report.finding(Check::Dns).unwrap();
        assert_eq!(finding.code(), code, "{host}");
        let found = json(&report, Check::Dns);
        assert_eq!(found.get("hint").cloned().unwrap_or_default(), hint, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_needs_no_name_server() {
    let certificates = Certificates::make();
    let server = Server::start(&certificates.valid).await;
    let around = computer(&certificates);
    let by_address =
        Target { server: ServerAddress::new("127.0.0.1", server.address.port()).unwrap(), ..target(1) };
    let report = look(Ok(by_address), &around).await;
    assert_eq!(report.finding(Check::Dns).unwrap().code(), "dns.not_applicable");
    assert_eq!(report.finding(Check::Certificate).unwrap().code(), "certificate.not_valid");
    let elsewhere = Target { connect_to: Some(server.address), ..target(1) };
    let report = look(Ok(elsewhere), &around).await;
    assert_eq!(codes(&report), ["proxy.not_applicable", "dns.not_applicable"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_that_would_follow_is_told() {
    let certificates = Certificates::make();
    let server = Server::start(&certificates.self_signed).await;
    let mut around = computer(&certificates);
    let keychain = keychain(&mut around);
    let port = server.address.port();
    let with = |action| Target { action, ..target(port) };
    let report = look(Ok(with(InvalidCertificateAction::Warn)), &around).await;
    assert_eq!(codes(&report), ["proxy.not_applicable", "certificate.not_valid"]);
    let found = json(&report, Check::Certificate);
    assert_eq!(found["decision"], json!({ "ask": "first" }));
    assert_eq!(found["assessment"]["problems"][0]["kind"], "self_signed");
    assert_eq!(report.standing, Standing::PreventsConnection);

    let assessment: Assessment = serde_json::from_value(found["assessment"].clone()).unwrap();
    let remembered =
        RememberedCertificate::of(&assessment, RememberFor::UntilChanged, OffsetDateTime::now_utc()).unwrap();
    let entry = format!("remembered-certificate:localhost:{port}");
    keychain.set(&entry, &Secret::new(serde_json::to_string(&remembered).unwrap())).unwrap();
    let known = Target {
        remembered: Remembered::Certificate(Box::new(remembered)),
        ..with(InvalidCertificateAction::Warn)
    };
    let table = [
        (
            "remembered",
            with(InvalidCertificateAction::Warn),
            json!({ "connect": "remembered" }),
            Standing::Impaired,
        ),
        (
            "allowed",
            with(InvalidCertificateAction::Allow),
            json!({ "connect": "allowed_by_profile" }),
            Standing::Impaired,
        ),
        (
            "denied",
            with(InvalidCertificateAction::Deny),
            json!({ "refuse": "denied_by_profile" }),
            Standing::PreventsConnection,
        ),
        ("known by the agent", known, json!({ "connect": "remembered" }), Standing::Impaired),
    ];
    for (what, target, decision, standing) in table {
        let report = look(Ok(target), &around).await;
        let found = json(&report, Check::Certificate);
        assert_eq!(found["decision"], decision, "{what}");
        assert_eq!(report.finding(Check::Certificate).unwrap().standing(), standing, "{what}");
        assert_eq!(found["remembered"], "known");
    }
    server.show(&certificates.other_self_signed);
    let report = look(Ok(with(InvalidCertificateAction::Warn)), &around).await;
    assert!(json(&report, Check::Certificate)["decision"]["ask"]["changed"].is_object());
}

/// What one connection looked like from the server.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    handshake: bool,
    client_certificates: usize,
    bytes: usize,
}

/// A server that asks for a client certificate and reads whatever it is sent.
async fn watching_server(certificates: &Certificates, valid: bool) -> (u16, Arc<Mutex<Vec<Seen>>>) {
    let certificate = if valid { &certificates.valid } else { &certificates.self_signed };
    let mut roots = RootCertStore::empty();
    roots.add(certificates.root.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .unwrap();
    let resolver = rustls::sign::SingleCertAndKey::from(certificate.as_ref().clone());
    let configuration = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_cert_resolver(Arc::new(resolver));
    let acceptor = TlsAcceptor::from(Arc::new(configuration));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let found = match acceptor.accept(stream).await {
                Ok(mut stream) => {
                    let mut received = Vec::new();
                    let _ = stream.read_to_end(&mut received).await;
                    let client_certificates = stream.get_ref().1.peer_certificates().map_or(0, <[_]>::len);
                    Seen { handshake: true, client_certificates, bytes: received.len() }
                }
                Err(_) => Seen { handshake: false, client_certificates: 0, bytes: 0 },
            };
            note.lock().unwrap().push(found);
        }
    });
    (port, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_ours_leaves() {
    let certificates = Certificates::make();
    for (valid, action, handshake) in [
        (true, InvalidCertificateAction::Warn, true),
        (false, InvalidCertificateAction::Warn, false),
        (false, InvalidCertificateAction::Allow, false),
    ] {
        let (port, seen) = watching_server(&certificates, valid).await;
        look(Ok(Target { action, ..target(port) }), &computer(&certificates)).await;
        let expected = Seen { handshake, client_certificates: 0, bytes: 0 };
        let noted = tokio::time::timeout(SOON, async {
            while seen.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        });
        noted.await.expect("the server saw nobody");
        assert_eq!(*seen.lock().unwrap(), [expected], "{valid} {action}");
    }
}

/// A clock that shows what the test says.
struct Shows(OffsetDateTime);

impl Clock for Shows {
    fn now(&self) -> OffsetDateTime {
        self.0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_before_the_program_was_built_is_wrong() {
    let certificates = Certificates::make();
    let mut around = computer(&certificates);
    around.clock = Arc::new(Shows(built_at() - time::Duration::DAY));
    let report = look(Err(ConfigurationFault::NoServer), &around).await;
    let finding = report.finding(Check::Clock).unwrap();
    assert_eq!((finding.code().as_str(), finding.standing()), ("clock.before_build", Standing::Impaired));
    around.clock = Arc::new(Shows(built_at() + time::Duration::DAY));
    let report = look(Err(ConfigurationFault::NoServer), &around).await;
    assert_eq!(report.finding(Check::Clock).unwrap().code(), "clock.ok");
}
