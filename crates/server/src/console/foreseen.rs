//! What an action would lead to, shown before it is done. The form is sent again with what it held.

use askama::Template;
use axum::response::Response;

use super::frame::Frame;
use super::page::{pages, show as show_page};
use crate::administration::groups::WithEffect;
use crate::store::Intent;

/// The field that says that what would follow was seen.
const CONFIRMED: &str = "confirmed";

/// The fields of a form, in their order.
pub(super) type Fields = Vec<(String, String)>;

/// The first field of this name; empty when there is none.
pub(super) fn field<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.as_str())
}

/// Whether the form was sent from the page that shows what would follow.
pub(super) fn intent(fields: &Fields) -> Intent {
    if field(fields, CONFIRMED) == "yes" { Intent::CarryOut } else { Intent::Foresee }
}

#[derive(Template)]
#[template(path = "foreseen.html")]
struct ForeseenPage {
    frame: Frame,
    sentences: Vec<String>,
    warnings: Vec<String>,
    question: Question,
    fields: Fields,
}

pages!(ForeseenPage);

/// What would be done.
pub(super) struct Question {
    /// Where the form is sent.
    pub(super) action: String,
    pub(super) button: &'static str,
    /// Where the form is filled in.
    pub(super) back: String,
}

/// How many endpoints get which profile.
pub(super) fn sentences<T>(effect: &WithEffect<T>) -> Vec<String> {
    let each = effect.to_profiles.iter().map(|to| format!("{} “{}”", to.endpoints, to.name));
    let each = each.collect::<Vec<_>>().join(", ");
    match effect.reassigned {
        0 => Vec::new(),
        1 => vec![format!("1 endpoint gets another profile: {each}.")],
        number => vec![format!("{number} endpoints get another profile: {each}.")],
    }
}

/// Shows what would follow, and asks.
pub(super) fn ask<T>(
    frame: Frame,
    effect: WithEffect<T>,
    mut fields: Fields,
    question: Question,
) -> Response {
    fields.retain(|(name, _)| name != CONFIRMED);
    fields.push((CONFIRMED.to_owned(), "yes".to_owned()));
    let sentences = sentences(&effect);
    show_page(&ForeseenPage { frame, sentences, warnings: effect.warnings, question, fields })
}
