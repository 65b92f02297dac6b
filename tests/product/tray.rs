//! The tray icon where panels come late, go and come back, or never come.

use crate::support::app::App;
use crate::support::desktop::Desktop;
use crate::support::panel::Panel;
use crate::support::server::Server;
use crate::support::{wait_for, watch};

#[test]
fn the_icon_comes_whenever_a_panel_does() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.wait_for_state("Your answer is needed");
    assert!(!app.is_in_a_panel());
    for time in ["late", "again", "once more"] {
        let panel = Panel::start(&desktop);
        wait_for(&format!("the icon, {time}"), || app.is_in_a_panel().then_some(()));
        assert_eq!(app.state(), "Your answer is needed");
        app.wait_for_shape("question");
        panel.kill();
        wait_for("the panel's end", || (!app.is_in_a_panel()).then_some(()));
    }
}

const RUNS: &str = "Countersign runs without a tray icon";

fn told(desktop: &Desktop) -> usize {
    desktop.notifications().iter().filter(|notification| notification.title == RUNS).count()
}

#[test]
fn without_a_panel_the_person_is_told_once_and_has_other_ways_in() {
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = server.setup("localhost");
    let app = App::start(&desktop, &setup);
    wait_for("the notification", || (told(&desktop) == 1).then_some(()));
    app.dialog();
    app.press("Deny");
    app.wait_for_no_dialog();
    // Who starts the app again sees the window.
    let again = desktop.command(env!("CARGO_BIN_EXE_countersign")).status().unwrap();
    assert!(again.success());
    wait_for("the window", || app.window_process("status"));
    app.stop();

    let app = App::start(&desktop, &setup);
    app.wait_for_log("looked for a panel that shows tray icons");
    watch("nothing is said again", || told(&desktop) == 1);
    app.stop();
}

#[test]
fn with_a_panel_nobody_is_told_anything() {
    let desktop = Desktop::start();
    let server = Server::start();
    let _panel = Panel::start(&desktop);
    let app = App::start(&desktop, &server.setup("localhost"));
    app.wait_for_log("looked for a panel that shows tray icons");
    watch("nothing is said", || told(&desktop) == 0);
}

#[test]
fn the_icon_follows_the_desktops_contrast() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.wait_for_shape("question");
    let usual = app.picture();
    desktop.set_gnome("org.gnome.desktop.a11y.interface", "high-contrast", "true");
    let high = wait_for("another picture", || Some(app.picture()).filter(|picture| *picture != usual));
    assert!(high.starts_with(b"\x89PNG"));
    desktop.set_gnome("org.gnome.desktop.a11y.interface", "high-contrast", "false");
    wait_for("the usual picture", || (app.picture() == usual).then_some(()));
    assert_eq!(app.shape(), "question");
}
