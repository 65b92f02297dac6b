//! *System Settings > Licence*.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_protocol::Licence;

use super::frame::{Frame, Section};
use super::moment::at_or_never;
use super::page::{PageProblem, pages, show as show_page};
use super::signed_in::SignedIn;
use crate::administration::Administration;

#[derive(Template)]
#[template(path = "licence.html")]
struct LicencePage {
    frame: Frame,
    licence: Licence,
    endpoints: u64,
    over: u64,
}

pages!(LicencePage);

/// The licence, and how much of it is used.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    let licence = administration.licence(&signed_in.caller)?;
    let overview = administration.overview(&signed_in.caller).await?;
    let endpoints = overview.online + overview.offline;
    let over = endpoints.saturating_sub(licence.seats.into());
    Ok(show_page(&LicencePage {
        frame: signed_in.frame("Licence", Section::Licence),
        licence,
        endpoints,
        over,
    }))
}
