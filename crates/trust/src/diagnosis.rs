//! Likely causes of a problem, with the facts that point to them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::server_address::ServerAddress;

/// A likely cause. It explains; it never changes the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Diagnosis {
    /// The clock of this computer is wrong.
    ClockWrong {
        /// What the clock says.
        #[serde(with = "time::serde::rfc3339")]
        clock: OffsetDateTime,
        /// A moment that the true time is likely to be later than (`behind`) or earlier than.
        #[serde(with = "time::serde::rfc3339")]
        evidence: OffsetDateTime,
        /// Whether the clock runs behind; it is ahead otherwise.
        behind: bool,
    },
    /// A captive portal (a hotel's or airport's sign-in page) answers instead of the server.
    CaptivePortal {
        /// The names in the certificate.
        names: Vec<String>,
        /// Who issued it.
        issuer: String,
    },
    /// A proxy or a virus scanner inspects the connection and presents certificates of its own.
    InspectingProxy {
        /// The product, by its issuer name.
        product: String,
        /// Who issued the certificate.
        issuer: String,
    },
    /// Servers below other domains showed certificates of the same issuer, which this computer does not know: a proxy
    /// inspects its connections, or one organisation has all of these servers (see [`crate::diagnose_inspection`]).
    SameIssuerElsewhere {
        /// The issuer.
        issuer: String,
        /// The other servers.
        servers: Vec<ServerAddress>,
        /// What shows that it is the same.
        evidence: IssuerEvidence,
    },
    /// The server's certificate was renewed, and something was forgotten.
    RenewalGoneWrong {
        /// Whether the key is that of the certificate that was allowed before.
        same_key: bool,
        /// Whether the issuer is that of the certificate that was allowed before.
        same_issuer: bool,
    },
}

/// What shows that two certificates are of the same issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerEvidence {
    /// One key has signed both. Nobody else can do that.
    Key,
    /// Both name it. Anybody can.
    Name,
}
