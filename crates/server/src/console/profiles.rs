//! *Endpoint Profiles > Manage Profiles*.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_trust::InvalidCertificateAction;
use serde::Deserialize;
use uuid::Uuid;

use super::foreseen::{self, Fields, Question, field};
use super::form::{Form, shown_tag};
use super::frame::{Frame, Notice, Section};
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::pre_flight::PlannedChange;
use crate::administration::profiles::{ProfileInput, ProfileView, tag_of_views};
use crate::problem::Problem;

/// As the specification lists them.
pub(super) const ACTIONS: [&str; 3] = ["allow", "warn", "deny"];
/// Where the list is.
pub(super) const ADDRESS: &str = "/endpoint-profiles";

#[derive(Template)]
#[template(path = "profiles.html")]
struct ProfilesPage {
    frame: Frame,
    profiles: Vec<ProfileView>,
    /// Stands for all of them as they are.
    shown: String,
    name: String,
}

pages!(ProfilesPage);

/// The word for an action.
pub(super) fn action_title(action: InvalidCertificateAction) -> &'static str {
    match action {
        InvalidCertificateAction::Allow => "Allow",
        InvalidCertificateAction::Warn => "Warn",
        InvalidCertificateAction::Deny => "Deny",
    }
}

fn title(action: &InvalidCertificateAction) -> &'static str {
    action_title(*action)
}

/// The word for an action that a form names.
pub(super) fn title_of(action: &str) -> &'static str {
    action.parse().map_or("", action_title)
}

/// The list.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, None, String::new()).await?))
}

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    notice: Option<Notice>,
    name: String,
) -> Result<ProfilesPage, Problem> {
    let profiles = administration.profiles(&signed_in.caller).await?;
    let frame = signed_in.frame("Manage Profiles", Section::Profiles).with(notice);
    Ok(ProfilesPage { frame, shown: tag_of_views(&profiles), profiles, name })
}

/// A new profile.
#[derive(Debug, Deserialize)]
pub(super) struct NewFields {
    name: String,
}

/// Makes a profile, which begins as the strictest that asks.
pub(super) async fn create(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<NewFields>,
) -> Result<Response, PageProblem> {
    let input = ProfileInput::named(fields.name.clone());
    match administration.create_profile(&signed_in.caller, input).await {
        Ok(made) => {
            let said = done(format!("The profile “{}” is made.", made.name), Vec::new());
            Ok(go_to(&format!("{ADDRESS}/{}", made.id), said))
        }
        Err(problem) => {
            let notice = Notice::wrong(problem.detail());
            let page = page(&administration, &signed_in, Some(notice), fields.name).await?;
            Ok(show_with(problem.status(), &page))
        }
    }
}

/// Gives several profiles the same action.
pub(super) async fn change_action(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let action: InvalidCertificateAction = field(&fields, "action")
        .parse()
        .map_err(|_| Problem::unprocessable("Choose Allow, Warn or Deny."))?;
    let chosen: Vec<Uuid> = fields.iter().filter_map(|(id, _)| id.parse().ok()).collect();
    let caller = &signed_in.caller;
    let question =
        Question { action: format!("{ADDRESS}/action"), button: "Change", back: ADDRESS.to_owned() };
    let planned = || {
        let (profiles, invalid_certificate_action) = (chosen.clone(), action);
        Ok(PlannedChange::Action { profiles, invalid_certificate_action })
    };
    let frame = || signed_in.frame("Change the Invalid Certificate Action", Section::Profiles);
    let expected = shown_tag(field(&fields, "shown"));
    // Whoever was not shown the present ones is refused, and need not be told what would follow.
    let outdated = match expected {
        Some(expected) => tag_of_views(&administration.profiles(caller).await?) != expected,
        None => false,
    };
    let shown_first = if outdated {
        Ok(None)
    } else {
        foreseen::first(&administration, caller, frame, planned, &fields, question).await
    };
    let changed = match shown_first {
        Ok(Some(page)) => return Ok(page),
        Ok(None) => administration.change_actions(caller, &chosen, action, expected).await,
        Err(problem) => Err(problem),
    };
    match changed {
        Ok(changed) => {
            let said = match changed.changed.profiles {
                0 => "All of them had that action already.".to_owned(),
                1 => format!("1 profile says {} now.", action_title(action)),
                number => format!("{number} profiles say {} now.", action_title(action)),
            };
            Ok(go_to(ADDRESS, done(said, changed.warnings)))
        }
        Err(problem) => {
            let notice = Notice::wrong(problem.detail());
            let page = page(&administration, &signed_in, Some(notice), String::new()).await?;
            Ok(show_with(problem.status(), &page))
        }
    }
}
