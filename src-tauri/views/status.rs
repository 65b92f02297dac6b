//! The status as the status window shows it: words and labelled facts. Pure.

use std::collections::BTreeSet;

use countersign_agent::proxy::Route;
use countersign_agent::{
    CommandName, CommandRecord, CommandRecordResult, RememberedSummary, ServerChoice, Status,
};
use countersign_trust::Problem;
use countersign_words::{CertificateField, Text, Words};
use serde::Serialize;

use super::fact::{Fact, moment, permission_ends};
use crate::action::{Action, offered};
use crate::tray::symbol::Symbol;
use crate::words;

/// What the window shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatusView {
    /// The shape that tells the state.
    pub shape: Symbol,
    /// The state in words.
    pub headline: Text,
    /// What it means, in whole sentences. May be empty.
    pub explanation: Text,
    /// Since when the state lasts (RFC 3339).
    pub since: String,
    /// What can be done now.
    pub actions: BTreeSet<Action>,
    /// Facts about the connection.
    pub connection: Vec<Fact>,
    /// Whether and why the certificate is trusted.
    pub certificate_trust: Text,
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
    /// The last commands of administrators, the newest first.
    pub commands: Vec<CommandView>,
    /// Why no other server can be chosen, where none can.
    pub pinned: Option<Text>,
}

/// A command of an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommandView {
    /// When it was dealt with (RFC 3339).
    pub at: String,
    /// What was wanted.
    pub command: Text,
    /// How it ended.
    pub result: Text,
}

/// A problem in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemView {
    /// What is wrong.
    pub summary: Text,
    /// What it means for the person.
    pub meaning: Text,
    /// The exact term.
    pub term: Text,
}

impl StatusView {
    /// The view of a status.
    #[must_use]
    pub fn of(words: &Words, status: &Status) -> Self {
        let problems =
            status.assessment.as_ref().map_or(&[][..], |assessment| assessment.problems.as_slice());
        Self {
            shape: Symbol::of(status),
            headline: words::headline(words, status),
            explanation: words::explanation(words, status),
            since: moment(status.since),
            actions: offered(status),
            connection: connection(words, status),
            certificate_trust: words::certificate_trust(words, status),
            problems: problems.iter().map(|problem| ProblemView::of(words, problem)).collect(),
            certificate: certificate(words, status),
            profile: profile(words, status),
            licence: licence(words, status),
            about: about(words, status),
            commands: status.commands.iter().rev().map(|record| CommandView::of(words, record)).collect(),
            pinned: pinned(words, status),
        }
    }
}

impl CommandView {
    fn of(words: &Words, record: &CommandRecord) -> Self {
        Self {
            at: moment(record.at),
            command: match record.command {
                CommandName::CollectDiagnostics => words.command_collect_diagnostics(),
                CommandName::RefreshInventory => words.command_refresh_inventory(),
                CommandName::NotifyUser => words.command_notify_user(),
                CommandName::ForgetCertificate => words.command_forget_certificate(),
                CommandName::Deregister => words.command_deregister(),
            },
            result: match &record.result {
                CommandRecordResult::Succeeded => words.command_succeeded(),
                CommandRecordResult::Failed { reason } => words.command_failed(reason),
                CommandRecordResult::Refused { reason } => words.command_refused(reason),
            },
        }
    }
}

impl ProblemView {
    fn of(words: &Words, problem: &Problem) -> Self {
        Self {
            summary: words.problem_summary(problem),
            meaning: words.problem_meaning(problem),
            term: words.problem_term(problem),
        }
    }
}

fn connection(words: &Words, status: &Status) -> Vec<Fact> {
    let mut facts = vec![Fact::text(
        words.fact_server(),
        match &status.server {
            Some(server) => Text::of_peer(&server.to_string()),
            None => words.fact_no_server(),
        },
    )];
    facts
        .extend(status.route.as_ref().map(|route| Fact::text(words.fact_route(), self::route(words, route))));
    facts.push(match status.last_contact {
        Some(last_contact) => Fact::moment(words.fact_last_contact(), last_contact),
        None => Fact::text(words.fact_last_contact(), words.fact_no_contact()),
    });
    if let Some(next_attempt) = status.next_attempt {
        facts.push(Fact::countdown(words.fact_next_attempt(), next_attempt));
    }
    facts
}

fn route(words: &Words, route: &Route) -> Text {
    match route {
        Route::Direct => words.route_direct(),
        Route::Proxy { proxy } => words.route_proxy(&proxy.to_string()),
        Route::DirectAfterProxyFailed { .. } => words.route_direct_after_proxy(),
    }
}

fn pinned(words: &Words, status: &Status) -> Option<Text> {
    match status.server_choice {
        ServerChoice::Pinned => status.server.as_ref().map(|server| words.server_choice_pinned(server)),
        ServerChoice::Free => None,
    }
}

fn permission(words: &Words, remembered: &RememberedSummary) -> Vec<Fact> {
    let since = Fact::moment(words.remembered_since(), remembered.since);
    let ends = permission_ends(words, &words.fact_remembered_until(), remembered.until, remembered.keeping);
    std::iter::once(since).chain(ends).collect()
}

fn certificate(words: &Words, status: &Status) -> Vec<Fact> {
    let Some(assessment) = &status.assessment else { return Vec::new() };
    let label = |field| words.certificate_field(field);
    let mut facts = Vec::new();
    facts.extend(status.remembered.iter().flat_map(|remembered| permission(words, remembered)));
    if let Some(certificate) = &assessment.certificate {
        for field in [CertificateField::Subject, CertificateField::Issuer] {
            facts.push(Fact::text(label(field), words.certificate_value(certificate, field)));
        }
        facts.push(Fact::moment(label(CertificateField::NotBefore), certificate.not_before));
        facts.push(Fact::moment(label(CertificateField::NotAfter), certificate.not_after));
    }
    if let Some(fingerprint) = &assessment.fingerprint {
        facts.push(Fact::fingerprint(label(CertificateField::Fingerprint), fingerprint));
    }
    facts
}

fn profile(words: &Words, status: &Status) -> Vec<Fact> {
    let profile = &status.profile;
    let name = match (&profile.name, profile.revision) {
        (Some(name), Some(revision)) => words.fact_profile_with_revision(name, &revision.to_string()),
        (Some(name), None) => Text::of_peer(name),
        (None, _) => words.fact_no_profile(),
    };
    let action = words.action(profile.action);
    let action = match profile.loosened_until {
        Some(until) => words.fact_action_loosened(&action, &words::local(words, until)),
        None => action,
    };
    vec![Fact::text(words.fact_profile(), name), Fact::text(words.fact_action(), action)]
}

fn licence(words: &Words, status: &Status) -> Vec<Fact> {
    let Some(licence) = &status.licence else {
        return vec![Fact::text(words.fact_licence(), words.fact_no_licence())];
    };
    let kind =
        if licence.evaluation { words.fact_licence_evaluation() } else { words.fact_licence_purchased() };
    let mut facts = vec![
        Fact::text(words.fact_licensed_to(), Text::of_peer(&licence.customer)),
        Fact::text(words.fact_licence_kind(), kind),
        Fact::text(words.fact_licence_seats(), words.fact_licence_seats_value(licence.seats)),
        match licence.expires_at {
            Some(moment) => Fact::moment(words.fact_licence_end(), moment),
            None => Fact::text(words.fact_licence_end(), words.fact_licence_without_end()),
        },
    ];
    if !licence.features.is_empty() {
        let features: Vec<Text> = licence.features.iter().map(|feature| Text::of_peer(feature)).collect();
        facts.push(Fact::text(words.fact_licence_features(), words.in_a_row(&features)));
    }
    facts
}

fn about(words: &Words, status: &Status) -> Vec<Fact> {
    vec![
        Fact::text(words.fact_version(), Text::of_peer(&status.agent_version)),
        Fact::text(words.fact_program_licence(), words.fact_program_licence_value()),
        Fact::text(words.fact_purpose(), words.fact_purpose_value()),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use crate::sample::data;
    use crate::sample::statuses::{State, status};
    use crate::views::FactKind;

    fn view(state: State) -> StatusView {
        StatusView::of(&Words::english(), &status(state))
    }

    fn value<'view>(facts: &'view [Fact], label: &str) -> Option<&'view Fact> {
        facts.iter().find(|fact| fact.label == *label)
    }

    #[test]
    fn each_trust_is_explained_in_its_own_words() {
        let states = [
            State::Connected,
            State::Remembered,
            State::Recovered,
            State::Announced,
            State::Identified,
            State::Unverified,
            State::Offline,
        ];
        let texts: BTreeSet<Text> = states.map(|state| view(state).certificate_trust).into();
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
        let view = StatusView::of(&Words::english(), &status);
        assert_eq!(value(&view.profile, "Profile").unwrap().value, "Default, revision 3");
        assert!(value(&view.profile, "Invalid certificate action").unwrap().value.starts_with("Warn"));
        assert_eq!(value(&view.licence, "Licensed to").unwrap().value, "Example Company");
        status.licence = None;
        status.profile.name = None;
        let view = StatusView::of(&Words::english(), &status);
        assert!(value(&view.licence, "Licence").unwrap().value.contains("none"));
        assert!(value(&view.profile, "Profile").unwrap().value.contains("none"));
    }

    #[test]
    fn what_a_recovery_file_loosens_is_said_with_its_end() {
        let action = |state| value(&view(state).profile, "Invalid certificate action").unwrap().value.clone();
        assert!(action(State::Recovered).contains("recovery file, until 3 December 2026"));
        assert!(!action(State::Connected).contains("recovery file"));
    }

    #[test]
    fn moments_are_written_for_the_window_to_read() {
        assert_eq!(view(State::Connected).since, "2026-11-24T09:30:00Z");
    }
}
