//! The windows' pages, under WebDriver.

use serde_json::json;

use crate::support::app::App;
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::web_window::WebWindow;
use crate::support::{wait_for, watch};

#[test]
fn the_page_of_the_status_shows_and_steers() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = WebWindow::open(&desktop, "status");
    window.wait_for_text("#headline", "Your answer is needed");
    assert_eq!(window.attribute("#page", "data-shape").as_deref(), Some("question"));
    assert!(!window.is_enabled("#connect"));
    assert!(window.texts("#problem-list li").len() >= 2);
    window.click("#disconnect");
    window.wait_for_text("#headline", "Disconnected");
    app.wait_for_state("Disconnected");
    window.click("#connect");
    window.wait_for_text("#headline", "Your answer is needed");
    app.press("Allow");
    window.wait_for_text("#headline", "Connected without a valid certificate");
    // It enrols and connects once more.
    wait_for("the shape", || {
        (window.attribute("#page", "data-shape").as_deref() == Some("unverified")).then_some(())
    });
    app.stop();
    wait_for("the end of the window", || (!window.is_open()).then_some(()));
}

#[test]
fn a_page_cannot_answer_the_question() {
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = crate::support::app::Setup { answers_on_command_line: true, ..server.setup("localhost") };
    let app = App::start(&desktop, &setup);
    app.dialog();
    let window = WebWindow::open(&desktop, "status");
    window.wait_for_text("#headline", "Your answer is needed");
    let status = window.request(&json!({"request": "question"})).unwrap();
    let fingerprint = &status["value"]["assessment"]["fingerprint"];
    assert!(fingerprint.is_string(), "{status}");
    for answer in [json!({"answer": "allow"}), json!({"answer": "deny"})] {
        let refused =
            window.request(&json!({"request": "answer", "fingerprint": fingerprint, "answer": answer}));
        assert_eq!(refused, Err("This window cannot do that.".to_owned()));
    }
    watch("the question stays open", || app.state() == "Your answer is needed" && !app.dialogs().is_empty());
}
