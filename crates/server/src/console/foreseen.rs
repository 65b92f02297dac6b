//! What an action would lead to, shown before it is done: what would become of which endpoints, and why. The form is sent again
//! with what it held.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::frame::Frame;
use super::moment::at_or_never;
use super::page::{PageProblem, pages, show as show_page};
use crate::administration::Administration;
use crate::administration::groups::WithEffect;
use crate::administration::pre_flight::{
    EndpointForecast, ForecastQuery, PlannedChange, PreFlight, outcome_title, summary,
};
use crate::forecast::Outcome;
use crate::people::Caller;
use crate::problem::Problem;
use crate::store::Intent;

/// The field that says that what would follow was seen.
const SEEN: &str = "seen";
/// The fields by which another part of the list is shown.
const OUTCOME: &str = "foreseen_outcome";
const PAGE: &str = "foreseen_page";
/// Rows of a page.
const ROWS: u64 = 50;

/// The fields of a form, in their order.
pub(super) type Fields = Vec<(String, String)>;

/// The first field of this name; empty when there is none.
pub(super) fn field<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.as_str())
}

/// The fields as something that is read from them; what it does not know is passed over.
pub(super) fn typed<T: DeserializeOwned>(fields: &Fields) -> Result<T, Problem> {
    let object = fields.iter().map(|(name, value)| (name.clone(), Value::String(value.clone())));
    serde_json::from_value(Value::Object(object.collect()))
        .map_err(|error| Problem::unprocessable(format!("The form cannot be read: {error}.")))
}

/// Whether the form was sent from the page that shows what would follow.
pub(super) fn intent(fields: &Fields) -> Intent {
    if field(fields, SEEN) == "yes" { Intent::CarryOut } else { Intent::Foresee }
}

/// Which part of the list is shown.
fn query(fields: &Fields) -> ForecastQuery {
    ForecastQuery {
        outcome: Outcome::of_code(field(fields, OUTCOME)),
        page: field(fields, PAGE).parse().unwrap_or(1),
        size: ROWS,
    }
}

#[derive(Template)]
#[template(path = "foreseen.html")]
struct ForeseenPage {
    frame: Frame,
    sentences: Vec<String>,
    warnings: Vec<String>,
    found: PreFlight,
    question: Question,
    fields: Fields,
}

pages!(ForeseenPage);

impl ForeseenPage {
    /// Each outcome, with how many endpoints have it.
    fn outcomes(&self) -> Vec<(Outcome, u64)> {
        Outcome::ALL.map(|outcome| (outcome, self.found.counts.of(outcome))).to_vec()
    }

    fn is_listed(&self, outcome: &Outcome) -> bool {
        self.found.listed == *outcome
    }

    fn previous(&self) -> Option<u64> {
        (self.found.page > 1).then(|| self.found.page - 1)
    }

    fn next(&self) -> Option<u64> {
        (self.found.page < self.found.pages).then(|| self.found.page + 1)
    }
}

fn name_of(endpoint: &EndpointForecast) -> &str {
    if endpoint.host_name.is_empty() { &endpoint.id } else { &endpoint.host_name }
}

fn title(outcome: &Outcome) -> &'static str {
    outcome_title(*outcome)
}

/// What would be done.
pub(super) struct Question {
    /// Where the form is sent.
    pub(super) action: String,
    pub(super) button: &'static str,
    /// Where the form is filled in.
    pub(super) back: String,
}

/// Shows what would follow, and asks; nothing when that was seen, or no endpoint is concerned.
pub(super) async fn first(
    administration: &Arc<Administration>,
    caller: &Caller,
    frame: impl FnOnce() -> Frame,
    change: impl FnOnce() -> Result<PlannedChange, Problem>,
    fields: &Fields,
    question: Question,
) -> Result<Option<Response>, Problem> {
    if intent(fields) == Intent::CarryOut {
        return Ok(None);
    }
    let found = administration.pre_flight(caller, change()?, &query(fields)).await?;
    Ok((found.endpoints > 0).then(|| shown(frame(), found, Vec::new(), Vec::new(), fields.clone(), question)))
}

/// Shows what would follow from giving endpoints other profiles, and asks.
pub(super) async fn ask<T>(
    administration: &Arc<Administration>,
    caller: &Caller,
    frame: Frame,
    effect: WithEffect<T>,
    fields: Fields,
    question: Question,
) -> Result<Response, PageProblem> {
    let sentences = effect.sentences();
    let found = administration.pre_flight_of_moves(caller, effect.moves, &query(&fields)).await?;
    Ok(shown(frame, found, sentences, effect.warnings, fields, question))
}

fn shown(
    frame: Frame,
    found: PreFlight,
    moves: Vec<String>,
    warnings: Vec<String>,
    mut fields: Fields,
    question: Question,
) -> Response {
    fields.retain(|(name, _)| ![SEEN, OUTCOME, PAGE].contains(&name.as_str()));
    // What the figures are about comes before them.
    let mut sentences = [found.about.clone(), moves].concat();
    sentences.push(summary(found.counts));
    sentences.extend(found.remarks.iter().cloned());
    show_page(&ForeseenPage { frame, sentences, warnings, found, question, fields })
}
