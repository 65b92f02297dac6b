//! The proof of who this computer is: the enrolment token, and the client certificate that follows it.

use countersign_protocol::InstanceUid;
use countersign_trust::ServerAddress;

use super::Context;
use crate::Secret;
use crate::client_identity::ClientIdentity;

/// What is known of the client certificate for a server.
#[derive(Clone, Debug)]
pub(crate) enum KnownIdentity {
    /// There is none.
    None,
    /// There is one.
    Usable(ClientIdentity),
    /// The server does not accept it.
    SetAside,
}

impl Context {
    /// The token for the present server, if there is one.
    pub(crate) fn enrolment_token(&self) -> Option<Secret> {
        let server = self.server()?;
        match &self.offered_token {
            Some((to, token)) if *to == server => Some(token.clone()),
            Some(_) | None if self.configuration.server.as_ref() == Some(&server) => {
                self.configuration.enrolment_token.clone()
            }
            Some(_) | None => None,
        }
    }

    pub(super) async fn client_identity(&mut self, server: &ServerAddress) -> Option<ClientIdentity> {
        if !self.client_identities.contains_key(server) {
            let known = match ClientIdentity::load(&self.keychain, server).await {
                Ok(Some(identity)) => KnownIdentity::Usable(identity),
                Ok(None) => KnownIdentity::None,
                Err(error) => {
                    tracing::warn!(%server, %error, "the client certificate cannot be read; this computer enrols again");
                    KnownIdentity::None
                }
            };
            self.client_identities.insert(server.clone(), known);
        }
        match self.client_identities.get(server) {
            Some(KnownIdentity::Usable(identity)) if !identity.has_expired(self.clock.now()) => {
                Some(identity.clone())
            }
            Some(KnownIdentity::Usable(_) | KnownIdentity::None | KnownIdentity::SetAside) | None => None,
        }
    }

    /// Whether a client certificate has to be asked for.
    pub(crate) fn needs_client_certificate(&self) -> bool {
        let known = self.server().and_then(|server| self.client_identities.get(&server));
        match known {
            Some(KnownIdentity::Usable(identity)) => identity.is_due_for_renewal(self.clock.now()),
            Some(KnownIdentity::None | KnownIdentity::SetAside) | None => true,
        }
    }

    /// The server does not accept the client certificate; the next attempt comes without.
    pub(crate) fn set_client_identity_aside(&mut self) {
        if let Some(server) = self.server() {
            self.client_identities.insert(server, KnownIdentity::SetAside);
        }
    }

    pub(crate) async fn enrolled(&mut self, server: &ServerAddress, identity: ClientIdentity) {
        if let Err(error) = identity.save(&self.keychain, server).await {
            tracing::warn!(%server, %error, "the client certificate holds only until the agent ends; after that this computer enrols again");
        }
        self.client_identities.insert(server.clone(), KnownIdentity::Usable(identity));
    }

    pub(crate) async fn deregistered(&mut self) {
        let Some(server) = self.server() else { return };
        tracing::info!(%server, "an administrator has ended the enrolment of this computer");
        if let Err(error) = ClientIdentity::forget(&self.keychain, &server).await {
            tracing::warn!(%server, %error, "the client certificate could not be removed from the keychain");
        }
        self.client_identities.insert(server, KnownIdentity::None);
        self.kept.deregistered = true;
        self.keep().await;
    }

    /// Takes another instance UID; the client certificate was for the old one.
    pub(crate) async fn rename(&mut self, uid: InstanceUid) {
        self.kept.instance_uid = uid;
        self.set_client_identity_aside();
        self.keep().await;
    }
}
