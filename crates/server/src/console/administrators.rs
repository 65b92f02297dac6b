//! *System Settings > Administrators*.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::form::{Form, Shown, shown_revision};
use super::frame::{Frame, Notice, Section};
use super::moment::at_or_never;
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::people::{AdministratorChange, AdministratorInput, AdministratorView};
use crate::people::Role;
use crate::problem::Problem;

/// Where the page is.
const ADDRESS: &str = "/system-settings/administrators";

#[derive(Template)]
#[template(path = "administrators.html")]
struct AdministratorsPage {
    frame: Frame,
    administrators: Vec<AdministratorView>,
    name: String,
}

pages!(AdministratorsPage);

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    notice: Option<Notice>,
    name: String,
) -> Result<AdministratorsPage, Problem> {
    let administrators = administration.administrators(&signed_in.caller).await?;
    let frame = signed_in.frame("Administrators", Section::Administrators).with(notice);
    Ok(AdministratorsPage { frame, administrators, name })
}

/// The page.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, None, String::new()).await?))
}

async fn answer<T>(
    administration: &Administration,
    signed_in: &SignedIn,
    done_or_not: Result<T, Problem>,
    said: String,
    name: String,
) -> Result<Response, PageProblem> {
    match done_or_not {
        Ok(_) => Ok(go_to(ADDRESS, done(said, Vec::new()))),
        Err(problem) => {
            let notice = Notice::wrong(problem.detail());
            Ok(show_with(problem.status(), &page(administration, signed_in, Some(notice), name).await?))
        }
    }
}

/// Somebody new.
#[derive(Deserialize)]
pub(super) struct NewFields {
    name: String,
    role: Role,
    password: String,
}

/// Adds somebody.
pub(super) async fn add(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<NewFields>,
) -> Result<Response, PageProblem> {
    let name = fields.name.clone();
    let input = AdministratorInput { name: fields.name, role: fields.role, password: fields.password };
    let added = administration.add_administrator(&signed_in.caller, input).await;
    answer(&administration, &signed_in, added, format!("{name} is added."), name).await
}

/// What is to be different: one of the three.
#[derive(Deserialize)]
pub(super) struct ChangeFields {
    /// The revision of the account that was shown.
    #[serde(default)]
    revision: String,
    role: Option<Role>,
    password: Option<String>,
    enabled: Option<String>,
}

/// Changes somebody.
pub(super) async fn change(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<ChangeFields>,
) -> Result<Response, PageProblem> {
    let expected = shown_revision(&fields.revision);
    let input = AdministratorChange {
        role: fields.role,
        password: fields.password,
        enabled: fields.enabled.map(|enabled| enabled == "yes"),
    };
    let changed = administration.change_administrator(&signed_in.caller, id, expected, input).await;
    answer(&administration, &signed_in, changed, "It is changed.".to_owned(), String::new()).await
}

/// Lets somebody sign in without one-time passwords.
pub(super) async fn reset_one_time(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(shown): Form<Shown>,
) -> Result<Response, PageProblem> {
    let expected = shown_revision(&shown.revision);
    let reset = administration.reset_one_time_passwords(&signed_in.caller, id, expected).await;
    let said = "One-time passwords are off for this account.".to_owned();
    answer(&administration, &signed_in, reset, said, String::new()).await
}

/// Removes somebody.
pub(super) async fn remove(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(shown): Form<Shown>,
) -> Result<Response, PageProblem> {
    let expected = shown_revision(&shown.revision);
    let removed = administration.remove_administrator(&signed_in.caller, id, expected).await;
    answer(&administration, &signed_in, removed, "The account is removed.".to_owned(), String::new()).await
}
