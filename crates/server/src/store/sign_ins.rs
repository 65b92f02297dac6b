//! How often signing in has failed, so that passwords cannot be tried out, not even across a restart.

use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set};
use time::{Duration, OffsetDateTime};

use super::entity::failed_sign_in::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError, microseconds, moment};
use crate::people::AdministratorName;

/// So many failures in a row from one place cost nothing.
const FREE: i64 = 5;
/// So many in a row for one name from all places together: somebody tries from many places.
const FREE_IN_ALL: i64 = 50;
/// The first wait; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::seconds(30);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::hours(1);
/// What is older is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::hours(24);

impl Store {
    /// Until when nobody can sign in with this name from there; none if it is possible now.
    pub(crate) async fn locked_until(
        &self,
        name: &AdministratorName,
        origin: &str,
        now: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, StoreError> {
        let rows = Entity::find()
            .filter(Column::NameKey.eq(name.key()))
            .filter(Column::FailedAt.gt(microseconds(now - FORGOTTEN_AFTER)))
            .all(&self.database)
            .await?;
        let here = rows.iter().find(|row| row.origin == origin);
        let here = here.and_then(|row| wait(row.failures, FREE).map(|wait| moment(row.failed_at) + wait));
        let in_all: i64 = rows.iter().map(|row| row.failures).sum();
        let latest = rows.iter().map(|row| row.failed_at).max();
        let everywhere =
            latest.and_then(|latest| wait(in_all, FREE_IN_ALL).map(|wait| moment(latest) + wait));
        Ok(here.max(everywhere).filter(|until| *until > now))
    }

    /// Counts a failure, before the password is looked at: attempts at the same time count as well. Old ones are forgotten.
    pub(crate) async fn count_sign_in(
        &self,
        name: &AdministratorName,
        origin: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        Entity::delete_many()
            .filter(Column::FailedAt.lte(microseconds(now - FORGOTTEN_AFTER)))
            .exec(&transaction)
            .await?;
        let found: Option<Model> =
            Entity::find_by_id((name.key(), origin.to_owned())).one(&transaction).await?;
        let row = ActiveModel {
            name_key: Set(name.key()),
            origin: Set(origin.to_owned()),
            failures: Set(found.as_ref().map_or(0, |row| row.failures) + 1),
            failed_at: Set(microseconds(now)),
        };
        match found {
            Some(_) => {
                row.update(&transaction).await?;
            }
            None => {
                row.insert(&transaction).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Forgets the failures from a place where signing in has succeeded.
    pub(crate) async fn forget_failures(
        &self,
        name: &AdministratorName,
        origin: &str,
    ) -> Result<(), StoreError> {
        Entity::delete_by_id((name.key(), origin.to_owned())).exec(&self.database).await?;
        Ok(())
    }
}

/// How long to wait after so many failures.
fn wait(failures: i64, free: i64) -> Option<Duration> {
    let beyond = u32::try_from(failures - free).ok()?;
    Some(
        FIRST_WAIT
            .checked_mul(1_i32.checked_shl(beyond.min(20)).unwrap_or(i32::MAX))
            .unwrap_or(LONGEST_WAIT)
            .min(LONGEST_WAIT),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait() {
        for (failures, expected) in [
            (0, None),
            (4, None),
            (5, Some(Duration::seconds(30))),
            (6, Some(Duration::seconds(60))),
            (8, Some(Duration::minutes(4))),
            (12, Some(Duration::hours(1))),
            (1_000_000, Some(Duration::hours(1))),
        ] {
            assert_eq!(wait(failures, FREE), expected, "{failures}");
        }
    }
}
