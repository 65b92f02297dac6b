//! Settings of the whole server.

use sea_orm::{ActiveModelTrait as _, ConnectionTrait, EntityTrait as _, Set};

use super::audit::{Change, record};
use super::certificates::has_ssl_certificate;
use super::documents::count_change;
use super::entity::setting;
use super::{Document, Notice, Store, StoreError};

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
    /// What it is called in the database, in documents and in the audit.
    pub(crate) fn code(self) -> &'static str {
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

impl Store {
    /// Whether a switch is on.
    pub(crate) async fn setting(&self, setting: Setting) -> Result<bool, StoreError> {
        is_on(&self.database, setting).await
    }

    /// Turns switches, all or none of them, if the settings still have the expected revision. Returns the new one.
    pub(crate) async fn set(
        &self,
        switches: &[(Setting, bool)],
        expected: Option<u64>,
        change: Change,
    ) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let revision = count_change(&transaction, Document::Settings, expected).await?;
        for (setting, on) in switches.iter().copied() {
            if setting == Setting::UseSslCertificate && on && !has_ssl_certificate(&transaction).await? {
                return Err(StoreError::Conflict(
                    "There is no SSL certificate to use for endpoint control.".to_owned(),
                ));
            }
            setting::Entity::delete_by_id(setting.code()).exec(&transaction).await?;
            let row = setting::ActiveModel {
                name: Set(setting.code().to_owned()),
                value: Set(if on { "on" } else { "off" }.to_owned()),
            };
            row.insert(&transaction).await?;
            self.announce(&transaction, setting.notice(), change.at).await?;
        }
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(revision)
    }
}

pub(super) async fn is_on(database: &impl ConnectionTrait, setting: Setting) -> Result<bool, StoreError> {
    let row = setting::Entity::find_by_id(setting.code()).one(database).await?;
    Ok(row.map_or(setting.at_first(), |row| row.value == "on"))
}
