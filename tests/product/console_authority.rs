//! The console in a browser: a certificate from an authority that looks for itself, with everything that can be filled in wrong.

use crate::console::PASSWORD;
use crate::console_forms::{SentBy, all_were_sent};
use crate::console_pages::{all_fitted, is_sound};
use crate::console_sending::{sends, sends_after_question, set_up};
use crate::support::authority::{CUSTOMERS, DOMAIN, REJECTED, Site, free_port};
use crate::support::browser::Browser;
use crate::support::wait_for;

const PAGE: &str = "/system-settings/server/automated";
const SHOW_TERMS: &str = "form[action$='/directory'] button";
const IMPORT: &str = "form[action$='/automated'] .btn-primary";
const CHECK: &str = "button[formaction]";
const ORDER: &str = "form[action$='/order'] button";
const REMOVE: &str = "form[action$='/automated/remove'] button";

#[test]
fn a_certificate_is_had_from_an_authority_in_the_console() {
    let site = Site::start();
    let browser = Browser::start(format!("https://localhost:{}", site.console.port()));
    set_up(&browser, &site.set_up_link, PASSWORD);
    browser.go("/system-settings/server");
    browser.click("a[href$='/automated']");
    browser.wait_for_text("h1", "Automated SSL certificate");
    is_sound(&browser, "automated with nothing yet");
    directories(&browser, &site);
    wishes(&browser);
    refused_by_the_authority(&browser);
    issued(&browser);
    orders(&browser);
    all_were_sent(SentBy::Authority);
    all_fitted();
}

/// Addresses where there is no directory, and the one where it is.
fn directories(browser: &Browser, site: &Site) {
    let closed = format!("https://localhost:{}/dir", free_port());
    for (address, root, says) in [
        ("http://server.example/dir", "", "begins with https://"),
        (closed.as_str(), site.directory_root.as_str(), "cannot be read"),
        (
            site.no_directory.as_str(),
            site.directory_root.as_str(),
            "is no directory of a certificate authority",
        ),
        (site.directory.as_str(), "", "cannot be read"),
        (site.directory.as_str(), "rubbish", "is no PEM with certificates"),
    ] {
        browser.go(PAGE);
        browser.refill("#directory", address);
        browser.fill("#root", root);
        sends(browser, SHOW_TERMS, 422, says);
        assert_eq!(browser.run("return document.getElementById('directory').value"), address);
        assert!(browser.elements("#domain").is_empty(), "{address}: no certificate is to be had there");
    }
    is_sound(browser, "automated with a directory that is none");
    browser.refill("#root", &site.directory_root);
    sends(browser, SHOW_TERMS, 200, "");
    assert_eq!(browser.run("return document.getElementById('domain').value"), DOMAIN);
    assert!(browser.is_displayed("#key-id"), "this authority serves its customers only");
    is_sound(browser, "automated with a known authority");
}

fn fill(browser: &Browser, domain: &str, (key_id, hmac_key): (&str, &str)) {
    browser.refill("#domain", domain);
    browser.refill("#email", "admin@server.example");
    browser.run("document.querySelector('details').open = true");
    browser.refill("#key-id", key_id);
    browser.refill("#hmac-key", hmac_key);
}

/// What is surely wrong is said at once, beside what was filled in.
fn wishes(browser: &Browser) {
    let customer = CUSTOMERS[0];
    fill(browser, DOMAIN, customer);
    sends(browser, IMPORT, 422, "Nobody has agreed to the terms of service.");
    assert_eq!(browser.run("return document.getElementById('email').value"), "admin@server.example");
    assert_eq!(browser.run("return document.getElementById('hmac-key').value"), "", "a secret was sent back");
    browser.click("[name=agreed]");
    for (domain, account, says) in [
        ("192.0.2.1", customer, "“192.0.2.1” is no domain."),
        ("*.server.example", customer, "wildcard"),
        (DOMAIN, (customer.0, ""), "The HMAC key that belongs to the key ID is missing."),
        (DOMAIN, (customer.0, "no Base64!"), "is not Base64"),
    ] {
        fill(browser, domain, account);
        sends(browser, IMPORT, 422, says);
        assert_eq!(browser.run("return document.getElementById('domain').value"), domain);
        assert_eq!(browser.run("return document.querySelector('[name=agreed]').checked"), true);
    }
    is_sound(browser, "automated with what is wrong");
    fill(browser, "192.0.2.1", customer);
    sends(browser, CHECK, 422, "“192.0.2.1” is no domain.");
    fill(browser, DOMAIN, customer);
    sends(browser, CHECK, 200, "");
    assert!(browser.text("#obstacles").is_some());
    is_sound(browser, "automated with what stands in the way");
}

/// Waits until the page, which renews itself, says this of the schedule.
fn says(browser: &Browser, text: &str) {
    wait_for(&format!("the schedule that says “{text}”"), || {
        browser.text("#progress").filter(|progress| progress.contains(text)).map(drop)
    });
}

/// What the authority says reaches whoever waits for the certificate.
fn refused_by_the_authority(browser: &Browser) {
    fill(browser, REJECTED, CUSTOMERS[0]);
    sends(browser, IMPORT, 200, "The certificate authority is asked for a certificate.");
    says(browser, "issues no certificate for this name");
    is_sound(browser, "automated with a failure");
}

fn issued(browser: &Browser) {
    browser.go(PAGE);
    // The key that was given is kept.
    fill(browser, DOMAIN, (CUSTOMERS[0].0, ""));
    browser.click("[value=tls-alpn-01]");
    sends(browser, IMPORT, 200, "The certificate authority is asked for a certificate.");
    says(browser, "Nothing is being done.");
    assert!(browser.text("#progress").unwrap().contains("when a third of the lifetime is left"));
    browser.go(PAGE);
    is_sound(browser, "automated with a certificate");
    browser.go("/system-settings/server");
    assert!(browser.text("main").unwrap().contains("Automated (ACME)"));
    is_sound(browser, "server settings with a valid certificate");
    browser.click("section[aria-labelledby=ssl] td a");
    browser.wait_for_text("h1", "SSL certificate");
    is_sound(browser, "certificate that is valid");
}

/// Another one is ordered, and the authority is forgotten; somebody else was faster, each time.
fn orders(browser: &Browser) {
    let outdated = |form: &str| {
        browser.go(PAGE);
        browser
            .run(&format!("document.querySelector(\"form[action$='{form}'] [name=revision]\").value = '1'"));
    };
    outdated("/automated");
    sends(browser, IMPORT, 412, "The automated certificate was changed by somebody else meanwhile");
    outdated("/order");
    sends(browser, ORDER, 412, "The automated certificate was changed by somebody else meanwhile");
    sends(browser, ORDER, 200, "The certificate authority is asked for another certificate.");
    says(browser, "Nothing is being done.");
    outdated("/automated/remove");
    sends_after_question(
        browser,
        REMOVE,
        412,
        "The automated certificate was changed by somebody else meanwhile",
    );
    sends_after_question(browser, REMOVE, 200, "No certificate authority is asked any more.");
    assert!(browser.elements("#schedule").is_empty());
}
