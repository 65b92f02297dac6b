//! Which groups an endpoint profile is that of.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::foreseen::{Fields, Question, ask, intent};
use super::form::Form;
use super::frame::{Frame, Notice, Section};
use super::groups::rule_in_words;
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::profile::TABS;
use super::profiles::ADDRESS;
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::groups::GroupView;
use crate::administration::profile_groups::tag_of_profile_groups;
use crate::administration::profiles::ProfileView;
use crate::store::Intent;

/// The field with what stands for the groups that the page showed.
const SHOWN: &str = "shown";

#[derive(Template)]
#[template(path = "profile_groups.html")]
struct ProfileGroupsPage {
    frame: Frame,
    profile: ProfileView,
    groups: Vec<GroupView>,
    /// Stands for the groups that have the profile.
    shown: String,
}

pages!(ProfileGroupsPage);

impl ProfileGroupsPage {
    fn has(&self, group: &GroupView) -> bool {
        group.profile_id == Some(self.profile.id)
    }

    fn has_another(&self, group: &GroupView) -> bool {
        group.profile_id.is_some() && !self.has(group)
    }
}

/// The groups, of which those with this profile are chosen.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, PageProblem> {
    let profile = administration.profile(&signed_in.caller, id).await?;
    let groups = administration.groups(&signed_in.caller).await?;
    Ok(show_page(&page(&signed_in, profile, groups, None)))
}

fn page(
    signed_in: &SignedIn,
    profile: ProfileView,
    groups: Vec<GroupView>,
    notice: Option<Notice>,
) -> ProfileGroupsPage {
    let frame = signed_in.frame(profile.name.clone(), Section::Profiles).with(notice);
    let shown = tag_of_profile_groups(&groups, profile.id);
    ProfileGroupsPage { frame, profile, groups, shown }
}

/// Makes it the profile of the chosen groups. When endpoints would get another profile, that is shown first.
pub(super) async fn assign(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let address = format!("{ADDRESS}/{id}/groups");
    let caller = &signed_in.caller;
    let groups: Vec<Uuid> = fields.iter().filter_map(|(name, _)| name.parse().ok()).collect();
    let expected = fields.iter().find(|(name, _)| name == SHOWN).map(|(_, tag)| tag.as_str());
    let assign =
        async |intent| administration.assign_profile_to_groups(caller, id, &groups, expected, intent).await;
    let assigned = match assign(intent(&fields)).await {
        Ok(effect) if intent(&fields) == Intent::Foresee => {
            if effect.reassigned > 0 {
                let frame = signed_in.frame("Assign the profile to groups", Section::Profiles);
                let question = Question { action: address.clone(), button: "Assign", back: address };
                return ask(&administration, caller, frame, effect, fields, question).await;
            }
            assign(Intent::CarryOut).await
        }
        other => other,
    };
    match assigned {
        Ok(effect) => {
            let mut warnings = effect.sentences();
            warnings.extend(effect.warnings);
            Ok(go_to(&address, done("The profile is that of the chosen groups.", warnings)))
        }
        Err(problem) if problem.status() == StatusCode::PRECONDITION_FAILED => {
            let profile = administration.profile(caller, id).await?;
            let groups = administration.groups(caller).await?;
            let notice = Notice::wrong(problem.detail());
            Ok(show_with(problem.status(), &page(&signed_in, profile, groups, Some(notice))))
        }
        Err(problem) => Err(problem.into()),
    }
}
