//! *System Settings > Audit Log*.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::audit_words::{action, detail, subject};
use super::frame::{Frame, Section};
use super::moment::at;
use super::page::{PageProblem, pages, show as show_page};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::settings::ChangeView;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    changes: Vec<ChangeView>,
    /// Of profiles and groups, by their identifiers.
    names: BTreeMap<String, String>,
}

pages!(AuditPage);

/// The latest changes.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let changes = administration.audit(caller).await?;
    let mut names = BTreeMap::new();
    for profile in administration.profiles(caller).await? {
        names.insert(profile.id.to_string(), profile.name);
    }
    for group in administration.groups(caller).await? {
        names.insert(group.id.to_string(), group.name);
    }
    Ok(show_page(&AuditPage { frame: signed_in.frame("Audit Log", Section::AuditLog), changes, names }))
}
