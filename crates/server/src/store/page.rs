//! A part of a long list.

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
