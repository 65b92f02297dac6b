//! Takes request bodies and path parameters, with errors that say what would be right.

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::with_status(
                axum::http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send the body as JSON, with the header “Content-Type: application/json”.",
            )),
            Err(JsonRejection::JsonSyntaxError(error)) => {
                Err(Problem::bad_request(format!("The body is not JSON: {}.", reason(&error.body_text()))))
            }
            Err(JsonRejection::JsonDataError(error)) => Err(Problem::unprocessable(format!(
                "The body does not fit what this address takes: {}.",
                reason(&error.body_text())
            ))),
            Err(rejection) => Err(Problem::with_status(
                rejection.status(),
                format!("The body cannot be read: {}.", reason(&rejection.body_text())),
            )),
        }
    }
}

/// What is wrong, without the words that the library puts before it.
fn reason(text: &str) -> &str {
    let reason = text.split_once(": ").map_or(text, |(_, reason)| reason);
    reason.trim_end_matches('.')
}

/// A path parameter.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => Err(Problem::bad_request(format!(
                "The address does not fit: {}.",
                reason(&error.body_text())
            ))),
            Err(rejection) => Err(Problem::bad_request(format!(
                "The address does not fit: {}.",
                reason(&rejection.body_text())
            ))),
        }
    }
}
