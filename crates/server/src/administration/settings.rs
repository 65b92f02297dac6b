//! What holds for the whole server: its settings and its identity.

use countersign_protocol::IdentityPublicKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Administration, WithWarnings};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{Document, Setting};
use crate::web::HttpsAccess;

/// The settings of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    /// Counts the changes.
    pub(crate) revision: u64,
    /// *Use SSL certificate for Endpoint Control*: agents are shown the SSL certificate instead of the built-in one.
    pub(crate) use_ssl_certificate_for_endpoint_control: bool,
    /// *Remote HTTPS access*: not only the server's own computer may use console and API.
    pub(crate) remote_https_access: bool,
    /// *Redirect HTTP request to HTTPS*: what the HTTP port does, if the server listens on one.
    pub(crate) redirect_http_to_https: bool,
}

/// The settings as they shall be.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsInput {
    /// *Use SSL certificate for Endpoint Control*: agents are shown the SSL certificate instead of the built-in one.
    pub(crate) use_ssl_certificate_for_endpoint_control: bool,
    /// *Remote HTTPS access*: not only the server's own computer may use console and API. Without it, as it is.
    #[serde(default)]
    pub(crate) remote_https_access: Option<bool>,
    /// *Redirect HTTP request to HTTPS*: what the HTTP port does, if the server listens on one. Without it, as it is.
    #[serde(default)]
    pub(crate) redirect_http_to_https: Option<bool>,
}

impl Administration {
    /// The settings.
    pub(crate) async fn settings(&self, caller: &Caller) -> Result<Settings, Problem> {
        caller.needs_within(Scope::SettingsRead, Permission::View)?;
        self.settings_as_they_are().await
    }

    async fn settings_as_they_are(&self) -> Result<Settings, Problem> {
        let store = &self.telemetry.store;
        let revision = store.document_revision(Document::Settings).await?;
        let on = store.setting(Setting::UseSslCertificate).await?;
        let access = HttpsAccess::read(store).await?;
        Ok(Settings {
            revision,
            use_ssl_certificate_for_endpoint_control: on,
            remote_https_access: access.is_remote(),
            redirect_http_to_https: access.redirects(),
        })
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
        let kept = store.ssl_certificate().await?;
        if on && kept.is_none() {
            return Err(nothing_to_use());
        }
        // What cannot be shown is not turned on.
        self.open_for(kept.as_ref(), on)?;
        let mut switches = vec![(Setting::UseSslCertificate, on)];
        switches.extend(self.turned(input.remote_https_access, input.redirect_http_to_https).await?);
        self.turn(caller, expected, &switches).await?;
        self.follow_access().await?;
        let denial = self.serve_as_set().await?;
        let served = self.judge(&self.certificates.current());
        let warnings = served.warning("the certificate that is served").into_iter().chain(denial).collect();
        Ok(WithWarnings::new(self.settings_as_they_are().await?, warnings))
    }

    /// Turns switches, all or none of them.
    pub(super) async fn turn(
        &self,
        caller: &Caller,
        expected: Option<u64>,
        switches: &[(Setting, bool)],
    ) -> Result<(), Problem> {
        let detail: serde_json::Map<_, _> =
            switches.iter().map(|(setting, on)| (setting.code().to_owned(), json!(on))).collect();
        let change = caller.change(self.now(), "settings.changed", "settings", detail.into());
        self.telemetry.store.set(switches, expected, change).await?;
        Ok(())
    }

    /// The public half of the identity key of the server, for installers.
    pub(crate) fn identity(&self, caller: &Caller) -> Result<IdentityPublicKey, Problem> {
        caller.needs_within(Scope::SettingsRead, Permission::View)?;
        Ok(self.telemetry.identity.public_key())
    }
}

/// Why the SSL certificate cannot be used for endpoint control.
pub(super) fn nothing_to_use() -> Problem {
    Problem::conflict("There is no SSL certificate to use for endpoint control. Upload one first.")
}
