//! What a form sent.

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::page::problem_page;
use crate::problem::Problem;

/// The fields of a form.
pub(super) struct Form<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        match axum::extract::Form::<T>::from_request(request, state).await {
            Ok(axum::extract::Form(fields)) => Ok(Self(fields)),
            Err(rejection) => {
                let detail = format!("The form cannot be read: {}.", rejection.body_text());
                Err(problem_page(&Problem::with_status(rejection.status(), detail)))
            }
        }
    }
}
