//! The last pre-check of a certificate from an authority.

use sea_orm::{ActiveModelTrait as _, EntityTrait as _, Set};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::entity::acme_check::{ActiveModel, Entity};
use super::{Store, StoreError, microseconds, moment, read_json, write_json};
use crate::acme::ChallengeKind;

/// There is one.
const ONLY: &str = "only";

/// What a pre-check has found, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AcmeCheck {
    pub(crate) domain: String,
    pub(crate) challenge: ChallengeKind,
    /// What stands in the way: a word for programs, and whole sentences.
    pub(crate) obstacles: Vec<(String, String)>,
}

impl Store {
    /// Keeps what a pre-check has found, in the place of the one before.
    pub(crate) async fn keep_acme_check(
        &self,
        check: &AcmeCheck,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let row = ActiveModel {
            id: Set(ONLY.to_owned()),
            at: Set(microseconds(now)),
            document: Set(write_json("a pre-check", check)?),
        };
        let transaction = self.begin().await?;
        Entity::delete_by_id(ONLY).exec(&transaction).await?;
        row.insert(&transaction).await?;
        self.commit(transaction).await
    }

    /// The last pre-check, and when it was made.
    pub(crate) async fn last_acme_check(&self) -> Result<Option<(AcmeCheck, OffsetDateTime)>, StoreError> {
        let row = Entity::find_by_id(ONLY).one(&self.database).await?;
        row.map(|row| Ok((read_json("a pre-check", &row.document)?, moment(row.at)))).transpose()
    }
}
