//! The desktop session around the app on Linux: what it looks like, whether it shows tray icons, and its end.

mod display;
mod end;

use std::path::PathBuf;
use std::time::Duration;

use countersign_words::Words;
use gtk::glib;
use tauri::AppHandle;

use crate::app::{self, FirstWindow};
use crate::notification::{Delivery, Message, Notifier, Offer};
use crate::tray::host::{self, WayIn};
use crate::tray::panel;

/// How long a panel may take to start after the app: at the beginning of a session everything starts at once.
const UNTIL_THE_PANEL_IS_THERE: Duration = Duration::from_secs(10);

/// What following the session needs to know.
pub(crate) struct Following {
    pub(crate) first_window: FirstWindow,
    pub(crate) state_directory: PathBuf,
    pub(crate) notifier: Notifier,
    pub(crate) words: Words,
}

/// Follows the session until the app ends. Has to be called on the main thread, after GTK was initialised.
pub(crate) fn follow(app: &AppHandle, following: Following) {
    display::end_when_gone(app);
    let main = glib::MainContext::default();
    let shown = app.clone();
    main.spawn_local(panel::follow(move || app::show_again(&shown)));
    main.spawn_local(tell_without_tray(following));
    let ending = app.clone();
    main.spawn_local(async move {
        end::wait().await;
        tracing::info!("the session ends");
        ending.exit(0);
    });
}

async fn tell_without_tray(following: Following) {
    let host = host::find(UNTIL_THE_PANEL_IS_THERE).await;
    let told = host::told(&following.state_directory);
    tracing::info!(?host, "looked for a panel that shows tray icons");
    match host::way_in(host, following.first_window, told) {
        WayIn::Known => {}
        WayIn::Notification => {
            let words = &following.words;
            let message = Message {
                title: words.notice_without_tray().into(),
                body: words.notice_without_tray_body().into(),
            };
            // Notifications wait by the runtime's clock.
            tauri::async_runtime::spawn(async move {
                match following.notifier.show(message, Offer::Reading).await {
                    Delivery::Taken => host::remember_told(&following.state_directory),
                    Delivery::NotTaken => {}
                }
            });
        }
    }
}
