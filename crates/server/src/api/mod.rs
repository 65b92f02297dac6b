//! The HTTPS API for programs: JSON over what administrators do.

mod administrators;
mod audit;
mod authentication;
mod automated_certificate;
mod body;
mod certificates;
mod commands;
mod description;
mod endpoints;
mod enrolment_tokens;
mod entity_tag;
mod groups;
mod paging;
mod pre_flight;
mod profile_versions;
mod profiles;
mod recovery;
mod server;
mod tightenings;

use std::sync::Arc;

use axum::extract::State;
use axum::{Json, Router};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::description::Description;
use crate::administration::Administration;
use crate::problem::Problem;

pub(crate) use self::recovery::DISPOSITION as RECOVERY_DISPOSITION;

type Shared = State<Arc<Administration>>;

/// The routes of the API below `/api/v1`, and those for programs that watch the server, where such programs look for them.
pub(crate) fn routes(administration: &Arc<Administration>) -> Router<Arc<Administration>> {
    let (guarded, document) = OpenApiRouter::with_openapi(Description::openapi())
        .nest(
            "/api/v1",
            OpenApiRouter::new()
                .routes(routes!(endpoints::list))
                .routes(routes!(endpoints::get, endpoints::remove))
                .routes(routes!(endpoints::history))
                .routes(routes!(commands::list, commands::give))
                .routes(routes!(commands::cancel))
                .routes(routes!(commands::list_of_group, commands::give_group))
                .routes(routes!(commands::decisions))
                .routes(routes!(commands::remembered))
                .routes(routes!(commands::revoke_remembered))
                .routes(routes!(endpoints::move_to))
                .routes(routes!(endpoints::assignment, endpoints::assign_profile, endpoints::release_profile))
                .routes(routes!(profiles::list, profiles::create))
                .routes(routes!(profiles::get, profiles::change, profiles::remove))
                .routes(routes!(profiles::clone))
                .routes(routes!(profiles::change_actions))
                .routes(routes!(profile_versions::list))
                .routes(routes!(profile_versions::get))
                .routes(routes!(profile_versions::compare))
                .routes(routes!(profile_versions::roll_back))
                .routes(routes!(groups::list, groups::create))
                .routes(routes!(groups::get, groups::change, groups::remove))
                .routes(routes!(groups::add_members))
                .routes(routes!(groups::remove_member))
                .routes(routes!(groups::with_profile, groups::assign_profile))
                .routes(routes!(groups::of_endpoint))
                .routes(routes!(tightenings::list, tightenings::begin))
                .routes(routes!(tightenings::get))
                .routes(routes!(tightenings::halt))
                .routes(routes!(tightenings::resume))
                .routes(routes!(tightenings::step_back))
                .routes(routes!(tightenings::finish))
                .routes(routes!(server::settings, server::change_settings))
                .routes(routes!(certificates::get, certificates::put, certificates::remove))
                .routes(routes!(certificates::built_in))
                .routes(routes!(
                    automated_certificate::get,
                    automated_certificate::put,
                    automated_certificate::remove
                ))
                .routes(routes!(automated_certificate::order))
                .routes(routes!(automated_certificate::directory))
                .routes(routes!(automated_certificate::obstacles))
                .routes(routes!(certificates::list, certificates::add))
                .routes(routes!(certificates::one, certificates::remove_one))
                .routes(routes!(certificates::commit))
                .routes(routes!(pre_flight::rehearsal, pre_flight::rehearse))
                .routes(routes!(pre_flight::end_rehearsal))
                .routes(routes!(pre_flight::announce))
                .routes(routes!(pre_flight::pre_flight))
                .routes(routes!(enrolment_tokens::list, enrolment_tokens::create))
                .routes(routes!(enrolment_tokens::revoke))
                .routes(routes!(administrators::list, administrators::create))
                .routes(routes!(administrators::get, administrators::change, administrators::remove))
                .routes(routes!(administrators::reset_one_time_passwords))
                .routes(routes!(administrators::tokens, administrators::create_token))
                .routes(routes!(administrators::revoke_token))
                .routes(routes!(server::overview))
                .routes(routes!(server::upgrade_path))
                .routes(routes!(server::identity))
                .routes(routes!(recovery::make))
                .routes(routes!(server::licence, server::upload_licence, server::remove_licence))
                .routes(routes!(server::servers))
                .routes(routes!(audit::list))
                .routes(routes!(audit::export)),
        )
        .split_for_parts();
    let document = Arc::new(description::with_problems(document));
    guarded
        .route(
            "/api/v1/openapi.json",
            axum::routing::get(move || {
                let document = Arc::clone(&document);
                async move { Json(document.as_ref().clone()) }
            }),
        )
        .route("/metrics", axum::routing::get(server::metrics))
        .route_layer(axum::middleware::from_fn_with_state(
            Arc::clone(administration),
            authentication::authenticate,
        ))
        .route("/api/v1/health", axum::routing::get(server::health))
        .route("/health", axum::routing::get(server::health))
        .route("/api/{*rest}", axum::routing::any(nothing))
}

async fn nothing() -> Problem {
    Problem::not_found("There is nothing at this address. The API begins with /api/v1.")
}
