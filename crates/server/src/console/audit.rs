//! *System Settings > Audit Log*.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use serde::Deserialize;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::audit_words::{ACTIONS, action, detail, subject};
use super::frame::{Frame, Section};
use super::moment::at;
use super::page::{PageProblem, pages, show as show_page};
use super::pager::{Pager, address_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::audit::{AuditQuery, ChangeView};
use crate::audit_file::AuditFileFormat;

/// Where the page is.
const ADDRESS: &str = "/system-settings/audit-log";
/// Rows of a page.
const ROWS: u64 = 50;

/// What the form above the list says. What it cannot say is taken for nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuditForm {
    actor: String,
    action: String,
    subject: String,
    /// The first day, and the last one, in UTC.
    from: String,
    until: String,
    page: Option<u64>,
}

impl AuditForm {
    fn query(&self) -> AuditQuery {
        AuditQuery {
            actor: self.actor.clone(),
            action: self.action.clone(),
            subject: self.subject.clone(),
            since: day(&self.from).map(beginning),
            before: day(&self.until).and_then(Date::next_day).map(beginning),
        }
    }

    fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("actor", &self.actor),
            ("action", &self.action),
            ("subject", &self.subject),
            ("from", &self.from),
            ("until", &self.until),
        ]
    }

    /// Where the same list can be had as a file.
    fn file(&self, format: &str) -> String {
        address_with(&format!("{ADDRESS}/file?format={format}"), &self.fields())
    }
}

/// A day as browsers send it.
fn day(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

fn beginning(day: Date) -> OffsetDateTime {
    day.midnight().assume_utc()
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    form: AuditForm,
    changes: Vec<ChangeView>,
    /// Of profiles and groups, by their identifiers.
    names: BTreeMap<String, String>,
    /// Whom the list of the field offers.
    actors: Vec<String>,
    pager: Pager,
}

pages!(AuditPage);

/// Where there are only the changes by whoever made this one.
fn by_actor(change: &ChangeView) -> String {
    address_with(ADDRESS, &[("actor", &change.actor)])
}

/// Where there are only the changes of what this one was made to.
fn of_subject(change: &ChangeView) -> String {
    address_with(ADDRESS, &[("subject", &change.subject)])
}

/// A page of the changes that fit.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Query(form): Query<AuditForm>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let page = administration.audit(caller, &form.query(), form.page.unwrap_or(1), ROWS).await?;
    let mut names = BTreeMap::new();
    for profile in administration.profiles(caller).await? {
        names.insert(profile.id.to_string(), profile.name);
    }
    for group in administration.groups(caller).await? {
        names.insert(group.id.to_string(), group.name);
    }
    let mut actors: Vec<String> = page.rows.iter().map(|change| change.actor.clone()).collect();
    actors.extend(
        ["the server", "administrator token", signed_in.administrator.name.as_str()].map(str::to_owned),
    );
    actors.sort_unstable();
    actors.dedup();
    let pager = Pager::new(&page, ["change", "changes"], ADDRESS, &form.fields());
    Ok(show_page(&AuditPage {
        frame: signed_in.frame("Audit Log", Section::AuditLog),
        form,
        changes: page.rows,
        names,
        actors,
        pager,
    }))
}

/// Which file.
#[derive(Debug, Deserialize)]
pub(super) struct FileForm {
    #[serde(default)]
    format: AuditFileFormat,
}

/// All changes that fit, as a file.
pub(super) async fn file(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Query(form): Query<AuditForm>,
    Query(FileForm { format }): Query<FileForm>,
) -> Result<Response, PageProblem> {
    let changes = administration.export_audit(&signed_in.caller, &form.query()).await?;
    let file = Body::from_stream(format.written(changes.boxed()));
    Ok(([(CONTENT_TYPE, format.content_type()), (CONTENT_DISPOSITION, format.disposition())], file)
        .into_response())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_last_day_belongs_to_what_is_asked_for() {
        let form = AuditForm {
            from: "2026-06-01".to_owned(),
            until: "2026-06-01".to_owned(),
            ..AuditForm::default()
        };
        let query = form.query();
        assert_eq!(query.since, Some(datetime!(2026-06-01 0:00 UTC)));
        assert_eq!(query.before, Some(datetime!(2026-06-02 0:00 UTC)));
        let nothing = AuditForm { from: "soon".to_owned(), ..AuditForm::default() };
        assert_eq!(nothing.query(), AuditQuery::default());
    }
}
