//! The HTTP port: answers certificate authorities, sends everybody else to HTTPS if that is wanted, and does nothing else.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use countersign_trust::Host;
use tokio::net::TcpListener;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use super::TO_ANSWER;
use super::access::AccessSwitches;
use super::listener::{Served, WebLimits, serve_plain};
use crate::acme::Challenges;

/// The port of HTTPS, which addresses leave out.
const HTTPS: u16 = 443;

/// How it stands with the HTTP port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HttpPort {
    /// Nobody wants one.
    Off,
    /// The system does not give it.
    Unavailable {
        address: SocketAddr,
        /// Whole sentences.
        reason: String,
    },
    Listening(SocketAddr),
}

impl HttpPort {
    /// Where this server listens.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Listening(address) => Some(*address),
            Self::Off | Self::Unavailable { .. } => None,
        }
    }
}

/// What the answers depend on.
#[derive(Clone)]
pub(crate) struct PlainState {
    pub(crate) challenges: Challenges,
    pub(crate) access: AccessSwitches,
    /// Where HTTPS is.
    pub(crate) https_port: u16,
    /// For clients that do not say to whom they speak.
    pub(crate) server_name: Option<Host>,
}

/// Serves the HTTP port.
pub(crate) fn serve_http(socket: TcpListener, state: PlainState, limits: &WebLimits) -> Served {
    serve_plain(socket, routes(state), limits)
}

fn routes(state: PlainState) -> Router {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .route("/.well-known/acme-challenge/{token}", get(answer))
        .fallback(elsewhere)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TO_ANSWER))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .with_state(state)
}

/// RFC 8555, section 8.3.
async fn answer(State(state): State<PlainState>, Path(token): Path<String>) -> Response {
    match state.challenges.of_token(&token).await {
        Some(answer) => ([(header::CONTENT_TYPE, "application/octet-stream")], answer).into_response(),
        None => {
            (StatusCode::NOT_FOUND, "No certificate authority was promised anything here.\n").into_response()
        }
    }
}

/// Everything else. Whoever sends something else than a question has sent it to everybody on the way already.
async fn elsewhere(
    State(state): State<PlainState>,
    method: Method,
    address: Uri,
    headers: HeaderMap,
) -> Response {
    if !state.access.current().redirects() {
        return (StatusCode::NOT_FOUND, "There is nothing here. Use HTTPS.\n").into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, "Use HTTPS.\n").into_response();
    }
    let location = host(&headers).or(state.server_name).and_then(|host| {
        let host = match host {
            Host::Address(std::net::IpAddr::V6(address)) => format!("[{address}]"),
            Host::Address(_) | Host::Name(_) => host.to_string(),
        };
        let port = if state.https_port == HTTPS { String::new() } else { format!(":{}", state.https_port) };
        let path = address.path_and_query().map_or("/", |path| path.as_str());
        HeaderValue::from_str(&format!("https://{host}{port}{path}")).ok()
    });
    match location {
        // Not for ever: the setting can be turned off again.
        Some(location) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response(),
        None => (StatusCode::BAD_REQUEST, "Use HTTPS.\n").into_response(),
    }
}

/// To whom a client says that it speaks, without the port.
fn host(headers: &HeaderMap) -> Option<Host> {
    let said = headers.get(header::HOST)?.to_str().ok()?;
    let host = match said.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.is_empty() => host,
        Some(_) | None => said,
    };
    Host::new(host).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_taken_without_its_port() {
        for (said, expected) in [
            ("server.example", Some("server.example")),
            ("Server.example:80", Some("server.example")),
            ("192.0.2.1:8080", Some("192.0.2.1")),
            ("[2001:db8::1]:80", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("a b", None),
            ("evil.example/path", None),
            ("user@evil.example", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(said));
            assert_eq!(host(&headers).map(|host| host.to_string()).as_deref(), expected, "{said}");
        }
    }
}
