//! Moments on pages: in UTC, and by a script of the page in the time of whoever looks.

use std::fmt;

use askama::filters::HtmlSafe;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// A moment, as a `time` element.
pub(super) struct Moment(pub(super) OffsetDateTime);

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.0.format(&Rfc3339).map_err(|_| fmt::Error)?;
        let shown = self
            .0
            .format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC"))
            .map_err(|_| fmt::Error)?;
        write!(formatter, "<time datetime=\"{exact}\">{shown}</time>")
    }
}

impl HtmlSafe for Moment {}

/// A moment on a page.
pub(super) fn at(moment: &OffsetDateTime) -> Moment {
    Moment(*moment)
}

/// A moment on a page, or a dash.
pub(super) fn at_or_never(moment: &Option<OffsetDateTime>) -> String {
    moment.as_ref().map_or_else(|| "–".to_owned(), |moment| at(moment).to_string())
}
