//! Signing in at a provider of OpenID Connect: sent there, and sent back.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::cookie;
use super::frame::Notice;
use super::page::{go_to, problem_page, show_with};
use super::sign_in::{Next, own_page, page};
use crate::administration::Administration;
use crate::people::{Answer, Attempt, OpenIdConnectError, sign_in_at_provider};
use crate::problem::Problem;
use crate::store::SessionLimits;

/// Sends somebody to the provider.
pub(super) async fn begin(
    State(administration): State<Arc<Administration>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(next): Query<Next>,
) -> Response {
    let Some(provider) = &administration.openid_connect else { return problem_page(&none()) };
    let next = own_page(&next.next);
    match provider.begin(next, peer.ip()).await {
        Ok((address, attempt)) => {
            let mut response = go_to(&address, Vec::new());
            cookie::set_attempt(response.headers_mut(), &attempt);
            response
        }
        Err(error) => refused(&administration, &error, next),
    }
}

/// Lets somebody in whom the provider has sent back, or says why not. The attempt is over, unless there was no room for it.
pub(super) async fn end(
    State(administration): State<Arc<Administration>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(answer): Query<Answer>,
    headers: HeaderMap,
) -> Response {
    let Some(provider) = &administration.openid_connect else { return problem_page(&none()) };
    let now = administration.now();
    let attempt = cookie::attempt(&headers).and_then(|kept| Attempt::from_kept(kept, now));
    let Some(attempt) = attempt else {
        return refused(&administration, &OpenIdConnectError::NotBegunHere, "/");
    };
    let store = &administration.telemetry.store;
    let next = own_page(attempt.next());
    let signed_in = sign_in_at_provider(store, provider, &attempt, answer, peer.ip(), now).await;
    let over = signed_in.as_ref().err().is_none_or(OpenIdConnectError::is_over);
    let mut response = match signed_in {
        Ok(token) => {
            let mut response = go_to(next, Vec::new());
            let seconds = SessionLimits::IN_FORCE.absolute.whole_seconds();
            cookie::set_session(response.headers_mut(), &token, seconds);
            response
        }
        Err(error) => refused(&administration, &error, next),
    };
    if over {
        cookie::clear_attempt(response.headers_mut());
    }
    response
}

fn none() -> Problem {
    Problem::not_found("On this server, people sign in with a password only.")
}

/// The page for signing in, with what went wrong.
fn refused(administration: &Administration, error: &OpenIdConnectError, next: &str) -> Response {
    tracing::warn!(%error, "signing in at the provider failed");
    let said = match error {
        OpenIdConnectError::Store(error) => Problem::failed(error).detail().to_owned(),
        OpenIdConnectError::Unreachable(_)
        | OpenIdConnectError::Unusable(_)
        | OpenIdConnectError::Refused(_)
        | OpenIdConnectError::NotBegunHere
        | OpenIdConnectError::Busy
        | OpenIdConnectError::TooOften { .. }
        | OpenIdConnectError::NoRole
        | OpenIdConnectError::Disabled => error.to_string(),
    };
    let page = page(administration, vec![Notice::wrong(said)], String::new(), next.to_owned());
    show_with(error.status(), &page)
}
