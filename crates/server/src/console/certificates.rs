//! *System Settings > Server Settings*: which certificate agents are shown, and the identity of the server.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::certificate::{
    address_of, breakable, first_names, found_by_agents, in_use_by, issued, judged_with_reasons as judged,
    source, state,
};
use super::foreseen::{self, Fields, Question, field};
use super::form::{Form, Shown, shown_revision, shown_tag};
use super::frame::{Frame, Notice, Section};
use super::moment::at_or_never;
use super::page::{PageProblem, done, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use super::upload_form::UploadForm;
use crate::administration::Administration;
use crate::administration::certificates::{BUILT_IN, CertificateView};
use crate::administration::pre_flight::PlannedChange;
use crate::administration::settings::SettingsInput;
use crate::problem::Problem;
use crate::upgrade_path::Verdicts;

/// Where the page is.
pub(super) const ADDRESS: &str = "/system-settings/server";
/// What is said once a certificate was read.
const IMPORTED: &str =
    "The certificate is imported, and not in use yet: look at it, then commit or discard it.";

#[derive(Template)]
#[template(path = "certificates.html")]
struct CertificatesPage {
    frame: Frame,
    on: bool,
    remote: bool,
    redirect: bool,
    /// The revision of the settings that is shown.
    revision: u64,
    /// With how many agents find it valid.
    ssl: Option<(CertificateView, Verdicts)>,
    /// Stands for which certificate that is, and for whether agents are shown it.
    shown: String,
    /// All of them, the built-in one last.
    certificates: Vec<CertificateView>,
    built_in: CertificateView,
    built_in_verdicts: Verdicts,
    identity: String,
    chain: String,
    switch_button: &'static str,
    /// What turning the switch now would do that the upgrade path does before.
    too_early: Vec<String>,
}

pages!(CertificatesPage);

async fn page(
    administration: &Administration,
    signed_in: &SignedIn,
    notice: Option<Notice>,
    chain: String,
) -> Result<CertificatesPage, Problem> {
    let caller = &signed_in.caller;
    let shown = administration.certificate_tag(caller, None).await?;
    let settings = administration.settings(caller).await?;
    let on = settings.use_ssl_certificate_for_endpoint_control;
    let ssl = administration.ssl_certificate_if_any(caller).await?;
    // Without one it cannot be turned on, whatever that would do.
    let may_turn = on || ssl.is_some();
    let too_early =
        if may_turn { administration.too_early_to_switch(caller, !on).await? } else { Vec::new() };
    Ok(CertificatesPage {
        frame: signed_in.frame("Server Settings", Section::Server).with(notice),
        on,
        remote: settings.remote_https_access,
        redirect: settings.redirect_http_to_https,
        revision: settings.revision,
        shown,
        ssl: match ssl {
            Some(view) => {
                let agents = administration.verdicts(caller, &view.id).await?;
                Some((view, agents))
            }
            None => None,
        },
        certificates: administration.certificates(caller).await?,
        built_in: administration.built_in_view(caller)?,
        built_in_verdicts: administration.verdicts(caller, BUILT_IN).await?,
        identity: administration.identity(caller)?.to_string(),
        chain,
        switch_button: if on { "Turn off" } else { "Turn on" },
        too_early,
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

/// Turns *Use SSL certificate for Endpoint Control* on or off. What that would do is shown first.
pub(super) async fn switch(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<Fields>,
) -> Result<Response, PageProblem> {
    let caller = &signed_in.caller;
    let on = field(&fields, "on") == "yes";
    let input = SettingsInput { use_ssl_certificate_for_endpoint_control: on, ..SettingsInput::default() };
    let (said, button) = if on {
        ("Agents are shown the SSL certificate.", "Turn on")
    } else {
        ("Agents are shown the built-in certificate.", "Turn off")
    };
    let question =
        Question { action: format!("{ADDRESS}/endpoint-control"), button, back: ADDRESS.to_owned() };
    let planned = || Ok(PlannedChange::EndpointControl { use_ssl_certificate_for_endpoint_control: on });
    let frame = || signed_in.frame("Use SSL certificate for Endpoint Control", Section::Server);
    let changed = match foreseen::first(&administration, caller, frame, planned, &fields, question).await {
        Ok(Some(page)) => return Ok(page),
        Ok(None) => {
            let shown = shown_revision(field(&fields, "revision"));
            administration.change_settings(caller, shown, &input).await
        }
        Err(problem) => Err(problem),
    };
    let changed = changed.map(|changed| done(said, changed.warnings));
    answer(&administration, &signed_in, changed, String::new()).await
}

/// Adds a certificate as a candidate, and goes to the page that shows what agents would say to it.
pub(super) async fn upload(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    UploadForm { uploaded, chain }: UploadForm,
) -> Result<Response, PageProblem> {
    match administration.upload_certificate(&signed_in.caller, uploaded).await {
        Ok(added) => Ok(go_to(&address_of(&added.changed), done(IMPORTED, Vec::new()))),
        Err(problem) => answer(&administration, &signed_in, Err(problem), chain).await,
    }
}

/// Removes the SSL certificate.
pub(super) async fn remove(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(shown): Form<Shown>,
) -> Result<Response, PageProblem> {
    let expected = shown_tag(&shown.shown);
    let removed = administration.remove_ssl_certificate(&signed_in.caller, expected).await;
    let removed = removed.map(|()| done("The SSL certificate is removed.", Vec::new()));
    answer(&administration, &signed_in, removed, String::new()).await
}

/// Who may use the HTTPS port, and what the HTTP port does.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AccessFields {
    /// The revision of the settings that was shown.
    revision: String,
    remote: String,
    redirect: String,
}

/// Turns *Remote HTTPS access* and *Redirect HTTP request to HTTPS*.
pub(super) async fn change_access(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<AccessFields>,
) -> Result<Response, PageProblem> {
    let (remote, redirect) = (fields.remote == "yes", fields.redirect == "yes");
    let changed = administration
        .change_https_access(
            &signed_in.caller,
            shown_revision(&fields.revision),
            Some(remote),
            Some(redirect),
        )
        .await;
    let changed = changed.map(|()| done("The settings for HTTPS and HTTP are saved.", Vec::new()));
    answer(&administration, &signed_in, changed, String::new()).await
}
