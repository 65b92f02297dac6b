//! Makes answers of pages.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};

use super::cookie;
use super::frame::{Frame, Notice};
use crate::problem::Problem;

/// Scripts and styles only from this server's own files; nothing within pages (Content Security Policy Level 3).
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// A page that has a frame.
pub(super) trait Page: Template {
    fn frame(&self) -> &Frame;
}

macro_rules! pages {
    ($($page:ty),+ $(,)?) => {
        $(impl $crate::console::page::Page for $page {
            fn frame(&self) -> &$crate::console::frame::Frame {
                &self.frame
            }
        })+
    };
}
pub(super) use pages;

/// Shows a page.
pub(super) fn show(page: &impl Page) -> Response {
    show_with(StatusCode::OK, page)
}

/// Shows a page because of something that could not be done.
pub(super) fn show_with(status: StatusCode, page: &impl Page) -> Response {
    let text = match page.render() {
        Ok(text) => text,
        Err(error) => return Problem::failed(&error).into_response(),
    };
    let mut response = (status, Html(text)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    if !page.frame().notices.is_empty() {
        cookie::clear_notices(response.headers_mut());
    }
    response
}

/// Shows another page, which begins with these notices.
pub(super) fn go_to(address: &str, notices: Vec<Notice>) -> Response {
    let mut response = Redirect::to(address).into_response();
    if !notices.is_empty() {
        cookie::set_notices(response.headers_mut(), notices);
    }
    response
}

/// What was done, and what to know about it.
pub(super) fn done(text: impl Into<String>, warnings: Vec<String>) -> Vec<Notice> {
    std::iter::once(Notice::done(text)).chain(warnings.into_iter().map(Notice::warning)).collect()
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    detail: String,
}

pages!(ProblemPage);

/// The page for something that cannot be shown or done.
pub(crate) fn problem_page(problem: &Problem) -> Response {
    let status = problem.status();
    let title = status.canonical_reason().unwrap_or("Not possible");
    show_with(status, &ProblemPage { frame: Frame::outside(title), detail: problem.detail().to_owned() })
}

/// Something that a page cannot do.
#[derive(Debug)]
pub(super) struct PageProblem(Problem);

impl From<Problem> for PageProblem {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl axum::response::IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        problem_page(&self.0)
    }
}
