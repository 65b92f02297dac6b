//! X11 and Wayland let a window take the focus only for an action of the person, and want a proof of it.

use gtk::gdk;
use gtk::prelude::*;
use tauri::WebviewWindow;

/// What the desktop gave this program at its start, so that its first window may take the focus.
pub struct Activation;

impl Activation {
    /// Startup notification (X11) and xdg-activation (Wayland). Has to be read before GTK is initialised, which takes
    /// them out of the environment.
    #[must_use]
    pub fn from_environment() -> Option<String> {
        Self::VARIABLES.iter().find_map(|name| std::env::var(name).ok()).filter(|value| !value.is_empty())
    }

    /// Where programs look for it.
    pub const VARIABLES: [&str; 2] = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"];
}

/// Brings the window to the front and gives it the focus. Has to be called on the main thread.
pub fn present(window: &WebviewWindow, activation: Option<&str>) -> tauri::Result<()> {
    bring_to_front(window.gtk_window()?.upcast_ref(), activation);
    Ok(())
}

/// The same for a window of GTK's.
pub(crate) fn bring_to_front(window: &gtk::Window, activation: Option<&str>) {
    if let Some(activation) = activation {
        window.set_startup_id(activation);
    }
    let now = window.window().map_or(0, |surface| moment_of_the_display(&surface));
    window.present_with_time(now);
}

/// The display's own time, which counts as that of the person's action. Without it a window manager compares with the
/// last action in this very window, and takes the request for an attempt to steal the focus.
fn moment_of_the_display(surface: &gdk::Window) -> u32 {
    match surface.downcast_ref::<gdkx11::X11Window>() {
        Some(surface) => gdkx11::functions::x11_get_server_time(surface),
        None => 0,
    }
}
