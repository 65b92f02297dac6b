//! The console.
use crate::administration::Administration;
use crate::problem::Problem;
use axum::Router;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

pub(crate) fn routes() -> Router<Arc<Administration>> {
    Router::new()
}

pub(crate) async fn nothing() -> Response {
    problem_page(&Problem::not_found("There is nothing at this address."))
}

pub(crate) fn problem_page(problem: &Problem) -> Response {
    problem.clone().into_response()
}
