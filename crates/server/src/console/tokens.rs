//! *System Settings > Enrolment Tokens* and *API Tokens*.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::form::Form;
use super::frame::{Frame, Notice, Section};
use super::moment::{at, at_or_never};
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::api_tokens::ApiTokenInput;
use crate::administration::enrolment_tokens::{NewToken, TokenInput};
use crate::people::{Role, Scope};
use crate::problem::Problem;

const ENROLMENT: &str = "/system-settings/enrolment-tokens";
const API: &str = "/system-settings/api-tokens";
/// The longest validity of a token that ends, in days.
const MOST_DAYS: u16 = 3650;

/// A token in the list.
struct Row {
    id: String,
    name: String,
    role: String,
    scopes: String,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    used_at: Option<OffsetDateTime>,
    is_over: bool,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    frame: Frame,
    address: &'static str,
    purpose: &'static str,
    with_roles: bool,
    tokens: Vec<Row>,
    made: Option<String>,
    name: String,
    days: String,
    ticked: BTreeSet<Scope>,
}

pages!(TokensPage);

/// What the form of a new token says.
#[derive(Debug, Default, Deserialize)]
pub(super) struct NewFields {
    name: String,
    #[serde(default)]
    role: Option<Role>,
    #[serde(default)]
    days: String,
    /// The scopes that are ticked, by their codes.
    #[serde(flatten)]
    ticked: BTreeMap<String, String>,
}

impl NewFields {
    fn scopes(&self) -> BTreeSet<Scope> {
        self.ticked.keys().filter_map(|code| Scope::of_code(code)).collect()
    }

    fn expires_at(&self, now: OffsetDateTime) -> Result<Option<OffsetDateTime>, Problem> {
        let days = self.days.trim();
        if days.is_empty() {
            return Ok(None);
        }
        match days.parse::<u16>() {
            Ok(days) if (1..=MOST_DAYS).contains(&days) => Ok(Some(now + Duration::days(days.into()))),
            Ok(_) | Err(_) => Err(Problem::unprocessable(format!(
                "The number of days must be 1 to {MOST_DAYS}, or empty for a token that does not end."
            ))),
        }
    }
}

async fn enrolment_page(
    administration: &Administration,
    signed_in: &SignedIn,
) -> Result<TokensPage, Problem> {
    let now = administration.now();
    let found = administration.enrolment_tokens(&signed_in.caller).await?;
    let row = |token: crate::administration::enrolment_tokens::TokenView| Row {
        is_over: token.revoked_at.is_some() || token.expires_at.is_some_and(|at| at <= now),
        id: token.id,
        name: token.name,
        role: String::new(),
        scopes: String::new(),
        created_at: token.created_at,
        expires_at: token.expires_at,
        used_at: None,
    };
    Ok(TokensPage {
        frame: signed_in.frame("Enrolment Tokens", Section::EnrolmentTokens),
        address: ENROLMENT,
        purpose: "With an enrolment token endpoints make themselves known to this server. Endpoints that have enrolled stay \
                  enrolled when it ends.",
        with_roles: false,
        tokens: found.into_iter().map(row).collect(),
        made: None,
        name: String::new(),
        days: "30".to_owned(),
        ticked: BTreeSet::new(),
    })
}

async fn api_page(administration: &Administration, signed_in: &SignedIn) -> Result<TokensPage, Problem> {
    let now = administration.now();
    let found = administration.api_tokens(&signed_in.caller).await?;
    let row = |token: crate::administration::api_tokens::ApiTokenView| Row {
        is_over: token.revoked_at.is_some() || token.expires_at.is_some_and(|at| at <= now),
        id: token.id,
        name: token.name,
        role: token.role.to_string(),
        scopes: token
            .scopes
            .map_or_else(|| "All that the role permits".to_owned(), |scopes| in_words(&scopes)),
        created_at: token.created_at,
        expires_at: token.expires_at,
        used_at: token.used_at,
    };
    Ok(TokensPage {
        frame: signed_in.frame("API Tokens", Section::ApiTokens),
        address: API,
        purpose: "With an API token a program does what its role permits, or of that only what is in its scopes.",
        with_roles: true,
        tokens: found.into_iter().map(row).collect(),
        made: None,
        name: String::new(),
        days: "365".to_owned(),
        ticked: BTreeSet::new(),
    })
}

fn in_words(scopes: &BTreeSet<Scope>) -> String {
    scopes.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(", ")
}

/// Not a redirect: the token is shown this once.
fn answer(mut page: TokensPage, made: Result<NewToken, Problem>, fields: NewFields) -> Response {
    match made {
        Ok(made) => {
            page.made = Some(made.token);
            show_page(&page)
        }
        Err(problem) => {
            page.frame = page.frame.with(Some(Notice::wrong(problem.detail())));
            page.ticked = fields.scopes();
            page.name = fields.name;
            page.days = fields.days;
            show_with(problem.status(), &page)
        }
    }
}

/// The enrolment tokens.
pub(super) async fn show_enrolment(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    Ok(show_page(&enrolment_page(&administration, &signed_in).await?))
}

/// Makes an enrolment token.
pub(super) async fn create_enrolment(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<NewFields>,
) -> Result<Response, PageProblem> {
    let made = match fields.expires_at(administration.now()) {
        Ok(expires_at) => {
            let input = TokenInput { name: fields.name.clone(), expires_at };
            administration.create_enrolment_token(&signed_in.caller, input).await
        }
        Err(problem) => Err(problem),
    };
    Ok(answer(enrolment_page(&administration, &signed_in).await?, made, fields))
}

/// Ends an enrolment token.
pub(super) async fn revoke_enrolment(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, PageProblem> {
    administration.revoke_enrolment_token(&signed_in.caller, id).await?;
    Ok(go_to(ENROLMENT, done("The token is revoked.", Vec::new())))
}

/// The API tokens.
pub(super) async fn show_api(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    Ok(show_page(&api_page(&administration, &signed_in).await?))
}

/// Makes an API token.
pub(super) async fn create_api(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<NewFields>,
) -> Result<Response, PageProblem> {
    let made = match fields.expires_at(administration.now()) {
        Ok(expires_at) => {
            let role = fields.role.unwrap_or(Role::ReadOnly);
            let scopes = Some(fields.scopes()).filter(|scopes| !scopes.is_empty());
            let input = ApiTokenInput { name: fields.name.clone(), role, scopes, expires_at };
            administration.create_api_token(&signed_in.caller, input).await
        }
        Err(problem) => Err(problem),
    };
    Ok(answer(api_page(&administration, &signed_in).await?, made, fields))
}

/// Ends an API token.
pub(super) async fn revoke_api(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, PageProblem> {
    administration.revoke_api_token(&signed_in.caller, id).await?;
    Ok(go_to(API, done("The token is revoked.", Vec::new())))
}
