//! The process of one window.

use std::path::Path;

use countersign_words::Words;
use tauri::image::Image;
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};

use super::focus;
use super::link::{self, Link};
use super::program;
use super::spec::Spec;
use crate::control_socket::protocol::{Client, Event, Place, Presentation, Request, WindowName};
use crate::control_socket::{ClientError, ControlClient};
use crate::examination::Examined;
use crate::tray::panel::{self, PanelChoice, PanelShade};
use crate::tray::symbol::Symbol;

/// Which window, and how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowOptions {
    /// Which one.
    pub window: WindowName,
    /// Where in it to begin.
    pub place: Place,
    /// For which panel its picture is drawn: the same as that of the tray.
    pub panel: PanelChoice,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// The tray process is not there.
    #[error(transparent)]
    Connection(#[from] ClientError),
    /// The window could not be made.
    #[error("The window cannot be shown: {0}")]
    Setup(#[from] tauri::Error),
    /// There is no page for it.
    #[error("This version of Countersign has no window “{}”.", .0.name())]
    NoPage(WindowName),
}

/// A connection for a window's process.
pub struct Connected(ControlClient);

/// Connects to the tray process, whose socket is in `directory`. Needs no display.
pub fn connect(window: WindowName, directory: &Path) -> Result<Connected, WindowError> {
    let topics = Spec::of(window).topics();
    tauri::async_runtime::block_on(async {
        let mut client = ControlClient::connect(directory, Client::Window { window }).await?;
        client.request(&Request::Subscribe { topics }).await?;
        Ok(Connected(client))
    })
}

/// Shows the window until it is closed, or the tray process ends. Has to be called on the main thread.
pub fn run(
    context: tauri::Context,
    connected: Connected,
    options: WindowOptions,
    examined: Examined,
    words: Words,
) -> Result<(), WindowError> {
    program::take_name();
    let spec = Spec::of(options.window);
    let app = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            link::page_text,
            link::request,
            link::entered_server,
            link::examine
        ])
        .build(context)?;
    if app.asset_resolver().get(spec.page.to_owned()).is_none() {
        return Err(WindowError::NoPage(options.window));
    }
    panel::follow_for_windows();
    app.manage(Shown(options));
    app.manage(examined);
    // Before the page, which asks as soon as it is there.
    app.manage(Link::start(app.handle(), connected.0, words.clone()));
    let title = (spec.title)(&words);
    app.manage(words);
    WebviewWindowBuilder::new(&app, options.window.name(), WebviewUrl::App(spec.url(options.place).into()))
        .title(&*title)
        .inner_size(spec.size.0, spec.size.1)
        .min_inner_size(spec.smallest.0, spec.smallest.1)
        .on_navigation(|url| {
            // The page leads nowhere else, whatever is written on it.
            url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost")
        })
        .build()?;
    // Ends when the window is closed: it is the only one.
    app.run_return(|_, _| {});
    Ok(())
}

/// The window of this process.
pub(super) struct Shown(pub(super) WindowOptions);

/// Does for the window itself what an event asks for. Has to be called on the main thread.
pub(super) fn follow(app: &AppHandle, event: &Event) {
    let Some(shown) = app.try_state::<Shown>() else { return };
    let Some(window) = app.get_webview_window(shown.0.window.name()) else { return };
    let done = match event {
        Event::Status(status) => {
            // In title bar and list of windows the app's own picture would look like that of a connection.
            let shade = PanelShade::choose(shown.0.panel, &panel::desktop_facts());
            Image::from_bytes(Symbol::of(status).png(shade)).and_then(|picture| window.set_icon(picture))
        }
        Event::Present(presentation) => present(&window, presentation),
        Event::Question(_) | Event::History(_) | Event::Remembered => Ok(()),
    };
    if let Err(error) = done {
        tracing::warn!(%error, "the window does not follow");
    }
}

fn present(window: &tauri::WebviewWindow, presentation: &Presentation) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    focus::present(window, presentation.activation.as_deref())
}
