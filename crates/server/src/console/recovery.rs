//! *System Settings > Server Settings > Recovery file*.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use countersign_protocol::recovery_file::MEDIA_TYPE;
use serde::Deserialize;

use super::form::Form;
use super::frame::{Frame, Notice, Section};
use super::page::{PageProblem, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::api::RECOVERY_DISPOSITION;
use crate::people::Permission;
use crate::problem::Problem;
use crate::recovery::{AllowedCertificate, LooserAction, RecoveryInput};

/// So many days unless somebody says another number.
const USUAL_DAYS: &str = "7";

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage {
    frame: Frame,
    fields: RecoveryFields,
}

pages!(RecoveryPage);

/// The form, as it was filled in.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RecoveryFields {
    server: String,
    days: String,
    /// Whether the certificate that is served now is allowed.
    #[serde(default)]
    allow: Option<String>,
    /// Nothing, or a looser action.
    action: String,
    new_address: String,
    /// Instance UIDs, one a line.
    endpoints: String,
}

impl RecoveryFields {
    fn usual(administration: &Administration) -> Self {
        Self {
            server: administration.reached_at().map(|address| address.to_string()).unwrap_or_default(),
            days: USUAL_DAYS.to_owned(),
            allow: Some("yes".to_owned()),
            action: "warn".to_owned(),
            new_address: String::new(),
            endpoints: String::new(),
        }
    }

    fn input(&self) -> Result<RecoveryInput, Problem> {
        let days = self.days.trim().parse();
        let days = days.map_err(|_| Problem::unprocessable("“days” must be 1 to 90."))?;
        Ok(RecoveryInput {
            server: self.server.clone(),
            days,
            allow: self.allow.is_some().then(AllowedCertificate::default),
            action: match self.action.as_str() {
                "warn" => Some(LooserAction::Warn),
                "allow" => Some(LooserAction::Allow),
                _ => None,
            },
            new_address: Some(self.new_address.clone()).filter(|address| !address.trim().is_empty()),
            endpoints: self.endpoints.split_whitespace().map(str::to_owned).collect(),
        })
    }
}

fn page(signed_in: &SignedIn, fields: RecoveryFields) -> Result<RecoveryPage, Problem> {
    signed_in.caller.needs(Permission::Administer)?;
    Ok(RecoveryPage { frame: signed_in.frame("Recovery file", Section::Server), fields })
}

/// The form.
pub(super) async fn show(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
) -> Result<Response, PageProblem> {
    Ok(show_page(&page(&signed_in, RecoveryFields::usual(&administration))?))
}

/// Makes the file, which the browser keeps.
pub(super) async fn make(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<RecoveryFields>,
) -> Result<Response, PageProblem> {
    let made = match fields.input() {
        Ok(input) => administration.recovery_file(&signed_in.caller, input).await,
        Err(problem) => Err(problem),
    };
    Ok(match made {
        Ok(file) => {
            let headers = [(CONTENT_TYPE, MEDIA_TYPE), (CONTENT_DISPOSITION, RECOVERY_DISPOSITION)];
            (headers, file.to_text()).into_response()
        }
        Err(problem) => {
            let page = page(&signed_in, fields)?;
            let frame = page.frame.clone().with(Some(Notice::wrong(problem.detail())));
            show_with(problem.status(), &RecoveryPage { frame, ..page })
        }
    })
}
