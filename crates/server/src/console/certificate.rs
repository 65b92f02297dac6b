//! One certificate before and after it is committed: for whom it is, its chain, what agents would say to it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use countersign_trust::Fingerprint;
use countersign_words::Words;
use uuid::Uuid;

use super::certificates::ADDRESS;
use super::foreseen::{self, Fields, Question, field};
use super::form::{Form, Shown, shown_tag};
use super::frame::{Frame, Notice, Section};
use super::moment::{at, at_or_never};
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::administration::certificate_inventory::IfNotValid;
use crate::administration::certificates::{CertificateUse, CertificateView};
use crate::administration::pre_flight::PlannedChange;
use crate::administration::rehearsals::{AnnouncementInput, RehearsalView};
use crate::counted::endpoints;
use crate::problem::Problem;
use crate::store::{CertificateSource, CertificateState};
use crate::upgrade_path::Verdicts;

/// What is said when somebody does not say that they know what is wrong.
const UNCONFIRMED: &str = "It was not committed, and nothing has changed. This computer does not find it valid, for the reasons \
                           below, and agents may not either: tick the box to say that you know that.";

/// So many names of a certificate are listed where there is not much room.
const NAMES_IN_A_LIST: usize = 3;

#[derive(Template)]
#[template(path = "certificate_page.html")]
struct CertificatePage {
    frame: Frame,
    certificate: CertificateView,
    /// Each problem in a sentence.
    problems: Vec<String>,
    rehearsal: Option<RehearsalView>,
    /// How many agents find it valid.
    agents: Verdicts,
    /// Stands for what the certificate is, and for which are in use.
    shown: String,
}

pages!(CertificatePage);

impl CertificatePage {
    /// Whether it can be made the SSL certificate.
    fn can_be_committed(&self) -> bool {
        matches!(self.certificate.state, Some(CertificateState::Candidate | CertificateState::Previous))
    }

    /// Whether committing it has to be confirmed, because this computer does not find it valid.
    fn needs_confirmation(&self) -> bool {
        self.certificate.valid == Some(false)
    }

    fn is_previous(&self) -> bool {
        self.certificate.state == Some(CertificateState::Previous)
    }
}

/// Where the page of a certificate is.
pub(super) fn address_of(certificate: &CertificateView) -> String {
    format!("{ADDRESS}/certificates/{}", certificate.id)
}

/// Where a certificate comes from, in words.
pub(super) fn source(certificate: &CertificateView) -> &'static str {
    match certificate.source {
        CertificateSource::BuiltIn => "Built-in",
        CertificateSource::Uploaded => "Uploaded",
        CertificateSource::Acme => "Automated (ACME)",
    }
}

/// What a certificate is for the server, in words.
pub(super) fn state(certificate: &CertificateView) -> &'static str {
    match certificate.state {
        None => "Always there",
        Some(CertificateState::Candidate) => "Not committed",
        Some(CertificateState::Committed) => "SSL certificate",
        Some(CertificateState::Previous) => "Earlier SSL certificate",
    }
}

/// What shows a certificate, in words.
pub(super) fn in_use_by(certificate: &CertificateView) -> String {
    let uses = certificate.in_use_by.iter().map(|by| match by {
        CertificateUse::EndpointControl => "Endpoint control",
        CertificateUse::Console => "Console and API",
    });
    let uses: Vec<&str> = uses.collect();
    if uses.is_empty() { "–".to_owned() } else { uses.join(", ") }
}

fn problems(certificate: &CertificateView) -> Vec<String> {
    let problems = certificate.assessment.as_ref().map_or(&[][..], |found| &found.problems);
    let words = Words::english();
    problems.iter().map(|problem| words.problem_summary(problem).to_string()).collect()
}

/// A fingerprint that lines are broken within between bytes only. It is the same text when it is copied.
pub(super) fn breakable(fingerprint: &Fingerprint) -> String {
    fingerprint.to_string().replace(':', ":<wbr>")
}

/// What this computer finds, as agents with its roots would; what is wrong is listed on the page of the certificate.
fn judged(certificate: &CertificateView) -> String {
    if certificate.valid == Some(false) && !problems(certificate).is_empty() {
        return "Not valid, for the reasons below".to_owned();
    }
    judged_with_reasons(certificate)
}

/// What this computer finds, as agents with its roots would, and why.
pub(super) fn judged_with_reasons(certificate: &CertificateView) -> String {
    match (certificate.valid, problems(certificate)) {
        (Some(true), _) => "Valid".to_owned(),
        (None, _) => "That depends on the name of this server, which is not set (“server_name”).".to_owned(),
        (Some(false), problems) if problems.is_empty() => "Not valid".to_owned(),
        (Some(false), problems) => format!("Not valid: {}", problems.join(" ")),
    }
}

/// What agents have said of late about a certificate.
pub(super) fn found_by_agents(agents: &Verdicts) -> String {
    let Verdicts { valid, not_valid, silent: _ } = *agents;
    match (valid, not_valid) {
        (0, 0) => "No agent has said anything of it of late".to_owned(),
        (valid, 0) => format!("Valid: {}", endpoints(valid)),
        (0, not_valid) => format!("Not valid: {}", endpoints(not_valid)),
        (valid, not_valid) => format!("Valid: {}. Not valid: {}", endpoints(valid), endpoints(not_valid)),
    }
}

/// Names where there is not much room: the first of them, and how many more there are.
pub(super) fn first_names(names: &[String]) -> String {
    let (first, more) = names.split_at(names.len().min(NAMES_IN_A_LIST));
    let first = first.join(", ");
    if more.is_empty() { first } else { format!("{first} and {} more", more.len()) }
}

/// The chain in words, the server's own certificate first.
pub(super) fn issued(certificate: &CertificateView) -> String {
    let named = |subject: &String| if subject.is_empty() { "–".to_owned() } else { subject.clone() };
    let chain: Vec<String> = certificate.chain.iter().map(named).collect();
    chain.join(", issued by ")
}

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    id: &str,
    notice: Option<Notice>,
) -> Result<CertificatePage, Problem> {
    let shown = administration.certificate_tag(&signed_in.caller, Some(id)).await?;
    let certificate = administration.certificate(&signed_in.caller, id).await?;
    let frame = signed_in.frame("SSL certificate", Section::Server).with(notice);
    let rehearsal = administration.rehearsal_if_any(&signed_in.caller, id).await?;
    let agents = administration.verdicts(&signed_in.caller, id).await?;
    Ok(CertificatePage { frame, problems: problems(&certificate), certificate, rehearsal, agents, shown })
}

/// The page.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, &id, None).await?))
}

/// Makes it the SSL certificate. What that would do is shown first.
pub(super) async fn commit(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<Uuid>,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    // The box that is ticked where a certificate is not valid.
    let known = field(&fields, "confirmed") == "yes";
    let if_not_valid = if known { IfNotValid::Commit } else { IfNotValid::Refuse };
    let address = format!("{ADDRESS}/certificates/{id}");
    let question = Question { action: format!("{address}/commit"), button: "Commit", back: address };
    let planned = || Ok(PlannedChange::Certificate { certificate: id.to_string() });
    let frame = || signed_in.frame("Commit an SSL certificate", Section::Server);
    let expected = shown_tag(field(&fields, "shown"));
    // Whoever was not shown what is in use now is refused, and need not be told what would follow.
    let outdated = match expected {
        Some(expected) => administration.certificate_tag(caller, Some(&id.to_string())).await? != expected,
        None => false,
    };
    let refused_at_once = outdated
        || (!known && administration.certificate(caller, &id.to_string()).await?.valid == Some(false));
    let shown_first = if refused_at_once {
        Ok(None)
    } else {
        foreseen::first(&administration, caller, frame, planned, &fields, question).await
    };
    let committed = match shown_first {
        Ok(Some(page)) => return Ok(page),
        Ok(None) => administration.commit_certificate(caller, id, expected, if_not_valid).await,
        Err(problem) => Err(problem),
    };
    match committed {
        Ok(committed) => {
            let said = format!("The SSL certificate is {}.", issued(&committed.changed));
            Ok(go_to(ADDRESS, done(said, committed.warnings)))
        }
        Err(problem) if problem.status() == StatusCode::CONFLICT && if_not_valid == IfNotValid::Refuse => {
            let unconfirmed = Problem::conflict(UNCONFIRMED);
            let shown = self::page(&administration, &signed_in, &id.to_string(), None).await?;
            let why = if shown.needs_confirmation() { &unconfirmed } else { &problem };
            refused(&administration, &signed_in, &id.to_string(), why).await
        }
        Err(problem) => refused(&administration, &signed_in, &id.to_string(), &problem).await,
    }
}

/// Has the agents judge it.
pub(super) async fn rehearse(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let said = "The agents judge the certificate now; those that are not connected do when they come.";
    rehearsed(
        &signed_in,
        &id,
        administration.rehearse(&signed_in.caller, &id).await.map(|_| said),
        &administration,
    )
    .await
}

/// Has the agents judge it no longer.
pub(super) async fn end_rehearsal(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let ended = administration.end_rehearsal(&signed_in.caller, &id).await;
    let said = "The rehearsal is ended. What agents have answered stays.";
    rehearsed(&signed_in, &id, ended.map(|()| said), &administration).await
}

/// Announces it as the next certificate.
pub(super) async fn announce(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, PageProblem> {
    let input = AnnouncementInput::default();
    let announced = administration.announce_certificate(&signed_in.caller, &id, &input).await;
    let said = "The certificate is announced. Where people had to allow the present one, they are not asked again, unless it has a kind of \
         problem that was not allowed with that.";
    rehearsed(&signed_in, &id, announced.map(|_| said), &administration).await
}

async fn rehearsed(
    signed_in: &SignedIn,
    id: &str,
    done_so: Result<&str, Problem>,
    administration: &Administration,
) -> Result<Response, PageProblem> {
    match done_so {
        Ok(said) => Ok(go_to(&format!("{ADDRESS}/certificates/{id}"), done(said, Vec::new()))),
        Err(problem) => refused(administration, signed_in, id, &problem).await,
    }
}

/// Discards it, with its key.
pub(super) async fn remove(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Form(shown): Form<Shown>,
) -> Result<Response, PageProblem> {
    match administration.remove_certificate(&signed_in.caller, &id, shown_tag(&shown.shown)).await {
        Ok(()) => Ok(go_to(ADDRESS, done("The certificate and its key are removed.", Vec::new()))),
        Err(problem) => refused(&administration, &signed_in, &id, &problem).await,
    }
}

async fn refused(
    administration: &Administration,
    signed_in: &SignedIn,
    id: &str,
    problem: &Problem,
) -> Result<Response, PageProblem> {
    let notice = Notice::wrong(problem.detail());
    match page(administration, signed_in, id, Some(notice)).await {
        Ok(page) => Ok(show_with(problem.status(), &page)),
        // It is not there at all.
        Err(_) => Err(problem.clone().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_take_no_more_room_than_a_few() {
        for (number, expected) in [
            (0, ""),
            (1, "a0.example"),
            (3, "a0.example, a1.example, a2.example"),
            (4, "a0.example, a1.example, a2.example and 1 more"),
            (42, "a0.example, a1.example, a2.example and 39 more"),
        ] {
            let names: Vec<String> = (0..number).map(|number| format!("a{number}.example")).collect();
            assert_eq!(first_names(&names), expected);
        }
    }

    #[test]
    fn what_agents_have_found_is_counted() {
        for (valid, not_valid, expected) in [
            (0, 0, "No agent has said anything of it of late"),
            (1, 0, "Valid: 1 endpoint"),
            (0, 2, "Not valid: 2 endpoints"),
            (3, 1, "Valid: 3 endpoints. Not valid: 1 endpoint"),
        ] {
            assert_eq!(found_by_agents(&Verdicts { valid, not_valid, silent: 9 }), expected);
        }
    }
}
