//! *Server Settings > SSL certificate > Import SSL certificate > Automated*: a certificate from a certificate authority.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use time::OffsetDateTime;

use super::form::{Form, Shown, shown_revision};
use super::frame::{Frame, Notice, Section};
use super::moment::{at, at_or_never};
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::acme::{
    ChallengeKind, CommitReason, LETS_ENCRYPT, Obstacle, ObstacleKind, OrderCause, OrderStage, RenewalSource,
};
use crate::administration::Administration;
use crate::administration::automated_certificate::{
    AutomatedCertificate, AutomatedInput, CandidateView, DirectoryInput, DirectoryView, ExternalAccountInput,
    PLACE,
};
use crate::administration::pre_flight::summary;
use crate::forecast::OutcomeCounts;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "automated_certificate.html")]
struct AutomatedPage {
    frame: Frame,
    automated: Option<AutomatedCertificate>,
    /// What the certificate authority says about itself, if it was just asked.
    authority: Option<DirectoryView>,
    fields: AutomatedFields,
    /// The revision of what is asked, with which the buttons are sent.
    revision: u64,
    /// What stands in the way, if that was just asked.
    obstacles: Option<Vec<Obstacle>>,
}

pages!(AutomatedPage);

/// The fields of both forms. The HMAC key is never shown again.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct AutomatedFields {
    /// The revision of what is asked that was shown.
    revision: String,
    directory_url: String,
    directory_root_pem: String,
    domain: String,
    email: String,
    challenge: String,
    auto_renew: String,
    /// The address of the terms, and whether somebody agrees to them.
    terms: String,
    agreed: String,
    key_id: String,
    hmac_key: String,
}

impl AutomatedFields {
    /// As they are kept, or as they begin.
    fn of(automated: Option<&AutomatedCertificate>, server_name: String) -> Self {
        let Some(automated) = automated else {
            return Self {
                directory_url: LETS_ENCRYPT.to_owned(),
                domain: server_name,
                challenge: ChallengeKind::default().code().to_owned(),
                auto_renew: "yes".to_owned(),
                ..Self::default()
            };
        };
        let yes = |yes: bool| if yes { "yes".to_owned() } else { String::new() };
        Self {
            revision: automated.revision.to_string(),
            directory_url: automated.directory_url.clone(),
            directory_root_pem: automated.directory_root_pem.clone().unwrap_or_default(),
            domain: automated.domain.clone(),
            email: automated.email.clone(),
            challenge: automated.challenge.code().to_owned(),
            auto_renew: yes(automated.auto_renew),
            terms: automated.agreed_terms.clone().unwrap_or_default(),
            agreed: yes(automated.agreed_terms.is_some()),
            key_id: automated.external_account_key_id.clone().unwrap_or_default(),
            hmac_key: String::new(),
        }
    }

    fn directory(&self) -> DirectoryInput {
        DirectoryInput {
            directory_url: Some(self.directory_url.clone()),
            directory_root_pem: Some(self.directory_root_pem.clone()),
        }
    }

    fn input(&self) -> AutomatedInput {
        let given = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        AutomatedInput {
            domain: self.domain.clone(),
            email: self.email.clone(),
            directory_url: given(&self.directory_url),
            directory_root_pem: given(&self.directory_root_pem),
            challenge: ChallengeKind::of_code(&self.challenge).unwrap_or_default(),
            auto_renew: self.auto_renew == "yes",
            agreed_terms: given(&self.terms).filter(|_| self.agreed == "yes"),
            external_account: given(&self.key_id)
                .map(|key_id| ExternalAccountInput { key_id, hmac_key: given(&self.hmac_key) }),
        }
    }
}

fn stage(automated: &AutomatedCertificate) -> &'static str {
    match (automated.stage, automated.cause, &automated.last_failure) {
        (OrderStage::Resting, _, None) => "Nothing is being done.",
        (OrderStage::Resting, _, Some(_)) => "Given up. Import again once nothing stands in the way.",
        (OrderStage::Wanted, _, None) => "A certificate is being ordered.",
        (OrderStage::Ordered, _, None) => "The certificate authority is at work.",
        (OrderStage::Rehearsing, ..) => "A certificate was issued, and the agents judge it.",
        (OrderStage::Awaiting, ..) => "A certificate was issued, and more agents are waited for.",
        (OrderStage::HeldBack, ..) => "A certificate was issued, and is held back.",
        (OrderStage::Wanted | OrderStage::Ordered, Some(OrderCause::Renewal), Some(_)) => {
            "The renewal has failed and is tried again."
        }
        (OrderStage::Wanted | OrderStage::Ordered, _, Some(_)) => "It has failed and is tried again.",
    }
}

fn next(automated: &AutomatedCertificate) -> String {
    let by = match automated.renewal_source.filter(|_| automated.stage == OrderStage::Resting) {
        Some(RenewalSource::Authority) => ", as the certificate authority says",
        Some(RenewalSource::Lifetime) => ", when a third of the lifetime is left",
        None => "",
    };
    match &automated.next_attempt {
        Some(moment) => format!("{}{by}", at(moment)),
        None => "Not by itself".to_owned(),
    }
}

/// What was foretold, in one sentence.
fn said(counts: &OutcomeCounts) -> String {
    summary(*counts)
}

/// Until when agents are waited for.
fn judged_until(automated: &AutomatedCertificate, candidate: &CandidateView) -> Option<OffsetDateTime> {
    match automated.stage {
        OrderStage::Rehearsing => Some(candidate.rehearsed_until),
        OrderStage::Awaiting => Some(candidate.awaited_until),
        OrderStage::HeldBack | OrderStage::Resting | OrderStage::Wanted | OrderStage::Ordered => None,
    }
}

/// How the SSL certificate became it, in words.
fn committed(reason: &CommitReason) -> &'static str {
    match reason {
        CommitReason::NobodyToAsk => "by itself: there was no agent to ask",
        CommitReason::NobodyWorse => "by itself: the agents have judged it, and nobody is worse off",
        CommitReason::WaitedLongEnough => {
            "by itself: nobody who has judged it is worse off, and the others were waited for"
        }
        CommitReason::FormerEnds => {
            "by itself: the one before had expired or was about to, and this one is no worse"
        }
        CommitReason::ByHand => "by an administrator",
    }
}

fn obstacle_word(kind: &ObstacleKind) -> &'static str {
    match kind {
        ObstacleKind::Stops => "Stands in the way:",
        ObstacleKind::MayStop => "May stand in the way:",
        ObstacleKind::Note => "Note:",
    }
}

/// Whether an address may be a link.
fn is_link(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// What was asked besides showing the page.
#[derive(Default)]
struct Found {
    authority: Option<DirectoryView>,
    obstacles: Option<Vec<Obstacle>>,
    fields: Option<AutomatedFields>,
    notice: Option<Notice>,
}

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    found: Found,
) -> Result<AutomatedPage, Problem> {
    let revision = administration.automation_revision(&signed_in.caller).await?;
    let automated = administration.automated_certificate_if_any(&signed_in.caller).await?;
    let name = administration.server_name.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut fields = found.fields.unwrap_or_else(|| AutomatedFields::of(automated.as_ref(), name));
    fields.hmac_key.clear();
    if fields.revision.is_empty() {
        fields.revision = revision.to_string();
    }
    if let Some(authority) = &found.authority {
        let terms = authority.terms_of_service.clone().unwrap_or_default();
        if terms != fields.terms {
            fields.agreed.clear();
        }
        fields.terms = terms;
    }
    Ok(AutomatedPage {
        frame: signed_in.frame("Automated SSL certificate", Section::Server).with(found.notice),
        automated,
        authority: found.authority,
        fields,
        revision,
        obstacles: found.obstacles,
    })
}

impl AutomatedPage {
    /// Whether what is shown changes within moments.
    fn is_busy(&self) -> bool {
        self.automated.as_ref().is_some_and(|automated| {
            matches!(automated.stage, OrderStage::Wanted | OrderStage::Ordered | OrderStage::Rehearsing)
        })
    }

    /// Whether it is known which certificate authority to ask, and what its terms are.
    fn knows_authority(&self) -> bool {
        self.authority.is_some() || self.automated.is_some() || !self.fields.email.is_empty()
    }
}

/// The page.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, Found::default()).await?))
}

async fn refused(
    administration: &Administration,
    signed_in: &SignedIn,
    problem: &Problem,
    fields: AutomatedFields,
) -> Result<Response, PageProblem> {
    let notice = Some(Notice::wrong(problem.detail()));
    // Somebody else has changed what was filled in: it is shown as it is now.
    let changed_meanwhile = problem.status() == StatusCode::PRECONDITION_FAILED;
    let fields = Some(fields).filter(|_| !changed_meanwhile);
    let found = Found { fields, notice, ..Found::default() };
    Ok(show_with(problem.status(), &page(administration, signed_in, found).await?))
}

/// Asks a certificate authority for its terms, and shows them.
pub(super) async fn directory(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(given): Form<AutomatedFields>,
) -> Result<Response, PageProblem> {
    let before = page(&administration, &signed_in, Found::default()).await?.fields;
    let fields = AutomatedFields {
        directory_url: given.directory_url,
        directory_root_pem: given.directory_root_pem,
        ..before
    };
    match administration.certificate_authority(&signed_in.caller, fields.directory()).await {
        Ok(authority) => {
            let found = Found { authority: Some(authority), fields: Some(fields), ..Found::default() };
            Ok(show_page(&page(&administration, &signed_in, found).await?))
        }
        Err(problem) => refused(&administration, &signed_in, &problem, fields).await,
    }
}

/// Asks for a certificate.
pub(super) async fn submit(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<AutomatedFields>,
) -> Result<Response, PageProblem> {
    if !fields.terms.is_empty() && fields.agreed != "yes" {
        let problem = Problem::unprocessable(
            "Nobody has agreed to the terms of service. Read them, and say so below if you agree.",
        );
        return refused(&administration, &signed_in, &problem, fields).await;
    }
    let expected = shown_revision(&fields.revision);
    match administration.automate_certificate(&signed_in.caller, expected, fields.input()).await {
        Ok(asked) => Ok(go_to(
            PLACE,
            done(
                "The certificate authority is asked for a certificate. This page shows how far it is.",
                asked.warnings,
            ),
        )),
        Err(problem) => refused(&administration, &signed_in, &problem, fields).await,
    }
}

/// Says what stands in the way, and orders nothing.
pub(super) async fn check(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<AutomatedFields>,
) -> Result<Response, PageProblem> {
    match administration.obstacles(&signed_in.caller, fields.input()).await {
        Ok(obstacles) => {
            let found = Found { obstacles: Some(obstacles), fields: Some(fields), ..Found::default() };
            Ok(show_page(&page(&administration, &signed_in, found).await?))
        }
        Err(problem) => refused(&administration, &signed_in, &problem, fields).await,
    }
}

/// Asks for another certificate now.
pub(super) async fn order(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(shown): Form<Shown>,
) -> Result<Response, PageProblem> {
    let expected = shown_revision(&shown.revision);
    let ordered = administration.order_certificate(&signed_in.caller, expected).await;
    let said = "The certificate authority is asked for another certificate.";
    answer(&administration, &signed_in, ordered.map(|_| said)).await
}

/// Asks no certificate authority any more.
pub(super) async fn remove(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(shown): Form<Shown>,
) -> Result<Response, PageProblem> {
    let stopped = administration.stop_automation(&signed_in.caller, shown_revision(&shown.revision)).await;
    let said = "No certificate authority is asked any more. The certificates that were issued stay.";
    answer(&administration, &signed_in, stopped.map(|()| said)).await
}

async fn answer(
    administration: &Administration,
    signed_in: &SignedIn,
    outcome: Result<&str, Problem>,
) -> Result<Response, PageProblem> {
    match outcome {
        Ok(said) => Ok(go_to(PLACE, done(said, Vec::new()))),
        Err(problem) => {
            let found = Found { notice: Some(Notice::wrong(problem.detail())), ..Found::default() };
            Ok(show_with(problem.status(), &page(administration, signed_in, found).await?))
        }
    }
}
