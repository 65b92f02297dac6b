//! The dialog never takes what somebody types into another window.

use std::process::Stdio;

use crate::support::app::App;
use crate::support::desktop::Desktop;
use crate::support::letter::Letter;
use crate::support::process::Process;
use crate::support::server::Server;
use crate::support::wait_for;

#[test]
fn typed_text_stays_in_its_window() {
    let desktop = Desktop::start();
    let server = Server::start();
    let letter = Letter::open(&desktop);
    let app = App::start(&desktop, &server.setup("localhost"));
    let mut typed = 0;
    let mut after = 0;
    // Letters, spaces and line ends before, while and after the dialog opens, well beyond the second of Allow.
    while after < 25 {
        desktop.key(&["a", "space", "Return"]);
        typed += 1;
        if !app.dialogs().is_empty() {
            after += 1;
        }
        assert!(typed < 400, "the dialog opens while somebody types");
    }
    let dialog = app.dialog();
    assert!(dialog.button("Allow").sensitive);
    wait_for("every key in the letter", || (letter.text() == "a \n".repeat(typed)).then_some(()));
    assert!(server.endpoint().is_none(), "nothing was allowed");
    assert_eq!(app.state(), "Your answer is needed");
}

#[test]
fn where_the_dialog_gets_the_focus_who_goes_on_typing_allows_nothing() {
    let desktop = Desktop::start();
    let server = Server::start();
    desktop.inhibit_notifications(true);
    let app = App::start(&desktop, &server.setup("localhost"));
    app.wait_for_log("the question waits");
    // Space and Enter would be a Deny.
    let keys = [["a", "Tab"]; 40].concat();
    let mut command = desktop.command("xdotool");
    command.args(["key", "--delay", "100"]).args(keys).stdin(Stdio::null());
    let mut typing = Process::start(&mut command);
    app.choose("Review certificate…");
    app.dialog();
    let mut seen = 0;
    while typing.is_running() {
        let sensitive = app.dialogs().iter().any(|dialog| dialog.button("Allow").sensitive);
        if typing.is_running() {
            assert!(!sensitive, "Allow waits as long as somebody types");
            seen += 1;
        }
    }
    assert!(seen > 5, "the dialog was seen while somebody typed");
    wait_for("Allow", || app.dialog().button("Allow").sensitive.then_some(()));
}
