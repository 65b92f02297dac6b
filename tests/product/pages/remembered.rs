//! The remembered certificates: what their window says, and forgetting.

use crate::support::app::App;
use crate::support::desktop::{Desktop, KeychainState, Presence};
use crate::support::server::Server;
use crate::support::wait_for;
use crate::support::web_window::WebWindow;

const UNVERIFIED: &str = "Connected without a valid certificate";
const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

#[test]
fn what_was_allowed_is_listed_and_forgotten_one_by_one() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = WebWindow::open(&desktop, "remembered");
    window.wait_for_text("#none", "No invalid certificate is remembered.");
    assert!(!window.is_displayed("#forget-all") && !window.is_displayed("#list"));
    app.press("Allow");
    app.wait_for_state(UNVERIFIED);
    // By itself, without a word of the page's own.
    let address = format!("localhost:{}", server.telemetry.port());
    window.wait_for_text("#list li", &address);
    window.wait_for_text("#list li", "the connection rests on it");
    let fingerprint = server.get("/built-in-certificate")["fingerprint"].as_str().unwrap().to_owned();
    let entry = window.text("#list li").unwrap();
    for says in ["for another server, made by the server itself", "Holds until", "Last used"] {
        assert!(entry.contains(says), "{says} is missing: {entry}");
    }
    assert!(entry.replace('\n', "").contains(&fingerprint), "{entry}");
    let kept = format!("remembered-certificate:{address}");
    wait_for("the keychain's entry", || desktop.kept(&kept));
    let forget = format!("Forget what was allowed for {address}");
    assert_eq!(window.attribute("#list button", "aria-label").as_deref(), Some(&*forget));

    // A live session is at stake, so it asks, and the safe answer has the keyboard.
    window.click("#list button");
    window.wait_for_text("#meaning", "rests on this certificate. It is closed");
    assert_eq!(window.focused(), "cancel");
    window.key(ESCAPE);
    wait_for("the end of the question", || (!window.is_displayed("#confirmation")).then_some(()));
    assert_eq!(window.focused(), forget);
    window.key(ENTER);
    wait_for("the question", || window.is_displayed("#confirmation").then_some(()));
    window.key(ENTER);
    wait_for("the end of the question", || (!window.is_displayed("#confirmation")).then_some(()));
    assert_eq!((app.state().as_str(), desktop.kept(&kept).is_some()), (UNVERIFIED, true));

    window.click("#list button");
    window.click("#confirm");
    window.wait_for_text("#none", "No invalid certificate is remembered.");
    window.wait_for_text("#outcome", &format!("What was allowed for {address} is forgotten."));
    wait_for("the keyboard's new place", || (window.focused() == "none").then_some(()));
    wait_for("the end of the entry", || desktop.kept(&kept).is_none().then_some(()));
    app.dialog();
    server.wait_for_endpoint("the end of the session", |endpoint| endpoint["online"] == false);
    app.press("Deny");
    app.wait_for_state("Connection refused");
    app.choose("Connect");
    app.dialog();
    assert_eq!(window.complaints("remembered.js"), Vec::<String>::new());
}

#[test]
fn everything_is_forgotten_after_a_question() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    app.press("Allow");
    app.wait_for_state(UNVERIFIED);
    app.choose("Remembered certificates…");
    desktop.wait_for_window("^Remembered certificates – Countersign$", Presence::Shown);
    // As assistive technology sees it.
    let process = app.wait_for_window_process("remembered");
    let names = [
        format!("Forget what was allowed for localhost:{}", server.telemetry.port()),
        "Forget all…".to_owned(),
    ];
    wait_for("the buttons", || {
        let windows = desktop.windows(process);
        let has = |name: &String| {
            windows.iter().flat_map(|window| &window.buttons).any(|button| button.name == *name)
        };
        names.iter().all(has).then_some(())
    });
    desktop.close_window("^Remembered certificates");

    let window = WebWindow::open(&desktop, "remembered");
    window.wait_for_text("#list li", "the connection rests on it");
    window.click("#forget-all");
    window.wait_for_text("#question", "Forget the one remembered certificate?");
    window.wait_for_text("#meaning", "A connection that rests on one of them is closed");
    window.click("#cancel");
    assert_eq!(app.state(), UNVERIFIED);
    assert_eq!(window.focused(), "forget-all");
    window.click("#forget-all");
    window.click("#confirm");
    window.wait_for_text("#outcome", "One certificate is forgotten.");
    window.wait_for_text("#none", "No invalid certificate is remembered.");
    app.dialog();
}

#[test]
fn a_list_that_may_lack_something_says_so() {
    let desktop = Desktop::start_with(KeychainState::Absent);
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = WebWindow::open(&desktop, "remembered");
    window.wait_for_text("#incomplete", "this list may lack something");
    // That nothing is known is not that there is nothing.
    assert!(!window.is_displayed("#none"));
    app.press("Allow");
    window.wait_for_text("#list li", "you log out or quit Countersign");
    assert!(window.is_displayed("#incomplete"));
}
