//! The words for what an examination of the connection has found: one function for the facts and one for the faults of
//! each check.

mod computer;
#[cfg(test)]
mod tests;
mod way;

use countersign_agent::doctor::{Check, Finding, NotApplicable, Outcome, Progress, Report, Standing};
use countersign_words::{Text, Words};
use serde::Serialize;

/// An examination, for the person who reads it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExaminationText {
    /// How much the worst of it matters.
    pub standing: Standing,
    /// What comes of all of it.
    pub headline: Text,
    /// What every check found, in the order of [`Check::ALL`].
    pub findings: Vec<FindingText>,
}

/// How far an examination is, for the person who waits for it: `{"progress": "begun", "value": …}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "progress", content = "value", rename_all = "snake_case")]
pub enum ExaminationProgress {
    /// A check has begun.
    Begun {
        /// Which one.
        check: Check,
        /// Its name.
        name: Text,
    },
    /// A check has ended.
    Found(FindingText),
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingText {
    /// Which check it was.
    pub check: Check,
    /// How much it matters.
    pub standing: Standing,
    /// The name of the check.
    pub name: Text,
    /// How it ended, in a word or two.
    pub outcome: Text,
    /// What was found, in whole sentences.
    pub meaning: Text,
    /// What it consists of, if that says more: attempts, problems.
    pub details: Vec<Text>,
    /// What to do.
    pub advice: Option<Text>,
}

/// What there is to say about facts or a fault.
struct Said {
    meaning: Text,
    details: Vec<Text>,
    advice: Option<Text>,
}

impl Said {
    fn well(meaning: Text) -> Self {
        Self { meaning, details: Vec::new(), advice: None }
    }

    fn wrong(meaning: Text, advice: Text) -> Self {
        Self { meaning, details: Vec::new(), advice: Some(advice) }
    }

    fn with_details(self, details: Vec<Text>) -> Self {
        Self { details, ..self }
    }
}

impl ExaminationText {
    /// In words.
    #[must_use]
    pub fn of(words: &Words, report: &Report) -> Self {
        let headline = match report.standing {
            Standing::NotApplicable | Standing::Ok | Standing::Skipped => words.doctor_all_well(),
            Standing::Impaired => words.doctor_impaired(),
            Standing::PreventsConnection => words.doctor_no_connection(),
        };
        let findings = report.findings.iter().map(|finding| FindingText::of(words, finding)).collect();
        Self { standing: report.standing, headline, findings }
    }
}

impl ExaminationProgress {
    /// In words.
    #[must_use]
    pub fn of(words: &Words, progress: &Progress) -> Self {
        match progress {
            Progress::Begun(check) => Self::Begun { check: *check, name: name(words, *check) },
            Progress::Found(finding) => Self::Found(FindingText::of(words, finding)),
        }
    }
}

impl FindingText {
    /// In words.
    #[must_use]
    pub fn of(words: &Words, finding: &Finding) -> Self {
        let (outcome, said) = match finding {
            Finding::Configuration(outcome) => {
                say(words, outcome, way::configuration, way::configuration_fault)
            }
            Finding::Proxy(outcome) => say(words, outcome, way::proxy, way::proxy_fault),
            Finding::Dns(outcome) => say(words, outcome, way::dns, way::dns_fault),
            Finding::Tcp(outcome) => say(words, outcome, way::tcp, way::tcp_fault),
            Finding::TlsVersion(outcome) => say(words, outcome, way::tls, way::tls_fault),
            Finding::Certificate(outcome) => {
                say(words, outcome, |words, _| way::certificate(words), way::certificate_fault)
            }
            Finding::Clock(outcome) => say(words, outcome, computer::clock, computer::clock_fault),
            Finding::SessionBus(outcome) => say(words, outcome, computer::bus, computer::bus_fault),
            Finding::Keychain(outcome) => say(words, outcome, computer::keychain, computer::keychain_fault),
            Finding::TrayHost(outcome) => say(words, outcome, computer::tray, computer::tray_fault),
        };
        let check = finding.check();
        let Said { meaning, details, advice } = said;
        Self {
            check,
            standing: finding.standing(),
            name: name(words, check),
            outcome,
            meaning,
            details,
            advice,
        }
    }
}

fn name(words: &Words, check: Check) -> Text {
    match check {
        Check::Configuration => words.doctor_configuration(),
        Check::Proxy => words.doctor_proxy(),
        Check::Dns => words.doctor_dns(),
        Check::Tcp => words.doctor_tcp(),
        Check::TlsVersion => words.doctor_tls(),
        Check::Certificate => words.doctor_certificate(),
        Check::Clock => words.doctor_clock(),
        Check::SessionBus => words.doctor_bus(),
        Check::Keychain => words.doctor_keychain(),
        Check::TrayHost => words.doctor_tray(),
    }
}

fn say<Facts, Fault>(
    words: &Words,
    outcome: &Outcome<Facts, Fault>,
    facts: impl FnOnce(&Words, &Facts) -> Said,
    fault: impl FnOnce(&Words, &Fault) -> Said,
) -> (Text, Said) {
    match outcome {
        Outcome::Ok(found) => (words.doctor_ok(), facts(words, found)),
        Outcome::Failed(found) => (words.doctor_failed(), fault(words, found)),
        Outcome::TimedOut { milliseconds } => {
            let seconds = milliseconds.div_ceil(1000);
            (words.doctor_timed_out(), Said::well(words.doctor_timed_out_meaning(seconds)))
        }
        Outcome::Skipped { because_of } => {
            let other = name(words, *because_of);
            (words.doctor_skipped(), Said::well(words.doctor_skipped_meaning(&other)))
        }
        Outcome::NotApplicable { why } => {
            (words.doctor_not_applicable(), Said::well(not_applicable(words, *why)))
        }
    }
}

fn not_applicable(words: &Words, why: NotApplicable) -> Text {
    match why {
        NotApplicable::AddressGiven => words.doctor_address_given(),
        NotApplicable::ProxyResolves => words.doctor_proxy_resolves(),
        NotApplicable::NoProxy => words.doctor_no_proxy(),
        NotApplicable::OperatingSystem => words.doctor_not_on_this_system(),
        NotApplicable::NoGraphicalSession => words.doctor_no_graphical_session(),
    }
}
