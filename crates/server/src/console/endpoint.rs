//! One endpoint: what is known of it, and what can be done with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_protocol::decision::{Asked, DecidedAnswer, DecidedQuestion, Lasting};
use countersign_protocol::{Decision, InstanceUid, RememberedAtEndpoint};
use countersign_trust::{Fingerprint, InvalidCertificateAction, PermissionOrigin, ProblemKind};
use countersign_words::Words;
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::commands::{CommandFields, VALIDITIES, command_title, result, waits};
use super::endpoints::name_of;
use super::foreseen::{self, Fields, Question, field};
use super::form::Form;
use super::frame::{Frame, Notice, Section};
use super::history::{LATEST, Told, told};
use super::moment::at;
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::profiles::action_title as title_of_action;
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::commands::CommandView;
use crate::administration::endpoints::{EndpointView, ProfileChoice};
use crate::administration::groups::GroupView;
use crate::administration::pre_flight::PlannedChange;
use crate::administration::profiles::ProfileView;
use crate::problem::Problem;
use crate::store::{ProfileReason, Standing};

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
    /// With what was wrong, in words.
    decisions: Vec<(String, Decision)>,
    /// With what was accepted, in words.
    remembered: Vec<(String, RememberedAtEndpoint)>,
    /// Whether the agent reports both.
    reports: bool,
    /// The latest of what happened to it.
    history: Vec<Told>,
}

pages!(EndpointPage);

impl EndpointPage {
    fn is_profile(&self, choice: &ProfileView) -> bool {
        self.is_by_hand() && choice.id.to_string() == self.endpoint.profile.id
    }

    fn is_by_hand(&self) -> bool {
        self.endpoint.profile.reason == ProfileReason::ByHand
    }

    /// How the certificate of this server is trusted; of one that is allowed although it is not valid, by whom, if the agent says so.
    fn trust(&self) -> String {
        let shown = self.endpoint.certificate.as_ref().and_then(|found| found.report.assessment.fingerprint);
        let allowed = self.remembered.iter().find(|(_, certificate)| Some(certificate.fingerprint) == shown);
        match (self.endpoint.standing, allowed) {
            (Standing::Remembered, Some((_, certificate))) => format!("Allowed {}", allowed_by(certificate)),
            (standing, _) => standing.to_string(),
        }
    }

    /// Why the endpoint has its profile.
    fn why(&self) -> String {
        match self.endpoint.profile.reason {
            ProfileReason::ByHand => "Given to this endpoint by hand".to_owned(),
            ProfileReason::Default => "The default: no group of the endpoint has a profile".to_owned(),
            ProfileReason::Group => {
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

pub(super) fn action_title(action: &InvalidCertificateAction) -> &'static str {
    title_of_action(*action)
}

fn status_title(status: &str) -> &'static str {
    match status {
        "applied" => "Applied",
        "failed" => "Could not be applied",
        _ => "Not applied yet",
    }
}

/// What an agent says about itself, fit to be shown (rules of trust: what peers say is hostile).
fn shown(text: &str) -> String {
    countersign_trust::display_text(text).chars().take(200).collect()
}

fn gigabytes(bytes: &u64) -> String {
    format!("{}.{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000)
}

pub(super) fn problems_of(words: &Words, kinds: &BTreeSet<ProblemKind>) -> String {
    words.problem_kinds(kinds).to_string()
}

/// What a person decided, in words.
pub(super) fn answer(decision: &Decision) -> String {
    match decision.answer {
        DecidedAnswer::Allowed { lasting: Lasting::ThisSession, .. } => {
            "Allowed until the app ends".to_owned()
        }
        DecidedAnswer::Allowed { until: None, .. } => "Allowed until the certificate changes".to_owned(),
        DecidedAnswer::Allowed { until: Some(_), .. } => "Allowed at the longest until".to_owned(),
        DecidedAnswer::Denied => "Denied".to_owned(),
        DecidedAnswer::NobodyToAsk => "Nobody to ask".to_owned(),
    }
}

pub(super) fn until(decision: &Decision) -> Option<OffsetDateTime> {
    match decision.answer {
        DecidedAnswer::Allowed { until, .. } => until,
        DecidedAnswer::Denied | DecidedAnswer::NobodyToAsk => None,
    }
}

/// What the person was asked, in words.
pub(super) fn asked(decision: &Decision) -> String {
    let question = match decision.question {
        DecidedQuestion::First => "first question",
        DecidedQuestion::Changed => "another certificate than before",
        DecidedQuestion::Worse => "more wrong than before",
    };
    match decision.asked {
        Asked::Dialog => format!("By the dialog: {question}"),
        Asked::CommandLine => format!("On the command line: {question}"),
        Asked::Announcement => "Nobody: this server had announced the certificate".to_owned(),
        Asked::RecoveryFile => "Nobody: a recovery file allows the certificate".to_owned(),
    }
}

fn allowed_by(certificate: &RememberedAtEndpoint) -> &'static str {
    match certificate.origin {
        PermissionOrigin::Person => "by the person",
        PermissionOrigin::Announcement => "as the one that was announced",
        PermissionOrigin::Profile => "by the profile",
        PermissionOrigin::RecoveryFile => "by a recovery file",
    }
}

fn lasting(certificate: &RememberedAtEndpoint) -> &'static str {
    match certificate.lasting {
        Lasting::Kept if certificate.until.is_none() => "until the certificate changes",
        Lasting::Kept => "until",
        Lasting::ThisSession => "until the app ends",
    }
}

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    id: InstanceUid,
) -> Result<EndpointPage, PageProblem> {
    let caller = &signed_in.caller;
    let endpoint = administration.endpoint(caller, id).await?;
    let words = Words::english();
    let problems = endpoint.certificate.as_ref().map_or(&[][..], |found| &found.report.assessment.problems);
    let decisions = administration.decisions(caller, id).await?;
    let remembered = administration.remembered_certificates(caller, id).await?;
    let history = administration.history(caller, id, 1, LATEST).await?;
    Ok(EndpointPage {
        frame: signed_in.frame(name_of(&endpoint), Section::Endpoints),
        problems: problems.iter().map(|problem| words.problem_summary(problem).to_string()).collect(),
        profile: administration.profile(caller, endpoint.profile_id()?).await.ok(),
        profiles: administration.profiles(caller).await?,
        groups: administration.groups_of(caller, id).await?,
        commands: administration.commands(caller, id).await?,
        decisions: decisions
            .decisions
            .into_iter()
            .map(|decision| (problems_of(&words, &decision.problems), decision))
            .collect(),
        remembered: remembered
            .certificates
            .into_iter()
            .map(|certificate| (problems_of(&words, &certificate.accepted), certificate))
            .collect(),
        reports: decisions.reported,
        history: told(administration, caller, history.rows).await?,
        endpoint,
    })
}

/// One endpoint.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<InstanceUid>,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, id).await?))
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
    let given = match fields.input() {
        Ok(input) => administration.give_command(&signed_in.caller, id, input).await,
        Err(problem) => Err(problem),
    };
    Ok(match given {
        Ok(_) => {
            let said = "The command was given. An endpoint that is not connected gets it when it comes back in time.";
            go_to(&address(id), done(said, Vec::new()))
        }
        Err(problem) => refused(&administration, &signed_in, id, &problem).await?,
    })
}

/// Takes a command back.
pub(super) async fn cancel_command(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path((id, command)): Path<(InstanceUid, Uuid)>,
) -> Result<Response, PageProblem> {
    let said = "The command is taken back. If it was sent already, the endpoint may have carried it out.";
    Ok(match administration.cancel_command(&signed_in.caller, id, command).await {
        Ok(()) => go_to(&address(id), done(said, Vec::new())),
        Err(problem) => go_to(&address(id), vec![Notice::wrong(problem.detail())]),
    })
}

/// Which certificate.
#[derive(Debug, Deserialize)]
pub(super) struct RevokeFields {
    fingerprint: Fingerprint,
}

/// Lets an endpoint forget what its person allowed.
pub(super) async fn revoke_remembered(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<InstanceUid>,
    Form(fields): Form<RevokeFields>,
) -> Result<Response, PageProblem> {
    let said = "The endpoint is told to forget it. The person is asked again when it connects.";
    Ok(match administration.revoke_remembered(&signed_in.caller, id, fields.fingerprint).await {
        Ok(_) => go_to(&address(id), done(said, Vec::new())),
        Err(problem) => go_to(&address(id), vec![Notice::wrong(problem.detail())]),
    })
}

async fn refused(
    administration: &Administration,
    signed_in: &SignedIn,
    id: InstanceUid,
    problem: &Problem,
) -> Result<Response, PageProblem> {
    let page = page(administration, signed_in, id).await?;
    let frame = page.frame.clone().with(Some(Notice::wrong(problem.detail())));
    Ok(show_with(problem.status(), &EndpointPage { frame, ..page }))
}

/// Gives an endpoint another profile, or lets its groups decide. What that would do is shown first.
pub(super) async fn assign_profile(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<InstanceUid>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    // Empty when the groups shall decide.
    let chosen = field(&fields, "profile_id");
    let chosen = if chosen.is_empty() {
        None
    } else {
        Some(chosen.parse().map_err(|_| Problem::unprocessable("Choose an endpoint profile."))?)
    };
    let question = Question {
        action: format!("{}/profile", address(id)),
        button: if chosen.is_some() { "Assign" } else { "Let the groups decide" },
        back: address(id),
    };
    let planned = || Ok(PlannedChange::Assignment { endpoint: id, profile_id: chosen });
    let frame = || signed_in.frame("Give the endpoint another profile", Section::Endpoints);
    if let Some(page) = foreseen::first(&administration, caller, frame, planned, &fields, question).await? {
        return Ok(page);
    }
    // Stands for what the page showed.
    let expected = fields.iter().find(|(name, _)| name == "shown").map(|(_, tag)| tag.as_str());
    let (changed, said) = match chosen {
        None => {
            (administration.release_profile(caller, id, expected).await, "The groups of the endpoint decide.")
        }
        Some(profile_id) => {
            let choice = ProfileChoice { profile_id };
            let changed = administration.assign_profile(caller, id, expected, &choice).await;
            (changed, "The endpoint has the other profile.")
        }
    };
    Ok(match changed {
        Ok(changed) => go_to(&address(id), done(said, changed.warnings)),
        Err(problem) => refused(&administration, &signed_in, id, &problem).await?,
    })
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
