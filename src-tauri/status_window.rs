//! The status window. It is built when somebody opens it, and gone when it is closed.

use std::sync::Arc;

use countersign_agent::Status;
use countersign_words::Words;
use tauri::image::Image;
use tauri::{AppHandle, Emitter, Manager, WebviewUrl, WebviewWindowBuilder};

use crate::app::Shared;
use crate::status_view::StatusView;

/// The label of the window, to which its permissions are bound.
pub const LABEL: &str = "status";

const CHANGED: &str = "status-changed";
const ABOUT_WANTED: &str = "about-wanted";

/// Where in the window to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the top.
    Top,
    /// Where it says what this program is.
    About,
}

/// Opens the window, or brings it to the front. Has to be called on the main thread.
pub fn open(app: &AppHandle, place: Place) {
    if let Err(error) = try_open(app, place) {
        tracing::error!(%error, "the status window cannot be opened");
    }
}

fn try_open(app: &AppHandle, place: Place) -> tauri::Result<()> {
    if let Some(window) = app.get_webview_window(LABEL) {
        if place == Place::About {
            window.emit_to(LABEL, ABOUT_WANTED, ())?;
        }
        window.unminimize()?;
        window.show()?;
        return window.set_focus();
    }
    let page = match place {
        Place::Top => "index.html",
        Place::About => "index.html#about",
    };
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page.into()))
        .title("Countersign")
        .inner_size(620.0, 720.0)
        .min_inner_size(340.0, 320.0)
        .on_navigation(|url| {
            // The page leads nowhere else, whatever is written on it.
            url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost")
        })
        .build()?;
    Ok(())
}

/// Tells an open window about another status, and shows its picture in title bar and list of windows, where the app's
/// own would look like that of a connection. Has to be called on the main thread.
pub fn update(app: &AppHandle, words: &Words, status: &Status, picture: &'static [u8]) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let told = app
        .emit_to(LABEL, CHANGED, StatusView::of(words, status))
        .and_then(|()| window.set_icon(Image::from_bytes(picture)?));
    if let Err(error) = told {
        tracing::warn!(%error, "the status window cannot be told of a change");
    }
}

/// The commands of the window. Each has a permission in `src-tauri/capabilities`.
pub mod commands {
    use super::{Arc, Shared, StatusView};
    use crate::action::Action;
    use crate::words::PageText;
    use countersign_words::Text;
    use tauri::State;

    /// The status now.
    #[tauri::command]
    #[must_use]
    #[allow(clippy::needless_pass_by_value)] // Tauri hands states over by value.
    pub fn status(shared: State<'_, Arc<Shared>>) -> StatusView {
        StatusView::of(shared.words(), &shared.status())
    }

    /// The texts that do not depend on the status.
    #[tauri::command]
    #[must_use]
    #[allow(clippy::needless_pass_by_value)]
    pub fn page_text(shared: State<'_, Arc<Shared>>) -> PageText {
        PageText::of_status(shared.words())
    }

    /// The button *Connect*.
    #[tauri::command]
    #[allow(clippy::needless_pass_by_value)]
    pub fn connect(shared: State<'_, Arc<Shared>>) -> Result<(), Text> {
        shared.perform(Action::Connect)
    }

    /// The button *Disconnect*.
    #[tauri::command]
    #[allow(clippy::needless_pass_by_value)]
    pub fn disconnect(shared: State<'_, Arc<Shared>>) -> Result<(), Text> {
        shared.perform(Action::Disconnect)
    }

    /// The button *Review certificate…*.
    #[tauri::command]
    #[allow(clippy::needless_pass_by_value)]
    pub fn review_certificate(shared: State<'_, Arc<Shared>>) -> Result<(), Text> {
        shared.perform(Action::Review)
    }
}
