//! The certificates that the person allowed: kept in the keychain, one entry per server.

mod entry;

use std::collections::HashMap;

use countersign_trust::{RememberedCertificate, ServerAddress};

pub use self::entry::{Keeping, RememberedEntry, RememberedList, RememberedStanding, RememberedSummary};
use crate::Secret;
use crate::keychain::{KeychainClient, KeychainError};

/// What was allowed for each server, and the keychain behind it.
pub(crate) struct RememberedCertificates {
    keychain: KeychainClient,
    /// What is known of each server that was looked up in this run. Without a working keychain this is all there is.
    known: HashMap<ServerAddress, Option<RememberedCertificate>>,
}

fn entry_name(server: &ServerAddress) -> String {
    format!("remembered-certificate:{server}")
}

impl RememberedCertificates {
    pub(crate) fn new(keychain: KeychainClient) -> Self {
        Self { keychain, known: HashMap::new() }
    }

    /// What was allowed for this server. The keychain is read once per run and server.
    pub(crate) async fn of(&mut self, server: &ServerAddress) -> Option<RememberedCertificate> {
        if let Some(known) = self.known.get(server) {
            return known.clone();
        }
        let read = match self.keychain.get(entry_name(server)).await {
            Ok(Some(secret)) => parse(server, &secret),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%server, %error, "remembered certificates cannot be read; nothing counts as remembered");
                None
            }
        };
        self.known.insert(server.clone(), read.clone());
        read
    }

    /// The person wants to connect: a keychain that was locked a while ago may be open by now.
    pub(crate) fn look_up_again(&mut self, server: &ServerAddress) {
        if matches!(self.known.get(server), Some(None)) {
            self.known.remove(server);
        }
    }

    /// Remembers for this run and in the keychain. The error says that only the former has worked.
    pub(crate) async fn remember(&mut self, certificate: RememberedCertificate) -> Result<(), KeychainError> {
        let server = certificate.server.clone();
        let written = serde_json::to_string(&certificate);
        self.known.insert(server.clone(), Some(certificate));
        let text = written.map_err(|error| KeychainError::Unavailable { detail: error.to_string() })?;
        self.keychain.set(entry_name(&server), Secret::new(text)).await
    }

    /// Forgets what was allowed for this server.
    pub(crate) async fn forget(&mut self, server: &ServerAddress) -> Result<(), KeychainError> {
        self.known.insert(server.clone(), None);
        self.keychain.delete(entry_name(server)).await
    }
}

/// Whoever can write to the keychain could put an entry of one server under the name of another.
fn parse(server: &ServerAddress, secret: &Secret) -> Option<RememberedCertificate> {
    match serde_json::from_str::<RememberedCertificate>(secret.expose()) {
        Ok(remembered) if remembered.server == *server => Some(remembered),
        Ok(remembered) => {
            tracing::warn!(%server, other = %remembered.server, "a keychain entry belongs to another server; ignored");
            None
        }
        Err(error) => {
            tracing::warn!(%server, %error, "a keychain entry cannot be read; ignored");
            None
        }
    }
}
