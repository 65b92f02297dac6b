//! Takes request bodies and path parameters, with errors that say what would be right.

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use countersign_trust::display_text;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::Problem;
use crate::web::{MAXIMUM_BODY_BYTES, MAXIMUM_IGNORED_BYTES};

/// What stands for things in addresses; GET on each lists them.
const COLLECTIONS: [&str; 7] =
    ["endpoints", "profiles", "groups", "enrolment-tokens", "administrators", "api-tokens", "certificates"];
/// So much of what was sent is repeated in an error.
const MAXIMUM_REPEATED: usize = 60;

/// A JSON object as the body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let says_json = says_json(request.headers());
        let bytes = take(request.into_body()).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Problem::bad_request("The body is empty; send a JSON object."));
        }
        if !says_json {
            return Err(Problem::with_status(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send the body as JSON, with the header “Content-Type: application/json”.",
            ));
        }
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| Problem::bad_request(format!("The body is not JSON: {error}.")))?;
        if !value.is_object() {
            return Err(Problem::unprocessable("Send a JSON object."));
        }
        match axum::Json::<T>::from_bytes(&bytes) {
            Ok(axum::Json(content)) => Ok(Self(content)),
            Err(rejection) => {
                let said = rejection.body_text();
                let reason = without_place(reason(&said));
                let reason = instead_of_null::<T>(value, reason).unwrap_or_else(|| reason.to_owned());
                Err(Problem::unprocessable(format!(
                    "The body does not fit what this address takes: {reason}."
                )))
            }
        }
    }
}

/// The bytes of a body. Of one that is too large nothing is kept.
async fn take(body: axum::body::Body) -> Result<Vec<u8>, Problem> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut received = 0_usize;
    while let Some(chunk) = stream.next().await {
        let chunk =
            chunk.map_err(|_| Problem::bad_request("The body did not arrive as a whole. Send it again."))?;
        received = received.saturating_add(chunk.len());
        if received > MAXIMUM_IGNORED_BYTES {
            break;
        }
        if received <= MAXIMUM_BODY_BYTES {
            bytes.extend_from_slice(&chunk);
        }
    }
    if received > MAXIMUM_BODY_BYTES {
        let limit = format!("The body is too large; it may have {MAXIMUM_BODY_BYTES} bytes (1 MiB).");
        return Err(Problem::with_status(StatusCode::PAYLOAD_TOO_LARGE, limit));
    }
    Ok(bytes)
}

fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// What is wrong, without the words that the library puts before it.
fn reason(text: &str) -> &str {
    let reason = text.split_once(": ").map_or(text, |(_, reason)| reason);
    reason.trim_end_matches('.')
}

/// What is wrong, without where in the text: the name of the value is said.
fn without_place(reason: &str) -> &str {
    reason.rsplit_once(" at line ").map_or(reason, |(reason, _)| reason)
}

/// The library does not say which words are possible in the place of `null`; it does for a word that is wrong.
fn instead_of_null<T: DeserializeOwned>(mut value: Value, reason: &str) -> Option<String> {
    let (name, _) = reason.split_once(": expected value")?;
    let found = value.get_mut(name).filter(|found| found.is_null())?;
    *found = Value::String(String::new());
    let error = serde_json::from_value::<T>(value).err()?.to_string();
    let (_, expected) = error.split_once(", expected ")?;
    Some(format!("{name}: null is not possible, expected {expected}"))
}

/// What stands behind the question mark of an address.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Problem::bad_request(format!(
                "The query does not fit what this address takes: {}.",
                reason(&rejection.body_text())
            ))),
        }
    }
}

/// A path parameter.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                let said = error.body_text();
                let (ErrorKind::ParseError { value, .. }
                | ErrorKind::ParseErrorAtKey { value, .. }
                | ErrorKind::ParseErrorAtIndex { value, .. }
                | ErrorKind::DeserializeError { value, .. }) = error.into_kind()
                else {
                    return Err(unfit(&said));
                };
                Err(no_id(&value, parts.uri.path()))
            }
            Err(rejection) => Err(unfit(&rejection.body_text())),
        }
    }
}

fn unfit(said: &str) -> Problem {
    Problem::bad_request(format!("The address does not fit: {}.", reason(said)))
}

fn no_id(value: &str, path: &str) -> Problem {
    let value: String = display_text(value).chars().take(MAXIMUM_REPEATED).collect();
    let collection = COLLECTIONS.into_iter().find(|name| path.split('/').any(|part| part == *name));
    Problem::bad_request(match collection {
        Some(collection) => format!("“{value}” is not an id; GET /api/v1/{collection} lists them."),
        None => format!("“{value}” is not an id."),
    })
}
