//! Cases of public certificate suites, and what the assessment says about them.

mod formats;
mod host_names;
mod revocation;

use std::io::Read as _;
use std::path::Path;

use countersign_trust::{Advice, Problem, ProblemKind, Rules, ServerAddress, TrustedRoots, assess_by};
use rustls_pki_types::{CertificateDer, UnixTime};

/// One case of a suite.
#[derive(Debug)]
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

/// What the suite says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Accepted,
    Refused,
    /// Asks for something that a telemetry agent does not judge.
    Skipped,
}

/// Whether advice counts as a reason to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    Problems,
    ProblemsAndAdvice,
}

/// How our verdict compares with the suite's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Right,
    FalseAccept,
    FalseReject,
    Skipped,
}

/// What the assessment found that has to do with the question.
#[derive(Debug)]
pub(crate) enum Findings {
    /// The server's name is no host name, so nobody can connect to it.
    NoHostName,
    Assessed {
        problems: Vec<Problem>,
        advice: Vec<Advice>,
    },
}

/// Reads a file, plain or compressed with xz; which suite it is, its content tells.
pub(crate) fn read(path: &Path) -> Result<Vec<Case>, String> {
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

impl Case {
    /// Assesses the chain of the case.
    pub(crate) fn judge(&self) -> Findings {
        let (roots, _) = TrustedRoots::from_der(self.roots.iter().cloned());
        let server = self.server.as_deref().unwrap_or("name-is-not-judged.example");
        let Ok(server) = ServerAddress::new(server, 8013) else { return Findings::NoHostName };
        let rules = self.depth.map_or_else(Rules::default, |maximum_depth| Rules { maximum_depth });
        let assessment = assess_by(&rules, &self.chain, &server, &roots, self.time);
        let counts = |problem: &Problem| match self.question {
            Question::Valid => true,
            Question::ValidForSomeName => {
                !matches!(problem.kind(), ProblemKind::NameMismatch | ProblemKind::WildcardTooBroad)
            }
            Question::Name => problem.kind() == ProblemKind::NameMismatch,
        };
        Findings::Assessed {
            problems: assessment.problems.into_iter().filter(counts).collect(),
            advice: if self.question == Question::Name { Vec::new() } else { assessment.advice },
        }
    }

    pub(crate) fn outcome(&self, findings: &Findings, strictness: Strictness) -> Outcome {
        let found =
            if findings.codes(strictness).is_empty() { Expected::Accepted } else { Expected::Refused };
        match (self.expected, found) {
            (Expected::Skipped, _) => Outcome::Skipped,
            _ if self.only_a_warning => Outcome::Right,
            (Expected::Refused, Expected::Accepted) => Outcome::FalseAccept,
            (Expected::Accepted, Expected::Refused) => Outcome::FalseReject,
            (Expected::Accepted | Expected::Refused, _) => Outcome::Right,
        }
    }
}

impl Findings {
    /// The codes of all that counts.
    pub(crate) fn codes(&self, strictness: Strictness) -> Vec<&'static str> {
        match self {
            Self::NoHostName => vec!["no_host_name"],
            Self::Assessed { problems, advice } => {
                let advice = advice.iter().filter(|_| strictness == Strictness::ProblemsAndAdvice);
                let problems = problems.iter().map(|problem| problem.kind().code());
                problems.chain(advice.map(|advice| advice.kind.code())).collect()
            }
        }
    }
}
