//! A button that loosens something can be chosen only after a second: nobody shall hit it who meant to click or type into what
//! was there before.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use gtk::glib;
use gtk::prelude::*;

/// How long the button stays insensitive after the dialog has become visible.
const BEFORE_IT_COUNTS: Duration = Duration::from_secs(1);

/// Counts from each time that the dialog appears or is given the focus, and starts again when it has been out of sight. While
/// it counts, every key starts it again: where the desktop gave the focus to the dialog unasked, somebody is still typing.
pub(super) fn after_a_second(dialog: &gtk::Dialog, allow: &gtk::Widget) {
    allow.set_sensitive(false);
    let waiting: Rc<Cell<Option<glib::SourceId>>> = Rc::default();
    let (started, button) = (Rc::clone(&waiting), allow.clone());
    let start = Rc::new(move || {
        let (finished, button) = (Rc::clone(&started), button.clone());
        let source = glib::timeout_add_local_once(BEFORE_IT_COUNTS, move || {
            finished.take();
            button.set_sensitive(true);
        });
        if let Some(earlier) = started.replace(Some(source)) {
            earlier.remove();
        }
    });
    let appeared = Rc::clone(&start);
    dialog.connect_map_event(move |_, _| {
        appeared();
        glib::Propagation::Proceed
    });
    let (focused, button) = (Rc::clone(&start), allow.clone());
    dialog.connect_focus_in_event(move |_, _| {
        button.set_sensitive(false);
        focused();
        glib::Propagation::Proceed
    });
    let button = allow.clone();
    dialog.connect_key_press_event(move |_, _| {
        if !button.is_sensitive() {
            start();
        }
        glib::Propagation::Proceed
    });
    let button = allow.clone();
    dialog.connect_unmap(move |_| {
        button.set_sensitive(false);
        if let Some(source) = waiting.take() {
            source.remove();
        }
    });
}
