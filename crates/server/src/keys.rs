//! The keys and tokens of the server: made at the first start, kept from then on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_protocol::{IdentityKeyPair, Secret};
use rustls_pki_types::CertificateDer;
use serde_json::json;
use time::OffsetDateTime;

use crate::authority::EndpointAuthority;
use crate::configuration::AdministratorToken;
use crate::served_certificate::ServerCertificate;
use crate::server_error::ServerError;
use crate::store::tokens::{generate, hash};
use crate::store::{Actor, Change, KeyName, Setting, Store, StoreError};

/// Tokens that were made at this start. They are shown this once.
#[derive(Clone, Debug)]
pub struct NewTokens {
    /// Lets its holder administer the server.
    pub administrator: Secret,
    /// Lets endpoints enrol. Made at the first start only.
    pub enrolment: Option<Secret>,
}

/// The keys of the server.
pub(crate) struct Keys {
    pub(crate) identity: IdentityKeyPair,
    pub(crate) authority: EndpointAuthority,
    pub(crate) built_in: ServerCertificate,
}

impl Keys {
    /// Reads the keys; those that are missing are made.
    pub(crate) async fn load_or_make(store: &Store, now: OffsetDateTime) -> Result<Self, ServerError> {
        let identity = if let Some(identity) = kept_identity(store).await? {
            identity
        } else {
            let (pair, pkcs8) = IdentityKeyPair::generate()?;
            store.keep_key(KeyName::Identity, &Secret::new(BASE64.encode(pkcs8))).await?;
            pair
        };
        let authority = match store.key(KeyName::EndpointAuthority).await? {
            Some(kept) => kept,
            None => kept_new(store, KeyName::EndpointAuthority, EndpointAuthority::generate(now)?).await?,
        };
        let built_in = match store.key(KeyName::BuiltInCertificate).await? {
            Some(kept) => kept,
            None => {
                kept_new(store, KeyName::BuiltInCertificate, ServerCertificate::generate_built_in(now)?)
                    .await?
            }
        };
        Ok(Self {
            identity,
            authority: EndpointAuthority::from_kept(&authority)?,
            built_in: ServerCertificate::built_in(&built_in)?,
        })
    }
}

/// The identity key, once it has been made.
pub(crate) async fn kept_identity(store: &Store) -> Result<Option<IdentityKeyPair>, ServerError> {
    let Some(kept) = store.key(KeyName::Identity).await? else { return Ok(None) };
    let pkcs8 = BASE64.decode(kept.expose()).map_err(|error| ServerError::Key(error.to_string()))?;
    Ok(Some(IdentityKeyPair::from_pkcs8(&pkcs8)?))
}

/// The chain that agents are shown according to the database.
pub(crate) async fn kept_served_chain(store: &Store) -> Result<Vec<CertificateDer<'static>>, ServerError> {
    let ssl = store.ssl_certificate().await?;
    if let Some(ssl) = ssl
        && store.setting(Setting::UseSslCertificate).await?
    {
        let chain = ServerCertificate::chain_from_pem(&ssl.chain_pem);
        return chain.map_err(|error| ServerError::Key(error.to_string()));
    }
    match store.key(KeyName::BuiltInCertificate).await? {
        Some(kept) => Ok(ServerCertificate::built_in(&kept)?.key.cert.clone()),
        None => Ok(Vec::new()),
    }
}

async fn kept_new(store: &Store, name: KeyName, key: Secret) -> Result<Secret, ServerError> {
    store.keep_key(name, &key).await?;
    Ok(key)
}

/// The hash of the administrator token in force from this start on, and the tokens that this start makes. New ones are
/// not kept yet: a start that fails must not leave behind a token that nobody has seen.
pub(crate) struct Tokens {
    pub(crate) administrator_hash: String,
    pub(crate) new: Option<NewTokens>,
}

impl Tokens {
    /// Makes the tokens that are missing or asked for.
    pub(crate) async fn load_or_make(store: &Store, wanted: AdministratorToken) -> Result<Self, StoreError> {
        let kept = store.key(KeyName::AdministratorTokenHash).await?;
        let new = match (&kept, wanted) {
            (Some(kept), AdministratorToken::Keep) => {
                return Ok(Self { administrator_hash: kept.expose().to_owned(), new: None });
            }
            (Some(_), AdministratorToken::Replace) => {
                NewTokens { administrator: generate()?, enrolment: None }
            }
            (None, _) => NewTokens { administrator: generate()?, enrolment: Some(generate()?) },
        };
        Ok(Self { administrator_hash: hash(new.administrator.expose()), new: Some(new) })
    }

    /// Keeps the new tokens, all or none.
    pub(crate) async fn keep(&self, store: &Store, now: OffsetDateTime) -> Result<(), StoreError> {
        let Some(new) = &self.new else { return Ok(()) };
        let change = Change {
            actor: Actor::Server,
            at: now,
            action: "administrator_token.created",
            subject: "administrator-token".to_owned(),
            detail: json!({}),
        };
        store.keep_new_tokens(&self.administrator_hash, new.enrolment.as_ref(), change).await
    }
}
