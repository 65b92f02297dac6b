//! The licence file. There is one, or none.

use sea_orm::{ActiveModelTrait as _, EntityTrait as _, Set};

use super::audit::{Change, record};
use super::documents::count_change;
use super::entity::licence::{ActiveModel, Entity};
use super::{Document, Notice, Store, StoreError, microseconds};

/// There is one licence.
const ONLY: i64 = 1;

impl Store {
    /// The text of the licence file, if one was uploaded.
    pub(crate) async fn licence_text(&self) -> Result<Option<String>, StoreError> {
        Ok(Entity::find_by_id(ONLY).one(&self.database).await?.map(|row| row.text))
    }

    /// Puts a licence file in the place of the one that is there, if the licence still has the expected revision; with none,
    /// removes it. Returns the new revision.
    pub(crate) async fn set_licence(
        &self,
        text: Option<&str>,
        expected: Option<u64>,
        change: Change,
    ) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let revision = count_change(&transaction, Document::Licence, expected).await?;
        Entity::delete_by_id(ONLY).exec(&transaction).await?;
        if let Some(text) = text {
            let row = ActiveModel {
                id: Set(ONLY),
                text: Set(text.to_owned()),
                uploaded_at: Set(microseconds(change.at)),
            };
            row.insert(&transaction).await?;
        }
        self.announce(&transaction, Notice::Licence, change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(revision)
    }
}
