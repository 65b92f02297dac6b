//! Whoever is signed in, for the pages that need that.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::cookie;
use super::frame::{Frame, Notice, Person, Section};
use super::page::{go_to, problem_page};
use crate::administration::Administration;
use crate::people::{Caller, Reach};
use crate::store::{Actor, Administrator, SessionLimits, UsedBy};

/// What says that a request comes from a script of a page.
const FROM_SCRIPT: &str = "hx-request";

/// What a page says that renews itself while nobody does anything.
const BY_ITSELF: &str = "countersign-by-itself";

/// Whoever is signed in.
pub(super) struct SignedIn {
    pub(super) caller: Caller,
    pub(super) administrator: Administrator,
    notices: Vec<Notice>,
}

impl SignedIn {
    /// The frame of a page for them.
    pub(super) fn frame(&self, title: impl Into<String>, section: Section) -> Frame {
        let person = Person { name: self.administrator.name.to_string(), role: self.administrator.role };
        Frame { title: title.into(), section, person: Some(person), notices: self.notices.clone() }
    }
}

impl FromRequestParts<Arc<Administration>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        administration: &Arc<Administration>,
    ) -> Result<Self, Response> {
        let Some(token) = cookie::session(&parts.headers) else { return Err(to_sign_in(parts)) };
        let store = &administration.telemetry.store;
        let by = if parts.headers.contains_key(BY_ITSELF) { UsedBy::Page } else { UsedBy::Person };
        let found = store.use_session(&token, by, SessionLimits::IN_FORCE, administration.now()).await;
        let Some(administrator) = found.map_err(|error| problem_page(&error.into()))? else {
            return Err(to_sign_in(parts));
        };
        let caller = Caller {
            actor: Actor::Person(administrator.name.to_string()),
            role: administrator.role,
            reach: Reach::Everything,
        };
        Ok(Self { caller, administrator, notices: cookie::notices(&parts.headers) })
    }
}

/// Where to go after signing in: to a page that was asked for. A form that was sent must be filled in again.
fn to_sign_in(parts: &Parts) -> Response {
    let wanted = parts.uri.path_and_query().map_or("/", |wanted| wanted.as_str());
    let address = if parts.method == Method::GET && wanted != "/" {
        format!("/sign-in?next={}", utf8_percent_encode(wanted, NON_ALPHANUMERIC))
    } else {
        "/sign-in".to_owned()
    };
    if from_script(&parts.headers) {
        // A script would put the page into the one that is shown.
        let mut response = axum::http::StatusCode::NO_CONTENT.into_response();
        if let Ok(value) = HeaderValue::try_from(address) {
            response.headers_mut().insert("hx-redirect", value);
        }
        return response;
    }
    go_to(&address, Vec::new())
}

fn from_script(headers: &HeaderMap) -> bool {
    headers.contains_key(FROM_SCRIPT)
}
