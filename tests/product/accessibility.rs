//! Screen readers have a name to say for everything that can be reached.

use crate::support::app::App;
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::wait_for;

#[test]
fn everything_that_takes_the_focus_has_a_name() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    let dialog = app.dialog();
    app.press("View certificate…");
    wait_for("the window with the certificates", || {
        app.windows().iter().any(|window| window.name.starts_with("Certificate of")).then_some(())
    });
    let controls = app.controls();
    // At least the texts of the dialog, and the buttons of both windows.
    assert!(controls.len() > dialog.buttons.len() + 4, "{controls:?}");
    for control in &controls {
        assert!(!control.name.trim().is_empty(), "{control:?} has no name");
    }
    for window in app.windows() {
        assert!(!window.name.trim().is_empty(), "{window:?} has no title");
    }
    let tray = app.tray();
    assert_eq!(tray.title, "Countersign");
    for entry in &tray.entries {
        assert!(!entry.label.trim().is_empty(), "{entry:?} has no label");
    }
}

#[test]
fn the_dialog_can_be_answered_with_the_keyboard_alone() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    wait_for("Allow", || app.dialog().button("Allow").sensitive.then_some(()));
    app.focus_dialog();
    wait_for("the focus on Deny", || app.dialog().button("Deny").focused.then_some(()));
    // Round and round with Tab, until Allow has the focus: the person went there on purpose.
    go_to_allow(&desktop, &app, "Tab");
    desktop.key(&["space"]);
    app.wait_for_state("Connected without a valid certificate");
}

/// Presses a key until *Allow* has the focus. With the focus of the dialog the wait before *Allow* has begun again, and keys
/// would begin it anew.
#[track_caller]
fn go_to_allow(desktop: &Desktop, app: &App, key: &str) {
    wait_for("the focus on Allow", || {
        let dialog = app.dialog();
        let allow = dialog.button("Allow");
        if allow.sensitive && !allow.focused {
            desktop.key(&[key]);
        }
        (allow.sensitive && allow.focused).then_some(())
    });
}

#[test]
fn letters_with_alt_choose_everything_but_allow() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    wait_for("Allow", || app.dialog().button("Allow").sensitive.then_some(()));
    app.focus_dialog();
    wait_for("the focus on Deny", || app.dialog().button("Deny").focused.then_some(()));
    desktop.key(&["alt+f"]);
    wait_for("the choice", || (app.dialog().chosen() == Some("for 30 days")).then_some(()));
    go_to_allow(&desktop, &app, "alt+a");
    app.watch_for_one_dialog();
    desktop.key(&["alt+d"]);
    app.wait_for_no_dialog();
    app.wait_for_state("Connection refused");
    assert!(server.endpoint().is_none(), "the server knows no endpoint");
}

#[test]
fn a_dialog_that_is_given_the_focus_late_waits_again() {
    for keys in [["alt+a", "space"], ["alt+a", "Return"]] {
        let desktop = Desktop::start();
        let server = Server::start();
        let app = App::start(&desktop, &server.setup("localhost"));
        wait_for("Allow", || app.dialog().button("Allow").sensitive.then_some(()));
        // In one go, so that no second passes between the focus and the keys.
        app.focus_dialog_and_press(&keys);
        app.wait_for_no_dialog();
        app.wait_for_state("Connection refused");
        assert!(server.endpoint().is_none(), "{keys:?}: the server knows no endpoint");
    }
}
