//! Takes a dialog away for good.

use gtk::glib;
use gtk::prelude::*;

use super::widgets;

/// Hides the dialog and frees it. Whoever keeps it forgets it before.
pub(super) fn close(dialog: &gtk::Dialog) {
    dialog.hide();
    // Destroyed later: this may run within one of the dialog's own signals.
    let dialog = dialog.clone();
    glib::idle_add_local_once(move || free(&dialog));
}

#[allow(unsafe_code)]
fn free(dialog: &gtk::Dialog) {
    widgets::keep_accessible(dialog.upcast_ref());
    // SAFETY: no signal of the dialog is running (this is called from an idle source), and nobody else keeps the dialog: the
    // registry has forgotten it.
    unsafe { dialog.destroy() }
}
