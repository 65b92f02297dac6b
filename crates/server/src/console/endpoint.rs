//! One endpoint: what is known of it, and what can be done with it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_protocol::{CommandKind, CommandOutcome, InstanceUid};
use countersign_trust::InvalidCertificateAction;
use countersign_words::Words;
use serde::Deserialize;

use super::endpoints::name_of;
use super::form::Form;
use super::frame::{Frame, Section};
use super::moment::at;
use super::page::{PageProblem, done, go_to, pages, show as show_page};
use super::profiles::action_title as title_of_action;
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::endpoints::{CommandView, EndpointView, ProfileChoice, WhyProfile};
use crate::administration::groups::GroupView;
use crate::administration::profiles::ProfileView;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "endpoint.html")]
struct EndpointPage {
    frame: Frame,
    endpoint: EndpointView,
    problems: Vec<String>,
    profile: Option<ProfileView>,
    profiles: Vec<ProfileView>,
    groups: Vec<GroupView>,
    commands: Vec<CommandView>,
}

pages!(EndpointPage);

impl EndpointPage {
    fn is_profile(&self, choice: &ProfileView) -> bool {
        self.is_by_hand() && choice.id.to_string() == self.endpoint.profile.id
    }

    fn is_by_hand(&self) -> bool {
        self.endpoint.profile.reason == WhyProfile::ByHand
    }

    /// Why the endpoint has its profile.
    fn why(&self) -> String {
        match self.endpoint.profile.reason {
            WhyProfile::ByHand => "Given to this endpoint by hand".to_owned(),
            WhyProfile::Default => "The default: no group of the endpoint has a profile".to_owned(),
            WhyProfile::Group => {
                let id = self.endpoint.profile.group_id.as_deref();
                let group = self.groups.iter().find(|group| Some(group.id.to_string().as_str()) == id);
                group.map_or_else(
                    || "From an endpoint group".to_owned(),
                    |group| format!("From the endpoint group “{}”", group.name),
                )
            }
        }
    }
}

fn action_title(action: &InvalidCertificateAction) -> &'static str {
    title_of_action(*action)
}

fn status_title(status: &str) -> &'static str {
    match status {
        "applied" => "Applied",
        "failed" => "Could not be applied",
        _ => "Not applied yet",
    }
}

fn command_title(command: &CommandView) -> String {
    match &command.kind {
        CommandKind::CollectDiagnostics => "Collect diagnostics".to_owned(),
        CommandKind::RefreshInventory => "Refresh inventory".to_owned(),
        CommandKind::NotifyUser { title, .. } => format!("Message “{title}”"),
        CommandKind::Deregister => "Deregister".to_owned(),
    }
}

fn result(command: &CommandView) -> String {
    match &command.outcome {
        None => "Waiting for the endpoint".to_owned(),
        Some(CommandOutcome::Succeeded { .. }) => "Done".to_owned(),
        Some(CommandOutcome::Failed { reason }) => format!("Failed: {reason}"),
        Some(CommandOutcome::Refused { reason }) => format!("Refused: {reason}"),
    }
}

fn gigabytes(bytes: &u64) -> String {
    format!("{}.{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000)
}

/// One endpoint.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<InstanceUid>,
) -> Result<Response, PageProblem> {
    let endpoint = administration.endpoint(&signed_in.caller, id).await?;
    let commands = administration.commands(&signed_in.caller, id).await?;
    let profiles = administration.profiles(&signed_in.caller).await?;
    let profile = administration.profile(&signed_in.caller, endpoint.profile_id()?).await.ok();
    let groups = administration.groups_of(&signed_in.caller, id).await?;
    let words = Words::english();
    let problems = endpoint.certificate.as_ref().map_or(&[][..], |found| &found.report.assessment.problems);
    Ok(show_page(&EndpointPage {
        frame: signed_in.frame(name_of(&endpoint), Section::Endpoints),
        problems: problems.iter().map(|problem| words.problem_summary(problem).to_string()).collect(),
        endpoint,
        profile,
        profiles,
        groups,
        commands,
    }))
}

/// A command.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum CommandFields {
    CollectDiagnostics,
    RefreshInventory,
    NotifyUser { title: String, text: String },
    Deregister,
}

fn address(id: InstanceUid) -> String {
    format!("/endpoints/{id}")
}

/// Gives a command.
pub(super) async fn command(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<InstanceUid>,
    Form(fields): Form<CommandFields>,
) -> Result<Response, PageProblem> {
    let kind = match fields {
        CommandFields::CollectDiagnostics => CommandKind::CollectDiagnostics,
        CommandFields::RefreshInventory => CommandKind::RefreshInventory,
        CommandFields::NotifyUser { title, text } => CommandKind::NotifyUser { title, text },
        CommandFields::Deregister => CommandKind::Deregister,
    };
    administration.give_command(&signed_in.caller, id, kind).await?;
    let said = "The command was given. An endpoint that is not connected gets it when it comes back within seven days.";
    Ok(go_to(&address(id), done(said, Vec::new())))
}

/// Which profile.
#[derive(Debug, Deserialize)]
pub(super) struct ProfileFields {
    /// Empty when the groups shall decide.
    profile_id: String,
}

/// Gives an endpoint another profile, or lets its groups decide.
pub(super) async fn assign_profile(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<InstanceUid>,
    Form(fields): Form<ProfileFields>,
) -> Result<Response, PageProblem> {
    if fields.profile_id.is_empty() {
        let changed = administration.release_profile(&signed_in.caller, id).await?;
        return Ok(go_to(&address(id), done("The groups of the endpoint decide.", changed.warnings)));
    }
    let profile_id =
        fields.profile_id.parse().map_err(|_| Problem::unprocessable("Choose an endpoint profile."))?;
    let choice = ProfileChoice { profile_id };
    let changed = administration.assign_profile(&signed_in.caller, id, &choice).await?;
    Ok(go_to(&address(id), done("The endpoint has the other profile.", changed.warnings)))
}

/// Removes an endpoint.
pub(super) async fn remove(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<InstanceUid>,
) -> Result<Response, PageProblem> {
    administration.remove_endpoint(&signed_in.caller, id).await?;
    Ok(go_to("/endpoints", done("The endpoint was removed.", Vec::new())))
}
