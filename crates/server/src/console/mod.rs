//! The console: the pages in which administrators work. Everything that they do goes through the same functions as the API.

#![allow(
    clippy::trivially_copy_pass_by_ref,
    clippy::ref_option,
    reason = "templates hand over references to what they show"
)]

mod account;
mod administrators;
mod assets;
mod audit;
mod certificates;
mod cookie;
mod dashboard;
mod endpoint;
mod endpoints;
mod form;
mod frame;
mod licence;
mod moment;
mod page;
mod profile;
mod profiles;
mod set_up;
mod sign_in;
mod signed_in;
mod tokens;
mod upload_form;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;

use crate::administration::Administration;
use crate::problem::Problem;
pub(crate) use page::problem_page;

/// The routes of the console.
pub(crate) fn routes() -> Router<Arc<Administration>> {
    let assets = Router::new().route("/assets/{name}", get(assets::serve)).layer(CompressionLayer::new());
    Router::new()
        .route("/", get(dashboard::show))
        .route("/sign-in", get(sign_in::show_page).post(sign_in::submit))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/set-up/{link}", get(set_up::show_page).post(set_up::submit))
        .route("/account", get(account::show))
        .route("/account/password", post(account::change_password))
        .route("/account/one-time-passwords", get(account::show_one_time).post(account::begin_one_time))
        .route("/endpoints", get(endpoints::show))
        .route("/endpoints/{id}", get(endpoint::show))
        .route("/endpoints/{id}/command", post(endpoint::command))
        .route("/endpoints/{id}/profile", post(endpoint::assign_profile))
        .route("/endpoints/{id}/remove", post(endpoint::remove))
        .route("/endpoint-profiles", get(profiles::show).post(profiles::create))
        .route("/endpoint-profiles/action", post(profiles::change_action))
        .route("/endpoint-profiles/{id}", get(profile::show).post(profile::change))
        .route("/endpoint-profiles/{id}/clone", post(profile::clone))
        .route("/endpoint-profiles/{id}/remove", post(profile::remove))
        .route("/system-settings/server", get(certificates::show))
        .route("/system-settings/server/endpoint-control", post(certificates::switch))
        // The form counts for itself, so that it can say what was too large.
        .route(
            "/system-settings/server/ssl-certificate",
            post(certificates::upload).layer(DefaultBodyLimit::disable()),
        )
        .route("/system-settings/server/ssl-certificate/remove", post(certificates::remove))
        .route("/system-settings/administrators", get(administrators::show).post(administrators::add))
        .route("/system-settings/administrators/{id}", post(administrators::change))
        .route("/system-settings/administrators/{id}/remove", post(administrators::remove))
        .route(
            "/system-settings/administrators/{id}/one-time-passwords",
            post(administrators::reset_one_time),
        )
        .route(
            "/system-settings/enrolment-tokens",
            get(tokens::show_enrolment).post(tokens::create_enrolment),
        )
        .route("/system-settings/enrolment-tokens/{id}/revoke", post(tokens::revoke_enrolment))
        .route("/system-settings/api-tokens", get(tokens::show_api).post(tokens::create_api))
        .route("/system-settings/api-tokens/{id}/revoke", post(tokens::revoke_api))
        .route("/system-settings/audit-log", get(audit::show))
        .route("/system-settings/licence", get(licence::show))
        .merge(assets)
}

/// What is shown where there is no page.
pub(crate) async fn nothing(address: Uri) -> Response {
    let problem = Problem::not_found("There is nothing at this address.");
    if address.path().starts_with("/api/") { problem.into_response() } else { problem_page(&problem) }
}
