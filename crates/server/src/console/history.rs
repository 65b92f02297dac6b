//! What happened to an endpoint: its latest part on the page of the endpoint, all of it on a page of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use countersign_protocol::InstanceUid;
use countersign_words::Words;
use serde::Deserialize;
use time::OffsetDateTime;

use super::audit_words;
use super::commands::{command_title, result};
use super::endpoint::{action_title, answer, asked, problems_of, until};
use super::endpoints::name_of;
use super::frame::{Frame, Section};
use super::moment::at;
use super::page::{PageProblem, pages, show as show_page};
use super::pager::Pager;
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::history::{Happening, HistoryView, ProfileThen};
use crate::people::Caller;
use crate::store::AgentFacts;

/// Rows of a page.
const ROWS: u64 = 50;
/// Rows on the page of the endpoint.
pub(super) const LATEST: u64 = 8;

/// A row, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) at: OffsetDateTime,
    pub(super) what: String,
    pub(super) detail: String,
    /// A moment at which the detail ends.
    pub(super) until: Option<OffsetDateTime>,
    /// Who did it, if it was an administrator.
    pub(super) actor: Option<String>,
}

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    frame: Frame,
    id: InstanceUid,
    name: String,
    history: Vec<Told>,
    pager: Pager,
}

pages!(HistoryPage);

/// Which page.
#[derive(Debug, Deserialize)]
pub(super) struct PageForm {
    page: Option<u64>,
}

/// All that is known.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<InstanceUid>,
    Query(form): Query<PageForm>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let endpoint = administration.endpoint(caller, id).await?;
    let page = administration.history(caller, id, form.page.unwrap_or(1), ROWS).await?;
    let pager = Pager::new(&page, ["event", "events"], &format!("/endpoints/{id}/history"), &[]);
    let name = name_of(&endpoint);
    Ok(show_page(&HistoryPage {
        frame: signed_in.frame(format!("History of {name}"), Section::Endpoints),
        id,
        name,
        history: told(&administration, caller, page.rows).await?,
        pager,
    }))
}

/// Puts it into words.
pub(super) async fn told(
    administration: &Administration,
    caller: &Caller,
    history: Vec<HistoryView>,
) -> Result<Vec<Told>, PageProblem> {
    let mut names = BTreeMap::new();
    for profile in administration.profiles(caller).await? {
        names.insert(profile.id.to_string(), profile.name);
    }
    for group in administration.groups(caller).await? {
        names.insert(group.id.to_string(), group.name);
    }
    let words = Words::english();
    Ok(history.into_iter().map(|row| in_words(&words, &names, row)).collect())
}

fn in_words(words: &Words, names: &BTreeMap<String, String>, row: HistoryView) -> Told {
    let profile = |profile: Option<ProfileThen>| {
        profile.map_or_else(String::new, |profile| {
            let name = names.get(&profile.id).map_or("a profile that is gone", String::as_str);
            format!("{name}, revision {}", profile.revision)
        })
    };
    let mut told = Told { at: row.at, what: String::new(), detail: String::new(), until: None, actor: None };
    let (what, detail) = match row.happening {
        Happening::Enrolled => ("Enrolled".to_owned(), String::new()),
        Happening::Connected => ("Connected".to_owned(), String::new()),
        Happening::Disconnected { reason } => ("Not connected any more".to_owned(), reason),
        Happening::CertificateJudged(judgement) => {
            let problems = if judgement.problems.is_empty() {
                "no problems".to_owned()
            } else {
                problems_of(words, &judgement.problems)
            };
            let action = action_title(&judgement.action);
            let detail = format!("{}: {problems}. Action in force: {action}", judgement.trust);
            ("Judged the certificate of this server otherwise".to_owned(), detail)
        }
        Happening::ProfileApplied { profile: then } => ("Applied its profile".to_owned(), profile(then)),
        Happening::ProfileFailed { profile: then, error } => {
            ("Could not apply its profile".to_owned(), format!("{}: {error}", profile(then)))
        }
        Happening::AgentChanged { before, after } => {
            ("Describes itself otherwise".to_owned(), differences(&before, &after))
        }
        Happening::Decided { decision } => {
            told.until = until(&decision);
            let how = format!("{}. {}", asked(&decision), problems_of(words, &decision.problems));
            (format!("The person decided: {}", answer(&decision)), how)
        }
        Happening::CommandGiven { command } => {
            ("Was given a command with its group".to_owned(), command_title(&command))
        }
        Happening::CommandFinished { command } => {
            ("A command ended".to_owned(), format!("{}: {}", command_title(&command), result(&command)))
        }
        Happening::CommandExpired { command } => {
            ("Did not answer a command in time".to_owned(), command_title(&command))
        }
        Happening::Changed { change } => {
            let (what, detail) = (audit_words::action(&change), audit_words::detail(&change, names));
            told.actor = Some(change.actor);
            (what, detail)
        }
    };
    Told { what, detail, ..told }
}

/// What an agent says of itself that it did not say before.
fn differences(before: &AgentFacts, after: &AgentFacts) -> String {
    let pairs = [
        ("Host name", &before.host_name, &after.host_name),
        ("Agent", &before.agent_version, &after.agent_version),
        ("System", &before.os, &after.os),
    ];
    let changed = pairs.iter().filter(|(_, before, after)| before != after);
    changed
        .map(|(what, before, after)| format!("{what}: {after} instead of {before}"))
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_different_is_named() {
        let facts = |host: &str, version: &str| AgentFacts {
            host_name: host.to_owned(),
            agent_version: version.to_owned(),
            os: "Debian".to_owned(),
        };
        assert_eq!(
            differences(&facts("a", "1.0.0"), &facts("b", "1.1.0")),
            "Host name: b instead of a; Agent: 1.1.0 instead of 1.0.0"
        );
        assert_eq!(differences(&facts("a", "1"), &facts("a", "1")), "");
    }
}
