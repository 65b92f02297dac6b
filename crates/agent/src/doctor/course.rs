//! The examination while it goes on: what has been found, who hears of it, and how long everything may take.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::report::{Check, Finding, Omission, Outcome};

/// What happens during an examination, for whoever shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A check has begun.
    Begun(Check),
    /// A check has ended.
    Found(Box<Finding>),
}

/// How long checks may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One check.
    pub check: Duration,
    /// All of them together.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { check: Duration::from_secs(8), whole: Duration::from_secs(30) }
    }
}

/// Collects the findings of one examination.
pub(super) struct Course<'a> {
    pub(super) limits: Limits,
    tell: &'a (dyn Fn(Progress) + Send + Sync),
    findings: Mutex<Vec<Finding>>,
}

impl<'a> Course<'a> {
    pub(super) fn new(limits: Limits, tell: &'a (dyn Fn(Progress) + Send + Sync)) -> Self {
        Self { limits, tell, findings: Mutex::default() }
    }

    pub(super) fn begin(&self, check: Check) {
        (self.tell)(Progress::Begun(check));
    }

    pub(super) fn found(&self, finding: Finding) {
        tracing::debug!(code = finding.code(), "checked");
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).push(finding.clone());
        (self.tell)(Progress::Found(Box::new(finding)));
    }

    /// These have nothing to look at.
    pub(super) fn skip(&self, checks: &[Check], because_of: Check) {
        for check in checks {
            self.found(Finding::omitted(*check, Omission::Skipped { because_of }));
        }
    }

    /// Does a check within its limit.
    pub(super) async fn limited<T, Fault>(
        &self,
        check: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Stopped<Fault>> {
        match tokio::time::timeout(self.limits.check, check).await {
            Ok(result) => result.map_err(Stopped::Fault),
            Err(_) => Err(Stopped::TimedOut { milliseconds: milliseconds(self.limits.check) }),
        }
    }

    /// All findings. What has not ended by now took too long.
    pub(super) fn end(self) -> Vec<Finding> {
        let found: Vec<Check> =
            self.findings.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Finding::check).collect();
        let milliseconds = milliseconds(self.limits.whole);
        for check in Check::ALL.into_iter().filter(|check| !found.contains(check)) {
            self.found(Finding::omitted(check, Omission::TimedOut { milliseconds }));
        }
        self.findings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a check has no facts.
pub(super) enum Stopped<Fault> {
    Fault(Fault),
    TimedOut { milliseconds: u64 },
}

impl<Facts, Fault> From<Stopped<Fault>> for Outcome<Facts, Fault> {
    fn from(stopped: Stopped<Fault>) -> Self {
        match stopped {
            Stopped::Fault(fault) => Self::Failed(fault),
            Stopped::TimedOut { milliseconds } => Self::TimedOut { milliseconds },
        }
    }
}

impl<Facts, Fault> From<Result<Facts, Stopped<Fault>>> for Outcome<Facts, Fault> {
    fn from(result: Result<Facts, Stopped<Fault>>) -> Self {
        match result {
            Ok(facts) => Self::Ok(facts),
            Err(stopped) => stopped.into(),
        }
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
