//! How often signing in has failed, so that passwords cannot be tried out, not even across a restart.

use sea_orm::sea_query::{Expr, OnConflict, SimpleExpr};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, Set, TransactionTrait as _};
use time::{Duration, OffsetDateTime};

use super::entity::failed_sign_in::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError, microseconds, moment};
use crate::people::AdministratorName;

/// So many failures in a row from one place cost nothing.
const FREE: i64 = 5;
/// So many in a row for one name from all places together: somebody tries from many places.
const FREE_IN_ALL: i64 = 50;
/// So many in a row from one place with whatever names: somebody tries one password after the other on everybody.
const FREE_WITH_ANY_NAME: i64 = 30;
/// In the place of a name, for all names together. Nobody is called that.
const ANY_NAME: &str = "";
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
            .filter(
                Condition::any()
                    .add(Column::NameKey.eq(name.key()))
                    .add(Condition::all().add(Column::NameKey.eq(ANY_NAME)).add(Column::Origin.eq(origin))),
            )
            .filter(Column::FailedAt.gt(microseconds(now - FORGOTTEN_AFTER)))
            .all(&self.database)
            .await?;
        let (with_any, rows): (Vec<Model>, Vec<Model>) =
            rows.into_iter().partition(|row| row.name_key == ANY_NAME);
        let with_any = with_any
            .first()
            .and_then(|row| wait(row.failures, FREE_WITH_ANY_NAME).map(|wait| moment(row.failed_at) + wait));
        let here = rows.iter().find(|row| row.origin == origin);
        let here = here.and_then(|row| wait(row.failures, FREE).map(|wait| moment(row.failed_at) + wait));
        let in_all: i64 = rows.iter().map(|row| row.failures).sum();
        let latest = rows.iter().map(|row| row.failed_at).max();
        let everywhere =
            latest.and_then(|latest| wait(in_all, FREE_IN_ALL).map(|wait| moment(latest) + wait));
        Ok(here.max(everywhere).max(with_any).filter(|until| *until > now))
    }

    /// Counts a failure, before the password is looked at: attempts at the same time count as well. Old ones are forgotten.
    pub(crate) async fn count_sign_in(
        &self,
        name: &AdministratorName,
        origin: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let transaction = self.database.begin().await?;
        Entity::delete_many()
            .filter(Column::FailedAt.lte(microseconds(now - FORGOTTEN_AFTER)))
            .exec(&transaction)
            .await?;
        for name_key in [name.key(), ANY_NAME.to_owned()] {
            let row = ActiveModel {
                name_key: Set(name_key),
                origin: Set(origin.to_owned()),
                failures: Set(1),
                failed_at: Set(microseconds(now)),
            };
            // In one statement: whoever tries at the same time is counted as well.
            let counted = OnConflict::columns([Column::NameKey, Column::Origin])
                .value(Column::Failures, one_more())
                .update_column(Column::FailedAt)
                .to_owned();
            Entity::insert(row).on_conflict(counted).exec_without_returning(&transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Forgets the failures from a place where signing in has succeeded.
    pub(crate) async fn forget_failures(
        &self,
        name: &AdministratorName,
        origin: &str,
    ) -> Result<(), StoreError> {
        Entity::delete_many()
            .filter(Column::NameKey.is_in([name.key().as_str(), ANY_NAME]))
            .filter(Column::Origin.eq(origin))
            .exec(&self.database)
            .await?;
        Ok(())
    }
}

fn one_more() -> SimpleExpr {
    use sea_orm::sea_query::ExprTrait as _;
    Expr::col((Entity, Column::Failures)).add(1)
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
