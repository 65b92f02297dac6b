//! What agents report about themselves.

use countersign_protocol::InstanceUid;
use countersign_trust::InvalidCertificateAction;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set};

use super::entity::endpoint::{ActiveModel, Column, Entity};
use super::{Store, StoreError};

/// Stands for a profile that was or will be sent, and to which no answer has come.
pub(super) const PENDING: &str = "pending";

/// What an agent reports about itself. What is none is left as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reports {
    /// Its health, in its own words.
    pub(crate) health: Option<String>,
    /// What became of the profile.
    pub(crate) profile: Option<ProfileResult>,
    /// What became of connection settings.
    pub(crate) settings: Option<SettingsResult>,
    /// The action that is in force since the profile was applied.
    pub(crate) in_force: Option<InvalidCertificateAction>,
}

/// What became of connection settings at an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SettingsResult {
    /// They are in force, or nothing is wrong with them so far.
    Taken,
    /// They were refused, with the reason.
    Refused(String),
}

impl Reports {
    pub(super) fn values(&self, row: ActiveModel) -> ActiveModel {
        let mut row = row;
        if let Some(health) = &self.health {
            row.health = Set(Some(health.clone()));
        }
        if let Some(result) = &self.profile {
            let (status, error) = result.words();
            row.profile_status = Set(status.to_owned());
            row.profile_error = Set(error.map(str::to_owned));
        }
        if let Some(result) = &self.settings {
            row.settings_error = Set(match result {
                SettingsResult::Taken => None,
                SettingsResult::Refused(reason) => Some(reason.clone()),
            });
        }
        if let Some(action) = self.in_force {
            row.action_in_force = Set(Some(action.to_string()));
        }
        row
    }
}

/// What became of a profile at an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProfileResult {
    /// It was sent, and no answer has come.
    Pending,
    /// It is in force.
    Applied,
    /// It was refused, with the reason.
    Failed(String),
}

impl ProfileResult {
    /// As it is kept: a word, and the reason of a failure.
    fn words(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Pending => (PENDING, None),
            Self::Applied => ("applied", None),
            Self::Failed(reason) => ("failed", Some(reason)),
        }
    }
}

impl Store {
    /// Keeps what an agent reports later in its session.
    pub(crate) async fn keep_reports(&self, id: InstanceUid, reports: &Reports) -> Result<(), StoreError> {
        if *reports == Reports::default() {
            return Ok(());
        }
        let values = reports.values(<ActiveModel as Default>::default());
        Entity::update_many().set(values).filter(Column::Id.eq(id.to_string())).exec(&self.database).await?;
        Ok(())
    }
}
