//! *Remote HTTPS access* and *Redirect HTTP request to HTTPS*.

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
        expected: Option<u64>,
        remote: Option<bool>,
        redirect: Option<bool>,
    ) -> Result<(), Problem> {
        caller.needs_within(Scope::SettingsManage, Permission::Administer)?;
        let switches = self.turned(remote, redirect).await?;
        if !switches.is_empty() {
            self.turn(caller, expected, &switches).await?;
        }
        Ok(self.follow_access().await?)
    }

    /// Those of the two switches that are given and stand otherwise, as they shall be.
    pub(super) async fn turned(
        &self,
        remote: Option<bool>,
        redirect: Option<bool>,
    ) -> Result<Vec<(Setting, bool)>, StoreError> {
        let before = HttpsAccess::read(&self.telemetry.store).await?;
        let switches = [
            (Setting::RemoteHttpsAccess, remote, before.is_remote()),
            (Setting::RedirectHttp, redirect, before.redirects()),
        ];
        let turned = switches.into_iter().filter_map(|(setting, wanted, before)| {
            wanted.filter(|on| *on != before).map(|on| (setting, on))
        });
        Ok(turned.collect())
    }

    /// Heeds the switches as they stand in the database, after somebody has turned them.
    pub(crate) async fn follow_access(&self) -> Result<(), StoreError> {
        self.access.set(HttpsAccess::read(&self.telemetry.store).await?);
        Ok(())
    }
}
