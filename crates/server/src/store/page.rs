//! A part of a long list.

use sea_orm::{
    DatabaseConnection, EntityTrait, FromQueryResult, PaginatorTrait as _, QuerySelect as _, Select,
};

use super::{MAXIMUM_PAGE, StoreError};

/// No list has so many pages.
pub(super) const BEYOND_ALL: u64 = 1 << 40;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    /// Rows of all pages.
    pub(crate) total: u64,
    /// The first page is 1.
    pub(crate) number: u64,
    /// Rows of a full page.
    pub(crate) size: u64,
}

impl<T> Page<T> {
    /// How many pages there are; an empty list has one.
    pub(crate) fn count(&self) -> u64 {
        Self::count_of(self.total, self.size)
    }

    /// How many pages so many rows make.
    pub(super) fn count_of(total: u64, size: u64) -> u64 {
        total.div_ceil(size.max(1)).max(1)
    }

    /// The same page of something made from each row.
    pub(crate) fn try_map<U, E>(self, make: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let rows = self.rows.into_iter().map(make).collect::<Result<_, _>>()?;
        Ok(Page { rows, total: self.total, number: self.number, size: self.size })
    }
}

/// A page of what a query finds, which says in which order. The last page is shown for one beyond it.
pub(super) async fn page_of<E>(
    database: &DatabaseConnection,
    found: Select<E>,
    number: u64,
    size: u64,
) -> Result<Page<E::Model>, StoreError>
where
    E: EntityTrait,
    E::Model: FromQueryResult + Send + Sync,
{
    let size = size.clamp(1, MAXIMUM_PAGE);
    let mut number = number.clamp(1, BEYOND_ALL);
    let some = |number: u64| found.clone().offset((number - 1) * size).limit(size);
    let mut rows = some(number).all(database).await?;
    let total = match known_total(number, size, rows.len() as u64) {
        Some(total) => total,
        None => found.clone().count(database).await?,
    };
    let pages = Page::<E::Model>::count_of(total, size);
    if number > pages {
        number = pages;
        rows = some(number).all(database).await?;
    }
    Ok(Page { rows, total, number, size })
}

/// How many rows there are, when those of a page say it: the last page does.
pub(super) fn known_total(number: u64, size: u64, rows: u64) -> Option<u64> {
    let is_last = (1..size).contains(&rows) || (rows == 0 && number == 1);
    is_last.then(|| (number - 1) * size + rows)
}
