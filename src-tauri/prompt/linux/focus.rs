//! Whether a window may take the keyboard focus when it appears.

use gtk::gdk;
use gtk::prelude::*;

/// What a window does when it appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnAppearing {
    /// It takes the focus.
    TakeFocus,
    /// It is seen, and waits to be chosen.
    LeaveFocus,
}

/// Whoever types into another window goes on typing there: without being asked, the focus is taken only from a window of
/// our own.
pub(super) fn on_appearing() -> OnAppearing {
    let ours = gtk::Window::list_toplevels()
        .into_iter()
        .filter_map(|widget| widget.downcast::<gtk::Window>().ok())
        .any(|window| window.is_active());
    if ours { OnAppearing::TakeFocus } else { OnAppearing::LeaveFocus }
}

/// The height in pixels that windows may use on the screen where the pointer is.
pub(super) fn usable_height() -> i32 {
    const ASSUMED: i32 = 600;
    let Some(display) = gdk::Display::default() else { return ASSUMED };
    let pointer = display.default_seat().and_then(|seat| seat.pointer());
    let monitor = pointer
        .and_then(|pointer| {
            let (_, x, y) = pointer.position();
            display.monitor_at_point(x, y)
        })
        .or_else(|| display.primary_monitor());
    monitor.map_or(ASSUMED, |monitor| monitor.workarea().height())
}
