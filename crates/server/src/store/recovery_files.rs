//! Recovery files are counted: endpoints take them in the order of their numbers, whatever the clock of the server has said.

use time::OffsetDateTime;

use super::audit::{Change, record};
use super::documents::take_number;
use super::{Document, Store, StoreError, microseconds};

impl Store {
    /// Has a recovery file made under a number that is higher than all before, and writes it down in the audit: no file is in the
    /// world that the audit does not know of. What could not be made uses up no number.
    ///
    /// The number is at least the moment in microseconds. So it goes on rising where a backup was restored that does not know of the
    /// latest files; and after the clock was in the future, by one with each file.
    pub(crate) async fn add_recovery_file<T, E>(
        &self,
        now: OffsetDateTime,
        make: impl FnOnce(u64) -> Result<(T, Change), E>,
    ) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let transaction = self.begin().await?;
        let number = take_number(&transaction, Document::RecoveryFiles, microseconds(now)).await?;
        let (file, change) = make(number)?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(file)
    }
}
