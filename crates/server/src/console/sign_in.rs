//! Signing in and out.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use countersign_protocol::Secret;
use serde::Deserialize;

use super::cookie;
use super::form::Form;
use super::frame::{Frame, Notice};
use super::page::{PageProblem, go_to, pages, show, show_with};
use crate::administration::Administration;
use crate::people::{Credentials, SignInError, sign_in};
use crate::problem::Problem;
use crate::store::SessionLimits;

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage {
    frame: Frame,
    name: String,
    next: String,
    /// Where else people can sign in.
    provider: Option<String>,
}

pages!(SignInPage);

/// Where to go once signed in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    pub(super) next: String,
}

/// What was typed.
#[derive(Deserialize)]
pub(super) struct Fields {
    name: String,
    password: String,
    #[serde(default)]
    one_time_password: String,
    #[serde(default)]
    next: String,
}

/// The page for signing in.
pub(super) fn page(
    administration: &Administration,
    notices: Vec<Notice>,
    name: String,
    next: String,
) -> SignInPage {
    let frame = Frame { notices, ..Frame::outside("Sign in") };
    let provider = administration.openid_connect.as_ref().map(|provider| provider.name().to_owned());
    SignInPage { frame, name, next, provider }
}

/// Shows it.
pub(super) async fn show_page(
    State(administration): State<Arc<Administration>>,
    Query(next): Query<Next>,
    headers: HeaderMap,
) -> Response {
    show(&page(&administration, cookie::notices(&headers), String::new(), next.next))
}

/// Lets somebody in, or says why not.
pub(super) async fn submit(
    State(administration): State<Arc<Administration>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Form(fields): Form<Fields>,
) -> Response {
    let next = own_page(&fields.next).to_owned();
    let name = fields.name.clone();
    let credentials = Credentials {
        name: fields.name,
        password: Secret::new(fields.password),
        one_time_password: fields.one_time_password,
    };
    let store = &administration.telemetry.store;
    let now = administration.now();
    let signed_in = sign_in(store, &administration.passwords, credentials, peer.ip(), now).await;
    let error = match signed_in {
        Ok(token) => {
            let mut response = go_to(&next, Vec::new());
            let seconds = SessionLimits::IN_FORCE.absolute.whole_seconds();
            cookie::set_session(response.headers_mut(), &token, seconds);
            return response;
        }
        Err(error) => error,
    };
    let (status, said) = match error {
        SignInError::Wrong | SignInError::NeedsOneTimePassword => {
            (StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
        }
        SignInError::Locked { .. } => (StatusCode::TOO_MANY_REQUESTS, error.to_string()),
        SignInError::Store(error) => {
            let problem = Problem::from(error);
            (problem.status(), problem.detail().to_owned())
        }
        SignInError::Hash(error) => {
            let problem = Problem::failed(&error);
            (problem.status(), problem.detail().to_owned())
        }
    };
    show_with(status, &page(&administration, vec![Notice::wrong(said)], name, next))
}

/// Ends the session.
pub(super) async fn sign_out(
    State(administration): State<Arc<Administration>>,
    headers: HeaderMap,
) -> Result<Response, PageProblem> {
    if let Some(token) = cookie::session(&headers) {
        administration.telemetry.store.end_session(&token).await.map_err(Problem::from)?;
    }
    let mut response = go_to("/sign-in", vec![Notice::done("You are signed out.")]);
    cookie::clear_session(response.headers_mut());
    Ok(response)
}

/// Only a page of this console: nobody is sent elsewhere by a link to this page.
pub(super) fn own_page(address: &str) -> &str {
    let is_own = address.starts_with('/')
        && !address.starts_with("//")
        && address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_own { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (address, expected) in [
            ("/endpoints?search=a%20b", "/endpoints?search=a%20b"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
        ] {
            assert_eq!(own_page(address), expected);
        }
    }
}
