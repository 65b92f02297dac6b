//! The dialog never takes what somebody types into another window.

use std::process::Stdio;

use crate::support::app::App;
use crate::support::desktop::Desktop;
use crate::support::process::Process;
use crate::support::server::Server;
use crate::support::wait_for;

/// A window with a field for text, which writes what is in it into a file.
const EDITOR: &str = r#"
import sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
window = Gtk.Window(title="Letter")
field = Gtk.Entry()
def changed(entry):
    with open(sys.argv[1], "w") as file:
        file.write(entry.get_text())
field.connect("changed", changed)
window.add(field)
window.show_all()
Gtk.main()
"#;

#[test]
fn typed_text_stays_in_its_window() {
    let desktop = Desktop::start();
    let server = Server::start();
    let written = desktop.home().join("letter.txt");
    let mut command = desktop.command("/usr/bin/python3");
    command.args(["-c", EDITOR]).arg(&written).stdin(Stdio::null()).stderr(desktop.log("editor"));
    let _editor = Process::start(&mut command);
    wait_for("the focus of the letter", || {
        let searched = ["search", "--onlyvisible", "--name", "^Letter$", "windowactivate", "--sync"];
        desktop.command("xdotool").args(searched).status().is_ok_and(|status| status.success()).then_some(())
    });
    wait_for("the first letter", || {
        desktop.key(&["x"]);
        std::fs::read_to_string(&written).ok().filter(|text| !text.is_empty())
    });
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
    let text = std::fs::read_to_string(&written).unwrap();
    assert_eq!(text.matches('a').count(), typed, "every letter went to the letter");
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
