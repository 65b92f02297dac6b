//! Users and passwords for proxies, in the keychain: one entry for each proxy, so that none is sent to another.

use std::sync::Arc;

use serde::Deserialize;
use thiserror::Error;

use super::{ProxyAddress, ProxyLogin};
use crate::keychain::KeychainClient;
use crate::{Keychain, KeychainError, Secret};

/// The logins for proxies that the keychain holds, in entries named `proxy:<scheme>://<host>:<port>`.
#[derive(Clone)]
pub struct ProxyCredentials {
    keychain: KeychainClient,
}

/// Why there is no login.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProxyCredentialsError {
    /// The keychain did not do what it was asked.
    #[error(transparent)]
    Keychain(#[from] KeychainError),
    /// What the keychain holds is no login.
    #[error(
        "The keychain entry “{name}” cannot be used: {detail} Store user and password anew, with “countersign proxy login”."
    )]
    Malformed {
        /// The name of the entry.
        name: String,
        /// What is wrong with it, as a whole sentence.
        detail: String,
    },
}

/// An entry, as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    user: String,
    password: String,
}

impl ProxyCredentials {
    /// The logins in this keychain. Has to be used within a tokio runtime.
    #[must_use]
    pub fn new(keychain: Arc<dyn Keychain>) -> Self {
        Self::of(KeychainClient::new(keychain))
    }

    pub(crate) fn of(keychain: KeychainClient) -> Self {
        Self { keychain }
    }

    /// The login for this proxy, if there is one.
    pub async fn load(&self, proxy: &ProxyAddress) -> Result<Option<ProxyLogin>, ProxyCredentialsError> {
        let name = proxy.keychain_entry();
        let Some(entry) = self.keychain.get(name.clone()).await? else { return Ok(None) };
        // The library's own words would quote what it has read.
        let malformed = |detail: String| ProxyCredentialsError::Malformed { name: name.clone(), detail };
        let kept: Kept = serde_json::from_str(entry.expose()).map_err(|_| {
            malformed("It is not of the form {\"user\": \"…\", \"password\": \"…\"}.".to_owned())
        })?;
        ProxyLogin::new(Secret::new(kept.user), Secret::new(kept.password))
            .map(Some)
            .map_err(|error| malformed(error.to_string()))
    }

    /// Keeps the login for this proxy, in the place of an earlier one.
    pub async fn store(&self, proxy: &ProxyAddress, login: &ProxyLogin) -> Result<(), KeychainError> {
        let entry =
            serde_json::json!({ "user": login.user().expose(), "password": login.password().expose() });
        self.keychain.set(proxy.keychain_entry(), Secret::new(entry.to_string())).await
    }

    /// Removes the login for this proxy. None there is no error.
    pub async fn forget(&self, proxy: &ProxyAddress) -> Result<(), KeychainError> {
        self.keychain.delete(proxy.keychain_entry()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keychain::MemoryKeychain;

    #[tokio::test]
    async fn a_login_is_kept_for_its_proxy_alone() {
        let keychain = Arc::new(MemoryKeychain::default());
        let credentials = ProxyCredentials::new(Arc::clone(&keychain) as _);
        let proxy: ProxyAddress = "http://proxy.example.com:3128".parse().unwrap();
        let login = ProxyLogin::from_user_info("anna:hun\"ter2").unwrap();
        credentials.store(&proxy, &login).await.unwrap();
        assert_eq!(keychain.names(), ["proxy:http://proxy.example.com:3128"]);
        assert_eq!(credentials.load(&proxy).await.unwrap(), Some(login));
        for other in [
            "socks5://proxy.example.com:3128",
            "http://proxy.example.com:3129",
            "http://proxy.example.net:3128",
        ] {
            assert_eq!(credentials.load(&other.parse().unwrap()).await.unwrap(), None, "{other}");
        }
        credentials.forget(&proxy).await.unwrap();
        assert_eq!(credentials.load(&proxy).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_damaged_entry_is_named_and_not_quoted() {
        let keychain = Arc::new(MemoryKeychain::default());
        let credentials = ProxyCredentials::new(Arc::clone(&keychain) as _);
        let proxy: ProxyAddress = "http://proxy:3128".parse().unwrap();
        for entry in ["hunter2", "{\"user\":\"anna\",\"password\":\"hunter2\\n\"}", "{\"hunter2\":1}"] {
            keychain.set(&proxy.keychain_entry(), &Secret::new(entry.to_owned())).unwrap();
            let error = credentials.load(&proxy).await.unwrap_err();
            assert!(error.to_string().contains("“proxy:http://proxy:3128”"), "{error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
