//! The HTTPS API for administrators.

mod body;
mod certificates;
mod endpoints;
mod foresight;
mod listener;
mod problem;
mod profiles;
mod server;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use axum::{Json, Router};
use countersign_trust::{Host, OperatingSystemRoots};
use serde_json::Value;
use time::OffsetDateTime;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::served_certificate::{CertificateSwitch, ServerCertificate, Switched};
use crate::store::tokens::hash;
use crate::store::{Actor, Change};
use crate::telemetry::{CloseReason, Telemetry, Wake};
pub(crate) use listener::{ApiLimits, serve, tls};
use problem::Problem;

/// How long a request may take.
const TO_ANSWER: Duration = Duration::from_secs(30);

/// What the handlers share.
pub(crate) struct Api {
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) certificates: Arc<CertificateSwitch>,
    pub(crate) built_in: ServerCertificate,
    pub(crate) server_name: Option<Host>,
    pub(crate) administrator_token_hash: String,
    pub(crate) roots: Arc<OperatingSystemRoots>,
    /// Held while the certificate or the setting that uses it is changed, so that what is shown is what was kept last.
    pub(crate) changing_certificate: tokio::sync::Mutex<()>,
}

type Shared = State<Arc<Api>>;

impl Api {
    /// A change by the administrator, now.
    fn change(&self, action: &'static str, subject: impl Into<String>, detail: Value) -> Change {
        Change { actor: Actor::Administrator, at: self.now(), action, subject: subject.into(), detail }
    }

    fn now(&self) -> OffsetDateTime {
        self.telemetry.clock.now()
    }

    /// Shows another certificate from now on. Live telemetry connections are ended, so that every agent judges it.
    fn serve(&self, certificate: ServerCertificate) {
        let fingerprint = certificate.fingerprint;
        if self.certificates.switch(certificate) == Switched::Changed {
            let connections = self.telemetry.presence.count();
            tracing::info!(%fingerprint, connections, "the served certificate has changed; agents connect again");
            self.telemetry.presence.wake_all(&Wake::Close(CloseReason::CertificateChanged));
        }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Countersign management server", description = "Endpoints, profiles, certificates and commands."),
    modifiers(&BearerToken)
)]
struct Description;

/// All but the health need the administrator token.
struct BearerToken;

impl utoipa::Modify for BearerToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        openapi.components.get_or_insert_default().add_security_scheme("administrator_token", scheme);
    }
}

/// The routes of the API.
pub(crate) fn router(api: Api) -> Router {
    let api = Arc::new(api);
    let (guarded, description) = OpenApiRouter::with_openapi(Description::openapi())
        .nest(
            "/api/v1",
            OpenApiRouter::new()
                .routes(routes!(endpoints::list))
                .routes(routes!(endpoints::get, endpoints::remove))
                .routes(routes!(endpoints::commands, endpoints::command))
                .routes(routes!(endpoints::move_to))
                .routes(routes!(endpoints::assign_profile))
                .routes(routes!(profiles::list, profiles::create))
                .routes(routes!(profiles::get, profiles::change, profiles::remove))
                .routes(routes!(server::settings, server::change_settings))
                .routes(routes!(certificates::get, certificates::put, certificates::remove))
                .routes(routes!(certificates::built_in))
                .routes(routes!(tokens::list, tokens::create))
                .routes(routes!(tokens::revoke))
                .routes(routes!(server::identity))
                .routes(routes!(server::licence))
                .routes(routes!(server::audit)),
        )
        .split_for_parts();
    let document = Arc::new(description);
    let guarded = guarded
        .route(
            "/api/v1/openapi.json",
            axum::routing::get(move || {
                let document = Arc::clone(&document);
                async move { Json(document.as_ref().clone()) }
            }),
        )
        .route_layer(axum::middleware::from_fn_with_state(Arc::clone(&api), authenticate));
    Router::new()
        .merge(guarded)
        .route("/api/v1/health", axum::routing::get(server::health))
        .fallback(|| async {
            Problem::not_found("There is nothing at this address. The API begins with /api/v1.")
        })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(DefaultBodyLimit::max(body::MAXIMUM_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::SERVICE_UNAVAILABLE, TO_ANSWER))
        .layer(TraceLayer::new_for_http())
        .with_state(api)
}

/// Lets only the holder of the administrator token through. Hashes are compared, so that the time of the comparison
/// tells nothing about the token.
async fn authenticate(State(api): Shared, request: Request, next: Next) -> Result<Response, Problem> {
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match token {
        Some(token) if hash(token.trim()) == api.administrator_token_hash => Ok(next.run(request).await),
        Some(_) | None => Err(Problem::unauthorized()),
    }
}
