//! Each entry of the catalogue is what it says, by the judgement of the agent.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use countersign_mock_server::catalogue::{Answer, Catalogue, Entry};
use countersign_trust::{Assessment, Diagnosis, Problem, ProblemKind, ServerAddress, TrustedRoots, assess};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};

fn read(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().unwrap()
}

fn judge(entry: &Entry, roots: &str) -> Option<Assessment> {
    let Answer::Certificate(pair) = &entry.answer else { return None };
    let (roots, skipped) = TrustedRoots::from_der(read(roots));
    assert_eq!(skipped, 0);
    let server = ServerAddress::new(entry.host, 8013).unwrap();
    Some(assess(&read(&pair.chain), &server, &roots, UnixTime::now()))
}

#[test]
fn every_entry_has_the_problems_that_it_names_and_no_other() {
    let catalogue = Catalogue::make();
    for entry in &catalogue.entries {
        let Some(assessment) = judge(entry, &catalogue.roots) else { continue };
        let found: Vec<ProblemKind> = assessment.problems.iter().map(Problem::kind).collect();
        assert_eq!(found, entry.problems, "{}: {:?}", entry.name, assessment.problems);
    }
}

#[test]
fn every_problem_that_a_server_can_show_is_there() {
    let catalogue = Catalogue::make();
    let there: BTreeSet<ProblemKind> =
        catalogue.entries.iter().flat_map(|entry| entry.problems.iter().copied()).collect();
    // A TLS 1.3 server has to show a certificate; revocation is not looked up; and nothing is known that the
    // verification library refuses without our own checks finding a reason.
    let impossible = [ProblemKind::NoCertificate, ProblemKind::Revoked, ProblemKind::NotAcceptable];
    let missing: Vec<ProblemKind> = ProblemKind::ALL
        .into_iter()
        .filter(|kind| !there.contains(kind) && !impossible.contains(kind))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn causes_are_found() {
    let catalogue = Catalogue::make();
    let causes = |name: &str| judge(catalogue.entry(name).unwrap(), &catalogue.roots).unwrap().diagnosis;
    assert!(matches!(causes("clock-behind")[..], [Diagnosis::ClockWrong { behind: true, .. }]));
    assert!(matches!(causes("clock-ahead")[..], [Diagnosis::ClockWrong { behind: false, .. }]));
    assert!(matches!(causes("inspecting-proxy")[..], [Diagnosis::InspectingProxy { .. }]));
    assert!(matches!(causes("captive-portal")[..], [Diagnosis::CaptivePortal { .. }]));
    assert!(causes("several").is_empty());
}

#[test]
fn pairs_follow_one_another() {
    let catalogue = Catalogue::make();
    let leaf =
        |name: &str| judge(catalogue.entry(name).unwrap(), &catalogue.roots).unwrap().certificate.unwrap();
    let (before, after) = (leaf("renewal-before"), leaf("renewal-after"));
    assert_eq!(before.public_key_fingerprint, after.public_key_fingerprint);
    assert_ne!(before.fingerprint, after.fingerprint);
    assert_eq!(leaf("worse-before").fingerprint, leaf("worse-after").fingerprint);
}

#[test]
fn names_are_unique_and_chains_are_short_enough_for_a_handshake() {
    let catalogue = Catalogue::make();
    let names: BTreeSet<&str> = catalogue.entries.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), catalogue.entries.len());
    for entry in &catalogue.entries {
        if let Answer::Certificate(pair) = &entry.answer {
            let bytes: usize = read(&pair.chain).iter().map(|certificate| certificate.len()).sum();
            assert!(bytes < 60_000, "{}: {bytes}", entry.name);
        }
    }
}
