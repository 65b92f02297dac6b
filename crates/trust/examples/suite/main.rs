//! Runs public certificate suites against the assessment and compares the verdicts.
//!
//! `cargo run --release -p countersign-trust --example suite -- [--list] [--strict] FILE…`
//!
//! Reads x509-limbo, bettertls, PKITS, Chromium's chains and host name tables, plain or compressed with xz; which of
//! them a file is, its content tells. Prints one line for each file.

#![allow(clippy::print_stdout, reason = "a command-line program")]

mod formats;
mod host_names;
mod revocation;

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use countersign_trust::{Assessment, Problem, ProblemKind, Rules, ServerAddress, TrustedRoots, assess_by};
use rustls_pki_types::{CertificateDer, UnixTime};

/// One case of a suite.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) roots: Vec<CertificateDer<'static>>,
    pub(crate) server: Option<String>,
    pub(crate) question: Question,
    /// Authorities between the certificate and the root at most, where the case sets a limit.
    pub(crate) depth: Option<usize>,
    pub(crate) time: UnixTime,
    pub(crate) expected: Expected,
    /// The suite lets the other verdict pass as well.
    pub(crate) only_a_warning: bool,
    /// What the suite itself says about the reasons.
    pub(crate) reasons: Vec<String>,
}

/// What a case asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Whether the certificate is valid for the server.
    Valid,
    /// Whether it is valid, whatever the server is called.
    ValidForSomeName,
    /// Whether it bears the name of the server, whatever else is wrong with it.
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Accepted,
    Refused,
    /// Asks for something that a telemetry agent does not judge.
    Skipped,
}

#[derive(Default)]
struct Options {
    list: bool,
    strict: bool,
}

#[derive(Default)]
struct Tally {
    cases: usize,
    right: usize,
    false_accept: usize,
    false_reject: usize,
    skipped: usize,
    /// Refused without a reason, or accepted with one.
    unexplained: usize,
}

fn main() -> ExitCode {
    let mut options = Options::default();
    let mut files = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--list" => options.list = true,
            "--strict" => options.strict = true,
            option if option.starts_with("--") => {
                eprintln!("suite: there is no option {option}; there are --list and --strict");
                return ExitCode::from(2);
            }
            file => files.push(file.to_owned()),
        }
    }
    if files.is_empty() {
        eprintln!("suite: name at least one file with test cases");
        return ExitCode::from(2);
    }
    let mut failed = false;
    for file in &files {
        match read(Path::new(file)) {
            Ok(cases) => run(file, &cases, &options),
            Err(error) => {
                eprintln!("suite: {file}: {error}");
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn read(path: &Path) -> Result<Vec<Case>, String> {
    let raw = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let text = if raw.starts_with(&[0xFD, b'7', b'z', b'X', b'Z', 0]) {
        let mut text = Vec::new();
        lzma_rust2::XzReader::new(raw.as_slice(), true)
            .read_to_end(&mut text)
            .map_err(|error| format!("cannot be decompressed: {error}"))?;
        text
    } else {
        raw
    };
    let document = serde_json::from_slice(&text).map_err(|error| format!("is not JSON: {error}"))?;
    formats::cases(&document)
}

fn run(file: &str, cases: &[Case], options: &Options) {
    let mut tally = Tally { cases: cases.len(), ..Tally::default() };
    for case in cases {
        if case.expected == Expected::Skipped {
            tally.skipped += 1;
            continue;
        }
        let Some(assessment) = judge(case) else {
            // Not a host name: nobody can connect to it.
            tally.count(Expected::Refused, case.expected);
            continue;
        };
        let codes = codes(case, &assessment, options);
        let found = if codes.is_empty() { Expected::Accepted } else { Expected::Refused };
        let wanted = if case.only_a_warning { found } else { case.expected };
        tally.count(found, wanted);
        if codes.iter().any(|code| code == "not_acceptable") {
            tally.unexplained += 1;
            if options.list {
                println!("{} without a specific reason", case.id);
            }
        }
        if options.list && found != wanted {
            println!(
                "{} expected={:?} found={} suite={}",
                case.id,
                case.expected,
                codes.join(","),
                case.reasons.join("; ")
            );
        } else if options.list && case.reasons.len() > 1 {
            println!("{} several found={} suite={}", case.id, codes.join(","), case.reasons.join("; "));
        }
    }
    let Tally { cases, right, false_accept, false_reject, skipped, unexplained } = tally;
    println!(
        "{file} cases={cases} right={right} false_accept={false_accept} false_reject={false_reject} skipped={skipped}"
    );
    if unexplained > 0 {
        println!("{file} without a specific reason: {unexplained}");
    }
}

impl Tally {
    fn count(&mut self, found: Expected, expected: Expected) {
        match (found, expected) {
            (Expected::Accepted, Expected::Refused) => self.false_accept += 1,
            (Expected::Refused, Expected::Accepted) => self.false_reject += 1,
            _ => self.right += 1,
        }
    }
}

fn judge(case: &Case) -> Option<Assessment> {
    let (roots, _) = TrustedRoots::from_der(case.roots.iter().cloned());
    let server = case.server.as_deref().unwrap_or("name-is-not-judged.example");
    let server = ServerAddress::new(server, 8013).ok()?;
    let rules = case.depth.map_or_else(Rules::default, |maximum_depth| Rules { maximum_depth });
    Some(assess_by(&rules, &case.chain, &server, &roots, case.time))
}

fn codes(case: &Case, assessment: &Assessment, options: &Options) -> Vec<String> {
    let judged = |kind: &ProblemKind| match case.question {
        Question::Valid => true,
        Question::ValidForSomeName => {
            !matches!(kind, ProblemKind::NameMismatch | ProblemKind::WildcardTooBroad)
        }
        Question::Name => *kind == ProblemKind::NameMismatch,
    };
    let problems = assessment.problems.iter().map(Problem::kind).filter(judged).map(ProblemKind::code);
    let strict = options.strict && case.question != Question::Name;
    let advice = assessment.advice.iter().filter(|_| strict).map(|advice| advice.kind.code());
    problems.chain(advice).map(str::to_owned).collect()
}
