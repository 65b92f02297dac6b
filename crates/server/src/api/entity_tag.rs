//! Revisions as entity tags (RFC 9110, section 8.8.3), so that nobody overwrites what somebody else has changed meanwhile.

use axum::Json;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::problem::Problem;

/// An answer with the revision of what it shows.
pub(super) struct Tagged<T> {
    pub(super) revision: u64,
    pub(super) content: T,
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.content).into_response();
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.revision)) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

/// The revision that a change is meant for; none when it is meant for any.
pub(super) fn expected_revision(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim();
    if value == "*" {
        return Ok(None);
    }
    let revision = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    match revision.and_then(|revision| revision.parse().ok()) {
        Some(revision) => Ok(Some(revision)),
        None => Err(Problem::bad_request(
            "The header “If-Match” must hold the ETag of a GET of the same address, for example \"3\".",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_they_are_written() {
        for (value, expected) in [
            (None, Ok(None)),
            (Some("*"), Ok(None)),
            (Some("\"12\""), Ok(Some(12))),
            (Some("12"), Err(())),
            (Some("W/\"12\""), Err(())),
            (Some("\"x\""), Err(())),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(IF_MATCH, HeaderValue::from_static(value));
            }
            assert_eq!(expected_revision(&headers).map_err(|_| ()), expected, "{value:?}");
        }
        let response = Tagged { revision: 12, content: () }.into_response();
        assert_eq!(response.headers()[ETAG], "\"12\"");
    }
}
