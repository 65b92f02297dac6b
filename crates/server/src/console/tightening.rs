//! Staged tightening of a profile: begun, followed, and taken in hand.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_trust::InvalidCertificateAction;
use serde::Deserialize;
use uuid::Uuid;

use super::foreseen::{self, Question};
use super::form::{Form, shown_revision, shown_tag};
use super::frame::{Frame, Notice, Section};
use super::moment::at;
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::profile::TABS;
use super::profiles::{ADDRESS, action_title};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::groups::GroupView;
use crate::administration::pre_flight::PlannedChange;
use crate::administration::profiles::ProfileView;
use crate::administration::tightenings::{
    TighteningInput, TighteningView, USUAL_HOLD, USUAL_RINGS, USUAL_THRESHOLD, USUAL_TRIAL, WHO_IS_CUT_OFF,
};
use crate::counted::endpoints;
use crate::people::Caller;
use crate::problem::Problem;
use crate::store::Intent;
use crate::tightening::TighteningState;

/// The ends of the addresses where a tightening is resumed and finished.
const RESUME: &str = "resume";
const FINISH: &str = "finish";

/// What the form holds.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    to_action: String,
    group: String,
    rings: String,
    hold_minutes: String,
    trial_minutes: String,
    threshold_percent: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            to_action: String::new(),
            group: String::new(),
            rings: USUAL_RINGS.map(|percent| percent.to_string()).join(", "),
            hold_minutes: USUAL_HOLD.to_string(),
            trial_minutes: USUAL_TRIAL.to_string(),
            threshold_percent: USUAL_THRESHOLD.to_string(),
        }
    }
}

impl Fields {
    fn input(&self, profile_id: Uuid) -> Result<TighteningInput, Problem> {
        let whole = |what: &str| Problem::unprocessable(format!("{what} must be a whole number."));
        let rings = self.rings.split([',', ' ', '%', '\u{a0}']).filter(|ring| !ring.is_empty());
        let rings: Result<Vec<u8>, _> = rings.map(str::parse).collect();
        Ok(TighteningInput {
            profile_id,
            group_id: match self.group.as_str() {
                "" => None,
                id => Some(id.parse().map_err(|_| Problem::unprocessable("Choose a group, or none."))?),
            },
            to_action: self.to_action.parse().map_err(|_| Problem::unprocessable("Choose Warn or Deny."))?,
            rings: rings.map_err(|_| {
                Problem::unprocessable("The rings must be growing per cents, for example 1, 10, 50, 100.")
            })?,
            hold_minutes: self.hold_minutes.trim().parse().map_err(|_| whole("The time of a ring"))?,
            trial_minutes: self.trial_minutes.trim().parse().map_err(|_| whole("The time of a trial"))?,
            threshold_percent: self.threshold_percent.trim().parse().map_err(|_| whole("The share"))?,
        })
    }
}

#[derive(Template)]
#[template(path = "profile_tightening.html")]
struct ProfileTighteningPage {
    frame: Frame,
    profile: ProfileView,
    /// Those that have the profile.
    groups: Vec<GroupView>,
    tightenings: Vec<TighteningView>,
    /// The actions that are stricter than that of the profile.
    stricter: Vec<InvalidCertificateAction>,
    fields: Fields,
}

#[derive(Template)]
#[template(path = "tightenings.html")]
struct TighteningsPage {
    frame: Frame,
    tightenings: Vec<(String, TighteningView)>,
}

pages!(ProfileTighteningPage, TighteningsPage);

impl ProfileTighteningPage {
    fn may_begin(&self) -> bool {
        let in_force = |state| matches!(state, TighteningState::Running | TighteningState::Halted);
        !self.stricter.is_empty() && !self.tightenings.iter().any(|tightening| in_force(tightening.state))
    }

    fn is_group(&self, group: &GroupView) -> bool {
        self.fields.group == group.id.to_string()
    }

    fn group_name(&self, tightening: &TighteningView) -> Option<String> {
        let id = tightening.group_id?;
        let found = self.groups.iter().find(|group| group.id == id);
        Some(found.map_or_else(|| id.to_string(), |group| group.name.clone()))
    }
}

fn title(action: &InvalidCertificateAction) -> &'static str {
    action_title(*action)
}

fn state_word(state: &TighteningState) -> &'static str {
    match state {
        TighteningState::Running => "Running",
        TighteningState::Halted => "Halted",
        TighteningState::SteppedBack => "Stepped back",
        TighteningState::Finished => "Finished",
    }
}

fn state_colour(state: &TighteningState) -> &'static str {
    match state {
        TighteningState::Running => "bg-blue-lt",
        TighteningState::Halted => "bg-orange-lt",
        TighteningState::SteppedBack => "bg-red-lt",
        TighteningState::Finished => "bg-green-lt",
    }
}

/// What can be done with it: the end of the address, the button, the question that comes first, and the kind of button.
fn moves(tightening: &TighteningView) -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    let halt = ("halt", "Halt", "", "btn");
    let step_back =
        ("step-back", "Step back", "Give all endpoints the former action again?", "btn btn-outline-danger");
    // What these would do to whom is shown first.
    let resume = (RESUME, "Resume", "", "btn btn-primary");
    let finish = (FINISH, "Finish", "", "btn");
    let last = tightening.ring == 100;
    match tightening.state {
        TighteningState::Running if last => vec![halt, finish, step_back],
        TighteningState::Running => vec![halt, step_back],
        TighteningState::Halted if last => vec![resume, finish, step_back],
        TighteningState::Halted => vec![resume, step_back],
        TighteningState::SteppedBack => vec![resume],
        TighteningState::Finished => Vec::new(),
    }
}

fn address(id: Uuid) -> String {
    format!("{ADDRESS}/{id}/tightening")
}

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    id: Uuid,
    fields: Fields,
) -> Result<ProfileTighteningPage, Problem> {
    let caller = &signed_in.caller;
    let profile = administration.profile(caller, id).await?;
    let mut groups = administration.groups(caller).await?;
    groups.retain(|group| group.profile_id == Some(id));
    let stricter = InvalidCertificateAction::ALL.into_iter();
    Ok(ProfileTighteningPage {
        frame: signed_in.frame(profile.name.clone(), Section::Profiles),
        tightenings: administration.tightenings(caller, Some(id)).await?,
        stricter: stricter.filter(|action| *action > profile.invalid_certificate_action).collect(),
        groups,
        profile,
        fields,
    })
}

/// The tightenings of a profile, and the form for another one.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, id, Fields::default()).await?))
}

/// Begins one, after showing what would become of the endpoints that it is about.
pub(super) async fn begin(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(form): Form<foreseen::Fields>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let fields: Fields = foreseen::typed(&form)?;
    let expected = shown_revision(foreseen::field(&form, "revision"));
    let begun = match ask_first_of_new(&administration, &signed_in, id, &fields, expected, &form).await {
        Ok(Some(page)) => return Ok(page),
        Ok(None) => match fields.input(id) {
            Ok(input) => administration.begin_tightening(caller, expected, input).await,
            Err(problem) => Err(problem),
        },
        Err(problem) => Err(problem),
    };
    Ok(match begun {
        Ok(begun) => {
            let said =
                format!("The tightening has begun with {}.", endpoints(begun.changed.endpoints.members));
            go_to(&address(id), done(said, begun.warnings))
        }
        Err(problem) => {
            let page = page(&administration, &signed_in, id, fields).await?;
            let frame = page.frame.clone().with(Some(Notice::wrong(problem.detail())));
            show_with(problem.status(), &ProfileTighteningPage { frame, ..page })
        }
    })
}

/// Shows what beginning one would lead to, once it is sure that it could be begun; nothing when that was seen, or concerns nobody.
async fn ask_first_of_new(
    administration: &Arc<Administration>,
    signed_in: &SignedIn,
    id: Uuid,
    fields: &Fields,
    expected: Option<u64>,
    form: &foreseen::Fields,
) -> Result<Option<Response>, Problem> {
    if foreseen::intent(form) == Intent::CarryOut {
        return Ok(None);
    }
    let input = fields.input(id)?;
    administration.check_tightening(&signed_in.caller, expected, &input).await?;
    let TighteningInput { profile_id, group_id, to_action, .. } = input;
    let planned = || Ok(PlannedChange::Tightening { profile_id, group_id, to_action });
    let frame = || signed_in.frame("Begin a staged tightening", Section::Profiles);
    let question = Question { action: address(id), button: "Begin", back: address(id) };
    foreseen::first(administration, &signed_in.caller, frame, planned, form, question).await
}

/// Halts, resumes, steps back or finishes; resumes and finishes after showing what would become of whom.
pub(super) async fn go(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path((id, tightening, step)): Path<(Uuid, Uuid, String)>,
    Form(form): Form<foreseen::Fields>,
) -> Result<Response, PageProblem> {
    let expected = shown_tag(foreseen::field(&form, "shown"));
    let made = match ask_first(&administration, &signed_in, (id, tightening), expected, &step, &form).await {
        Ok(Some(page)) => return Ok(page),
        Ok(None) => make(&administration, &signed_in.caller, tightening, expected, &step).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(said) => Ok(go_to(&address(id), done(said, Vec::new()))),
        Err(problem) => {
            let page = page(&administration, &signed_in, id, Fields::default()).await?;
            let frame = page.frame.clone().with(Some(Notice::wrong(problem.detail())));
            Ok(show_with(problem.status(), &ProfileTighteningPage { frame, ..page }))
        }
    }
}

/// Shows what a move would lead to that gives endpoints the stricter action; nothing when that was seen, or concerns nobody.
async fn ask_first(
    administration: &Arc<Administration>,
    signed_in: &SignedIn,
    (id, tightening_id): (Uuid, Uuid),
    expected: Option<&str>,
    step: &str,
    form: &foreseen::Fields,
) -> Result<Option<Response>, Problem> {
    let caller = &signed_in.caller;
    let (title, button, change) = match step {
        RESUME => {
            ("Resume a staged tightening", "Resume", PlannedChange::ResumedTightening { tightening_id })
        }
        FINISH => {
            ("Finish a staged tightening", "Finish", PlannedChange::FinishedTightening { tightening_id })
        }
        _ => return Ok(None),
    };
    // Whoever was not shown where it is now is refused, and need not be told what would follow.
    if let Some(expected) = expected
        && administration.tightening(caller, tightening_id).await?.tag != expected
    {
        return Ok(None);
    }
    let question =
        Question { action: format!("{}/{tightening_id}/{step}", address(id)), button, back: address(id) };
    let frame = || signed_in.frame(title, Section::Profiles);
    foreseen::first(administration, caller, frame, || Ok(change), form, question).await
}

/// Makes a move, and returns what is to be said of it.
async fn make(
    administration: &Administration,
    caller: &Caller,
    id: Uuid,
    expected: Option<&str>,
    step: &str,
) -> Result<String, Problem> {
    Ok(match step {
        "halt" => {
            administration.halt_tightening(caller, id, expected).await?;
            "The tightening is halted. The endpoints of its rings keep the stricter action.".to_owned()
        }
        RESUME => {
            administration.resume_tightening(caller, id, expected).await?;
            "The tightening goes on.".to_owned()
        }
        "step-back" => {
            administration.step_tightening_back(caller, id, expected).await?;
            format!("All endpoints that can be reached get the former action again. {WHO_IS_CUT_OFF}")
        }
        FINISH => {
            administration.finish_tightening(caller, id, expected).await?;
            "The tightening is finished: the stricter action is that of the profile.".to_owned()
        }
        _ => return Err(Problem::not_found("There is nothing at this address.")),
    })
}

/// The tightenings of all profiles.
pub(super) async fn show_all(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let profiles = administration.profiles(caller).await?;
    let name = |id: Uuid| {
        let found = profiles.iter().find(|profile| profile.id == id);
        found.map_or_else(|| id.to_string(), |profile| profile.name.clone())
    };
    let tightenings = administration.tightenings(caller, None).await?;
    Ok(show_page(&TighteningsPage {
        frame: signed_in.frame("Staged Tightening", Section::Tightenings),
        tightenings: tightenings
            .into_iter()
            .map(|tightening| (name(tightening.profile_id), tightening))
            .collect(),
    }))
}
