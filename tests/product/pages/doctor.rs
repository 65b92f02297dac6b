//! The examination of the connection, in its window.

use crate::support::app::App;
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::wait_for;
use crate::support::web_window::WebWindow;

#[test]
fn every_check_says_how_it_stands_and_can_be_made_again() {
    let desktop = Desktop::start();
    let mut server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    app.press("Allow");
    app.wait_for_state("Connected without a valid certificate");
    let configuration = desktop.home().join("agent.toml");
    let arguments = ["window", "doctor", "--configuration", configuration.to_str().unwrap()];
    let window = WebWindow::open_with(&desktop, &arguments);
    let ended = |wanted: &str| {
        wait_for("the end of the examination", || {
            (window.attribute("#again", "aria-disabled").as_deref() == Some("false")).then_some(())
        });
        window.wait_for_text("#headline", wanted);
    };
    let standing = |check: &str| window.attribute(&format!("[data-check={check}]"), "data-standing");
    ended("The connection works, but not everything is in order.");
    assert_eq!(window.texts("#list > li").len(), 10);
    assert_eq!(standing("tcp").as_deref(), Some("ok"));
    assert_eq!(standing("certificate").as_deref(), Some("impaired"));
    assert_eq!(standing("proxy").as_deref(), Some("not_applicable"));
    let certificate = window.text("[data-check=certificate]").unwrap();
    assert!(certificate.contains("not in order") && certificate.contains("has 2 problems"), "{certificate}");
    assert!(!window.is_displayed("#progress"));

    server.stop();
    window.click("#again");
    ended("Something prevents the connection.");
    assert_eq!(window.focused(), "again");
    assert_eq!(standing("tcp").as_deref(), Some("prevents_connection"));
    assert_eq!(standing("certificate").as_deref(), Some("skipped"));
    assert_eq!(window.complaints("doctor.js"), Vec::<String>::new());
    // It examines, and does nothing else.
    assert!(window.request(&serde_json::json!({"request": "status"})).is_err());
}
