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
mod audit_words;
mod automated_certificate;
mod certificate;
mod certificates;
mod commands;
mod cookie;
mod dashboard;
mod endpoint;
mod endpoints;
mod foreseen;
mod form;
mod frame;
mod group;
mod groups;
mod history;
mod labels;
mod licence;
mod moment;
mod page;
mod pager;
mod profile;
mod profile_groups;
mod profile_versions;
mod profiles;
mod provider_sign_in;
mod recovery;
mod set_up;
mod sign_in;
mod signed_in;
mod tightening;
mod tokens;
mod upgrade_path;
mod upload_form;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;

use crate::administration::Administration;
use crate::people::ANSWER;
use crate::problem::Problem;
pub(crate) use page::{problem_page, with_menu};

/// The routes of the console.
pub(crate) fn routes() -> Router<Arc<Administration>> {
    let assets = Router::new().route("/assets/{name}", get(assets::serve)).layer(CompressionLayer::new());
    Router::new()
        .route("/", get(dashboard::show))
        .route("/sign-in", get(sign_in::show_page).post(sign_in::submit))
        .route("/sign-in/openid-connect", get(provider_sign_in::begin))
        .route(ANSWER, get(provider_sign_in::end))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/set-up/{link}", get(set_up::show_page).post(set_up::submit))
        .route("/account", get(account::show))
        .route("/account/password", post(account::change_password).get(up::<1>))
        .route("/account/one-time-passwords", get(account::show_one_time).post(account::begin_one_time))
        .route("/endpoints", get(endpoints::show))
        .route("/endpoints/{id}", get(endpoint::show))
        .route("/endpoints/{id}/history", get(history::show))
        .route("/endpoints/{id}/command", post(endpoint::command).get(up::<1>))
        .route("/endpoints/{id}/commands/{command}/cancel", post(endpoint::cancel_command).get(up::<3>))
        .route("/endpoints/{id}/revoke", post(endpoint::revoke_remembered).get(up::<1>))
        .route("/endpoints/{id}/profile", post(endpoint::assign_profile).get(up::<1>))
        .route("/endpoints/{id}/remove", post(endpoint::remove).get(up::<1>))
        .route("/endpoint-groups", get(groups::show).post(groups::create))
        .route("/endpoint-groups/{id}", get(group::show).post(group::change))
        .route("/endpoint-groups/{id}/command", post(group::command).get(up::<1>))
        .route("/endpoint-groups/{id}/remove", post(group::remove).get(up::<1>))
        .route("/endpoint-groups/{id}/members", post(group::add_members).get(up::<1>))
        .route("/endpoint-groups/{id}/members/{endpoint}/remove", post(group::remove_member).get(up::<3>))
        .route("/endpoint-profiles", get(profiles::show).post(profiles::create))
        .route("/endpoint-profiles/action", post(profiles::change_action).get(up::<1>))
        .route("/endpoint-profiles/{id}", get(profile::show).post(profile::change))
        .route("/endpoint-profiles/{id}/clone", post(profile::clone).get(up::<1>))
        .route("/endpoint-profiles/{id}/remove", post(profile::remove).get(up::<1>))
        .route("/endpoint-profiles/{id}/groups", get(profile_groups::show).post(profile_groups::assign))
        .route("/endpoint-profiles/{id}/tightening", get(tightening::show).post(tightening::begin))
        .route("/endpoint-profiles/{id}/tightening/{tightening}/{step}", post(tightening::go).get(up::<2>))
        .route("/tightenings", get(tightening::show_all))
        .route("/upgrade-path", get(upgrade_path::show))
        .route("/endpoint-profiles/{id}/versions", get(profile_versions::show))
        .route("/endpoint-profiles/{id}/comparison", get(profile_versions::compare))
        .route("/endpoint-profiles/{id}/roll-back", post(profile_versions::roll_back).get(up::<1>))
        .route("/system-settings/server", get(certificates::show))
        .route("/system-settings/server/recovery-file", get(recovery::show).post(recovery::make))
        .route("/system-settings/server/endpoint-control", post(certificates::switch).get(up::<1>))
        // The form counts for itself, so that it can say what was too large.
        .route(
            "/system-settings/server/ssl-certificate",
            post(certificates::upload).get(up::<1>).layer(DefaultBodyLimit::disable()),
        )
        .route("/system-settings/server/ssl-certificate/remove", post(certificates::remove).get(up::<2>))
        .route("/system-settings/server/certificates/{id}", get(certificate::show))
        .route("/system-settings/server/certificates/{id}/commit", post(certificate::commit).get(up::<1>))
        .route(
            "/system-settings/server/certificates/{id}/rehearsal",
            post(certificate::rehearse).get(up::<1>),
        )
        .route(
            "/system-settings/server/certificates/{id}/rehearsal/end",
            post(certificate::end_rehearsal).get(up::<2>),
        )
        .route(
            "/system-settings/server/certificates/{id}/announcement",
            post(certificate::announce).get(up::<1>),
        )
        .route("/system-settings/server/certificates/{id}/remove", post(certificate::remove).get(up::<3>))
        .route("/system-settings/server/access", post(certificates::change_access).get(up::<1>))
        .route(
            "/system-settings/server/automated",
            get(automated_certificate::show).post(automated_certificate::submit),
        )
        .route(
            "/system-settings/server/automated/directory",
            post(automated_certificate::directory).get(up::<1>),
        )
        .route("/system-settings/server/automated/check", post(automated_certificate::check).get(up::<1>))
        .route("/system-settings/server/automated/order", post(automated_certificate::order).get(up::<1>))
        .route("/system-settings/server/automated/remove", post(automated_certificate::remove).get(up::<1>))
        .route("/system-settings/administrators", get(administrators::show).post(administrators::add))
        .route("/system-settings/administrators/{id}", post(administrators::change).get(up::<1>))
        .route("/system-settings/administrators/{id}/remove", post(administrators::remove).get(up::<2>))
        .route(
            "/system-settings/administrators/{id}/one-time-passwords",
            post(administrators::reset_one_time).get(up::<2>),
        )
        .route(
            "/system-settings/enrolment-tokens",
            get(tokens::show_enrolment).post(tokens::create_enrolment),
        )
        .route("/system-settings/enrolment-tokens/{id}/revoke", post(tokens::revoke_enrolment).get(up::<2>))
        .route("/system-settings/api-tokens", get(tokens::show_api).post(tokens::create_api))
        .route("/system-settings/api-tokens/{id}/revoke", post(tokens::revoke_api).get(up::<2>))
        .route("/system-settings/audit-log", get(audit::show))
        .route("/system-settings/audit-log/file", get(audit::file))
        .route("/system-settings/licence", get(licence::show).post(licence::upload))
        .route("/system-settings/licence/remove", post(licence::remove).get(up::<1>))
        .merge(assets)
}

/// Where a form is sent there is no page; whoever loads the address again after an answer gets the page that the form is on,
/// so many steps above.
async fn up<const STEPS: usize>(address: Uri) -> Response {
    let mut path = address.path();
    for _ in 0..STEPS {
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
    page::go_to(if path.is_empty() { "/" } else { path }, Vec::new())
}

/// What is shown where there is no page.
pub(crate) async fn nothing(address: Uri) -> Response {
    let problem = Problem::not_found("There is nothing at this address.");
    if address.path().starts_with("/api/") { problem.into_response() } else { problem_page(&problem) }
}
