//! Public certificate suites, as far as they are on this computer.
//!
//! They are looked for in the directory that `COUNTERSIGN_CERTIFICATE_SUITES` names, or else in `shared/certsuite` beside
//! the repository. Where they are not, the tests say so and pass.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test ends where it cannot go on, and says what it leaves out"
)]

#[path = "../../examples/suite/reading/mod.rs"]
mod reading;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use countersign_trust::Problem;
use reading::{Case, Findings, Outcome, Strictness};
use serde_json::Value;

const LIMBO: &str = "limbo-core.json.xz";
const BETTERTLS: &str = "bettertls.json.xz";
const PKITS: &str = "pkits.json.xz";
const BORINGSSL: &str = "boringssl-chains.json.xz";
const HOST_NAMES: &str = "hostnames.json";

fn file(name: &str) -> Option<PathBuf> {
    let directory = std::env::var_os("COUNTERSIGN_CERTIFICATE_SUITES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/certsuite")),
        PathBuf::from,
    );
    let path = directory.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "skipped: there is no {}; COUNTERSIGN_CERTIFICATE_SUITES can name another directory",
        path.display()
    );
    None
}

fn cases(name: &str) -> Option<Vec<(Case, Findings)>> {
    let cases = reading::read(&file(name)?).unwrap();
    Some(
        cases.into_iter().map(|case| (case.judge(), case)).map(|(findings, case)| (case, findings)).collect(),
    )
}

fn right(cases: &[(Case, Findings)], strictness: Strictness) -> usize {
    cases.iter().filter(|(case, findings)| case.outcome(findings, strictness) == Outcome::Right).count()
}

/// The cases in which webpki alone differs from the suite.
fn webpki_differs() -> Option<HashSet<String>> {
    let text = std::fs::read(file("webpki-baseline.json")?).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    Some(document["differ"].as_object().unwrap().keys().cloned().collect())
}

/// Where we differ from the suite though webpki does not.
fn worse_than_webpki<'c>(
    cases: &'c [(Case, Findings)],
    strictness: Strictness,
    differs: &HashSet<String>,
) -> Vec<(&'c Case, &'c Findings, Outcome)> {
    let outcomes = cases.iter().map(|(case, findings)| (case, findings, case.outcome(findings, strictness)));
    outcomes
        .filter(|(case, _, outcome)| {
            matches!(outcome, Outcome::FalseAccept | Outcome::FalseReject) && !differs.contains(&case.id)
        })
        .collect()
}

/// One of the operating system's own certificates, which is valid by our rules.
fn is_trusted_itself(case: &Case) -> bool {
    case.roots.contains(&case.chain[0])
}

/// Refused for what the root is, which BoringSSL leaves out.
fn is_about_the_root(findings: &Findings) -> bool {
    let Findings::Assessed { problems, .. } = findings else { return false };
    problems.iter().all(|problem| {
        let problem = serde_json::to_value::<&Problem>(problem).unwrap();
        problem["certificate"].is_object() && problem["certificate"]["position"].is_null()
    })
}

#[test]
fn limbo() {
    let (Some(cases), Some(differs)) = (cases(LIMBO), webpki_differs()) else { return };
    assert!(right(&cases, Strictness::Problems) >= 94, "{}", right(&cases, Strictness::Problems));
    let strict = right(&cases, Strictness::ProblemsAndAdvice);
    assert!(strict >= 108, "{strict}");
    for strictness in [Strictness::Problems, Strictness::ProblemsAndAdvice] {
        for (case, findings, outcome) in worse_than_webpki(&cases, strictness, &differs) {
            assert_eq!(outcome, Outcome::FalseAccept, "{}: {:?}", case.id, findings.codes(strictness));
            assert!(is_trusted_itself(case), "{}", case.id);
        }
    }
}

#[test]
fn bettertls() {
    let Some(cases) = cases(BETTERTLS) else { return };
    assert_eq!(right(&cases, Strictness::Problems), cases.len());
}

#[test]
fn host_names() {
    for (case, findings) in &cases(HOST_NAMES).unwrap_or_default() {
        match case.outcome(findings, Strictness::Problems) {
            Outcome::Right | Outcome::Skipped => {}
            Outcome::FalseAccept => panic!("{} is accepted", case.id),
            // A row with a note is one in which the suite itself goes beyond RFC 9525.
            Outcome::FalseReject => assert!(!case.reasons.is_empty(), "{} is refused", case.id),
        }
    }
}

#[test]
fn pkits_and_boringssl() {
    let (Some(pkits), Some(boringssl), Some(differs)) = (cases(PKITS), cases(BORINGSSL), webpki_differs())
    else {
        return;
    };
    let worse = worse_than_webpki(&pkits, Strictness::Problems, &differs);
    assert!(worse.is_empty(), "{worse:?}");
    for (case, findings, outcome) in worse_than_webpki(&boringssl, Strictness::Problems, &differs) {
        let by_our_rules = match outcome {
            Outcome::FalseReject => is_about_the_root(findings),
            Outcome::FalseAccept => is_trusted_itself(case),
            Outcome::Right | Outcome::Skipped => true,
        };
        assert!(by_our_rules, "{}: {outcome:?} {:?}", case.id, findings.codes(Strictness::Problems));
    }
}

#[test]
fn every_refusal_has_a_specific_reason() {
    for name in [LIMBO, BETTERTLS, PKITS, BORINGSSL, HOST_NAMES] {
        for (case, findings) in cases(name).unwrap_or_default() {
            let codes = findings.codes(Strictness::Problems);
            assert!(!codes.contains(&"not_acceptable"), "{name} {}: {codes:?}", case.id);
        }
    }
}

/// What `docs/certificate-problems.md` says about the errors of BoringSSL: for each the codes of which one has to be
/// found, or none.
fn table() -> HashMap<String, Vec<String>> {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/certificate-problems.md"));
    let text = text.unwrap();
    let (_, table) = text.split_once("| BoringSSL | Countersign |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    rows.map(|(theirs, ours)| {
        let codes: Vec<String> = ours.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(!codes.is_empty() || ours.starts_with("none: "), "{theirs}: {ours}");
        for code in &codes {
            assert!(code.parse::<countersign_trust::ProblemKind>().is_ok(), "{code}");
        }
        (theirs.to_owned(), codes)
    })
    .collect()
}

#[test]
fn all_errors_that_boringssl_expects_are_found_together() {
    let table = table();
    let mut compared = 0;
    for (case, findings) in cases(BORINGSSL).unwrap_or_default() {
        let codes = findings.codes(Strictness::Problems);
        for error in &case.reasons {
            let (_, text) = error.split_once("): ").unwrap_or((error, error));
            let Some(wanted) = table.get(text) else { panic!("{text} is not in the table") };
            let found = wanted.iter().any(|code| codes.contains(&code.as_str()));
            if case.outcome(&findings, Strictness::Problems) == Outcome::Right && !wanted.is_empty() {
                assert!(found, "{}: {text} is not among {codes:?}", case.id);
                compared += 1;
            }
        }
    }
    assert!(compared > 10 || file(BORINGSSL).is_none(), "{compared}");
}
