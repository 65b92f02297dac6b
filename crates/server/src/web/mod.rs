//! The HTTPS port: the API for programs and the console for people, and what holds for both.

mod access;
mod http_port;
mod listener;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

pub(crate) use access::{AccessSwitches, HttpsAccess};
pub(crate) use http_port::{HttpPort, PlainState, serve_http};
pub(crate) use listener::{Served, WebLimits, serve, tls};

use crate::administration::Administration;
use crate::problem::Problem;
use crate::{api, console};

/// How long a request may take.
const TO_ANSWER: Duration = Duration::from_secs(30);
/// The longest request body, in bytes.
pub(crate) const MAXIMUM_BODY_BYTES: usize = 1024 * 1024;
/// Beyond that, so many bytes of a body are taken from the network and thrown away, so that whoever sends it gets the answer:
/// a program that is cut off while it sends only sees that the connection was lost.
pub(crate) const MAXIMUM_IGNORED_BYTES: usize = 64 * 1024 * 1024;

/// All routes.
pub(crate) fn router(administration: Arc<Administration>) -> Router {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .merge(api::routes(&administration))
        .merge(console::routes())
        .fallback(console::nothing)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&administration), console::with_menu))
        .layer(axum::middleware::from_fn(to_the_end))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&administration), access::keep_out))
        .layer(DefaultBodyLimit::max(MAXIMUM_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TO_ANSWER))
        // Whoever lures an administrator's browser to another site cannot send it here with what it is signed in with.
        .layer(CsrfLayer::new())
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        // No Strict-Transport-Security: once the built-in certificate is served again, a browser that remembers it would let
        // nobody in.
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .with_state(administration)
}

/// What the log says about a request: its route, and never its address, in which there are set-up links and codes of providers.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    tracing::debug_span!("request", method = %request.method(), route)
}

/// Carries a change out to its end, whether whoever asked for it waits or not: once it is in the database, the agents have to be
/// told of it.
async fn to_the_end(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => Problem::failed(&error).into_response(),
    }
}

async fn method_not_allowed(address: Uri) -> Response {
    let problem = Problem::method_not_allowed();
    if address.path().starts_with("/api/") {
        problem.into_response()
    } else {
        console::problem_page(&problem)
    }
}
