//! What an administrator finds out before something happens, and the file that helps afterwards: rehearsal, announcement, what
//! is foreseen, the recovery file. Called by the test of the console.

use serde_json::Value;

use crate::console_forms::{Answer, form_of, note};
use crate::console_pages::is_sound;
use crate::console_rest::{NOTHING, about_nothing, import};
use crate::console_sending::{is_refused, sends, sends_after_question};
use crate::support::browser::Browser;
use crate::support::certificates::Wish;
use crate::support::server::Server;
use crate::support::wait_for;

const REHEARSE: &str = "form[action$='/rehearsal'] button";
const END: &str = "form[action$='/rehearsal/end'] button";
const ANNOUNCE: &str = "form[action$='/announcement'] button";

/// The agent is connected, and has been allowed the present certificate. Returns the path of the certificate that it has judged.
pub(crate) fn rehearsal(browser: &Browser, server: &Server) -> String {
    import(browser);
    let path = browser.path();
    for button in [REHEARSE, ANNOUNCE] {
        browser.go(&path);
        about_nothing(browser, button);
        is_refused(browser, button, "There is no certificate");
    }
    browser.go(&path);
    is_sound(browser, "certificate that was imported");
    sends(browser, REHEARSE, 200, "The agents judge the certificate now");
    wait_for("the answer of the agent", || {
        browser.go(&path);
        let found = browser.text("#answers").unwrap_or_default();
        found.contains("Have judged it\n1").then_some(())
    });
    is_sound(browser, "rehearsal with an answer");
    sends_after_question(browser, ANNOUNCE, 200, "The certificate is announced.");
    assert!(browser.text("main").unwrap().contains("as the next certificate, until"));
    is_sound(browser, "rehearsal with an announcement");

    // Somebody else removes the certificate.
    let body = Wish::new(&["localhost"]).self_signed();
    let body = serde_json::json!({"certificate_pem": body.chain, "private_key_pem": body.key});
    let other = server.make("/certificates", &body)["id"].as_str().unwrap().to_owned();
    browser.go(&format!("/system-settings/server/certificates/{other}"));
    sends(browser, REHEARSE, 200, "The agents judge the certificate now");
    server.delete(&format!("/certificates/{other}"));
    is_refused(browser, END, "There is no certificate");

    // Agents are shown the built-in one already.
    browser.go(&path);
    browser.run(&format!(
        "const form = document.querySelector({}).form;\
         form.setAttribute('action', '/system-settings/server/certificates/built-in/announcement')",
        Value::from(ANNOUNCE)
    ));
    sends_after_question(
        browser,
        "form[action$='built-in/announcement'] button",
        409,
        "Agents are shown this",
    );
    browser.go(&path);
    sends(browser, END, 200, "The rehearsal is ended. What agents have answered stays.");
    assert!(browser.text("main").unwrap().contains("Nobody is asked any more."));
    path
}

/// What a stricter action would do is shown first, and is a page like all others.
pub(crate) fn foreseen(browser: &Browser) {
    browser.go("/endpoint-profiles");
    browser.run(
        "for (const box of document.querySelectorAll('tbody input')) box.checked = true;\
         document.getElementById('action').value = 'deny'",
    );
    browser.run("window.isOld = true");
    browser.click(".card-footer button");
    wait_for("what would follow", || browser.text("#foreseen"));
    is_sound(browser, "foreseen");
    browser.go("/endpoint-profiles");
}

/// The browser keeps the file when all is well, and shows the form with what is wrong otherwise.
pub(crate) fn recovery_file(browser: &Browser, endpoint: &str) {
    let make = "main form .btn-primary";
    let open = || {
        browser.go("/system-settings/server/recovery-file");
        // What the browser itself would not send.
        browser.run("document.querySelector('main form').noValidate = true");
    };
    for (field, value, says) in [
        ("#days", "0", "1 to 90"),
        ("#days", "91", "1 to 90"),
        ("#days", "1e9", "1 to 90"),
        ("#server", "no server", "“no server” is not the address of a server"),
        ("#server", "", "is not the address of a server"),
        ("#new-address", "localhost:99999", "“localhost:99999” is not the address of a server"),
        ("#endpoints", "desk", "“desk” is not an instance UID"),
        ("#endpoints", NOTHING, "There is no endpoint with the instance UID"),
    ] {
        open();
        browser.refill(field, value);
        sends(browser, make, 422, says);
        let kept = browser.run(&format!("return document.querySelector('{field}').value"));
        assert!(kept == value || field == "#days", "{field} holds {kept}");
    }
    is_sound(browser, "recovery file with what is wrong");

    let directory = tempfile::tempdir().unwrap();
    browser.download_to(directory.path());
    open();
    browser.refill("#days", "90");
    browser.fill("#endpoints", endpoint);
    let form = form_of(browser, make);
    browser.click(make);
    let file = wait_for("the file that was downloaded", || {
        let files = std::fs::read_dir(directory.path()).ok()?;
        let text = files.flatten().find_map(|file| std::fs::read_to_string(file.path()).ok())?;
        serde_json::from_str::<Value>(&text).ok()
    });
    note(form, Answer::Done);
    assert!(file["signature"].is_string(), "{file:#}");
    let document = browser.run(&format!("return atob({})", file["recovery"]));
    assert!(document.as_str().is_some_and(|document| document.contains(endpoint)), "{document}");
    assert_eq!(browser.text("h1").as_deref(), Some("Recovery file"), "the form stays");
    assert_eq!(browser.complaints(), [""; 0]);
}
