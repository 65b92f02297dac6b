//! *System Settings > Server Settings*: which certificate agents are shown, and the identity of the server.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_words::Words;
use serde::Deserialize;

use super::form::Form;
use super::frame::{Frame, Notice, Section};
use super::moment::at_or_never;
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use super::upload_form::UploadForm;
use crate::administration::Administration;
use crate::administration::certificates::CertificateView;
use crate::administration::settings::SettingsInput;
use crate::problem::Problem;

/// Where the page is.
const ADDRESS: &str = "/system-settings/server";

#[derive(Template)]
#[template(path = "certificates.html")]
struct CertificatesPage {
    frame: Frame,
    on: bool,
    ssl: Option<CertificateView>,
    built_in: CertificateView,
    identity: String,
    chain: String,
    switch_question: &'static str,
    switch_button: &'static str,
    /// What turning the switch now would do that the upgrade path does before.
    too_early: Vec<String>,
}

pages!(CertificatesPage);

/// What agents with the roots of this computer would say.
fn judged(certificate: &CertificateView) -> String {
    let problems = certificate.assessment.as_ref().map_or(&[][..], |found| &found.problems);
    let words = Words::english();
    match (certificate.valid, problems) {
        (Some(true), _) => "Valid".to_owned(),
        (None, _) => "That depends on the name of this server, which is not set (“server_name”).".to_owned(),
        (Some(false), []) => "Not valid".to_owned(),
        (Some(false), problems) => {
            let said: Vec<String> =
                problems.iter().map(|problem| words.problem_summary(problem).to_string()).collect();
            format!("Not valid: {}", said.join(" "))
        }
    }
}

/// The chain in words, the server's own certificate first.
fn issued(certificate: &CertificateView) -> String {
    let named = |subject: &String| if subject.is_empty() { "–".to_owned() } else { subject.clone() };
    let chain: Vec<String> = certificate.chain.iter().map(named).collect();
    chain.join(", issued by ")
}

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    notice: Option<Notice>,
    chain: String,
) -> Result<CertificatesPage, Problem> {
    let caller = &signed_in.caller;
    let on = administration.settings(caller).await?.use_ssl_certificate_for_endpoint_control;
    let (switch_question, switch_button) = if on {
        (
            "Show agents the built-in certificate? None of them finds it valid: those whose profile says Deny cannot \
          connect, and those whose profile says Warn ask their people.",
            "Turn off",
        )
    } else {
        (
            "Show agents the SSL certificate? Agents that are too old to validate certificates can no longer connect.",
            "Turn on",
        )
    };
    Ok(CertificatesPage {
        frame: signed_in.frame("Server Settings", Section::Server).with(notice),
        on,
        ssl: administration.ssl_certificate_if_any(caller).await?,
        built_in: administration.built_in_view(caller)?,
        identity: administration.identity(caller)?.to_string(),
        chain,
        switch_question,
        switch_button,
        too_early: administration.too_early_to_switch(caller, !on).await?,
    })
}

/// The page.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&administration, &signed_in, None, String::new()).await?))
}

async fn answer(
    administration: &Administration,
    signed_in: &SignedIn,
    done: Result<Vec<Notice>, Problem>,
    chain: String,
) -> Result<Response, PageProblem> {
    match done {
        Ok(notices) => Ok(go_to(ADDRESS, notices)),
        Err(problem) => {
            let notice = Notice::wrong(problem.detail());
            Ok(show_with(problem.status(), &page(administration, signed_in, Some(notice), chain).await?))
        }
    }
}

/// Which way the switch is turned.
#[derive(Debug, Deserialize)]
pub(super) struct SwitchFields {
    on: String,
}

/// Turns *Use SSL certificate for Endpoint Control* on or off.
pub(super) async fn switch(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<SwitchFields>,
) -> Result<Response, PageProblem> {
    let on = fields.on == "yes";
    let input = SettingsInput { use_ssl_certificate_for_endpoint_control: on };
    let said = if on {
        "Agents are shown the SSL certificate."
    } else {
        "Agents are shown the built-in certificate."
    };
    let changed = administration.change_settings(&signed_in.caller, &input).await;
    let changed = changed.map(|changed| done(said, changed.warnings));
    answer(&administration, &signed_in, changed, String::new()).await
}

/// Uploads an SSL certificate.
pub(super) async fn upload(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    UploadForm { uploaded, chain }: UploadForm,
) -> Result<Response, PageProblem> {
    let uploaded = administration.upload_ssl_certificate(&signed_in.caller, uploaded).await;
    let uploaded = uploaded.map(|uploaded| {
        let said = format!("The SSL certificate is imported: {}.", issued(&uploaded.changed));
        done(said, uploaded.warnings)
    });
    answer(&administration, &signed_in, uploaded, chain).await
}

/// Removes the SSL certificate.
pub(super) async fn remove(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    let removed = administration.remove_ssl_certificate(&signed_in.caller).await;
    let removed = removed.map(|()| done("The SSL certificate is removed.", Vec::new()));
    answer(&administration, &signed_in, removed, String::new()).await
}
