//! Errors of the API as problem details (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;

/// What went wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The HTTP status.
    status: u16,
    /// The kind of problem.
    title: String,
    /// What happened here, in whole sentences.
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            detail: detail.into(),
        }
    }

    /// The request does not fit.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// The content of the request does not fit.
    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// There is no such thing.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// It cannot be done as things are.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Whoever asks may not have it done.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// Somebody else has changed it since it was read (RFC 9110, section 13.1.1).
    pub(crate) fn changed_meanwhile(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, detail)
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What happened, in whole sentences.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The address is right and the method is not.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not take this HTTP method.")
    }

    /// The token is missing or wrong.
    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Send an API token or the administrator token in the header “Authorization: Bearer …”. API tokens are made in the \
             console; the server showed the administrator token at its first start, and started with \
             --new-administrator-token it makes another one.",
        )
    }

    /// The server itself failed. Why is in its log.
    pub(crate) fn failed(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request could not be answered");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The server could not carry this out, or not to its end. Its log says why. Look how things are before you try again.",
        )
    }

    /// Another status, as a library chose it.
    pub(crate) fn with_status(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, detail)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::not_found(error.to_string()),
            StoreError::Conflict(_) => Self::conflict(error.to_string()),
            StoreError::ChangedMeanwhile(_) => Self::changed_meanwhile(error.to_string()),
            StoreError::Open { .. }
            | StoreError::OpenPostgreSql { .. }
            | StoreError::Newer { .. }
            | StoreError::OfAnother { .. }
            | StoreError::Database(_)
            | StoreError::Unreadable { .. }
            | StoreError::Sealing { .. }
            | StoreError::NoKey
            | StoreError::KeyFile(_)
            | StoreError::OtherKey { .. }
            | StoreError::MissingKey { .. }
            | StoreError::NoCheck { .. } => Self::failed(&error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, axum::Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
