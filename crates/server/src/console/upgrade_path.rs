//! The recommended upgrade path, and where this installation stands on it.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::{Frame, Section};
use super::page::{PageProblem, pages, show as show_page};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::endpoint_control::first_version;
use crate::upgrade_path::{Part, PartState, Step};

#[derive(Template)]
#[template(path = "upgrade_path.html")]
struct UpgradePathPage {
    frame: Frame,
    steps: Vec<Step>,
    /// The first version of agents that validate certificates.
    first_version: String,
}

pages!(UpgradePathPage);

impl UpgradePathPage {
    fn is_complete(&self) -> bool {
        self.steps.iter().all(|step| step.state == PartState::Done)
    }

    /// Where it stands, in a sentence: how much is done of what has to be.
    fn progress(&self) -> String {
        let parts = self.steps.iter().flat_map(|step| &step.parts);
        let (mut done, mut all) = (0, 0);
        for part in parts.filter(|part| part.state != PartState::Optional) {
            all += 1;
            done += usize::from(part.state == PartState::Done);
        }
        format!("{done} of {all} parts are done.")
    }

    /// What can be done now.
    fn next(&self) -> Vec<&Part> {
        let parts = self.steps.iter().flat_map(|step| &step.parts);
        parts.filter(|part| part.state == PartState::Next).collect()
    }
}

fn state_word(state: &PartState) -> &'static str {
    match state {
        PartState::Done => "Done",
        PartState::Next => "Next",
        PartState::Blocked => "Not yet",
        PartState::Optional => "Optional",
    }
}

fn state_colour(state: &PartState) -> &'static str {
    match state {
        PartState::Done => "bg-green-lt",
        PartState::Next => "bg-blue-lt",
        PartState::Blocked => "bg-secondary-lt",
        PartState::Optional => "bg-azure-lt",
    }
}

/// The path.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    let path = administration.upgrade_path(&signed_in.caller).await?;
    let frame = signed_in.frame("Upgrade Path", Section::UpgradePath);
    Ok(show_page(&UpgradePathPage { frame, steps: path.steps, first_version: first_version() }))
}
