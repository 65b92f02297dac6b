//! A window of another program, into which somebody types.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use super::desktop::Desktop;
use super::process::Process;
use super::wait_for;

/// A window with room for text, which writes what is in it into a file.
const EDITOR: &str = r#"
import os, sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
window = Gtk.Window(title="Letter")
window.set_default_size(300, 200)
text = Gtk.TextView()
def changed(buffer):
    with open(sys.argv[1] + ".new", "w") as file:
        file.write(buffer.get_text(*buffer.get_bounds(), False))
    os.rename(sys.argv[1] + ".new", sys.argv[1])
text.get_buffer().connect("changed", changed)
area = Gtk.ScrolledWindow()
area.add(text)
window.add(area)
window.show_all()
Gtk.main()
"#;

/// What somebody types who writes a letter: letters, spaces and line ends.
const WORD: [&str; 6] = ["a", "space", "a", "Return", "Return", "space"];
const WRITTEN: &str = "a a\n\n ";

/// The window. It has the focus when it is opened.
pub(crate) struct Letter<'desktop> {
    desktop: &'desktop Desktop,
    written: PathBuf,
    _editor: Process,
}

impl<'desktop> Letter<'desktop> {
    pub(crate) fn open(desktop: &'desktop Desktop) -> Self {
        let written = desktop.home().join("letter.txt");
        let mut command = desktop.command("/usr/bin/python3");
        command.args(["-c", EDITOR]).arg(&written).stdin(Stdio::null()).stderr(desktop.log("editor"));
        // Nobody reads it aloud, and a long letter makes that slow.
        command.env("NO_AT_BRIDGE", "1");
        let letter = Self { desktop, written, _editor: Process::start(&mut command) };
        wait_for("the focus of the letter", || {
            let searched = ["search", "--onlyvisible", "--name", "^Letter$", "windowactivate", "--sync"];
            desktop
                .command("xdotool")
                .args(searched)
                .status()
                .is_ok_and(|status| status.success())
                .then_some(())
        });
        wait_for("the first letter", || {
            desktop.key(&["x"]);
            (!letter.text().is_empty()).then_some(())
        });
        // Keys that were sent meanwhile arrive before this one.
        desktop.key(&["ctrl+a", "BackSpace"]);
        wait_for("an empty letter", || letter.text().is_empty().then_some(()));
        letter
    }

    /// Everything that was typed into it.
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.written).unwrap_or_default()
    }

    /// Waits until more was typed into it.
    #[track_caller]
    pub(crate) fn wait_for_more(&self) {
        let before = self.text().len();
        // A letter, a space and a line end at least.
        wait_for("more text in the letter", || (self.text().len() > before + WORD.len() / 2).then_some(()));
    }

    /// Types on and on while `meanwhile` runs, into whatever window has the focus. Returns what was typed.
    pub(crate) fn type_during(&self, meanwhile: impl FnOnce()) -> String {
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let typing = scope.spawn(|| {
                let mut typed = String::new();
                while !done.load(Ordering::Relaxed) {
                    self.desktop.key(&WORD);
                    typed.push_str(WRITTEN);
                }
                typed
            });
            let finished = OnDrop(|| done.store(true, Ordering::Relaxed));
            meanwhile();
            drop(finished);
            typing.join().expect("somebody types")
        })
    }
}

/// Ends the typing also where an assertion fails.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
