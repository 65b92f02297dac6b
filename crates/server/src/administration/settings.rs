//! What holds for the whole server: its settings, identity and audit.

use std::collections::{BTreeMap, BTreeSet};

use countersign_protocol::IdentityPublicKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Administration, WithWarnings};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{Document, Setting, moment};

/// How many changes are listed.
const LISTED_CHANGES: u64 = 500;

/// The settings of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    /// Counts the changes.
    pub(crate) revision: u64,
    /// *Use SSL certificate for Endpoint Control*: agents are shown the SSL certificate instead of the built-in one.
    pub(crate) use_ssl_certificate_for_endpoint_control: bool,
}

/// The settings as they shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsInput {
    /// *Use SSL certificate for Endpoint Control*: agents are shown the SSL certificate instead of the built-in one.
    pub(crate) use_ssl_certificate_for_endpoint_control: bool,
}

/// A change by an administrator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    pub(crate) id: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: OffsetDateTime,
    /// The name of an administrator, `API token “…”`, `administrator token` or `the server`.
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) subject: String,
    /// What is called like that now, if it is an endpoint, a profile, a group or an administrator that is still there.
    pub(crate) subject_name: Option<String>,
    #[schema(value_type = Object)]
    pub(crate) detail: Value,
}

impl Administration {
    /// The settings.
    pub(crate) async fn settings(&self, caller: &Caller) -> Result<Settings, Problem> {
        caller.needs_within(Scope::SettingsRead, Permission::View)?;
        let store = &self.telemetry.store;
        let revision = store.document_revision(Document::Settings).await?;
        let on = store.setting(Setting::UseSslCertificate).await?;
        Ok(Settings { revision, use_ssl_certificate_for_endpoint_control: on })
    }

    /// Changes the settings. What agents are shown changes at once, and they connect again. With an expected revision, only if
    /// nobody else has changed them since.
    pub(crate) async fn change_settings(
        &self,
        caller: &Caller,
        expected: Option<u64>,
        input: &SettingsInput,
    ) -> Result<WithWarnings<Settings>, Problem> {
        caller.needs_within(Scope::SettingsManage, Permission::Administer)?;
        let on = input.use_ssl_certificate_for_endpoint_control;
        let _changing = self.changing_certificate.lock().await;
        let store = &self.telemetry.store;
        if on && store.ssl_certificate().await?.is_none() {
            return Err(Problem::conflict(
                "There is no SSL certificate to use for endpoint control. Upload one first.",
            ));
        }
        let detail = json!({"use_ssl_certificate_for_endpoint_control": on});
        let change = caller.change(self.now(), "settings.changed", "settings", detail);
        let revision = store.set(Setting::UseSslCertificate, on, expected, change).await?;
        let denial = self.serve_as_set().await?;
        let served = self.judge(&self.certificates.current());
        let warnings = served.warning("the certificate that is served").into_iter().chain(denial).collect();
        let settings = Settings { revision, use_ssl_certificate_for_endpoint_control: on };
        Ok(WithWarnings::new(settings, warnings))
    }

    /// The public half of the identity key of the server, for installers.
    pub(crate) fn identity(&self, caller: &Caller) -> Result<IdentityPublicKey, Problem> {
        caller.needs_within(Scope::SettingsRead, Permission::View)?;
        Ok(self.telemetry.identity.public_key())
    }

    /// The latest changes by administrators, the newest first.
    pub(crate) async fn audit(&self, caller: &Caller) -> Result<Vec<ChangeView>, Problem> {
        caller.needs_within(Scope::AuditRead, Permission::View)?;
        let rows = self.telemetry.store.audit(LISTED_CHANGES).await?;
        let names = self.names(rows.iter().map(|row| row.subject.as_str())).await?;
        let views = rows.into_iter().map(|row| ChangeView {
            id: row.id,
            at: moment(row.at),
            actor: row.actor,
            action: row.action,
            subject_name: names.get(&row.subject).cloned(),
            subject: row.subject,
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        });
        Ok(views.collect())
    }

    /// What these are called now, as far as they are still there.
    async fn names(&self, ids: impl Iterator<Item = &str>) -> Result<BTreeMap<String, String>, Problem> {
        let store = &self.telemetry.store;
        let mut names = BTreeMap::new();
        for profile in store.profiles().await? {
            names.insert(profile.document.id.to_string(), profile.document.name);
        }
        for group in store.groups().await? {
            names.insert(group.id.to_string(), group.content.name);
        }
        for administrator in store.administrators().await? {
            names.insert(administrator.id.to_string(), administrator.name.to_string());
        }
        let others: BTreeSet<&str> =
            ids.filter(|id| Uuid::parse_str(id).is_ok() && !names.contains_key(*id)).collect();
        let others: Vec<&str> = others.into_iter().collect();
        let endpoints = store.endpoints_by_ids(&others).await?;
        names.extend(
            endpoints.into_iter().map(|row| (row.id, row.host_name)).filter(|(_, name)| !name.is_empty()),
        );
        Ok(names)
    }
}
