//! What the checks found. Facts and codes only: the words for them come from the catalogue of texts.

use countersign_trust::Decision;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::desktop_facts::{
    BusFacts, BusFault, ClockFacts, ClockFault, KeychainFacts, KeychainFault, TrayFacts, TrayFault,
};
use super::facts::{
    CertificateFacts, CertificateFault, ConfigurationFacts, ConfigurationFault, DnsFacts, DnsFault,
    ProxyFacts, ProxyFault, TcpFacts, TcpFault, TlsFacts, TlsFault,
};

/// One thing that has to be in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// A server is set up.
    Configuration,
    /// The proxy that the connection needs, if it needs one.
    Proxy,
    /// The server's name leads to addresses.
    Dns,
    /// The server's port takes connections.
    Tcp,
    /// What answers speaks TLS 1.3.
    TlsVersion,
    /// The server's certificate is valid.
    Certificate,
    /// The clock of this computer is plausible.
    Clock,
    /// The desktop session has a message bus, with the services that are needed.
    SessionBus,
    /// The keychain keeps what it is given.
    Keychain,
    /// Something shows tray icons.
    TrayHost,
}

impl Check {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 10] = [
        Self::Configuration,
        Self::Proxy,
        Self::Dns,
        Self::Tcp,
        Self::TlsVersion,
        Self::Certificate,
        Self::Clock,
        Self::SessionBus,
        Self::Keychain,
        Self::TrayHost,
    ];

    /// The checks without which this one has nothing to look at. When one of them fails, this one is skipped, so that
    /// one fault is not told several times.
    #[must_use]
    pub fn depends_on(self) -> &'static [Self] {
        match self {
            Self::Configuration | Self::Clock | Self::SessionBus => &[],
            Self::Proxy => &[Self::Configuration],
            Self::Dns => &[Self::Proxy],
            Self::Tcp => &[Self::Dns],
            Self::TlsVersion => &[Self::Tcp],
            Self::Certificate => &[Self::TlsVersion],
            Self::Keychain | Self::TrayHost => &[Self::SessionBus],
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case")]
pub enum Finding {
    /// See [`Check::Configuration`].
    Configuration(Outcome<ConfigurationFacts, ConfigurationFault>),
    /// See [`Check::Proxy`].
    Proxy(Outcome<ProxyFacts, ProxyFault>),
    /// See [`Check::Dns`].
    Dns(Outcome<DnsFacts, DnsFault>),
    /// See [`Check::Tcp`].
    Tcp(Outcome<TcpFacts, TcpFault>),
    /// See [`Check::TlsVersion`].
    TlsVersion(Outcome<TlsFacts, TlsFault>),
    /// See [`Check::Certificate`].
    Certificate(Outcome<Box<CertificateFacts>, CertificateFault>),
    /// See [`Check::Clock`].
    Clock(Outcome<ClockFacts, ClockFault>),
    /// See [`Check::SessionBus`].
    SessionBus(Outcome<BusFacts, BusFault>),
    /// See [`Check::Keychain`].
    Keychain(Outcome<KeychainFacts, KeychainFault>),
    /// See [`Check::TrayHost`].
    TrayHost(Outcome<TrayFacts, TrayFault>),
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome<Facts, Fault> {
    /// All is well.
    Ok(Facts),
    /// Something is wrong.
    Failed(Fault),
    /// There was no answer in time, which counts as wrong.
    TimedOut {
        /// How long it was waited for, in milliseconds.
        milliseconds: u64,
    },
    /// There was nothing to look at, because another check has failed.
    Skipped {
        /// That check.
        because_of: Check,
    },
    /// There is nothing of that kind here, and it is not needed.
    NotApplicable {
        /// Why.
        why: NotApplicable,
    },
}

/// Why a check does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotApplicable {
    /// The server is set up by its IP address, or with an address to connect to.
    AddressGiven,
    /// The proxy resolves the server's name.
    ProxyResolves,
    /// The connection needs no proxy.
    NoProxy,
    /// This operating system has no such thing.
    OperatingSystem,
    /// There is no graphical session.
    NoGraphicalSession,
}

/// A check that ended without having looked at anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Omission {
    TimedOut { milliseconds: u64 },
    Skipped { because_of: Check },
    NotApplicable { why: NotApplicable },
}

impl<Facts, Fault> From<Omission> for Outcome<Facts, Fault> {
    fn from(omission: Omission) -> Self {
        match omission {
            Omission::TimedOut { milliseconds } => Self::TimedOut { milliseconds },
            Omission::Skipped { because_of } => Self::Skipped { because_of },
            Omission::NotApplicable { why } => Self::NotApplicable { why },
        }
    }
}

/// How a check ended, whatever it was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// See [`Outcome::NotApplicable`].
    NotApplicable,
    /// See [`Outcome::Ok`].
    Ok,
    /// See [`Outcome::Skipped`].
    Skipped,
    /// Something is wrong, and yet a connection comes about.
    Impaired,
    /// Something is wrong, and because of it there is no connection.
    PreventsConnection,
}

impl<Facts, Fault> Outcome<Facts, Fault> {
    fn standing(&self, when_failed: Standing) -> Standing {
        match self {
            Self::Ok(_) => Standing::Ok,
            Self::Failed(_) | Self::TimedOut { .. } => when_failed,
            Self::Skipped { .. } => Standing::Skipped,
            Self::NotApplicable { .. } => Standing::NotApplicable,
        }
    }
}

impl Finding {
    /// Which check found it.
    #[must_use]
    pub fn check(&self) -> Check {
        match self {
            Self::Configuration(_) => Check::Configuration,
            Self::Proxy(_) => Check::Proxy,
            Self::Dns(_) => Check::Dns,
            Self::Tcp(_) => Check::Tcp,
            Self::TlsVersion(_) => Check::TlsVersion,
            Self::Certificate(_) => Check::Certificate,
            Self::Clock(_) => Check::Clock,
            Self::SessionBus(_) => Check::SessionBus,
            Self::Keychain(_) => Check::Keychain,
            Self::TrayHost(_) => Check::TrayHost,
        }
    }

    /// How much it matters.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self {
            Self::Configuration(outcome) => outcome.standing(Standing::PreventsConnection),
            Self::Proxy(outcome) => outcome.standing(Standing::PreventsConnection),
            Self::Dns(outcome) => outcome.standing(Standing::PreventsConnection),
            Self::Tcp(outcome) => outcome.standing(Standing::PreventsConnection),
            Self::TlsVersion(outcome) => outcome.standing(Standing::PreventsConnection),
            Self::Certificate(outcome) => outcome.standing(match outcome {
                Outcome::Failed(fault) => match fault.facts().decision {
                    Decision::Connect(_) => Standing::Impaired,
                    Decision::Ask(_) | Decision::Refuse(_) => Standing::PreventsConnection,
                },
                Outcome::Ok(_)
                | Outcome::TimedOut { .. }
                | Outcome::Skipped { .. }
                | Outcome::NotApplicable { .. } => Standing::PreventsConnection,
            }),
            Self::Clock(outcome) => outcome.standing(Standing::Impaired),
            Self::SessionBus(outcome) => outcome.standing(Standing::Impaired),
            Self::Keychain(outcome) => outcome.standing(Standing::Impaired),
            Self::TrayHost(outcome) => outcome.standing(Standing::Impaired),
        }
    }

    /// The stable code of what was found, such as `tcp.refused`, `dns.ok`, `keychain.timed_out` or
    /// `certificate.skipped`: what texts are looked up by.
    #[must_use]
    pub fn code(&self) -> String {
        // The names of the serialised form, so that there is only one set of them.
        let value = serde_json::to_value(self).unwrap_or_default();
        let name =
            |key: &str| value.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let outcome = name("outcome");
        let detail = match outcome.as_str() {
            "failed" => name("reason"),
            _ => outcome,
        };
        format!("{}.{detail}", name("check"))
    }

    pub(super) fn omitted(check: Check, omission: Omission) -> Self {
        match check {
            Check::Configuration => Self::Configuration(omission.into()),
            Check::Proxy => Self::Proxy(omission.into()),
            Check::Dns => Self::Dns(omission.into()),
            Check::Tcp => Self::Tcp(omission.into()),
            Check::TlsVersion => Self::TlsVersion(omission.into()),
            Check::Certificate => Self::Certificate(omission.into()),
            Check::Clock => Self::Clock(omission.into()),
            Check::SessionBus => Self::SessionBus(omission.into()),
            Check::Keychain => Self::Keychain(omission.into()),
            Check::TrayHost => Self::TrayHost(omission.into()),
        }
    }
}

/// What all checks found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// When it was looked.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The version of the agent that looked.
    pub agent_version: String,
    /// The gravest of all findings.
    pub standing: Standing,
    /// One finding for each check, in the order of [`Check::ALL`].
    pub findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(at: OffsetDateTime, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(Finding::check);
        let standing = findings.iter().map(Finding::standing).max().unwrap_or(Standing::Ok).max(Standing::Ok);
        Self { at, agent_version: crate::inventory::AGENT_VERSION.to_owned(), standing, findings }
    }

    /// What this check found.
    #[must_use]
    pub fn finding(&self, check: Check) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.check() == check)
    }

    /// The findings that are wrong, the root causes alone: what was skipped because of another is not among them.
    pub fn faults(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.standing() >= Standing::Impaired)
    }
}
