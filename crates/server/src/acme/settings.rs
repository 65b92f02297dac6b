//! What is asked of which certificate authority.

use countersign_protocol::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The directory of Let's Encrypt, where certificates are asked for unless another one is set.
pub(crate) const LETS_ENCRYPT: &str = instant_acme::LetsEncrypt::Production.url();

/// How the certificate authority convinces itself that the name belongs to this server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) enum ChallengeKind {
    /// It asks for a file on port 80 (RFC 8555, section 8.3).
    #[default]
    #[serde(rename = "http-01")]
    Http,
    /// It opens a TLS connection to port 443 (RFC 8737).
    #[serde(rename = "tls-alpn-01")]
    TlsAlpn,
}

impl ChallengeKind {
    /// The word that stands for it in RFC 8555, in documents and in the database.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Http => "http-01",
            Self::TlsAlpn => "tls-alpn-01",
        }
    }

    /// The kind that a word stands for.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        [Self::Http, Self::TlsAlpn].into_iter().find(|kind| kind.code() == code)
    }
}

/// Whether another certificate is asked for before this one ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AutoRenew {
    On,
    Off,
}

/// Whose customer the account at the certificate authority belongs to (RFC 8555, section 7.3.4).
#[derive(Clone, Debug)]
pub(crate) struct AccountBinding {
    pub(crate) key_id: String,
    /// The HMAC key in Base64 for URLs, as authorities hand it out.
    pub(crate) key: Secret,
}

/// What is asked of which certificate authority. The key of the binding is kept apart, as it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AcmeSettings {
    /// In lower-case ASCII, without a final dot.
    pub(crate) domain: String,
    /// To whom the authority writes.
    pub(crate) email: String,
    pub(crate) directory_url: String,
    /// Who vouches for the directory, when that is none of the system's roots.
    pub(crate) directory_root_pem: Option<String>,
    pub(crate) challenge: ChallengeKind,
    pub(crate) auto_renew: AutoRenew,
    /// The address of the terms that an administrator has agreed to; none when the authority has none.
    pub(crate) agreed_terms: Option<String>,
    pub(crate) binding_key_id: Option<String>,
}
