//! *Endpoint Groups*.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::form::Form;
use super::frame::{Frame, Notice, Section};
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::groups::{GroupInput, GroupView};
use crate::problem::Problem;
use crate::store::Intent;

/// Where the list is.
pub(super) const ADDRESS: &str = "/endpoint-groups";

#[derive(Template)]
#[template(path = "groups.html")]
struct GroupsPage {
    frame: Frame,
    groups: Vec<GroupView>,
    profiles: HashMap<String, String>,
    name: String,
}

pages!(GroupsPage);

impl GroupsPage {
    fn profile_name(&self, group: &GroupView) -> &str {
        let name = group.profile_id.and_then(|id| self.profiles.get(&id.to_string()));
        name.map_or("–", String::as_str)
    }
}

/// A rule on one line.
pub(super) fn rule_in_words(group: &GroupView) -> String {
    let Some(rule) = &group.rule else { return "By hand".to_owned() };
    let text = |label: &str, text: &Option<String>| text.as_ref().map(|text| format!("{label} {text}"));
    let conditions = [
        text("host name", &rule.host_name),
        text("system", &rule.os),
        (!rule.addresses.is_empty()).then(|| format!("address in {}", rule.addresses.join(", "))),
        text("agent from", &rule.agent_version_from),
        text("agent below", &rule.agent_version_below),
    ];
    format!("By rule: {}", conditions.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    notice: Option<Notice>,
    name: String,
) -> Result<GroupsPage, Problem> {
    let groups = administration.groups(&signed_in.caller).await?;
    let profiles = administration.profiles(&signed_in.caller).await?.into_iter();
    let frame = signed_in.frame("Endpoint Groups", Section::Groups).with(notice);
    let profiles = profiles.map(|profile| (profile.id.to_string(), profile.name)).collect();
    Ok(GroupsPage { frame, groups, profiles, name })
}

/// The list.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, None, String::new()).await?))
}

/// A new group.
#[derive(Debug, Deserialize)]
pub(super) struct NewFields {
    name: String,
}

/// Makes a group, which has neither members nor a profile yet.
pub(super) async fn create(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<NewFields>,
) -> Result<Response, PageProblem> {
    let input = GroupInput { name: fields.name.clone(), ..GroupInput::default() };
    match administration.create_group(&signed_in.caller, input, Intent::CarryOut).await {
        Ok(made) => {
            let said = done(format!("The group “{}” is made.", made.changed.name), Vec::new());
            Ok(go_to(&format!("{ADDRESS}/{}", made.changed.id), said))
        }
        Err(problem) => {
            let notice = Notice::wrong(problem.detail());
            let page = page(&administration, &signed_in, Some(notice), fields.name).await?;
            Ok(show_with(problem.status(), &page))
        }
    }
}
