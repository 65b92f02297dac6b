//! The account of the first administrator.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_protocol::Secret;
use serde::Deserialize;

use super::form::Form;
use super::frame::{Frame, Notice};
use super::page::{PageProblem, go_to, pages, show, show_with};
use crate::administration::Administration;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUpPage {
    frame: Frame,
    name: String,
}

pages!(SetUpPage);

/// What was typed.
#[derive(Deserialize)]
pub(super) struct Fields {
    name: String,
    password: String,
    again: String,
}

fn frame() -> Frame {
    Frame::outside("Set up this server")
}

/// The page to which the set-up link leads.
pub(super) async fn show_page(
    State(administration): State<Arc<Administration>>,
    Path(link): Path<String>,
) -> Result<Response, PageProblem> {
    administration.check_set_up_link(&link)?;
    Ok(show(&SetUpPage { frame: frame(), name: String::new() }))
}

/// Makes the account.
pub(super) async fn submit(
    State(administration): State<Arc<Administration>>,
    Path(link): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    administration.check_set_up_link(&link)?;
    let made = if fields.password == fields.again {
        administration.set_up(&link, &fields.name, Secret::new(fields.password)).await
    } else {
        Err(Problem::unprocessable("The two passwords are not the same."))
    };
    Ok(match made {
        Ok(()) => go_to("/sign-in", vec![Notice::done("The account is made. Sign in with it.")]),
        Err(problem) => {
            let frame = frame().with(Some(Notice::wrong(problem.detail())));
            show_with(problem.status(), &SetUpPage { frame, name: fields.name })
        }
    })
}
