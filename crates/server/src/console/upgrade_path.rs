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

    /// How many parts there are in each state that any is in.
    fn progress(&self) -> String {
        let states = [PartState::Done, PartState::Next, PartState::Blocked, PartState::Optional];
        let parts = || self.steps.iter().flat_map(|step| &step.parts);
        let number = |state| parts().filter(|part| part.state == state).count();
        let counted =
            states.into_iter().map(|state| (state, number(state))).filter(|(_, number)| *number > 0);
        let each = counted.map(|(state, number)| format!("{}: {number}", state_word(&state)));
        each.collect::<Vec<_>>().join(", ")
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
