//! What an administrator may ask of a certificate authority.

use countersign_protocol::Secret;
use countersign_trust::{DnsName, display_text};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::acme::{self, AcmeSettings, AutoRenew, ChallengeKind, LETS_ENCRYPT};
use crate::problem::Problem;

/// An e-mail address has at most so many bytes (RFC 5321, section 4.5.3.1.3).
const LONGEST_EMAIL: usize = 254;
/// No address and no identifier of a key is longer, in bytes.
const LONGEST_TEXT: usize = 2000;
/// Roots are smaller, in bytes.
const LARGEST_ROOT: usize = 100_000;

/// What is to be asked of which certificate authority.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AutomatedInput {
    /// For which name: the one by which agents reach this server.
    pub(crate) domain: String,
    /// To whom the authority writes.
    pub(crate) email: String,
    /// The directory of the authority; without it, that of Let's Encrypt.
    #[serde(default)]
    pub(crate) directory_url: Option<String>,
    /// Who vouches for the directory, when that is none of the system's roots: PEM.
    #[serde(default)]
    pub(crate) directory_root_pem: Option<String>,
    #[serde(default)]
    pub(crate) challenge: ChallengeKind,
    /// Whether another one is asked for before this one ends.
    #[serde(default = "yes")]
    pub(crate) auto_renew: bool,
    /// The address of the terms of service, as an agreement to them. `POST /ssl-certificate/automated/directory` tells it.
    #[serde(default)]
    pub(crate) agreed_terms: Option<String>,
    /// Whose customer the account belongs to, for authorities that want to know.
    #[serde(default)]
    pub(crate) external_account: Option<ExternalAccountInput>,
}

fn yes() -> bool {
    true
}

/// What an authority hands out to its customers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExternalAccountInput {
    pub(crate) key_id: String,
    /// In Base64. Without it, the one that was given before.
    #[serde(default)]
    pub(crate) hmac_key: Option<String>,
}

impl std::fmt::Debug for ExternalAccountInput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ExternalAccountInput").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Which authority to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectoryInput {
    /// Without it, that of Let's Encrypt.
    #[serde(default)]
    pub(crate) directory_url: Option<String>,
    /// Who vouches for the directory, when that is none of the system's roots: PEM.
    #[serde(default)]
    pub(crate) directory_root_pem: Option<String>,
}

/// Checked input.
pub(super) struct Checked {
    pub(super) settings: AcmeSettings,
    pub(super) hmac_key: Option<Secret>,
}

/// Refuses what is surely wrong.
pub(super) fn check(input: AutomatedInput) -> Result<Checked, Problem> {
    let domain = domain(&input.domain)?;
    let email = email(&input.email)?;
    let (directory_url, directory_root_pem) = directory(input.directory_url, input.directory_root_pem)?;
    let agreed_terms =
        input.agreed_terms.map(|terms| terms.trim().to_owned()).filter(|terms| !terms.is_empty());
    let (binding_key_id, hmac_key) = match input.external_account {
        None => (None, None),
        Some(account) => {
            let key_id = account.key_id.trim().to_owned();
            let hmac_key = account.hmac_key.map(Secret::new);
            if hmac_key.as_ref().is_some_and(|key| acme::hmac_key(key.expose()).is_none()) {
                return Err(Problem::unprocessable(
                    "“hmac_key” is not Base64. Give the HMAC key as the certificate authority handed it out.",
                ));
            }
            (Some(key_id), hmac_key)
        }
    };
    for (name, text) in [("agreed_terms", &agreed_terms), ("key_id", &binding_key_id)] {
        let fits = |text: &String| {
            !text.is_empty() && text.len() <= LONGEST_TEXT && !text.contains(char::is_control)
        };
        if !text.as_ref().is_none_or(fits) {
            return Err(Problem::unprocessable(format!(
                "“{name}” is empty, too long, or holds control characters. Give it as the certificate authority did."
            )));
        }
    }
    let auto_renew = if input.auto_renew { AutoRenew::On } else { AutoRenew::Off };
    let challenge = input.challenge;
    let settings = AcmeSettings {
        domain,
        email,
        directory_url,
        directory_root_pem,
        challenge,
        auto_renew,
        agreed_terms,
        binding_key_id,
    };
    Ok(Checked { settings, hmac_key })
}

/// A name that certificate authorities convince themselves of by the challenges that this server answers.
fn domain(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.contains('*') {
        return Err(Problem::unprocessable(
            "A certificate for a wildcard (“*”) cannot be had by HTTP-01 or TLS-ALPN-01. Give the name of this server.",
        ));
    }
    DnsName::new(text).map(|name| name.to_string()).map_err(|_| {
        Problem::unprocessable(format!(
            "“{}” is no domain. Give the name by which agents reach this server, for example management.example.com.",
            display_text(text)
        ))
    })
}

/// Not more than what is surely wrong: authorities have rules of their own.
fn email(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = text.len() <= LONGEST_EMAIL
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !text.contains([',', ';', '?', '&', '#', '%', '<', '>', '"', '\\'])
        && text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty() && !host.contains('@') && DnsName::new(host).is_ok()
        });
    if fits {
        return Ok(text.to_owned());
    }
    Err(Problem::unprocessable(format!(
        "“{}” is no e-mail address. Give one that is read, for example admin@example.com: the certificate authority may write to it.",
        display_text(text)
    )))
}

/// The directory of an authority, and who vouches for it.
pub(super) fn directory(
    url: Option<String>,
    root: Option<String>,
) -> Result<(String, Option<String>), Problem> {
    let url = url.map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
    let url = url.unwrap_or_else(|| LETS_ENCRYPT.to_owned());
    let unprocessable = |error: &dyn std::error::Error| Problem::unprocessable(error.to_string());
    if url.len() > LONGEST_TEXT {
        return Err(Problem::unprocessable("“directory_url” is too long for an address."));
    }
    acme::check_address(&url).map_err(|error| unprocessable(&error))?;
    let root = root.map(|root| root.trim().to_owned()).filter(|root| !root.is_empty());
    if let Some(root) = &root {
        if root.len() > LARGEST_ROOT {
            return Err(Problem::unprocessable("“directory_root_pem” is too large for a root certificate."));
        }
        acme::roots(root).map_err(|error| unprocessable(&error))?;
    }
    Ok((url, root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_surely_wrong_is_refused() {
        for (text, fits) in [
            ("admin@example.com", true),
            (" admin+acme@example.com ", true),
            ("admin", false),
            ("@example.com", false),
            ("admin@", false),
            ("a@b@example.com", false),
            ("a b@example.com", false),
            ("a@example.com?cc=b@example.com", false),
            ("a@example.com,b@example.com", false),
            ("", false),
        ] {
            assert_eq!(email(text).is_ok(), fits, "{text}");
        }
        for (text, expected) in [
            ("Server.Example.", Some("server.example")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("*.example.com", None),
            ("192.0.2.1", None),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(domain(text).ok().as_deref(), expected, "{text}");
        }
        assert_eq!(directory(None, Some(" ".to_owned())).unwrap(), (LETS_ENCRYPT.to_owned(), None));
        assert!(directory(Some("http://a.example".to_owned()), None).is_err());
        assert!(directory(None, Some("no PEM".to_owned())).is_err());
    }
}
