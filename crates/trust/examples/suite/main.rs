//! Runs public certificate suites against the assessment and compares the verdicts.
//!
//! `cargo run --release -p countersign-trust --example suite -- [--list] [--strict] FILE…`
//!
//! Reads x509-limbo, bettertls, PKITS, Chromium's chains and host name tables, plain or compressed with xz; which of
//! them a file is, its content tells. Prints one line for each file. `--list` adds every case that differs and what was
//! found there, and `--strict` counts advice as a refusal.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

mod reading;

use std::path::Path;
use std::process::ExitCode;

use reading::{Case, Outcome, Strictness};

struct Options {
    list: bool,
    strictness: Strictness,
}

#[derive(Default)]
struct Tally {
    right: usize,
    false_accept: usize,
    false_reject: usize,
    skipped: usize,
    /// Refused without a specific reason.
    unexplained: usize,
}

fn main() -> ExitCode {
    let mut options = Options { list: false, strictness: Strictness::Problems };
    let mut files = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--list" => options.list = true,
            "--strict" => options.strictness = Strictness::ProblemsAndAdvice,
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
        match reading::read(Path::new(file)) {
            Ok(cases) => run(file, &cases, &options),
            Err(error) => {
                eprintln!("suite: {file}: {error}");
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn run(file: &str, cases: &[Case], options: &Options) {
    let mut tally = Tally::default();
    for case in cases {
        let findings = case.judge();
        let outcome = case.outcome(&findings, options.strictness);
        let codes = findings.codes(options.strictness);
        match outcome {
            Outcome::Right => tally.right += 1,
            Outcome::FalseAccept => tally.false_accept += 1,
            Outcome::FalseReject => tally.false_reject += 1,
            Outcome::Skipped => tally.skipped += 1,
        }
        let unexplained = outcome != Outcome::Skipped && codes.contains(&"not_acceptable");
        tally.unexplained += usize::from(unexplained);
        if !options.list {
            continue;
        }
        let differs = matches!(outcome, Outcome::FalseAccept | Outcome::FalseReject);
        let several = outcome != Outcome::Skipped && case.reasons.len() > 1;
        if differs || several || unexplained {
            let what = if differs { "differs" } else { "agrees" };
            println!(
                "{} {what} expected={:?} found={} suite={}",
                case.id,
                case.expected,
                codes.join(","),
                case.reasons.join("; ")
            );
        }
    }
    let Tally { right, false_accept, false_reject, skipped, unexplained } = tally;
    println!(
        "{file} cases={} right={right} false_accept={false_accept} false_reject={false_reject} skipped={skipped}",
        cases.len()
    );
    if unexplained > 0 {
        println!("{file} without a specific reason: {unexplained}");
    }
}
