//! The status as the status window shows it: words and labelled facts. Pure.

use std::collections::BTreeSet;

use countersign_agent::{ConnectionState, Status};
use countersign_trust::{Fingerprint, InvalidCertificateAction, Problem, display_text};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::SessionTrust;
use crate::action::{Action, offered};
use crate::tray::symbol::Symbol;
use crate::words;

/// What the window shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatusView {
    /// The shape that tells the state.
    pub shape: Symbol,
    /// The state in words.
    pub headline: String,
    /// What it means, in whole sentences. May be empty.
    pub explanation: String,
    /// Since when the state lasts (RFC 3339).
    pub since: String,
    /// What can be done now.
    pub actions: BTreeSet<Action>,
    /// Facts about the connection.
    pub connection: Vec<Fact>,
    /// Whether and why the certificate is trusted.
    pub certificate_trust: String,
    /// What is wrong with the certificate.
    pub problems: Vec<ProblemView>,
    /// Facts about the certificate.
    pub certificate: Vec<Fact>,
    /// Facts about the endpoint profile.
    pub profile: Vec<Fact>,
    /// Facts about the licence.
    pub licence: Vec<Fact>,
    /// Facts about this program.
    pub about: Vec<Fact>,
}

/// A labelled value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What the value is.
    pub label: &'static str,
    /// How the window shows the value.
    pub kind: FactKind,
    /// The value. Plain text.
    pub value: String,
}

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FactKind {
    /// As it is.
    Text,
    /// A moment (RFC 3339), in the manner and the time zone of the desktop.
    Moment,
    /// Pairs of digits, in letters of equal width.
    Fingerprint,
}

/// A problem in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemView {
    /// What is wrong.
    pub summary: String,
    /// What it means for the person.
    pub meaning: String,
}

impl StatusView {
    /// The view of a status.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        let problems =
            status.assessment.as_ref().map_or(&[][..], |assessment| assessment.problems.as_slice());
        Self {
            shape: Symbol::of(status),
            headline: words::headline(status),
            explanation: words::explanation(status),
            since: moment(status.since),
            actions: offered(status),
            connection: connection(status),
            certificate_trust: certificate_trust(status),
            problems: problems.iter().map(ProblemView::of).collect(),
            certificate: certificate(status),
            profile: profile(status),
            licence: licence(status),
            about: about(status),
        }
    }
}

impl ProblemView {
    fn of(problem: &Problem) -> Self {
        Self { summary: problem.summary(), meaning: problem.meaning() }
    }
}

impl Fact {
    fn text(label: &'static str, value: impl Into<String>) -> Self {
        Self { label, kind: FactKind::Text, value: value.into() }
    }

    fn moment(label: &'static str, value: OffsetDateTime) -> Self {
        Self { label, kind: FactKind::Moment, value: moment(value) }
    }

    fn fingerprint(label: &'static str, value: &Fingerprint) -> Self {
        Self { label, kind: FactKind::Fingerprint, value: value.to_string() }
    }
}

fn moment(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_else(|_| moment.to_string())
}

fn connection(status: &Status) -> Vec<Fact> {
    let mut facts = vec![match &status.server {
        Some(server) => Fact::text("Management server", server.to_string()),
        None => Fact::text("Management server", "none is set up"),
    }];
    facts.push(match status.last_contact {
        Some(last_contact) => Fact::moment("Last contact", last_contact),
        None => Fact::text("Last contact", "none yet"),
    });
    if let Some(next_attempt) = status.next_attempt {
        facts.push(Fact::moment("Next attempt", next_attempt));
    }
    facts
}

/// How the certificate of the server is trusted.
fn certificate_trust(status: &Status) -> String {
    let Some(assessment) = &status.assessment else {
        return "No certificate has been seen yet.".to_owned();
    };
    if assessment.is_valid() {
        return "The certificate is valid: it is for this server, has not expired, and comes from an issuer that this \
                computer trusts."
            .to_owned();
    }
    match (&status.state, status.trust) {
        (ConnectionState::Connected, Some(SessionTrust::Remembered)) => {
            "The certificate is not valid. You allowed it for this server, and it has not changed since."
        }
        (ConnectionState::Connected, Some(SessionTrust::Identified)) => {
            "The certificate is not valid. Your administrator permits the connection all the same, and the server has \
             proved its identity in another way."
        }
        (ConnectionState::Connected, Some(SessionTrust::Unverified | SessionTrust::Valid) | None) => {
            "The certificate is not valid. Your administrator permits the connection all the same. The server has not \
             proved who it is, so it may only make the rules stricter."
        }
        (
            ConnectionState::AwaitingDecision
            | ConnectionState::Refused { .. }
            | ConnectionState::Disconnected
            | ConnectionState::Connecting
            | ConnectionState::BackingOff { .. },
            _,
        ) => "The certificate is not valid.",
    }
    .to_owned()
}

fn certificate(status: &Status) -> Vec<Fact> {
    let Some(assessment) = &status.assessment else { return Vec::new() };
    let mut facts = Vec::new();
    if let Some(certificate) = &assessment.certificate {
        facts.push(Fact::text("Issued to", display_text(&certificate.subject)));
        facts.push(Fact::text("Issued by", display_text(&certificate.issuer)));
        facts.push(Fact::moment("Valid from", certificate.not_before));
        facts.push(Fact::moment("Valid until", certificate.not_after));
    }
    if let Some(fingerprint) = &assessment.fingerprint {
        facts.push(Fact::fingerprint("Fingerprint (SHA-256)", fingerprint));
    }
    facts
}

/// What an invalid certificate action means for the person.
fn action_in_words(action: InvalidCertificateAction) -> &'static str {
    match action {
        InvalidCertificateAction::Allow => "Allow: connect all the same",
        InvalidCertificateAction::Warn => "Warn: ask the person at the desk",
        InvalidCertificateAction::Deny => "Deny: do not connect",
    }
}

fn profile(status: &Status) -> Vec<Fact> {
    let profile = &status.profile;
    let mut facts = vec![match (&profile.name, profile.revision) {
        (Some(name), Some(revision)) => {
            Fact::text("Profile", format!("{}, revision {revision}", display_text(name)))
        }
        (Some(name), None) => Fact::text("Profile", display_text(name)),
        (None, _) => Fact::text("Profile", "none received yet; the settings of this computer apply"),
    }];
    facts.push(Fact::text("Invalid certificate action", action_in_words(profile.action)));
    facts
}

fn licence(status: &Status) -> Vec<Fact> {
    let Some(licence) = &status.licence else {
        return vec![Fact::text("Licence", "none received yet")];
    };
    let kind = if licence.evaluation { "evaluation" } else { "purchased" };
    vec![
        Fact::text("Licensed to", display_text(&licence.customer)),
        Fact::text("Kind", kind),
        Fact::text("Endpoints", licence.seats.to_string()),
        match licence.expires_at {
            Some(moment) => Fact::moment("Valid until", moment),
            None => Fact::text("Valid until", "without an end"),
        },
    ]
}

fn about(status: &Status) -> Vec<Fact> {
    vec![
        Fact::text("Version", status.agent_version.clone()),
        Fact::text("Licence of the program", "Apache License, Version 2.0"),
        Fact::text(
            "What it does",
            "Countersign keeps this computer connected to its management server and asks you when the server cannot \
             show a valid certificate.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::sample::data;
    use crate::sample::statuses::{State, status};

    fn view(state: State) -> StatusView {
        StatusView::of(&status(state))
    }

    fn value<'view>(facts: &'view [Fact], label: &str) -> Option<&'view Fact> {
        facts.iter().find(|fact| fact.label == label)
    }

    #[test]
    fn each_trust_is_explained_in_its_own_words() {
        let states =
            [State::Connected, State::Remembered, State::Identified, State::Unverified, State::Offline];
        let texts: BTreeSet<String> = states.map(|state| view(state).certificate_trust).into();
        assert_eq!(texts.len(), states.len());
    }

    #[test]
    fn every_problem_is_listed() {
        let view = view(State::Refused);
        assert_eq!(view.problems.len(), data::many_problems().problems.len());
        assert!(
            view.problems.iter().all(|problem| !problem.summary.is_empty() && !problem.meaning.is_empty())
        );
        assert!(!view.explanation.is_empty());
    }

    #[test]
    fn the_certificate_is_shown_as_far_as_it_is_known() {
        let connected = view(State::Connected);
        let fingerprint = value(&connected.certificate, "Fingerprint (SHA-256)").unwrap();
        assert_eq!((fingerprint.kind, fingerprint.value.len()), (FactKind::Fingerprint, 95));
        assert_eq!(value(&connected.certificate, "Valid until").unwrap().kind, FactKind::Moment);
        assert!(view(State::Offline).certificate.is_empty());
    }

    #[test]
    fn the_next_attempt_is_shown_only_when_there_is_one() {
        assert!(value(&view(State::Waiting).connection, "Next attempt").is_some());
        assert!(value(&view(State::Connected).connection, "Next attempt").is_none());
    }

    #[test]
    fn profile_and_licence_are_shown_or_said_to_be_missing() {
        let mut status = status(State::Connected);
        let view = StatusView::of(&status);
        assert_eq!(value(&view.profile, "Profile").unwrap().value, "Default, revision 3");
        assert!(value(&view.profile, "Invalid certificate action").unwrap().value.starts_with("Warn"));
        assert_eq!(value(&view.licence, "Licensed to").unwrap().value, "Example Company");
        status.licence = None;
        status.profile.name = None;
        let view = StatusView::of(&status);
        assert!(value(&view.licence, "Licence").unwrap().value.contains("none"));
        assert!(value(&view.profile, "Profile").unwrap().value.contains("none"));
    }

    #[test]
    fn moments_are_written_for_the_window_to_read() {
        assert_eq!(view(State::Connected).since, "2026-11-24T09:30:00Z");
    }
}
