//! How far an endpoint trusts the certificate of this server, as it is kept with the endpoint.

use std::fmt;

use countersign_protocol::SessionTrust;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the latest session of an endpoint was trusted, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// The certificate is valid there.
    Valid,
    /// It is not, and the person has allowed it.
    Remembered,
    /// It is not, the profile says allow, and this server has proved its identity.
    Identified,
    /// It is not, the profile says allow, and nothing proves who this server is.
    Unverified,
    /// It is not, the profile says warn, and the person has not allowed it.
    Asked,
    /// It is not, and the profile says deny.
    Refused,
    /// The agent does not validate certificates, and may not connect while the SSL certificate is used for endpoint control.
    TooOld,
    /// The endpoint has not reported anything about it.
    Unknown,
}

impl Standing {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Valid,
        Self::Remembered,
        Self::Identified,
        Self::Unverified,
        Self::Asked,
        Self::Refused,
        Self::TooOld,
        Self::Unknown,
    ];

    /// The word that stands for it in documents and in the database.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Remembered => "remembered",
            Self::Identified => "identified",
            Self::Unverified => "unverified",
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::TooOld => "too_old",
            Self::Unknown => "unknown",
        }
    }

    /// What a word stands for.
    pub(crate) fn of_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|standing| standing.code() == code).unwrap_or(Self::Unknown)
    }
}

impl From<SessionTrust> for Standing {
    fn from(trust: SessionTrust) -> Self {
        match trust {
            SessionTrust::Valid => Self::Valid,
            SessionTrust::Remembered => Self::Remembered,
            SessionTrust::Identified => Self::Identified,
            SessionTrust::Unverified => Self::Unverified,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Valid => "Valid certificate",
            Self::Remembered => "Allowed by the person",
            Self::Identified => "Allowed by the profile",
            Self::Unverified => "Unverified",
            Self::Asked => "Asked and unanswered",
            Self::Refused => "Refused",
            Self::TooOld => "Too old to validate certificates",
            Self::Unknown => "Not reported",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for standing in Standing::ALL {
            assert_eq!(Standing::of_code(standing.code()), standing);
            assert_eq!(serde_json::to_value(standing).unwrap(), standing.code());
        }
        assert_eq!(Standing::of_code("else"), Standing::Unknown);
    }
}
