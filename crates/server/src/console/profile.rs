//! One endpoint profile, in tabs.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use countersign_protocol::ProxyFallback;
use countersign_trust::{InvalidCertificateAction, RememberLimit};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::foreseen::{self, Question};
use super::form::{Form, Shown, shown_revision};
use super::frame::{Frame, Notice, Section};
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::profiles::ADDRESS;
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::pre_flight::PlannedChange;
use crate::administration::profiles::{ProfileInput, ProfileView};
use crate::problem::Problem;

pub(super) const TABS: [(&str, &str); 3] =
    [("system-settings", "System Settings"), ("general", "General"), ("connection", "Connection")];

const ACTION_CHOICES: [(&str, &str, &str); 3] = [
    ("allow", "Allow", "Endpoints connect, whatever is wrong with the certificate. Meant for an upgrade."),
    ("warn", "Warn", "The person is asked, and what they allow is remembered."),
    ("deny", "Deny", "Endpoints do not connect when they find the certificate not valid."),
];

const LONGEST: [(&str, &str); 3] = [
    ("until_changed", "Until the certificate changes"),
    ("days", "For the number of days below"),
    ("session", "Until the app ends"),
];

/// Which tab.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tab {
    tab: String,
}

impl Tab {
    fn code(&self) -> &'static str {
        let found = TABS.into_iter().find(|(code, _)| *code == self.tab);
        found.map_or(TABS[0].0, |(code, _)| code)
    }
}

/// What the tab sent: the fields of one tab only.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    revision: String,
    name: Option<String>,
    invalid_certificate_action: Option<String>,
    remember_longest: Option<String>,
    remember_days: Option<String>,
    heartbeat_seconds: Option<String>,
    proxy_fallback: Option<String>,
    proxy_fallback_direct: Option<String>,
}

/// What the fields show.
struct Fields {
    name: String,
    action: String,
    longest: String,
    days: String,
    heartbeat: String,
    direct: bool,
}

impl Fields {
    fn of(profile: &ProfileView) -> Self {
        Self {
            name: profile.name.clone(),
            action: profile.invalid_certificate_action.to_string(),
            longest: word(&profile.remember.longest),
            days: profile.remember.days.to_string(),
            heartbeat: profile.heartbeat_seconds.to_string(),
            direct: profile.proxy_fallback == ProxyFallback::Direct,
        }
    }

    fn overlaid(mut self, sent: &Sent) -> Self {
        let overlay = |field: &mut String, sent: &Option<String>| {
            if let Some(sent) = sent {
                field.clone_from(sent);
            }
        };
        overlay(&mut self.name, &sent.name);
        overlay(&mut self.action, &sent.invalid_certificate_action);
        overlay(&mut self.longest, &sent.remember_longest);
        overlay(&mut self.days, &sent.remember_days);
        overlay(&mut self.heartbeat, &sent.heartbeat_seconds);
        if sent.proxy_fallback.is_some() {
            self.direct = sent.proxy_fallback_direct.is_some();
        }
        self
    }

    fn input(&self, mut input: ProfileInput) -> Result<ProfileInput, Problem> {
        let whole = |what: &str| Problem::unprocessable(format!("{what} must be a whole number."));
        input.name.clone_from(&self.name);
        input.invalid_certificate_action =
            self.action.parse().map_err(|_| Problem::unprocessable("Choose Allow, Warn or Deny."))?;
        input.remember.longest = longest(&self.longest)?;
        input.remember.days = self.days.trim().parse().map_err(|_| whole("The number of days"))?;
        input.heartbeat_seconds = self.heartbeat.trim().parse().map_err(|_| whole("The heartbeat"))?;
        input.proxy_fallback = if self.direct { ProxyFallback::Direct } else { ProxyFallback::None };
        Ok(input)
    }
}

/// The word that stands for a choice in documents.
fn word(choice: &impl Serialize) -> String {
    serde_json::to_value(choice).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn longest(code: &str) -> Result<RememberLimit, Problem> {
    serde_json::from_value(code.into())
        .map_err(|_| Problem::unprocessable("Choose how long people may allow."))
}

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    frame: Frame,
    profile: ProfileView,
    fields: Fields,
    /// The revision that the form was filled in from.
    revision: String,
    tab: &'static str,
    early: Vec<(InvalidCertificateAction, Vec<String>)>,
}

pages!(ProfilePage);

impl ProfilePage {
    /// What an action that the profile has not would do now that the upgrade path prevents.
    fn too_early(&self, code: &str) -> &[String] {
        let other =
            self.early.iter().filter(|(action, _)| *action != self.profile.invalid_certificate_action);
        let found = other.into_iter().find(|(action, _)| action.as_str() == code);
        found.map_or(&[], |(_, sentences)| sentences)
    }
}

/// What each action would do now.
async fn early(
    administration: &Administration,
    signed_in: &SignedIn,
) -> Result<Vec<(InvalidCertificateAction, Vec<String>)>, Problem> {
    let mut found = Vec::new();
    for action in InvalidCertificateAction::ALL {
        found.push((action, administration.too_early_for(&signed_in.caller, action).await?));
    }
    Ok(found)
}

fn frame(signed_in: &SignedIn, profile: &ProfileView) -> Frame {
    signed_in.frame(profile.name.clone(), Section::Profiles)
}

/// A profile.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Query(tab): Query<Tab>,
) -> Result<Response, PageProblem> {
    let profile = administration.profile(&signed_in.caller, id).await?;
    Ok(show_page(&page(&administration, &signed_in, profile, tab.code()).await?))
}

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    profile: ProfileView,
    tab: &'static str,
) -> Result<ProfilePage, Problem> {
    Ok(ProfilePage {
        frame: frame(signed_in, &profile),
        fields: Fields::of(&profile),
        revision: profile.revision.to_string(),
        profile,
        tab,
        early: early(administration, signed_in).await?,
    })
}

/// Saves what one tab shows; what the others show stays.
pub(super) async fn change(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Query(tab): Query<Tab>,
    Form(form): Form<foreseen::Fields>,
) -> Result<Response, PageProblem> {
    let (caller, tab) = (&signed_in.caller, tab.code());
    let sent: Sent = foreseen::typed(&form)?;
    let profile = administration.profile(caller, id).await?;
    let fields = Fields::of(&profile).overlaid(&sent);
    let frame = frame(&signed_in, &profile);
    let address = format!("{ADDRESS}/{id}?tab={tab}");
    let question = Question { action: address.clone(), button: "Save", back: address.clone() };
    let input = || fields.input(ProfileInput::from(profile.clone()));
    let planned = || Ok(PlannedChange::Profile { profile_id: id, profile: input()? });
    let expected: Option<u64> = sent.revision.parse().ok();
    // Whoever was not shown the present one is refused, and need not be told what would follow.
    let page = if expected.is_none_or(|expected| expected == profile.revision) {
        foreseen::first(&administration, caller, || frame.clone(), planned, &form, question).await
    } else {
        Ok(None)
    };
    let saved = match page {
        Ok(Some(page)) => return Ok(page),
        Ok(None) => match input() {
            Ok(input) => administration.change_profile(caller, id, expected, input).await,
            Err(problem) => Err(problem),
        },
        Err(problem) => Err(problem),
    };
    Ok(match saved {
        Ok(saved) => {
            let said =
                "The profile is saved. Connected endpoints get it at once, the others when they connect.";
            go_to(&address, done(said, saved.warnings))
        }
        Err(problem) => {
            let frame = frame.with(Some(Notice::wrong(problem.detail())));
            let early = early(&administration, &signed_in).await?;
            let page = ProfilePage { frame, fields, revision: sent.revision, profile, tab, early };
            show_with(problem.status(), &page)
        }
    })
}

/// Makes another profile with the same content.
pub(super) async fn clone(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, PageProblem> {
    let made = administration.clone_profile(&signed_in.caller, id).await?;
    let said = format!("“{}” is made. Give it a name of its own.", made.name);
    Ok(go_to(&format!("{ADDRESS}/{}?tab=general", made.id), done(said, Vec::new())))
}

/// Removes a profile.
pub(super) async fn remove(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(shown): Form<Shown>,
) -> Result<Response, PageProblem> {
    match administration.remove_profile(&signed_in.caller, id, shown_revision(&shown.revision)).await {
        Ok(()) => Ok(go_to(ADDRESS, done("The profile is removed.", Vec::new()))),
        Err(problem) => {
            let profile = administration.profile(&signed_in.caller, id).await?;
            let page = page(&administration, &signed_in, profile, Tab::default().code()).await?;
            let frame = page.frame.clone().with(Some(Notice::wrong(problem.detail())));
            Ok(show_with(problem.status(), &ProfilePage { frame, ..page }))
        }
    }
}
