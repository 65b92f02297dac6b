//! Makes answers of pages.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use countersign_protocol::Secret;

use super::cookie;
use super::frame::{Frame, Notice, Person, Section, page_of_menu};
use super::labels::with_labels;
use crate::administration::Administration;
use crate::problem::Problem;
use crate::store::{SessionLimits, StoreError, UsedBy};

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
struct OutsideProblemPage {
    frame: Frame,
    detail: String,
}

#[derive(Template)]
#[template(path = "problem_inside.html")]
struct ProblemPage {
    frame: Frame,
    detail: String,
    /// Address and title of the page of the menu that the request was about, if there is one.
    back: Option<(&'static str, &'static str)>,
}

pages!(OutsideProblemPage, ProblemPage);

fn title(problem: &Problem) -> &'static str {
    if problem.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return "Too large";
    }
    problem.status().canonical_reason().unwrap_or("Not possible")
}

/// The page for something that cannot be shown or done. For whoever is signed in, [`with_menu`] puts the menu beside it.
pub(crate) fn problem_page(problem: &Problem) -> Response {
    let frame = Frame::outside(title(problem));
    let page = OutsideProblemPage { frame, detail: with_labels(problem.detail()) };
    let mut response = show_with(problem.status(), &page);
    response.extensions_mut().insert(Shown(problem.clone()));
    response
}

/// The problem that a page shows.
#[derive(Clone)]
struct Shown(Problem);

/// Whoever is signed in keeps the menu when something cannot be shown or done.
pub(crate) async fn with_menu(
    State(administration): State<Arc<Administration>>,
    request: Request,
    next: Next,
) -> Response {
    let token = cookie::session(request.headers());
    let asked = request.uri().path().to_owned();
    let response = next.run(request).await;
    let (Some(token), Some(Shown(problem))) = (token, response.extensions().get::<Shown>().cloned()) else {
        return response;
    };
    match who_is_signed_in(&administration, &token).await {
        Ok(Some(person)) => {
            let back = page_of_menu(&asked, person.role);
            let frame = Frame {
                title: title(&problem).to_owned(),
                section: Section::Elsewhere,
                person: Some(person),
                notices: Vec::new(),
            };
            let detail = with_labels(problem.detail());
            show_with(problem.status(), &ProblemPage { frame, detail, back })
        }
        // The page without the menu is right all the same.
        Ok(None) | Err(_) => response,
    }
}

async fn who_is_signed_in(
    administration: &Administration,
    token: &Secret,
) -> Result<Option<Person>, StoreError> {
    let store = &administration.telemetry.store;
    let found =
        store.use_session(token, UsedBy::Person, SessionLimits::IN_FORCE, administration.now()).await?;
    Ok(found.map(|found| Person { name: found.name.to_string(), role: found.role }))
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
