//! What administrators do that changes nothing in the database, and still is to be found in the audit.

use super::audit::{Change, record};
use super::{Store, StoreError};

impl Store {
    /// Writes down what was done.
    pub(crate) async fn note(&self, change: Change) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }
}
