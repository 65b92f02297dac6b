//! The dashboard.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::{Frame, Section};
use super::moment::at;
use super::page::{PageProblem, pages, show as show_page};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::overview::{Overview, Urgency};
use crate::administration::servers::ServerView;
use crate::store::Standing;

#[derive(Template)]
#[template(path = "dashboard.html")]
struct DashboardPage {
    frame: Frame,
    overview: Overview,
    standings: Vec<(Standing, u64)>,
    /// The servers of the installation.
    servers: Vec<ServerView>,
}

pages!(DashboardPage);

fn urgency_word(urgency: &Urgency) -> &'static str {
    match urgency {
        Urgency::Now => "Now",
        Urgency::Soon => "Soon",
        Urgency::Sometime => "Sometime",
    }
}

fn urgency_colour(urgency: &Urgency) -> &'static str {
    match urgency {
        Urgency::Now => "bg-red-lt",
        Urgency::Soon => "bg-orange-lt",
        Urgency::Sometime => "bg-blue-lt",
    }
}

fn certificate_name(kind: &str) -> &'static str {
    if kind == "ssl" { "SSL certificate" } else { "Built-in certificate" }
}

/// The state of the whole installation.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    let overview = administration.overview(&signed_in.caller).await?;
    let count = |standing| overview.by_standing.get(&standing).copied().unwrap_or_default();
    let standings = Standing::ALL.into_iter().map(|standing| (standing, count(standing))).collect();
    let frame = signed_in.frame("Dashboard", Section::Dashboard);
    let servers = administration.servers(&signed_in.caller).await?;
    Ok(show_page(&DashboardPage { frame, overview, standings, servers }))
}
