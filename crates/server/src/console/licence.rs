//! *System Settings > Licence*.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::form::{Form, Shown, shown_revision};
use super::frame::{Frame, Notice, Section};
use super::moment::at_or_never;
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::licence::LicenceView;

const ADDRESS: &str = "/system-settings/licence";

#[derive(Template)]
#[template(path = "licence.html")]
struct LicencePage {
    frame: Frame,
    view: LicenceView,
    file: String,
}

pages!(LicencePage);

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    file: String,
) -> Result<LicencePage, PageProblem> {
    let view = administration.licence(&signed_in.caller).await?;
    Ok(LicencePage { frame: signed_in.frame("Licence", Section::Licence), view, file })
}

/// The licence, and how much of it is used.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, String::new()).await?))
}

/// A licence file.
#[derive(Debug, Deserialize)]
pub(super) struct UploadFields {
    /// The revision of the licence that was shown.
    #[serde(default)]
    revision: String,
    licence: String,
}

/// Uploads a licence file.
pub(super) async fn upload(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<UploadFields>,
) -> Result<Response, PageProblem> {
    let expected = shown_revision(&fields.revision);
    Ok(match administration.upload_licence(&signed_in.caller, expected, fields.licence.trim()).await {
        Ok(view) => {
            let said = format!("The licence of {} is in force.", view.licence.customer);
            // What there is to know about it stands on the page.
            go_to(ADDRESS, done(said, Vec::new()))
        }
        Err(problem) => {
            let page = page(&administration, &signed_in, fields.licence).await?;
            let frame = page.frame.clone().with(Some(Notice::wrong(problem.detail())));
            show_with(problem.status(), &LicencePage { frame, ..page })
        }
    })
}

/// Removes the licence file.
pub(super) async fn remove(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(shown): Form<Shown>,
) -> Result<Response, PageProblem> {
    let expected = shown_revision(&shown.revision);
    Ok(match administration.remove_licence(&signed_in.caller, expected).await {
        Ok(_) => go_to(ADDRESS, done("The evaluation licence is in force again.", Vec::new())),
        Err(problem) => go_to(ADDRESS, vec![Notice::wrong(problem.detail())]),
    })
}
