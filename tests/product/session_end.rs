//! However the session ends, the server hears a goodbye and nothing is left behind.

use std::path::PathBuf;

use crate::support::app::{App, Setup};
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::wait_for;

fn left_behind(desktop: &Desktop) -> Vec<PathBuf> {
    let directory = desktop.home().join("runtime/countersign");
    std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("tray-")))
        .collect()
}

fn ends_in_good_order(end: impl Fn(&Desktop)) {
    let desktop = Desktop::start();
    let server = Server::start();
    server.set_action("allow");
    desktop.condition("logind", true);
    desktop.condition("session_manager", true);
    let mut app = App::start(&desktop, &Setup { action: Some("allow"), ..server.setup("localhost") });
    app.wait_for_state("Connected without a valid certificate");
    server.wait_for_endpoint("the session", |endpoint| endpoint["online"] == true);
    assert_eq!(left_behind(&desktop).len(), 1);
    end(&desktop);
    wait_for("the end of the app", || (!app.is_running()).then_some(()));
    assert_eq!(left_behind(&desktop), Vec::<PathBuf>::new());
    server
        .wait_for_endpoint("the goodbye", |endpoint| endpoint["offline_reason"] == "the agent said goodbye");
    let log = app.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn when_the_display_goes_away() {
    ends_in_good_order(Desktop::end_display);
}

#[test]
fn when_the_session_bus_goes_away() {
    ends_in_good_order(Desktop::end_session_bus);
}

#[test]
fn when_the_computer_shuts_down() {
    ends_in_good_order(|desktop| desktop.condition("shutting_down", true));
}

#[test]
fn when_the_session_manager_says_so() {
    ends_in_good_order(|desktop| desktop.condition("session_ending", true));
}
