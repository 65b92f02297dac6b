//! The versions of an endpoint profile: which there are, what they have different, and the way back to one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::foreseen::{self, Fields, Question, field};
use super::form::Form;
use super::frame::{Frame, Notice, Section};
use super::labels::{field_label, value_in_words};
use super::moment::at;
use super::page::{PageProblem, done, go_to, pages, show as show_page};
use super::profiles::{ADDRESS, action_title as title_of_action};
use super::signed_in::SignedIn;
use crate::administration::pre_flight::PlannedChange;
use crate::administration::profile_versions::VersionView;
use crate::administration::profiles::ProfileView;
use crate::administration::{Administration, Intent};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "profile_versions.html")]
struct VersionsPage {
    frame: Frame,
    profile: ProfileView,
    versions: Vec<VersionView>,
}

#[derive(Template)]
#[template(path = "profile_comparison.html")]
struct ComparisonPage {
    frame: Frame,
    profile: ProfileView,
    from: VersionView,
    to: VersionView,
    differences: Vec<Difference>,
    /// What endpoints would do after the way back to the first of the two; whole sentences.
    foreseen: Vec<String>,
}

/// A field that differs, in words.
struct Difference {
    label: String,
    before: String,
    after: String,
}

pages!(VersionsPage, ComparisonPage);

fn action_title(version: &VersionView) -> &'static str {
    title_of_action(version.content.invalid_certificate_action)
}

fn saved_by(version: &VersionView) -> &str {
    version.saved_by.as_deref().unwrap_or("not known")
}

/// The list.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, PageProblem> {
    let profile = administration.profile(&signed_in.caller, id).await?;
    let versions = administration.profile_versions(&signed_in.caller, id).await?;
    let frame = signed_in.frame(format!("Versions of {}", profile.name), Section::Profiles);
    Ok(show_page(&VersionsPage { frame, profile, versions }))
}

/// Which two.
#[derive(Debug, Deserialize)]
pub(super) struct Compared {
    from: u64,
    to: u64,
}

/// What two versions have different.
pub(super) async fn compare(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Query(compared): Query<Compared>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let profile = administration.profile(caller, id).await?;
    let comparison = administration.compare_profile_versions(caller, id, compared.from, compared.to).await?;
    let from = administration.profile_version(caller, id, compared.from).await?;
    let to = administration.profile_version(caller, id, compared.to).await?;
    let foreseen = if from.current {
        Vec::new()
    } else {
        // Whoever may not roll back needs no warning of it.
        let foreseen =
            administration.roll_back_profile(caller, id, compared.from, None, Intent::Foresee).await;
        foreseen.map(|foreseen| foreseen.warnings).unwrap_or_default()
    };
    let word = |field: &str, value: &Value| value_in_words(field, value);
    let differences = comparison.differences.iter().map(|difference| Difference {
        label: field_label(&difference.field),
        before: word(&difference.field, &difference.before),
        after: word(&difference.field, &difference.after),
    });
    let title = format!("{}: revisions {} and {}", profile.name, comparison.from, comparison.to);
    Ok(show_page(&ComparisonPage {
        frame: signed_in.frame(title, Section::Profiles),
        differences: differences.collect(),
        profile,
        from,
        to,
        foreseen,
    }))
}

/// Makes the profile what it was. What that would do is shown first.
pub(super) async fn roll_back(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let back = format!("{ADDRESS}/{id}/versions");
    // The revision that is gone back to, and the one that the page showed.
    let to = field(&fields, "to").parse().map_err(|_| Problem::unprocessable("Choose a revision."))?;
    let expected = field(&fields, "revision").parse().ok();
    let question =
        Question { action: format!("{ADDRESS}/{id}/roll-back"), button: "Roll back", back: back.clone() };
    let planned = || Ok(PlannedChange::RollBack { profile_id: id, revision: to });
    let frame = || signed_in.frame(format!("Roll back to revision {to}"), Section::Profiles);
    // Whoever was not shown the present one is refused, and need not be told what would follow.
    let now: Option<u64> = administration.profile(caller, id).await.map(|profile| profile.revision).ok();
    let page = if now == expected {
        foreseen::first(&administration, caller, frame, planned, &fields, question).await
    } else {
        Ok(None)
    };
    let rolled_back = match page {
        Ok(Some(page)) => return Ok(page),
        Ok(None) => administration.roll_back_profile(caller, id, to, expected, Intent::CarryOut).await,
        Err(problem) => Err(problem),
    };
    let notices = match rolled_back {
        Ok(done_so) => done(
            format!(
                "The profile is as it was in revision {to}. This is revision {}.",
                done_so.changed.revision
            ),
            done_so.warnings,
        ),
        Err(problem) => vec![Notice::wrong(problem.detail())],
    };
    Ok(go_to(&back, notices))
}
