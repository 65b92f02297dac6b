//! The forms of the console that change what others rest on: what is removed, taken back and switched. Each is sent as it is meant,
//! and about something that is not there or cannot be. Called by the test of the console.

use std::net::SocketAddr;

use countersign_protocol::{LicenceDocument, PublisherKeyPair};
use countersign_server::{CommandLine, ServerConfiguration};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::console::PASSWORD;
use crate::console_sending::{is_refused, sends, sends_after_question, sends_past_what_follows, set_up};
use crate::support::browser::Browser;
use crate::support::server::Server;
use crate::support::wait_for;

/// An identifier of nothing.
pub(crate) const NOTHING: &str = "0192f0c1-0000-7000-8000-000000000000";

/// Has the form of a button be about something that was removed since the page was loaded.
pub(crate) fn about_nothing(browser: &Browser, button: &str) {
    let done = browser.run(&format!(
        "const form = document.querySelector({}).form; const action = form.getAttribute('action');\
         form.setAttribute('action', action.replace(/[0-9a-f-]{{36}}(?!.*[0-9a-f-]{{36}})/, '{NOTHING}'));\
         return form.getAttribute('action').includes('{NOTHING}')",
        Value::from(button)
    ));
    assert_eq!(done, true, "{button} is about nothing in particular");
}

fn id(made: &Value) -> &str {
    made["id"].as_str().expect("an id")
}

/// `assigned` is the profile of a group.
pub(crate) fn profiles(browser: &Browser, server: &Server, assigned: &str) {
    let body = json!({"name": "Outlived", "invalid_certificate_action": "warn", "heartbeat_seconds": 30});
    let made = server.make("/profiles", &body);
    let path = format!("/endpoint-profiles/{}", id(&made));
    let (clone, remove) = ("form[action$=clone] button", "form[action$=remove] button");
    browser.go(&path);
    about_nothing(browser, clone);
    is_refused(browser, clone, "There is no");
    browser.go(&path);
    sends(browser, clone, 200, "is made. Give it a name of its own.");
    assert_ne!(browser.path(), path);
    sends_after_question(browser, remove, 200, "The profile is removed.");
    browser.go(assigned);
    sends_after_question(browser, remove, 409, "Not done:");

    // Somebody else was faster.
    browser.go(&format!("{assigned}/comparison?from=2&to=3"));
    browser.run("document.querySelector('[name=revision]').value = '1'");
    sends_past_what_follows(
        browser,
        "form[action$=roll-back] button",
        200,
        "was changed by somebody else meanwhile",
    );
    browser.go(&format!("{assigned}/versions"));
    browser.run("document.querySelector('#from option').value = '9999'; document.getElementById('from').selectedIndex = 0");
    is_refused(browser, "form[action$=comparison] button", "There is no revision 9999");
    browser.go(&format!("{assigned}/groups"));
    let assign = ".card-footer button";
    browser.run(&format!(
        "const box = document.querySelector('tbody input'); box.name = '{NOTHING}'; box.checked = true"
    ));
    is_refused(browser, assign, "There is no endpoint group");
}

/// `by_rule` has the endpoint as a member, and a profile.
pub(crate) fn groups(browser: &Browser, server: &Server, by_rule: &str, endpoint: &str) {
    let made = server.make("/groups", &json!({"name": "By hand", "precedence": 7}));
    let path = format!("/endpoint-groups/{}", id(&made));
    browser.go(&path);
    browser.fill("#endpoints", endpoint);
    sends(browser, "#add button", 200, "added");
    let take_out = "form[action*='/members/'] button";
    about_nothing(browser, take_out);
    is_refused(browser, take_out, "There is no");
    browser.go(&path);
    sends(browser, take_out, 200, "The endpoint is taken out of the group.");
    let remove = "form[action$='/remove'] button";
    about_nothing(browser, remove);
    is_refused(browser, remove, "There is no endpoint group");
    browser.go(&path);
    sends_after_question(browser, remove, 200, "removed");

    // What would follow is shown; meanwhile somebody else removes what it is about.
    browser.go(by_rule);
    browser.run("document.getElementById('profile').selectedIndex = 0");
    sends(browser, "#group .card-footer button", 200, "");
    let save = "form:has([name=seen]) .btn-primary";
    about_nothing(browser, save);
    is_refused(browser, save, "There is no endpoint group");
}

/// Its agent is not connected.
pub(crate) fn endpoint(browser: &Browser, server: &Server, endpoint: &str) {
    let path = format!("/endpoints/{endpoint}");
    let kind = |kind: &str| format!("form:has([value={kind}]) button");
    for command in ["refresh_inventory", "collect_diagnostics", "deregister"] {
        browser.go(&path);
        about_nothing(browser, &kind(command));
        is_refused(browser, &kind(command), "There is no endpoint");
    }
    browser.go(&path);
    browser.fill("#title", " ");
    sends(browser, "form:has(#title) button", 422, "“Title” must have 1 to 80 characters");
    for command in ["refresh_inventory", "collect_diagnostics"] {
        browser.go(&path);
        sends(browser, &kind(command), 200, "The command was given.");
    }
    let cancel = "form[action$=cancel] button";
    about_nothing(browser, cancel);
    sends(browser, cancel, 200, "does not wait for the endpoint");
    sends(browser, cancel, 200, "The command is taken back.");
    let assign = "form:has(#profile) button";
    browser.run(&format!("const choice = document.getElementById('profile'); choice.options[1].value = '{NOTHING}'; choice.selectedIndex = 1"));
    is_refused(browser, assign, "There is no endpoint profile");
    browser.go(&path);
    sends_after_question(browser, &kind("deregister"), 200, "The command was given.");

    // All of that is in its history, and on the page of it.
    let told = browser.text("#history").unwrap();
    assert!(told.contains("Took a command back") && told.contains("Gave an endpoint a command"), "{told}");
    browser.click("#history .card-footer a");
    browser.wait_for_text("h1", "History of");
    let told = browser.text("main").unwrap();
    for words in [
        "Enrolled",
        "Connected",
        "Not connected any more",
        "Applied its profile",
        "The person decided: Allowed",
        "Judged the certificate",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(browser.complaints(), [""; 0]);

    let remove = format!("form[action='{path}/remove'] button");
    browser.go(&path);
    about_nothing(browser, &remove);
    is_refused(
        browser,
        &format!("form[action='/endpoints/{NOTHING}/remove'] button"),
        "There is no endpoint",
    );
    browser.go(&path);
    sends_after_question(browser, &remove, 200, "The endpoint was removed.");
    assert_eq!(server.get("/endpoints"), json!([]));
}

/// There is an SSL certificate, and it is not used.
pub(crate) fn certificates(browser: &Browser, server: &Server) {
    let path = "/system-settings/server";
    let (switch, remove) =
        ("form[action$=endpoint-control] button", "form[action$='ssl-certificate/remove'] button");
    browser.go(path);
    sends_past_what_follows(browser, switch, 200, "Agents are shown the SSL certificate.");
    sends_after_question(browser, remove, 409, "The SSL certificate is used for endpoint control.");
    browser.go(path);
    sends_past_what_follows(browser, switch, 200, "Agents are shown the built-in certificate.");
    browser.go(path);
    // Somebody else removes it.
    server.delete("/ssl-certificate");
    sends_past_what_follows(browser, switch, 409, "There is no SSL certificate to use for endpoint control.");
    upload_certificate(browser);
    sends_after_question(browser, remove, 200, "The SSL certificate is removed.");
    import(browser);
    let discard = "form[action*='/certificates/'][action$=remove] button";
    let candidate = browser.path();
    about_nothing(browser, discard);
    is_refused(browser, discard, "There is no");
    browser.go(&candidate);
    sends_after_question(browser, discard, 200, "The certificate and its key are removed.");
    access(browser);
}

/// Somebody else has turned a switch since the page was loaded, once.
fn access(browser: &Browser) {
    let save = "form[action$=access] button";
    browser.click("[name=redirect]");
    sends(browser, save, 200, "The settings for HTTPS and HTTP are saved.");
    assert_eq!(browser.run("return document.querySelector('[name=redirect]').checked"), true);
    browser.run("document.querySelector('form[action$=access] [name=revision]').value = '1'");
    browser.click("[name=redirect]");
    sends(browser, save, 412, "was changed by somebody else meanwhile");
    assert_eq!(browser.run("return document.querySelector('[name=redirect]').checked"), true, "not as it is");
    browser.click("[name=redirect]");
    sends(browser, save, 200, "The settings for HTTPS and HTTP are saved.");
    assert_eq!(browser.run("return document.querySelector('[name=redirect]').checked"), false);
}

/// One with a key that is encrypted.
pub(crate) fn import(browser: &Browser) {
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/crates/server/tests/data/certificate_upload/windows.pfx");
    browser.go("/system-settings/server");
    browser.fill("#files", file);
    browser.fill("#file-password", "Passwort ä");
    let upload = "form[action$=ssl-certificate] .btn-primary";
    sends(browser, upload, 200, "The certificate is imported");
}

/// Imports it, and commits it although it is not valid.
pub(crate) fn upload_certificate(browser: &Browser) {
    import(browser);
    let commit = "form[action$=commit] .btn-primary";
    sends(browser, commit, 409, "It was not committed, and nothing has changed");
    browser.click("[name=confirmed]");
    sends_past_what_follows(browser, commit, 200, "CN=server.example, issued by CN=Intermediate");
}

fn administrator(server: &Server, name: &str) -> String {
    let all = server.get("/administrators");
    let found = all.as_array().unwrap().iter().find(|person| person["name"] == name);
    id(found.unwrap_or_else(|| panic!("there is no {name}: {all}"))).to_owned()
}

/// Signed in is anna, the only one with the role *Administrator*.
pub(crate) fn administrators(browser: &Browser, server: &Server) {
    let body = json!({"name": "carl", "role": "read_only", "password": PASSWORD});
    server.make("/administrators", &body);
    let (anna, carl) = (administrator(server, "anna"), administrator(server, "carl"));
    let open = || {
        browser.go("/system-settings/administrators");
        browser.run("for (const details of document.querySelectorAll('details')) details.open = true");
    };
    let form = |id: &str, field: &str| format!("form[action$='/{id}']:has([name={field}]) button");
    let choose = |id: &str, role: &str| {
        browser.run(&format!("document.getElementById('role-{id}').value = '{role}'"));
    };
    open();
    choose(&anna, "operator");
    sends(browser, &form(&anna, "role"), 409, "nobody with the role “Administrator”");
    open();
    choose(&carl, "operator");
    sends(browser, &form(&carl, "role"), 200, "It is changed.");
    open();
    browser.fill(&format!("#password-{carl}"), "aaaaaaaaaaaaaaaa");
    sends(browser, &form(&carl, "password"), 422, "must not be made of");
    open();
    browser.fill(&format!("#password-{carl}"), "a horse of another colour");
    sends(browser, &form(&carl, "password"), 200, "It is changed.");
    open();
    sends(browser, &form(&anna, "enabled"), 409, "nobody with the role “Administrator”");
    open();
    sends(browser, &form(&carl, "enabled"), 200, "It is changed.");
    assert!(browser.text("main").unwrap().contains("cannot sign in"));
    open();
    sends_after_question(
        browser,
        &format!("form[action$='/{carl}/remove'] button"),
        200,
        "The account is removed.",
    );
}

/// Signed in is anna, with one-time passwords. Afterwards nobody is.
pub(crate) fn one_time_passwords(browser: &Browser, server: &Server) {
    let anna = administrator(server, "anna");
    let switch_off = format!("form[action$='/{anna}/one-time-passwords'] button");
    browser.go("/system-settings/administrators");
    browser.run("for (const details of document.querySelectorAll('details')) details.open = true");
    about_nothing(browser, &switch_off);
    let about_nobody = format!("form[action$='/{NOTHING}/one-time-passwords'] button");
    sends_after_question(browser, &about_nobody, 404, "There is no administrator");
    browser.run("for (const details of document.querySelectorAll('details')) details.open = true");
    sends_after_question(browser, &switch_off, 200, "One-time passwords are off for this account.");
}

/// With a server that knows a publisher: the program is built with none.
pub(crate) fn licence() {
    let directory = tempfile::tempdir().unwrap();
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let publisher = PublisherKeyPair::generate().unwrap().0;
    let command_line = CommandLine {
        data_directory: Some(directory.path().join("data")),
        telemetry_address: Some(any_port),
        console_address: Some(any_port),
        server_name: Some("localhost".to_owned()),
        ..CommandLine::default()
    };
    let mut configuration = ServerConfiguration::load(command_line).unwrap();
    configuration.licence_publisher = Some(publisher.public_key());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(countersign_server::Server::start(configuration)).unwrap();
    let file = directory.path().join("example.licence");
    let mut document = LicenceDocument::new("Example Ltd".to_owned(), 40, OffsetDateTime::now_utc());
    document.expires_at = Some(OffsetDateTime::now_utc() + time::Duration::days(365));
    std::fs::write(&file, publisher.sign(&document).unwrap().to_text()).unwrap();

    let browser = Browser::start(format!("https://localhost:{}", server.console.port()));
    set_up(&browser, server.set_up_link.as_ref().unwrap().expose(), PASSWORD);
    let upload = || {
        browser.go("/system-settings/licence");
        browser.fill("#licence-file", file.to_str().unwrap());
        wait_for("the content of the file", || {
            let content = browser.run("return document.getElementById('licence').value");
            content.as_str().is_some_and(|content| content.contains("signature")).then_some(())
        });
        sends(&browser, ".card-body .btn-primary", 200, "");
        assert!(browser.text("dl").unwrap().contains("Example Ltd"));
    };
    upload();
    assert_eq!(browser.findings(), [""; 0]);
    let remove = "form[action$='licence/remove'] button";
    // Somebody else removes it.
    let removed = browser.run_until_done(
        "const done = arguments[0]; const body = new URLSearchParams(new FormData(document.querySelector(\
         \"form[action$='licence/remove']\"))); fetch('/system-settings/licence/remove', { method: 'POST', body, redirect: 'manual' })\
         .then((answer) => done(answer.type), (error) => done(String(error)));",
    );
    assert_eq!(removed, "opaqueredirect");
    sends_after_question(&browser, remove, 200, "Not done:");
    upload();
    sends_after_question(&browser, remove, 200, "The evaluation licence is in force again.");
    drop(browser);
    runtime.block_on(server.stop());
}
