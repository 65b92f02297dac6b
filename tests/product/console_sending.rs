//! How a form of the console is sent in the browser, and what has to be true afterwards.

use serde_json::Value;

use crate::console_forms::{Answer, Sent, form_of, note};
use crate::support::browser::Browser;
use crate::support::wait_for;

/// Sends the form with this button, and expects this status and this among the notices. Nothing may be wrong with it in
/// the eyes of the browser.
#[track_caller]
pub(crate) fn sends(browser: &Browser, button: &str, status: u64, says: &str) {
    let form = press(browser, button);
    settles(browser, status, says);
    let refused = status >= 400 || !browser.elements(".alert-danger").is_empty();
    note(form, if refused { Answer::Refused } else { Answer::Done });
}

/// Sends a form that asks first.
#[track_caller]
pub(crate) fn sends_after_question(browser: &Browser, button: &str, status: u64, says: &str) {
    let script = format!("return document.querySelector({}).form.dataset.confirm", Value::from(button));
    assert!(browser.run(&script).is_string(), "{button} asks nothing");
    sends(browser, button, status, says);
}

/// Sends a form whose consequences may be shown first, and goes on past them.
#[track_caller]
pub(crate) fn sends_past_what_follows(browser: &Browser, button: &str, status: u64, says: &str) {
    let form = press(browser, button);
    is_new_page(browser, button);
    if browser.elements("[name=seen]").is_empty() {
        settles(browser, status, says);
        let refused = status >= 400 || !browser.elements(".alert-danger").is_empty();
        note(form, if refused { Answer::Refused } else { Answer::Done });
    } else {
        assert_eq!(browser.findings(), [""; 0], "{}", browser.path());
        note(form, Answer::Done);
        sends(browser, "[name=seen]", status, says);
    }
}

/// Sends a form about something that is not there, which a page of its own says.
#[track_caller]
pub(crate) fn is_refused(browser: &Browser, button: &str, says: &str) {
    let form = press(browser, button);
    is_new_page(browser, button);
    let page = browser.text("main").unwrap_or_default();
    assert!(page.contains(says), "{}: {page}", browser.path());
    assert!([404, 409, 422].contains(&browser.status()), "{}: {}", browser.path(), browser.status());
    assert_eq!(browser.complaints(), [""; 0], "{}", browser.path());
    assert!(browser.is_displayed("#menu"), "who is signed in keeps the menu");
    note(form, Answer::Refused);
}

#[track_caller]
fn is_new_page(browser: &Browser, what: &str) {
    wait_for(&format!("the page after {what}"), || {
        let is_new = browser.run("return !window.isOld && document.readyState === 'complete'") == true;
        is_new.then_some(())
    });
}

/// Presses a button, and answers the question if its form asks one.
#[track_caller]
fn press(browser: &Browser, button: &str) -> Sent {
    let form = form_of(browser, button);
    let asks = browser.run(&format!(
        "window.isOld = true; return Boolean(document.querySelector({}).form.dataset.confirm)",
        Value::from(button)
    ));
    browser.click(button);
    if asks == true {
        // Parts of pages are brought up to date by themselves, also while somebody thinks about the answer.
        browser.run(
            "document.querySelectorAll('[hx-get]').forEach(part => { part.outerHTML = part.outerHTML })",
        );
        browser.click("#confirm-yes");
    }
    form
}

#[track_caller]
pub(crate) fn settles(browser: &Browser, status: u64, says: &str) {
    is_new_page(browser, &format!("which “{says}” is said"));
    let notices = browser.texts(".alert").join("\n");
    assert!(
        notices.contains(says),
        "{}: {}: {notices:?}; {:?}",
        browser.path(),
        browser.status(),
        browser.text("main")
    );
    assert_eq!(browser.status(), status, "{}: {notices}", browser.path());
    assert_eq!(browser.complaints(), [""; 0], "{}", browser.path());
}

/// Makes the first account, *anna*, where the link leads, and signs in.
#[track_caller]
pub(crate) fn set_up(browser: &Browser, link: &str, password: &str) {
    browser.go(&link[link.find("/set-up/").expect("a link")..]);
    browser.fill("#name", "anna");
    browser.fill("#password", password);
    browser.fill("#again", password);
    sends(browser, ".btn-primary", 200, "The account is made.");
    sign_in(browser, "anna", password, "", 200, "");
}

#[track_caller]
pub(crate) fn sign_in(
    browser: &Browser,
    name: &str,
    password: &str,
    one_time: &str,
    status: u64,
    says: &str,
) {
    browser.refill("#name", name);
    browser.refill("#password", password);
    browser.refill("#one-time-password", one_time);
    sends(browser, ".btn-primary", status, says);
}
