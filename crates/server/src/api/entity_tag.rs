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
        TaggedAs { tag: self.revision.to_string(), content: self.content }.into_response()
    }
}

/// An answer with another tag than a revision for what it shows.
pub(super) struct TaggedAs<T> {
    pub(super) tag: String,
    pub(super) content: T,
}

impl<T: Serialize> IntoResponse for TaggedAs<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.content).into_response();
        if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", self.tag)) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

/// The revision that a change is meant for; none when it is meant for any.
pub(super) fn expected_revision(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(tag) = expected_tag(headers)? else { return Ok(None) };
    tag.parse().map(Some).map_err(|_| no_tag())
}

/// The tag of what a change is meant for; none when it is meant for anything.
pub(super) fn expected_tag(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim();
    if value == "*" {
        return Ok(None);
    }
    let tag = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    tag.map(|tag| Some(tag.to_owned())).ok_or_else(no_tag)
}

fn no_tag() -> Problem {
    Problem::bad_request(
        "The header “If-Match” must hold the ETag of a GET of what is changed, for example \"3\".",
    )
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
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, HeaderValue::from_static("\"a.b\""));
        assert_eq!(expected_tag(&headers), Ok(Some("a.b".to_owned())));
        let response = Tagged { revision: 12, content: () }.into_response();
        assert_eq!(response.headers()[ETAG], "\"12\"");
    }
}
