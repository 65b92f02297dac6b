//! One's own account: the password, and one-time passwords.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_protocol::Secret;
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;

use super::cookie;
use super::form::Form;
use super::frame::{Frame, Notice, Section};
use super::page::{PageProblem, go_to, pages, show as show_page, show_with};
use super::signed_in::SignedIn;
use crate::administration::Administration;
use crate::people::OneTimeSecret;
use crate::problem::Problem;

/// The size of the picture for authenticator apps, in CSS pixels.
const PICTURE: u32 = 200;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    name: String,
    one_time: bool,
    /// The provider at which they sign in, if they do.
    provider: Option<String>,
}

#[derive(Template)]
#[template(path = "one_time.html")]
struct OneTimePage {
    frame: Frame,
    secret: String,
    picture: String,
}

pages!(AccountPage, OneTimePage);

fn page(signed_in: &SignedIn, notice: Option<Notice>) -> AccountPage {
    AccountPage {
        frame: signed_in.frame("Your Account", Section::Account).with(notice),
        name: signed_in.administrator.name.to_string(),
        one_time: signed_in.administrator.one_time.is_some(),
        provider: signed_in.administrator.provider.as_ref().map(|provider| provider.issuer.clone()),
    }
}

/// The page.
pub(super) async fn show(signed_in: SignedIn) -> Response {
    show_page(&page(&signed_in, None))
}

/// The old password and the new.
#[derive(Deserialize)]
pub(super) struct PasswordFields {
    old: String,
    new: String,
    again: String,
}

/// Signs out, because the change ended all sessions.
fn again(said: &str) -> Response {
    let mut response = go_to("/sign-in", vec![Notice::done(said)]);
    cookie::clear_session(response.headers_mut());
    response
}

/// Changes the password.
pub(super) async fn change_password(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<PasswordFields>,
) -> Response {
    let changed = if fields.new == fields.again {
        let (old, new) = (Secret::new(fields.old), Secret::new(fields.new));
        administration.change_own_password(&signed_in.caller, &signed_in.administrator, old, new).await
    } else {
        Err(Problem::unprocessable("The two new passwords are not the same."))
    };
    match changed {
        Ok(()) => again("The password is changed. Sign in with it."),
        Err(problem) => show_with(problem.status(), &page(&signed_in, Some(Notice::wrong(problem.detail())))),
    }
}

fn one_time_page(
    signed_in: &SignedIn,
    secret: &OneTimeSecret,
    notice: Option<Notice>,
) -> Result<OneTimePage, Problem> {
    let failed = |error: &dyn std::error::Error| Problem::failed(error);
    let address = secret.address(signed_in.administrator.name.as_str()).map_err(|error| failed(&error))?;
    let code = QrCode::new(address.expose()).map_err(|error| failed(&error))?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(PICTURE, PICTURE).build();
    // A picture within a page has no declaration of its own.
    let picture = picture.find("<svg").map(|begin| picture[begin..].to_owned()).unwrap_or_default();
    Ok(OneTimePage {
        frame: signed_in.frame("One-time Passwords", Section::Account).with(notice),
        secret: secret.to_keep().expose().to_owned(),
        picture,
    })
}

/// A new secret, which counts once the form is sent.
pub(super) async fn show_one_time(signed_in: SignedIn) -> Result<Response, PageProblem> {
    let secret = OneTimeSecret::generate().map_err(|error| Problem::failed(&error))?;
    Ok(show_page(&one_time_page(&signed_in, &secret, None)?))
}

/// The secret, and what shows that the app has it.
#[derive(Deserialize)]
pub(super) struct OneTimeFields {
    secret: String,
    one_time_password: String,
    password: String,
}

/// Switches one-time passwords on.
pub(super) async fn begin_one_time(
    State(administration): State<Arc<Administration>>,
    signed_in: SignedIn,
    Form(fields): Form<OneTimeFields>,
) -> Result<Response, PageProblem> {
    let (secret, password) = (Secret::new(fields.secret), Secret::new(fields.password));
    let begun = administration
        .begin_one_time_passwords(
            &signed_in.caller,
            &signed_in.administrator,
            password,
            &secret,
            &fields.one_time_password,
        )
        .await;
    match begun {
        Ok(()) => Ok(again("One-time passwords are on. Sign in with the next one.")),
        Err(problem) => {
            let secret = OneTimeSecret::from_kept(&secret)
                .map_err(|error| Problem::unprocessable(error.to_string()))?;
            let notice = Notice::wrong(problem.detail());
            Ok(show_with(problem.status(), &one_time_page(&signed_in, &secret, Some(notice))?))
        }
    }
}
