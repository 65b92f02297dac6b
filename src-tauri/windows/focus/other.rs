//! Windows and macOS.

use tauri::WebviewWindow;

/// What the desktop gave this program at its start, so that its first window may take the focus. Nothing there.
pub struct Activation;

impl Activation {
    /// Nothing.
    #[must_use]
    pub fn from_environment() -> Option<String> {
        None
    }

    /// None.
    pub const VARIABLES: [&str; 0] = [];
}

/// Brings the window to the front and gives it the focus.
pub fn present(window: &WebviewWindow, _activation: Option<&str>) -> tauri::Result<()> {
    window.set_focus()
}
