//! One endpoint group: what it says, and who belongs to it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use countersign_protocol::InstanceUid;
use uuid::Uuid;

use super::commands::{CommandFields, VALIDITIES, batch_title};
use super::endpoints::name_of;
use super::foreseen::{Fields, Question, ask, field, intent};
use super::form::{Form, shown_revision};
use super::frame::{Frame, Notice, Section};
use super::groups::ADDRESS;
use super::moment::at;
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::commands::BatchView;
use crate::administration::endpoints::EndpointView;
use crate::administration::groups::{GroupInput, GroupView, WithEffect};
use crate::administration::profiles::ProfileView;
use crate::counted::endpoints;
use crate::endpoint_rule::EndpointRule;
use crate::people::Caller;
use crate::problem::Problem;
use crate::store::{EndpointFilter, EndpointQuery, Intent};

/// So many members are listed; the list of endpoints shows all.
const LISTED_MEMBERS: u64 = 100;

/// What the fields show.
#[derive(Default)]
struct Shown {
    name: String,
    precedence: String,
    by_rule: bool,
    host_name: String,
    os: String,
    addresses: String,
    version_from: String,
    version_below: String,
    profile: String,
}

impl Shown {
    fn of(group: &GroupView) -> Self {
        let rule = group.rule.clone().unwrap_or_default();
        Self {
            name: group.name.clone(),
            precedence: group.precedence.to_string(),
            by_rule: group.rule.is_some(),
            host_name: rule.host_name.unwrap_or_default(),
            os: rule.os.unwrap_or_default(),
            addresses: rule.addresses.join(", "),
            version_from: rule.agent_version_from.unwrap_or_default(),
            version_below: rule.agent_version_below.unwrap_or_default(),
            profile: group.profile_id.map(|id| id.to_string()).unwrap_or_default(),
        }
    }

    fn sent(fields: &Fields) -> Self {
        let text = |name| field(fields, name).to_owned();
        Self {
            name: text("name"),
            precedence: text("precedence"),
            by_rule: field(fields, "membership") == "rule",
            host_name: text("host_name"),
            os: text("os"),
            addresses: text("addresses"),
            version_from: text("version_from"),
            version_below: text("version_below"),
            profile: text("profile"),
        }
    }

    fn input(&self) -> Result<GroupInput, Problem> {
        let precedence = self.precedence.trim().parse();
        let addresses = self.addresses.split([',', ' ', '\n', '\r']).map(str::to_owned);
        Ok(GroupInput {
            name: self.name.clone(),
            precedence: Some(
                precedence.map_err(|_| Problem::unprocessable("The precedence must be a whole number."))?,
            ),
            rule: self.by_rule.then(|| EndpointRule {
                host_name: Some(self.host_name.clone()),
                os: Some(self.os.clone()),
                addresses: addresses.collect(),
                agent_version_from: Some(self.version_from.clone()),
                agent_version_below: Some(self.version_below.clone()),
            }),
            profile_id: match self.profile.as_str() {
                "" => None,
                id => Some(id.parse().map_err(|_| Problem::unprocessable("Choose a profile, or none."))?),
            },
        })
    }
}

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    frame: Frame,
    group: GroupView,
    shown: Shown,
    /// The revision that the form was filled in from.
    revision: String,
    profiles: Vec<ProfileView>,
    members: Vec<EndpointView>,
    commands: Vec<BatchView>,
    /// What somebody wrote who wanted to add endpoints.
    endpoints: String,
}

pages!(GroupPage);

impl GroupPage {
    fn members_in_words(&self) -> String {
        endpoints(self.group.members)
    }

    fn is_profile(&self, profile: &ProfileView) -> bool {
        self.shown.profile == profile.id.to_string()
    }
}

async fn page(administration: &Administration, signed_in: &SignedIn, id: Uuid) -> Result<GroupPage, Problem> {
    let caller = &signed_in.caller;
    let group = administration.group(caller, id).await?;
    let query = EndpointQuery {
        filter: EndpointFilter { group: Some(id), ..EndpointFilter::default() },
        size: LISTED_MEMBERS,
        ..EndpointQuery::default()
    };
    Ok(GroupPage {
        frame: signed_in.frame(group.name.clone(), Section::Groups),
        shown: Shown::of(&group),
        revision: group.revision.to_string(),
        group,
        profiles: administration.profiles(caller).await?,
        members: administration.endpoints(caller, &query).await?.rows,
        commands: administration.group_commands(caller, id).await?,
        endpoints: String::new(),
    })
}

/// A group.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, id).await?))
}

fn address(id: Uuid) -> String {
    format!("{ADDRESS}/{id}")
}

/// Says what was done, with what follows from it.
fn told<T>(said: &str, effect: WithEffect<T>) -> Vec<Notice> {
    let mut warnings = effect.sentences();
    warnings.extend(effect.warnings);
    done(said, warnings)
}

/// Gives all endpoints of a group a command.
pub(super) async fn command(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<CommandFields>,
) -> Result<Response, PageProblem> {
    let given = match fields.input() {
        Ok(input) => administration.give_group_command(&signed_in.caller, id, input).await,
        Err(problem) => Err(problem),
    };
    Ok(match given {
        Ok(batch) => {
            let said = format!(
                "The command was given to {}. Who is not connected gets it when coming back in time.",
                endpoints(batch.waiting)
            );
            let left_out = match batch.left_out {
                0 => None,
                number => Some(format!("Left out, because they do not take it: {}.", endpoints(number))),
            };
            go_to(&address(id), done(said, left_out.into_iter().collect()))
        }
        Err(problem) => {
            let page = page(&administration, &signed_in, id).await?;
            let frame = page.frame.clone().with(Some(Notice::wrong(problem.detail())));
            show_with(problem.status(), &GroupPage { frame, ..page })
        }
    })
}

/// Saves a group. When endpoints would get another profile, that is shown first.
pub(super) async fn change(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let shown = Shown::sent(&fields);
    let revision = field(&fields, "revision").to_owned();
    let expected = revision.parse().ok();
    let caller = &signed_in.caller;
    let change =
        async |intent| administration.change_group(caller, id, expected, shown.input()?, intent).await;
    let foreseen = change(intent(&fields)).await;
    let changed = match foreseen {
        Ok(effect) if intent(&fields) == Intent::Foresee => {
            if effect.reassigned > 0 {
                let frame = signed_in.frame(format!("Save {}", effect.changed.name), Section::Groups);
                let question = Question { action: address(id), button: "Save", back: address(id) };
                return ask(&administration, caller, frame, effect, fields, question).await;
            }
            change(Intent::CarryOut).await
        }
        other => other,
    };
    Ok(match changed {
        Ok(effect) => go_to(&address(id), told("The group is saved.", effect)),
        Err(problem) => {
            let page = page(&administration, &signed_in, id).await?;
            let frame = page.frame.clone().with(Some(Notice::wrong(problem.detail())));
            show_with(problem.status(), &GroupPage { frame, shown, revision, ..page })
        }
    })
}

/// Removes a group. When endpoints would get another profile, that is shown first.
pub(super) async fn remove(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let expected = shown_revision(field(&fields, "revision"));
    let remove = async |intent| administration.remove_group(caller, id, expected, intent).await;
    let removed = match remove(intent(&fields)).await {
        Ok(effect) if intent(&fields) == Intent::Foresee => {
            if effect.reassigned > 0 {
                let frame = signed_in.frame("Remove the group", Section::Groups);
                let question = Question {
                    action: format!("{}/remove", address(id)),
                    button: "Remove",
                    back: address(id),
                };
                return ask(&administration, caller, frame, effect, fields, question).await;
            }
            remove(Intent::CarryOut).await
        }
        other => other,
    };
    match removed {
        Ok(effect) => Ok(go_to(ADDRESS, told("The group is removed.", effect))),
        Err(problem) => refused(&administration, &signed_in, id, problem, String::new()).await,
    }
}

/// The group as it is now, with why something was not done.
async fn refused(
    administration: &Administration,
    signed_in: &SignedIn,
    id: Uuid,
    problem: Problem,
    endpoints: String,
) -> Result<Response, PageProblem> {
    // What is not there has no page: a page of its own says so.
    let conflicts = [StatusCode::PRECONDITION_FAILED, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT];
    if !conflicts.contains(&problem.status()) {
        return Err(problem.into());
    }
    let page = page(administration, signed_in, id).await?;
    let frame = page.frame.clone().with(Some(Notice::wrong(problem.detail())));
    Ok(show_with(problem.status(), &GroupPage { frame, endpoints, ..page }))
}

async fn add(
    administration: &Administration,
    caller: &Caller,
    id: Uuid,
    fields: &Fields,
    intent: Intent,
) -> Result<WithEffect<crate::administration::groups::Added>, Problem> {
    let text = field(fields, "endpoints");
    let names: Vec<&str> = text.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty()).collect();
    let endpoints = administration.named_endpoints(caller, &names).await?;
    let expected = shown_revision(field(fields, "revision"));
    administration.add_group_members(caller, id, expected, &endpoints, intent).await
}

/// Adds endpoints to a group. When they would get another profile, that is shown first.
pub(super) async fn add_members(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let added = match add(&administration, caller, id, &fields, intent(&fields)).await {
        Ok(effect) if intent(&fields) == Intent::Foresee => {
            if effect.reassigned > 0 {
                let frame = signed_in.frame("Add endpoints", Section::Groups);
                let question =
                    Question { action: format!("{}/members", address(id)), button: "Add", back: address(id) };
                return ask(&administration, caller, frame, effect, fields, question).await;
            }
            add(&administration, caller, id, &fields, Intent::CarryOut).await
        }
        other => other,
    };
    match added {
        Ok(effect) => {
            let said = match effect.changed.added {
                0 => "All of them belong to the group already.".to_owned(),
                1 => "1 endpoint is added.".to_owned(),
                number => format!("{number} endpoints are added."),
            };
            Ok(go_to(&address(id), told(&said, effect)))
        }
        Err(problem) => {
            let endpoints = field(&fields, "endpoints").to_owned();
            refused(&administration, &signed_in, id, problem, endpoints).await
        }
    }
}

/// Takes an endpoint out of a group. When it would get another profile, that is shown first.
pub(super) async fn remove_member(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path((id, endpoint)): Path<(Uuid, InstanceUid)>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let expected = shown_revision(field(&fields, "revision"));
    let remove =
        async |intent| administration.remove_group_member(caller, id, expected, endpoint, intent).await;
    let removed = match remove(intent(&fields)).await {
        Ok(effect) if intent(&fields) == Intent::Foresee => {
            if effect.reassigned > 0 {
                let frame = signed_in.frame("Take an endpoint out of the group", Section::Groups);
                let action = format!("{}/members/{endpoint}/remove", address(id));
                let question = Question { action, button: "Take out", back: address(id) };
                return ask(&administration, caller, frame, effect, fields, question).await;
            }
            remove(Intent::CarryOut).await
        }
        other => other,
    };
    match removed {
        Ok(effect) => Ok(go_to(&address(id), told("The endpoint is taken out of the group.", effect))),
        Err(problem) => refused(&administration, &signed_in, id, problem, String::new()).await,
    }
}
