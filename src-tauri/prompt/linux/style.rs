//! The few styles of the prompt that the desktop's theme does not bring.

use std::cell::Cell;

use gtk::gdk;
use gtk::prelude::*;

const CSS: &str = "
.countersign-headline { font-weight: bold; font-size: 1.25em; }
.countersign-alarm { background-color: #a40000; background-image: none; padding: 10px 14px; border-radius: 4px; }
.countersign-alarm label { color: #ffffff; text-shadow: none; }
.countersign-problem { font-weight: bold; }
.countersign-new { color: #ffffff; background-color: #a40000; border-radius: 3px; padding: 0 5px; font-weight: bold; }
.countersign-fingerprint { font-family: monospace; }
.countersign-differs { font-weight: bold; }
.countersign-cause { font-style: italic; }
";

/// The class of a label with the headline.
pub(super) const HEADLINE: &str = "countersign-headline";
/// The class of the band behind an alarming headline.
pub(super) const ALARM: &str = "countersign-alarm";
/// The class of a label that says what is wrong.
pub(super) const PROBLEM: &str = "countersign-problem";
/// The class of the mark on a new problem.
pub(super) const NEW: &str = "countersign-new";
/// The class of a fingerprint.
pub(super) const FINGERPRINT: &str = "countersign-fingerprint";
/// The class of a value that is not what it was.
pub(super) const DIFFERS: &str = "countersign-differs";
/// The class of the likely cause.
pub(super) const CAUSE: &str = "countersign-cause";

thread_local! {
    /// Whether the screen has them. There is one.
    static INSTALLED: Cell<bool> = const { Cell::new(false) };
}

/// Makes the styles known to the screen on which a window is, once.
pub(super) fn install(window: &impl IsA<gtk::Widget>) {
    if INSTALLED.replace(true) {
        return;
    }
    let provider = gtk::CssProvider::new();
    if let Err(error) = provider.load_from_data(CSS.as_bytes()) {
        tracing::warn!(%error, "the styles of the prompt cannot be used");
        return;
    }
    let screen: Option<gdk::Screen> = window.screen();
    if let Some(screen) = screen {
        gtk::StyleContext::add_provider_for_screen(
            &screen,
            &provider,
            gtk::STYLE_PROVIDER_PRIORITY_APPLICATION,
        );
    }
}
