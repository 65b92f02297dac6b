//! The line of a window in which the outcome of its buttons is said.

use gtk::atk;
use gtk::atk::prelude::*;
use gtk::glib;
use gtk::prelude::*;

use super::super::text::printable;
use super::widgets;

/// Where outcomes are said. After the end of its window nothing is said any more.
#[derive(Clone)]
pub(super) struct Outcome(glib::WeakRef<gtk::Label>);

impl Outcome {
    /// With the line that belongs into the window. It takes no room until there is something to say.
    pub(super) fn new() -> (Self, gtk::Label) {
        let label = widgets::selectable("");
        label.set_no_show_all(true);
        // Not the way that the keyboard takes through the window.
        label.set_can_focus(false);
        if let Some(accessible) = label.accessible() {
            accessible.set_role(atk::Role::Notification);
        }
        (Self(label.downgrade()), label)
    }

    /// Says what came of it, to screen readers too: they speak when a notification appears.
    pub(super) fn say(&self, text: &str) {
        let Some(label) = self.0.upgrade() else { return };
        label.hide();
        label.set_text(&printable(text));
        label.show();
    }
}
