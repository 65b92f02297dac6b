//! The server's console in a browser: every page, every form with good and with bad input, for an administrator and for
//! somebody who may only look.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use totp_rs::{Builder, Secret};

use crate::console_forms::{Answer, SentBy, all_were_sent, form_of, note};
use crate::console_sending::{is_refused, sends, sends_after_question, sends_past_what_follows, sign_in};
use crate::support::app::Setup;
use crate::support::browser::Browser;
use crate::support::desktop::Desktop;
use crate::support::headless::Headless;
use crate::support::server::Server;
use crate::support::wait_for;
use crate::{console_fleet, console_pages, console_rehearsal, console_rest};

pub(crate) const PASSWORD: &str = "correct horse battery";
const OTHER_PASSWORD: &str = "staple gun under water";

#[test]
fn administrators_work_in_the_console() {
    let desktop = Desktop::start();
    let server = Server::start();
    let browser = Browser::start(format!("https://localhost:{}", server.console.port()));
    set_up(&browser, &server);
    browser.go("/");
    browser.run("window.isOld = true");
    let setup = Setup { answers_on_command_line: true, ..server.setup("localhost") };
    let agent = Headless::start(&desktop, &setup);
    wait_for("the answer to the question", || {
        let output = agent.command_line(&["certificate", "show", "--json"]);
        let assessment: Value = serde_json::from_slice(&output.stdout).ok()?;
        let fingerprint = assessment["fingerprint"].as_str()?;
        agent.command_line(&["certificate", "allow", fingerprint]).status.success().then_some(())
    });
    let endpoint = server.wait_for_endpoint("the enrolment", |_| true)["id"].as_str().unwrap().to_owned();
    dashboard(&browser);
    endpoints(&browser, &endpoint);
    let certificate = console_rehearsal::rehearsal(&browser, &server);
    console_fleet::decisions(&browser, &endpoint);
    drop(agent);
    let profile = profiles(&browser);
    console_fleet::versions(&browser, &profile);
    console_fleet::tightening(&browser, &profile, &endpoint);
    let group = console_fleet::groups(&browser, &profile);
    console_fleet::licence(&browser);
    server_settings(&browser);
    people(&browser);
    tokens(&browser);
    console_fleet::audit(&browser);
    every_page(&browser, &endpoint, &profile, &group, &certificate);
    console_rehearsal::foreseen(&browser);
    console_rehearsal::recovery_file(&browser, &endpoint);
    console_rest::profiles(&browser, &server, &profile);
    console_rest::groups(&browser, &server, &group, &endpoint);
    console_rest::endpoint(&browser, &server, &endpoint);
    console_rest::certificates(&browser, &server);
    console_rest::administrators(&browser, &server);
    console_rest::licence();
    own_account(&browser, &server);
    read_only(&browser, &profile);
    all_were_sent(SentBy::Console);
    console_pages::all_fitted();
}

fn set_up(browser: &Browser, server: &Server) {
    let link = server.set_up_link.split_once("/set-up/").unwrap().1;
    browser.go(&format!("/set-up/{link}"));
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(browser.findings(), [""; 0]);
    browser.fill("#name", "anna");
    browser.fill("#password", PASSWORD);
    browser.fill("#again", OTHER_PASSWORD);
    sends(browser, ".btn-primary", 422, "The two passwords are not the same.");
    browser.fill("#password", "aaaaaaaaaaaaaaaa");
    browser.fill("#again", "aaaaaaaaaaaaaaaa");
    sends(browser, ".btn-primary", 422, "must not be made of");
    browser.fill("#password", PASSWORD);
    browser.fill("#again", PASSWORD);
    sends(browser, ".btn-primary", 200, "The account is made.");
    browser.go(&format!("/set-up/{link}"));
    assert_eq!(browser.status(), 404);
    browser.go("/endpoints?search=x");
    assert_eq!(browser.path(), "/sign-in?next=%2Fendpoints%3Fsearch%3Dx");
    sign_in(browser, "anna", OTHER_PASSWORD, "", 422, "are not right");
    assert_eq!(browser.findings(), [""; 0]);
    sign_in(browser, "anna", PASSWORD, "", 200, "");
    assert_eq!(browser.path(), "/endpoints?search=x");
}

/// The numbers change by themselves, without another page.
fn dashboard(browser: &Browser) {
    wait_for("the endpoint on the dashboard", || {
        let known = ["#online", "#offline"].map(|id| browser.text(id));
        known.contains(&Some("1".to_owned())).then_some(())
    });
    assert_eq!(browser.run("return window.isOld"), true, "the dashboard loads the whole page again");
    let time = browser.text("#overview time").unwrap();
    assert!(!time.contains("UTC"), "not in the time of whoever looks: {time}");
    assert_eq!(browser.complaints(), [""; 0]);
}

fn endpoints(browser: &Browser, endpoint: &str) {
    browser.go("/endpoints");
    browser.wait_for_text("#found p", "1 endpoint");
    browser.run("window.isOld = true");
    browser.fill("#search", "no-such-host");
    browser.wait_for_text("#found p", "No endpoint fits.");
    assert!(browser.path().contains("search=no-such-host"), "{}", browser.path());
    browser.refill("#search", " ");
    browser.wait_for_text("#found p", "1 endpoint");
    browser.run(
        "const trust = document.getElementById('standing'); trust.value = 'valid';\
         trust.dispatchEvent(new Event('change', {bubbles: true}));",
    );
    browser.wait_for_text("#found p", "No endpoint fits.");
    assert_eq!(browser.run("return window.isOld"), true, "the search loads the whole page again");
    assert_eq!(browser.complaints(), [""; 0]);
    note(form_of(browser, "#query"), Answer::Done);

    browser.go(&format!("/endpoints/{endpoint}"));
    browser.fill("#title", "Maintenance");
    browser.fill("#text", "Tonight.");
    sends(browser, "form:has(#title) button", 200, "The command was given.");
    assert!(browser.texts("table th").iter().any(|command| command == "Message “Maintenance”"));
    let message = browser.texts("table td").join("\n");
    assert!(message.contains("Done") || message.contains("Waiting for the endpoint"), "{message}");
    browser.run("document.getElementById('profile').selectedIndex = 1");
    sends(browser, "form:has(#profile) button", 200, "The endpoint has the other profile.");
    assert!(browser.texts("dd").iter().any(|why| why == "Given to this endpoint by hand"));
    browser.run("document.getElementById('profile').selectedIndex = 0");
    sends(browser, "form:has(#profile) button", 200, "The groups of the endpoint decide.");
    browser.run("window.isOld = true");
    browser.click("form[data-confirm-button=Deregister] button");
    browser.wait_for_text("#confirm-text", "Deregister");
    assert_eq!(browser.focused(), "BUTTON");
    assert_eq!(browser.findings(), [""; 0]);
    browser.click("#confirm button[value=no]");
    wait_for("the end of the question", || (!browser.is_displayed("#confirm")).then_some(()));
    assert_eq!(browser.run("return window.isOld"), true);
}

/// Returns the path of the profile that was made.
fn profiles(browser: &Browser) -> String {
    browser.go("/endpoint-profiles");
    browser.fill("#name", "Default");
    sends(
        browser,
        "form[action='/endpoint-profiles'] button",
        409,
        "There is an endpoint profile with the name",
    );
    browser.refill("#name", "Branch");
    sends(browser, "form[action='/endpoint-profiles'] button", 200, "is made");
    let path = browser.path();
    browser.refill("#heartbeat", "abc");
    browser.click("input[value=deny]");
    sends(browser, ".card-footer button", 422, "The heartbeat must be a whole number.");
    assert_eq!(browser.run("return document.getElementById('heartbeat').value"), "abc");
    assert_eq!(browser.run("return document.querySelector('input[value=deny]').checked"), true);
    browser.refill("#heartbeat", "2");
    sends(browser, ".card-footer button", 422, "must be 5 to 3600");
    browser.refill("#heartbeat", "60");
    sends(browser, ".card-footer button", 200, "The profile is saved.");
    assert!(browser.text("main .text-secondary").unwrap().starts_with("Revision 2."));
    browser.run("document.querySelector('form.card [name=revision]').value = '1'");
    browser.refill("#heartbeat", "61");
    sends(browser, ".card-footer button", 412, "was changed by somebody else meanwhile");
    browser.go(&format!("{path}?tab=general"));
    browser.refill("#name", "Branch office");
    sends(browser, ".card-footer button", 200, "The profile is saved.");
    assert_eq!(browser.text("h1").as_deref(), Some("Branch office"));
    browser.go(&format!("{path}?tab=connection"));
    browser.click("[name=proxy_fallback_direct]");
    sends(browser, ".card-footer button", 200, "The profile is saved.");
    assert_eq!(browser.run("return document.querySelector('[name=proxy_fallback_direct]').checked"), true);
    browser.go(&path);
    assert_eq!(
        browser.run("return document.getElementById('heartbeat').value"),
        "60",
        "another tab changed it"
    );
    browser.go("/endpoint-profiles");
    sends(browser, ".card-footer button", 422, "Choose at least one profile.");
    browser.run("for (const box of document.querySelectorAll('tbody input')) box.click()");
    sends_past_what_follows(browser, ".card-footer button", 200, "1 profile says Warn now.");
    path
}

fn server_settings(browser: &Browser) {
    browser.go("/system-settings/server");
    assert!(!browser.is_enabled("form[action$=endpoint-control] button"));
    browser.fill("#chain", "rubbish");
    browser.fill("#key", "rubbish");
    sends(browser, "form[action$=ssl-certificate] .btn-primary", 422, "is neither a PKCS#12 file nor");
    assert_eq!(browser.run("return document.getElementById('chain').value"), "rubbish");
    assert_eq!(browser.run("return document.getElementById('key').value"), "", "a private key was sent back");
    browser.go("/system-settings/server");
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/crates/server/tests/data/certificate_upload/windows.pfx");
    browser.fill("#files", file);
    sends(browser, "form[action$=ssl-certificate] .btn-primary", 422, "The PKCS#12 file is encrypted.");
    console_rest::upload_certificate(browser);
    assert!(browser.is_enabled("form[action$=endpoint-control] button"));
}

fn people(browser: &Browser) {
    browser.go("/system-settings/administrators");
    browser.fill("#name", "bert");
    browser.fill("#password", "aaaaaaaaaaaaaaaa");
    sends(browser, ".narrow .btn-primary", 422, "must not be made of");
    browser.fill("#password", PASSWORD);
    sends(browser, ".narrow .btn-primary", 200, "bert is added.");
    browser.fill("#name", "Bert");
    browser.fill("#password", PASSWORD);
    sends(browser, ".narrow .btn-primary", 409, "already");
    browser.click("summary");
    sends_after_question(
        browser,
        "form[action$='/remove'] button",
        409,
        "nobody with the role “Administrator”",
    );
}

fn tokens(browser: &Browser) {
    for page in ["/system-settings/enrolment-tokens", "/system-settings/api-tokens"] {
        browser.go(page);
        browser.fill("#name", "For a script");
        browser.refill("#days", "0");
        sends(browser, ".narrow .btn-primary", 422, "The number of days must be 1 to 3650");
        browser.refill("#days", "10");
        sends(browser, ".narrow .btn-primary", 200, "It is shown only now");
        assert!(browser.text("#new-token").is_some_and(|token| token.len() > 30));
        assert_eq!(browser.findings(), [""; 0]);
        let revoke = "form[action$=revoke] button";
        browser.go(page);
        console_rest::about_nothing(browser, revoke);
        is_refused(browser, revoke, "There is no");
        browser.go(page);
        sends_after_question(browser, revoke, 200, "The token is revoked.");
        assert_eq!(browser.text("#new-token"), None);
    }
}

fn every_page(browser: &Browser, endpoint: &str, profile: &str, group: &str, certificate: &str) {
    let paths = [
        "/",
        "/endpoints",
        &format!("/endpoints/{endpoint}"),
        &format!("/endpoints/{endpoint}/history"),
        "/endpoint-profiles",
        profile,
        &format!("{profile}?tab=general"),
        &format!("{profile}?tab=connection"),
        &format!("{profile}/groups"),
        &format!("{profile}/tightening"),
        "/tightenings",
        "/upgrade-path",
        &format!("{profile}/versions"),
        &format!("{profile}/comparison?from=2&to=3"),
        "/endpoint-groups",
        group,
        "/system-settings/server",
        certificate,
        "/system-settings/server/certificates/built-in",
        "/system-settings/server/automated",
        "/system-settings/server/recovery-file",
        "/system-settings/administrators",
        "/system-settings/enrolment-tokens",
        "/system-settings/api-tokens",
        "/system-settings/audit-log",
        "/system-settings/licence",
        "/account",
        "/account/one-time-passwords",
        "/nowhere",
    ];
    for path in paths {
        browser.go(path);
        console_pages::is_sound(browser, path);
    }
}

/// The one-time password of now and so many steps.
fn one_time(secret: &str, steps: u64) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret.as_bytes().to_vec()).build().unwrap();
    totp.generate(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 30 * steps).to_string()
}

fn own_account(browser: &Browser, server: &Server) {
    let change = |old: &str, status, says| {
        browser.go("/account");
        browser.fill("#old", old);
        browser.fill("#new", OTHER_PASSWORD);
        browser.fill("#again", OTHER_PASSWORD);
        sends(browser, ".btn-primary", status, says);
    };
    change("not the password", 422, "Your present password is not right.");
    change(PASSWORD, 200, "The password is changed.");
    browser.go("/account");
    assert_eq!(browser.path(), "/sign-in?next=%2Faccount", "the session goes on");
    sign_in(browser, "anna", OTHER_PASSWORD, "", 200, "");
    browser.go("/account/one-time-passwords");
    let secret = browser.text("#secret").unwrap();
    let begin = |password: &str, status, says| {
        browser.refill("#one-time", password);
        browser.refill("#password", OTHER_PASSWORD);
        sends(browser, "main .btn-primary", status, says);
    };
    begin("12", 422, "This one-time password is not right.");
    assert_eq!(browser.text("#secret").as_ref(), Some(&secret));
    begin(&one_time(&secret, 0), 200, "One-time passwords are on.");
    sign_in(browser, "anna", OTHER_PASSWORD, "", 422, "needs a one-time password as well");
    sign_in(browser, "anna", OTHER_PASSWORD, "12", 422, "are not right");
    sign_in(browser, "anna", OTHER_PASSWORD, &one_time(&secret, 1), 200, "");
    assert_eq!(browser.path(), "/");
    console_rest::one_time_passwords(browser, server);
    sign_in(browser, "anna", OTHER_PASSWORD, "", 200, "");
    sends(browser, "form[action='/sign-out'] button", 200, "You are signed out.");
    browser.go("/");
    assert_eq!(browser.path(), "/sign-in");
}

/// Whoever may only look sees nothing to press, and the server does not do it either.
fn read_only(browser: &Browser, profile: &str) {
    sign_in(browser, "bert", PASSWORD, "", 200, "");
    for path in ["/", "/endpoints", "/endpoint-profiles", profile, "/system-settings/server"] {
        browser.go(path);
        assert_eq!(browser.status(), 200, "{path}");
        assert!(browser.elements("main form[method=post] button").is_empty(), "{path}");
    }
    for path in ["/system-settings/administrators", "/system-settings/api-tokens"] {
        browser.go(path);
        assert_eq!(browser.status(), 403, "{path}");
        assert!(browser.is_displayed("#menu"), "{path}: whoever is signed in keeps the menu");
    }
    for path in ["/endpoint-profiles", "/system-settings/enrolment-tokens"] {
        let script = format!(
            "const done = arguments[0]; fetch('{path}', {{ method: 'POST', body: new URLSearchParams({{ name: 'Mine' }}) }})\
             .then((answer) => done(answer.status), (error) => done(String(error)));"
        );
        assert_eq!(browser.run_until_done(&script), 403, "{path}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}
