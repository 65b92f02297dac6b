//! What a form sent.

use axum::extract::{FromRequest, Request};
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::page::problem_page;
use crate::problem::Problem;

/// The revision that a page was shown with; none from a form that does not say.
pub(super) fn shown_revision(field: &str) -> Option<u64> {
    field.parse().ok()
}

/// What stands for what a page showed; nothing from a form that does not say.
pub(super) fn shown_tag(field: &str) -> Option<&str> {
    Some(field).filter(|tag| !tag.is_empty())
}

/// What a form sends that has nothing but a button.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    /// The revision that the page was shown with.
    pub(super) revision: String,
    /// What stands for what it showed, where that is no revision.
    pub(super) shown: String,
}

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
