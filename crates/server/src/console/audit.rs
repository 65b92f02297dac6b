//! *System Settings > Audit Log*.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::audit_words::{action, detail};
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
}

pages!(AuditPage);

/// The latest changes.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    let changes = administration.audit(&signed_in.caller).await?;
    Ok(show_page(&AuditPage { frame: signed_in.frame("Audit Log", Section::AuditLog), changes }))
}
