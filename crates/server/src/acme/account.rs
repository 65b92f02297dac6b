//! The account at a certificate authority: the one that there is, or a new one (RFC 8555, section 7.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_protocol::Secret;
use countersign_trust::display_text;
use instant_acme::{Account, AccountCredentials, ExternalAccountKey, NewAccount};

use super::attempt::{Attempt, Stopped};
use super::client::{DirectoryError, DirectoryMeta};
use super::failure::{FailureKind, is_unknown_account};
use super::repeated::repeated;
use super::settings::AccountBinding;
use crate::store::AcmeAccount;

impl Attempt<'_> {
    /// The account at the authority: the one that there is, or a new one.
    pub(super) async fn account(&self) -> Result<Account, Stopped> {
        let directory = &self.settings.directory_url;
        let kept = self.store.acme_account(directory).await?;
        // The account belongs to whom it was bound to when it was made.
        let kept = kept.filter(|kept| kept.binding_key_id == self.settings.binding_key_id);
        let Some(mut kept) = kept else { return self.new_account().await };
        let account = repeated!(async {
            let credentials: AccountCredentials = serde_json::from_str(kept.credentials.expose())?;
            self.client.account().from_credentials(credentials).await
        });
        let account = account.map_err(|error| self.failed(&error))?;
        if kept.email == self.settings.email {
            return Ok(account);
        }
        let contact = format!("mailto:{}", self.settings.email);
        match repeated!(account.update_contacts(&[&contact])) {
            Ok(()) => {
                kept.email.clone_from(&self.settings.email);
                self.store.keep_acme_account(directory, &kept).await?;
                Ok(account)
            }
            Err(error) if is_unknown_account(&error) => self.new_account().await,
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn new_account(&self) -> Result<Account, Stopped> {
        let settings = &self.settings;
        let directory = self.directory().await?;
        let terms = directory.terms_of_service.as_deref().map(display_text);
        if let Some(terms) = terms.filter(|terms| settings.agreed_terms.as_ref() != Some(terms)) {
            return Err(self.own(
                FailureKind::Lasting,
                format!(
                    "The certificate authority has terms of service to which nobody has agreed yet: {terms}. Read them and agree."
                ),
            ));
        }
        let binding = self.binding()?;
        if directory.external_account_required && binding.is_none() {
            return Err(self.own(
                FailureKind::Lasting,
                "The certificate authority wants to know whose customer this server is. Give the key ID and the HMAC key that \
                 it handed out.",
            ));
        }
        let contact = format!("mailto:{}", settings.email);
        let account = NewAccount {
            contact: &[&contact],
            terms_of_service_agreed: settings.agreed_terms.is_some(),
            only_return_existing: false,
        };
        let made = repeated!(self.client.account().create(
            &account,
            settings.directory_url.clone(),
            binding.as_ref()
        ));
        let (account, credentials) = made.map_err(|error| self.failed(&error))?;
        let credentials = serde_json::to_string(&credentials).map_err(|error| self.failed(&error.into()))?;
        let kept = AcmeAccount {
            email: settings.email.clone(),
            binding_key_id: settings.binding_key_id.clone(),
            credentials: Secret::new(credentials),
        };
        self.store.keep_acme_account(&settings.directory_url, &kept).await?;
        Ok(account)
    }

    async fn directory(&self) -> Result<DirectoryMeta, Stopped> {
        let directory = self.client.directory(&self.settings.directory_url).await;
        Ok(directory.map_err(|error| self.own(kind_of(&error), error.to_string()))?.meta)
    }

    fn binding(&self) -> Result<Option<ExternalAccountKey>, Stopped> {
        let Some(key_id) = &self.settings.binding_key_id else { return Ok(None) };
        let key = self.binding_key.clone().and_then(|key| {
            let binding = AccountBinding { key_id: key_id.clone(), key };
            hmac_key(binding.key.expose()).map(|key| ExternalAccountKey::new(binding.key_id, &key))
        });
        match key {
            Some(key) => Ok(Some(key)),
            None => Err(self.own(
                FailureKind::Lasting,
                "The HMAC key of the external account is missing. Give it again.",
            )),
        }
    }
}

fn kind_of(error: &DirectoryError) -> FailureKind {
    match error {
        DirectoryError::Unreachable(_) | DirectoryError::NoDirectory(_) => FailureKind::Passing,
        DirectoryError::Root
        | DirectoryError::ManyRoots
        | DirectoryError::Address
        | DirectoryError::Tls(_) => FailureKind::Lasting,
    }
}

/// The bytes of an HMAC key as authorities hand it out: Base64 for URLs, and often the ordinary one, with or without padding.
pub(crate) fn hmac_key(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_");
    URL_SAFE_NO_PAD.decode(text).ok().filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_keys_are_read_as_authorities_write_them() {
        let bytes = [0xfb, 0xef, 0xff, 1];
        for text in ["--__AQ", "++//AQ==", " --__AQ== "] {
            assert_eq!(hmac_key(text).as_deref(), Some(&bytes[..]), "{text}");
        }
        for text in ["", " ", "ä", "a b"] {
            assert_eq!(hmac_key(text), None, "{text}");
        }
    }
}
