//! What an administrator does with a fleet in the console: decisions of people, versions of profiles, groups, the licence,
//! and the audit. Called by the test of the console.

use crate::console_forms::{Answer, form_of, note};
use crate::console_sending::{sends, sends_after_question, sends_past_what_follows, settles};
use crate::support::browser::Browser;
use crate::support::wait_for;

/// What the person allowed on the command line is shown, and revoked.
pub(crate) fn decisions(browser: &Browser, endpoint: &str) {
    let path = format!("/endpoints/{endpoint}");
    let shows = |text: &str| {
        wait_for(&format!("the page of the endpoint that says “{text}”"), || {
            browser.go(&path);
            browser.text("main").filter(|page| page.contains(text)).map(drop)
        });
    };
    shows("On the command line: first question");
    shows("Allowed at the longest until");
    let revoke = "form[action$='/revoke'] button";
    let other = "0".repeat(64);
    browser.run(&format!("document.querySelector('[name=fingerprint]').value = '{other}'"));
    sends_after_question(browser, revoke, 200, "is not allowed at the endpoint");
    sends_after_question(browser, revoke, 200, "The endpoint is told to forget it.");
    shows("Nothing is allowed.");
    shows("Forget an allowed certificate");
    assert_eq!(browser.findings(), [""; 0]);
}

/// Two versions are compared, and the profile goes back to the first.
pub(crate) fn versions(browser: &Browser, profile: &str) {
    browser.go(&format!("{profile}/versions"));
    let revisions = browser.texts("tbody th").len();
    assert!(revisions > 3, "{revisions}");
    browser.run("document.getElementById('from').value = '1'");
    sends(browser, "form[action$=comparison] button", 200, "");
    assert_eq!(browser.findings(), [""; 0]);
    assert!(browser.texts("tbody th").iter().any(|field| field == "Heartbeat, in seconds"));
    sends(browser, "form[action$=roll-back] button", 200, "The profile is as it was in revision 1.");
    assert_eq!(browser.texts("tbody th").len(), revisions + 1);
    browser.go(&format!("{profile}/comparison?from=1&to=99"));
    assert_eq!(browser.status(), 404);
    assert!(browser.is_displayed("#menu"), "who is signed in keeps the menu");
}

/// Returns the path of the group that was made.
pub(crate) fn groups(browser: &Browser, profile: &str) -> String {
    browser.go("/endpoint-groups");
    browser.fill("#name", "Desks");
    sends(browser, "form[action='/endpoint-groups'] button", 200, "The group “Desks” is made.");
    let path = browser.path();
    browser.go("/endpoint-groups");
    browser.fill("#name", "Desks");
    sends(browser, "form[action='/endpoint-groups'] button", 409, "There is an endpoint group with the name");
    browser.go(&path);
    browser.fill("#endpoints", "no-such-host");
    sends(browser, "#add button", 422, "neither the host name nor the instance UID");
    // What was sent to is no page; to load it again shows the one of the form.
    browser.go(&format!("{path}/members"));
    assert_eq!(browser.path(), path);
    browser.refill("#precedence", "first");
    sends(browser, "#group .card-footer button", 422, "The precedence must be a whole number.");
    browser.refill("#precedence", "1");
    browser.click("input[value=rule]");
    sends(browser, "#group .card-footer button", 422, "A rule needs at least one condition.");
    browser.refill("#addresses", "here");
    sends(browser, "#group .card-footer button", 422, "“here” is neither an address nor a network");
    browser.refill("#addresses", "");
    browser.refill("#host_name", "*");
    sends(browser, "#group .card-footer button", 200, "The group is saved.");

    // What follows is shown before it is done.
    browser.go(&format!("{profile}/groups"));
    assert_eq!(browser.findings(), [""; 0]);
    browser.click("tbody input");
    sends(browser, ".card-footer button", 200, "");
    assert!(browser.text("main").unwrap().contains("1 endpoint gets another profile: 1 “"));
    assert_eq!(browser.findings(), [""; 0]);
    sends(browser, ".btn-primary", 200, "The profile is that of the chosen groups.");
    browser.go(&path);
    sends_after_question(browser, "#command button", 200, "The command was given to 1 endpoint.");
    browser.run("document.getElementById('kind').value = 'notify_user'");
    sends_after_question(browser, "#command button", 422, "“Title” must have 1 to 80 characters");
    browser.go("/endpoints");
    browser.run(
        "const group = document.getElementById('group'); group.selectedIndex = 1;\
         group.dispatchEvent(new Event('change', {bubbles: true}));",
    );
    wait_for("the list of the group", || browser.path().contains("group=").then_some(()));
    browser.wait_for_text("#found p", "1 endpoint");
    path
}

pub(crate) fn licence(browser: &Browser) {
    browser.go("/system-settings/licence");
    browser.fill("#licence", "rubbish");
    sends(browser, ".card-body .btn-primary", 422, "This is no licence file");
    assert_eq!(browser.run("return document.getElementById('licence').value"), "rubbish");
}

/// Nobody has to read documents.
pub(crate) fn audit(browser: &Browser) {
    browser.go("/system-settings/audit-log");
    let page = browser.text("main").unwrap();
    for words in [
        "Rolled an endpoint profile back",
        "Invalid Certificate Action: Deny",
        "Gave an endpoint group a command",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains('{'), "{page}");
    // It is searched without another page.
    browser.run("window.isOld = true");
    let choose = |field: &str, value: &str| {
        browser.run(&format!(
            "const field = document.getElementById('{field}'); field.value = '{value}';\
             field.dispatchEvent(new Event('change', {{bubbles: true}}));"
        ));
    };
    choose("action", "profile.rolled_back");
    browser.wait_for_text("#found [role=status]", "1 change");
    assert!(browser.path().contains("action=profile.rolled_back"), "{}", browser.path());
    choose("subject", "no such thing");
    browser.wait_for_text("#found [role=status]", "No change fits.");
    choose("subject", "BRANCH");
    browser.wait_for_text("#found [role=status]", "1 change");
    choose("until", "2020-01-01");
    browser.wait_for_text("#found [role=status]", "No change fits.");
    assert_eq!(browser.run("return window.isOld"), true, "the search loads the whole page again");
    note(form_of(browser, "#query"), Answer::Done);
    // Who and what are ways to the rest of it.
    browser.go("/system-settings/audit-log");
    browser.run("window.isOld = true");
    browser.click("tbody td:nth-child(2) a");
    settles(browser, 200, "");
    assert!(browser.path().contains("?actor="), "{}", browser.path());
    assert_eq!(browser.findings(), [""; 0]);
}

/// A staged tightening, begun with bad and with good input, and taken in hand.
pub(crate) fn tightening(browser: &Browser, profile: &str, endpoint: &str) {
    browser.go(&format!("{profile}/tightening"));
    let begin = "form.narrow .btn-primary";
    browser.refill("#rings", "50, 10, 100");
    sends(browser, begin, 422, "growing per cents, of which the last one is 100");
    assert_eq!(browser.run("return document.getElementById('rings').value"), "50, 10, 100");
    browser.refill("#rings", "all");
    sends(browser, begin, 422, "for example 1, 10, 50, 100");
    browser.refill("#rings", "10 %, 100 %");
    browser.refill("#trial", "5000");
    sends(browser, begin, 422, "must be 1 to 1440");
    browser.refill("#trial", "5");
    sends(browser, begin, 200, "The tightening has begun with");
    assert!(browser.elements("#rings").is_empty(), "one at a time");
    browser.run(
        "const halt = document.querySelector(\"form[action$='/halt']\");\
         halt.setAttribute('action', halt.getAttribute('action').replace('/halt', '/resume'))",
    );
    sends(browser, "form[action$='/resume'] button", 409, "The tightening is running and cannot be resumed.");
    sends(browser, "form[action$='/halt'] button", 200, "The tightening is halted.");
    sends(browser, "form[action$='/resume'] button", 200, "The tightening goes on.");
    sends_after_question(
        browser,
        "form[action$='/step-back'] button",
        200,
        "All endpoints that can be reached get the former action again.",
    );
    finish(browser, begin);
    of_an_endpoint(browser, endpoint, begin);
    browser.go("/tightenings");
    assert!(
        browser.text("tbody").is_some_and(|text| text.contains("Stepped back")),
        "{:?}",
        browser.text("tbody")
    );
}

/// One of an endpoint that is away: what it would do to it is shown each time, and what is opened stays open while the page renews
/// itself.
fn of_an_endpoint(browser: &Browser, endpoint: &str, begin: &str) {
    browser.go(&format!("/endpoints/{endpoint}"));
    let profile =
        browser.run("return document.querySelector('dd a[href^=\"/endpoint-profiles/\"]').pathname");
    browser.go(&format!("{}/tightening", profile.as_str().unwrap()));
    browser.refill("#rings", "100, 50");
    sends(browser, begin, 422, "growing per cents, of which the last one is 100");
    browser.refill("#rings", "100");
    sends_past_what_follows(browser, begin, 200, "The tightening has begun with 1 endpoint.");
    browser.click("#progress summary");
    let open = "const of = document.querySelector('#progress details'); return Boolean(of && of.open)";
    assert_eq!(browser.run(open), true);
    browser.run("document.getElementById('progress').dataset.old = 'yes'");
    wait_for("the page to renew itself", || {
        (browser.run("return Boolean(document.getElementById('progress').dataset.old)") == false)
            .then_some(())
    });
    assert_eq!(browser.run(open), true, "what was opened is closed");
    assert_eq!(browser.complaints(), [""; 0]);
    let (back, resume) = ("form[action$='/step-back'] button", "form[action$='/resume'] button");
    sends_after_question(browser, back, 200, "keeps the stricter action until");
    browser.run("window.isOld = true");
    browser.click(resume);
    wait_for("what it would do", || (!browser.elements("[name=seen]").is_empty()).then_some(()));
    assert!(browser.text("main").unwrap().contains("deny is on trial at once at 1 endpoint."));
    sends(browser, "[name=seen]", 200, "The tightening goes on.");
    sends_after_question(browser, back, 200, "All endpoints that can be reached");
}

/// One that comes to its last ring at once is finished by hand; first with what it was a moment ago.
fn finish(browser: &Browser, begin: &str) {
    browser.refill("#rings", "100");
    sends(browser, begin, 200, "The tightening has begun with");
    let finish = "form[action$='/finish'] button";
    browser.run("document.querySelector(\"form[action$='/finish'] [name=shown]\").value = 'running.0.0'");
    sends(browser, finish, 412, "The tightening was changed by somebody else meanwhile");
    sends_past_what_follows(browser, finish, 200, "The tightening is finished");
    assert!(
        browser
            .text("main .text-secondary")
            .unwrap()
            .contains("Invalid Certificate Action of this profile is Deny")
    );
    assert!(browser.elements(begin).is_empty(), "nothing is stricter");
}
