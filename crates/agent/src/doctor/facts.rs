//! The facts about the way to the server, and about the server. All text in them is fit to be shown.

use std::net::{IpAddr, SocketAddr};

use countersign_trust::{Assessment, Decision, InvalidCertificateAction, ServerAddress};
use serde::{Deserialize, Serialize};

/// What is set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigurationFacts {
    /// The server.
    pub server: ServerAddress,
    /// The action in force.
    pub action: InvalidCertificateAction,
}

/// What is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum ConfigurationFault {
    /// No server is named.
    NoServer,
    /// A file cannot be read, or says something wrong.
    Wrong {
        /// What is wrong and what to do, in whole sentences.
        detail: String,
    },
}

/// A proxy that answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProxyFacts {
    /// What kind of proxy it is.
    pub kind: ProxyKind,
    /// Its address.
    pub proxy: ServerAddress,
    /// How long it took to connect to it.
    pub milliseconds: u64,
}

/// The kinds of proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyKind {
    /// HTTP CONNECT (RFC 9110, section 9.3.6).
    HttpConnect,
    /// SOCKS version 5 (RFC 1928).
    Socks5,
}

/// What is wrong with the proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum ProxyFault {
    /// It is not clear which proxy to use.
    Settings {
        /// What is wrong with the settings.
        detail: String,
    },
    /// Its name leads to no address.
    NameUnknown {
        /// The proxy.
        proxy: ServerAddress,
    },
    /// It does not take connections.
    Unreachable {
        /// The proxy.
        proxy: ServerAddress,
        /// What was tried.
        attempts: Vec<Attempt>,
    },
}

/// What the server's name leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsFacts {
    /// The name.
    pub host: String,
    /// The addresses, in the order of preference.
    pub addresses: Vec<IpAddr>,
    /// How long the answer took.
    pub milliseconds: u64,
}

/// Why the server's name leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum DnsFault {
    /// There is no such name, or it has no address.
    NoSuchName {
        /// The name.
        host: String,
        /// Why that may be.
        hint: Option<NameHint>,
    },
    /// This computer does not know of any name server: it is probably not connected to a network.
    NoResolver {
        /// The name.
        host: String,
    },
    /// The name servers do not answer, or have a fault themselves.
    ResolverFails {
        /// The name.
        host: String,
    },
    /// Something else.
    Other {
        /// The name.
        host: String,
        /// What the system said.
        detail: String,
    },
}

/// Why a name may not be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "hint", rename_all = "snake_case")]
pub enum NameHint {
    /// Names in `.local` are known only within one network, by multicast DNS (RFC 6762).
    LocalName,
    /// A name of a single label is completed with the domains of the network, which are different elsewhere.
    SingleLabel {
        /// The domains that this computer completes names with.
        search: Vec<String>,
    },
}

/// The connection that came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpFacts {
    /// The address that answered. Absent when the proxy knows it alone.
    pub answered: Option<SocketAddr>,
    /// What was tried.
    pub attempts: Vec<Attempt>,
    /// How long it took.
    pub milliseconds: u64,
}

/// An attempt to connect to one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// What came of it.
    pub result: AttemptResult,
}

/// What came of an attempt to connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum AttemptResult {
    /// There is a connection.
    Connected,
    /// The computer is there, but nothing listens at the port.
    Refused,
    /// There is no way to the address.
    Unreachable,
    /// There was no answer.
    NoAnswer,
    /// Something else.
    Other {
        /// What the system said.
        detail: String,
    },
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum TcpFault {
    /// A computer is there, but nothing listens at the port.
    Refused {
        /// What was tried.
        attempts: Vec<Attempt>,
    },
    /// Nothing answers: the server is off, or a firewall is in between.
    NoAnswer {
        /// What was tried.
        attempts: Vec<Attempt>,
    },
    /// There is no way to any of the addresses.
    Unreachable {
        /// What was tried.
        attempts: Vec<Attempt>,
    },
    /// Something else.
    Other {
        /// What was tried.
        attempts: Vec<Attempt>,
    },
    /// The proxy wants to know who asks, and what it was told was not enough.
    ProxyAuthentication {
        /// What the proxy said.
        detail: String,
    },
    /// The proxy does not connect to the server.
    ProxyRefuses {
        /// What the proxy said.
        detail: String,
    },
}

/// A handshake with TLS 1.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsFacts {
    /// How long it took until the server had proved its key.
    pub milliseconds: u64,
}

/// Why there is no TLS 1.3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum TlsFault {
    /// The server speaks TLS, but not version 1.3.
    OnlyOlder,
    /// What answers does not speak TLS.
    NotTls,
    /// What answers hangs up when it is spoken to.
    Closed,
    /// Something else.
    Other {
        /// What the TLS library said.
        detail: String,
    },
}

/// What was found out about the certificate, and what follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// The verdict with every reason: the same as in the question to the person.
    pub assessment: Assessment,
    /// What an attempt to connect would lead to.
    pub decision: Decision,
    /// The action in force.
    pub action: InvalidCertificateAction,
    /// Whether it is known what was allowed before.
    pub remembered: RememberedKnowledge,
}

/// Whether it is known what was allowed for the server before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RememberedKnowledge {
    /// It is known.
    Known,
    /// The keychain could not be read, so that nothing counts as remembered.
    KeychainNotRead,
}

/// What is wrong with the certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum CertificateFault {
    /// It is not valid; the assessment says why.
    NotValid(Box<CertificateFacts>),
    /// The server did not prove that it holds the key of the certificate.
    NotProved(Box<CertificateFacts>),
}

impl CertificateFault {
    /// The facts, whichever fault it is.
    #[must_use]
    pub fn facts(&self) -> &CertificateFacts {
        match self {
            Self::NotValid(facts) | Self::NotProved(facts) => facts,
        }
    }
}
