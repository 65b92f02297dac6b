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
    /// The server did not accept it: the next attempt comes without. Only that one, because whoever is on the line can
    /// refuse it.
    SetAside(ClientIdentity),
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

    /// What is known of it; the keychain is asked once.
    async fn known_identity(&mut self, server: &ServerAddress) -> Option<&mut KnownIdentity> {
        if !self.client_identities.contains_key(server) {
            let known = match ClientIdentity::load(&self.keychain, server).await {
                Ok(Some(identity)) => KnownIdentity::Usable(identity),
                Ok(None) => KnownIdentity::None,
                // Not noted: a keychain that is locked now may be open at the next attempt.
                Err(error) => {
                    tracing::warn!(%server, %error, "the client certificate cannot be read; this computer enrols again");
                    return None;
                }
            };
            self.client_identities.insert(server.clone(), known);
        }
        self.client_identities.get_mut(server)
    }

    pub(super) async fn client_identity(&mut self, server: &ServerAddress) -> Option<ClientIdentity> {
        let now = self.clock.now();
        let known = self.known_identity(server).await?;
        match known {
            KnownIdentity::Usable(identity) => {
                Some(identity.clone()).filter(|identity| !identity.has_expired(now))
            }
            KnownIdentity::SetAside(identity) => {
                *known = KnownIdentity::Usable(identity.clone());
                None
            }
            KnownIdentity::None => None,
        }
    }

    /// The same server has a new address: the client certificate that it issued goes along. Without it the agent would
    /// have nothing to show there.
    pub(super) async fn take_client_identity_along(&mut self, from: &ServerAddress, to: &ServerAddress) {
        let now = self.clock.now();
        // The keychain may have been locked when it was looked for.
        self.look_up_client_identity_again(from);
        let identity = match self.known_identity(from).await {
            Some(KnownIdentity::Usable(identity) | KnownIdentity::SetAside(identity)) => identity.clone(),
            Some(KnownIdentity::None) | None => return,
        };
        if from != to && !identity.has_expired(now) {
            self.enrolled(to, identity).await;
        }
    }

    /// Whether the client certificate of a session that was opened with one has to be replaced.
    pub(crate) fn client_certificate_is_due_for_renewal(&self) -> bool {
        let known = self.server().and_then(|server| self.client_identities.get(&server));
        match known {
            Some(KnownIdentity::Usable(identity) | KnownIdentity::SetAside(identity)) => {
                identity.is_due_for_renewal(self.clock.now())
            }
            Some(KnownIdentity::None) | None => true,
        }
    }

    /// The server does not accept the client certificate; the next attempt comes without.
    pub(crate) fn set_client_identity_aside(&mut self) {
        let Some(known) = self.server().and_then(|server| self.client_identities.get_mut(&server)) else {
            return;
        };
        if let KnownIdentity::Usable(identity) = known {
            *known = KnownIdentity::SetAside(identity.clone());
        }
    }

    /// The person wants to connect: a keychain that was locked a while ago may be open by now.
    pub(super) fn look_up_client_identity_again(&mut self, server: &ServerAddress) {
        if matches!(self.client_identities.get(server), Some(KnownIdentity::None)) {
            self.client_identities.remove(server);
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
        self.forget_client_identity(server).await;
        self.kept.deregistered = true;
        self.keep().await;
    }

    /// Takes another instance UID; the client certificate was for the old one.
    pub(crate) async fn rename(&mut self, uid: InstanceUid) {
        self.kept.instance_uid = uid;
        if let Some(server) = self.server() {
            self.forget_client_identity(server).await;
        }
        self.keep().await;
    }

    async fn forget_client_identity(&mut self, server: ServerAddress) {
        if let Err(error) = ClientIdentity::forget(&self.keychain, &server).await {
            tracing::warn!(%server, %error, "the client certificate could not be removed from the keychain");
        }
        self.client_identities.insert(server, KnownIdentity::None);
    }
}
