//! Settings of the whole server, and its SSL certificate.

use countersign_protocol::Secret;
use sea_orm::{ActiveModelTrait as _, ConnectionTrait, EntityTrait as _, PaginatorTrait as _, Set};
use time::OffsetDateTime;

use super::audit::{Change, record};
use super::entity::{setting, ssl_certificate};
use super::{Notice, Store, StoreError, microseconds, moment};

/// A switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// *Use SSL certificate for Endpoint Control* (specification).
    UseSslCertificate,
    /// *Remote HTTPS access* (specification): whoever is not at the server's own computer may use the HTTPS port.
    RemoteHttpsAccess,
    /// *Redirect HTTP request to HTTPS* (specification).
    RedirectHttp,
}

impl Setting {
    fn as_str(self) -> &'static str {
        match self {
            Self::UseSslCertificate => "use_ssl_certificate_for_endpoint_control",
            Self::RemoteHttpsAccess => "remote_https_access",
            Self::RedirectHttp => "redirect_http_to_https",
        }
    }

    /// How it stands until somebody turns it.
    fn at_first(self) -> bool {
        self == Self::RemoteHttpsAccess
    }

    /// What the other servers are told.
    fn notice(self) -> Notice {
        match self {
            Self::UseSslCertificate => Notice::Certificate,
            Self::RemoteHttpsAccess | Self::RedirectHttp => Notice::Access,
        }
    }
}

/// The SSL certificate as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct StoredCertificate {
    pub(crate) chain_pem: String,
    pub(crate) private_key_pem: Secret,
    pub(crate) fingerprint: String,
    pub(crate) uploaded_at: OffsetDateTime,
}

/// There is one SSL certificate.
const ONLY: i64 = 1;

impl Store {
    /// Whether a switch is on.
    pub(crate) async fn setting(&self, setting: Setting) -> Result<bool, StoreError> {
        is_on(&self.database, setting).await
    }

    /// Turns a switch.
    pub(crate) async fn set(&self, setting: Setting, on: bool, change: Change) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        if setting == Setting::UseSslCertificate
            && on
            && ssl_certificate::Entity::find().count(&transaction).await? == 0
        {
            return Err(StoreError::Conflict(
                "There is no SSL certificate to use for endpoint control.".to_owned(),
            ));
        }
        setting::Entity::delete_by_id(setting.as_str()).exec(&transaction).await?;
        let row = setting::ActiveModel {
            name: Set(setting.as_str().to_owned()),
            value: Set(if on { "on" } else { "off" }.to_owned()),
        };
        row.insert(&transaction).await?;
        self.announce(&transaction, setting.notice(), change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// The SSL certificate, if there is one.
    pub(crate) async fn ssl_certificate(&self) -> Result<Option<StoredCertificate>, StoreError> {
        let row = ssl_certificate::Entity::find_by_id(ONLY).one(&self.database).await?;
        Ok(row.map(|row| StoredCertificate {
            chain_pem: row.chain_pem,
            private_key_pem: Secret::new(row.private_key_pem),
            fingerprint: row.fingerprint,
            uploaded_at: moment(row.uploaded_at),
        }))
    }

    /// Replaces the SSL certificate; with none, removes it.
    pub(crate) async fn set_ssl_certificate(
        &self,
        certificate: Option<&StoredCertificate>,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        ssl_certificate::Entity::delete_by_id(ONLY).exec(&transaction).await?;
        if let Some(certificate) = certificate {
            let row = ssl_certificate::ActiveModel {
                id: Set(ONLY),
                chain_pem: Set(certificate.chain_pem.clone()),
                private_key_pem: Set(certificate.private_key_pem.expose().to_owned()),
                fingerprint: Set(certificate.fingerprint.clone()),
                uploaded_at: Set(microseconds(certificate.uploaded_at)),
            };
            row.insert(&transaction).await?;
        } else if is_on(&transaction, Setting::UseSslCertificate).await? {
            return Err(StoreError::Conflict("The SSL certificate is used for endpoint control.".to_owned()));
        }
        self.announce(&transaction, Notice::Certificate, change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }
}

async fn is_on(database: &impl ConnectionTrait, setting: Setting) -> Result<bool, StoreError> {
    let row = setting::Entity::find_by_id(setting.as_str()).one(database).await?;
    Ok(row.map_or(setting.at_first(), |row| row.value == "on"))
}
