//! *Remote HTTPS access* and *Redirect HTTP request to HTTPS*.

use serde_json::json;

use super::Administration;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{Setting, StoreError};
use crate::web::HttpsAccess;

impl Administration {
    /// Turns the switches that are given, with an expected revision only if nobody else has changed the settings since. They count
    /// at once, on all servers of the database.
    pub(crate) async fn change_https_access(
        &self,
        caller: &Caller,
        mut expected: Option<u64>,
        remote: Option<bool>,
        redirect: Option<bool>,
    ) -> Result<(), Problem> {
        caller.needs_within(Scope::SettingsManage, Permission::Administer)?;
        let before = HttpsAccess::read(&self.telemetry.store).await?;
        let switches = [
            (Setting::RemoteHttpsAccess, "remote_https_access", remote, before.is_remote()),
            (Setting::RedirectHttp, "redirect_http_to_https", redirect, before.redirects()),
        ];
        for (setting, name, wanted, before) in switches {
            let Some(on) = wanted.filter(|on| *on != before) else { continue };
            let change = caller.change(self.now(), "settings.changed", "settings", json!({name: on}));
            self.telemetry.store.set(setting, on, expected.take(), change).await?;
        }
        Ok(self.follow_access().await?)
    }

    /// Heeds the switches as they stand in the database, after somebody has turned them.
    pub(crate) async fn follow_access(&self) -> Result<(), StoreError> {
        self.access.set(HttpsAccess::read(&self.telemetry.store).await?);
        Ok(())
    }
}
