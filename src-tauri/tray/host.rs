//! Whether anything shows tray icons, and what is done when nothing does.

use std::path::Path;

use crate::app::FirstWindow;

/// Whether a panel, or whatever else, shows tray icons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrayHost {
    /// It is there, or nobody can tell.
    Present,
    /// There is none: GNOME has one only with an extension.
    Absent,
}

/// Whether this installation has said already that the app runs without being seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has.
    Before,
    /// It has not.
    Never,
}

/// How the person learns that the app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayIn {
    /// They know: an icon or a window is there, or they were told.
    Known,
    /// A notification says so, once.
    Notification,
}

/// What is needed beside the tray icon. Questions have their own notification in any case, and starting the app again
/// opens its window.
#[must_use]
pub fn way_in(host: TrayHost, first_window: FirstWindow, told: Told) -> WayIn {
    match (host, first_window, told) {
        (TrayHost::Absent, FirstWindow::Hidden, Told::Never) => WayIn::Notification,
        (TrayHost::Present, _, _) | (_, FirstWindow::Open, _) | (_, _, Told::Before) => WayIn::Known,
    }
}

/// Whether the person of this account was told.
#[must_use]
pub fn told(state_directory: &Path) -> Told {
    if state_directory.join(MARK).exists() { Told::Before } else { Told::Never }
}

/// Keeps in mind that the person was told.
pub fn remember_told(state_directory: &Path) {
    let kept = std::fs::create_dir_all(state_directory)
        .and_then(|()| std::fs::write(state_directory.join(MARK), "The notification was shown.\n"));
    if let Err(error) = kept {
        tracing::warn!(%error, "it cannot be kept that the person was told; they will be told again");
    }
}

/// The file whose being there says it.
const MARK: &str = "told-without-tray";

#[cfg(target_os = "linux")]
pub use linux::find;

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    use gtk::gdk::prelude::*;
    use gtk::{gdk, gio, glib};
    use x11rb::connection::Connection as _;
    use x11rb::protocol::xproto::ConnectionExt as _;

    use super::TrayHost;
    use crate::bus::{self, Changes, Remote};

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    /// Panels may start later than the programs of a session, so one is waited for. Has to be called on the main thread.
    pub async fn find(grace: Duration) -> TrayHost {
        let Some(connection) = bus::connect(gio::BusType::Session).await else { return TrayHost::Absent };
        let watcher = Remote::new(&connection, WATCHER, "/StatusNotifierWatcher", WATCHER);
        let mut changes = Changes::default();
        changes.owner(&watcher);
        changes.signal(&watcher, "StatusNotifierHostRegistered");
        let appears = async {
            while watcher.property("IsStatusNotifierHostRegistered").await != Some(true) {
                changes.next().await;
            }
        };
        tokio::select! {
            () = appears => TrayHost::Present,
            () = glib::timeout_future(grace) => older_tray(),
        }
    }

    /// The tray of X11 (System Tray Protocol), which the tray icon falls back to.
    fn older_tray() -> TrayHost {
        let on_x11 = gdk::Display::default().is_some_and(|display| display.backend().is_x11());
        match on_x11.then(owner_of_older_tray) {
            Some(Ok(owner)) if owner != x11rb::NONE => TrayHost::Present,
            Some(Ok(_)) | None => TrayHost::Absent,
            Some(Err(error)) => {
                tracing::debug!(%error, "the display does not say whether it has a tray");
                TrayHost::Absent
            }
        }
    }

    fn owner_of_older_tray() -> Result<u32, Box<dyn std::error::Error>> {
        let (connection, screen) = x11rb::connect(None)?;
        let selection = format!("_NET_SYSTEM_TRAY_S{screen}");
        let atom = connection.intern_atom(false, selection.as_bytes())?.reply()?.atom;
        let owner = connection.get_selection_owner(atom)?.reply()?.owner;
        connection.flush()?;
        Ok(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_sees_nothing_is_told_and_only_once() {
        use FirstWindow::{Hidden, Open};
        for (host, first_window, told, expected) in [
            (TrayHost::Absent, Hidden, Told::Never, WayIn::Notification),
            (TrayHost::Absent, Hidden, Told::Before, WayIn::Known),
            (TrayHost::Absent, Open, Told::Never, WayIn::Known),
            (TrayHost::Present, Hidden, Told::Never, WayIn::Known),
            (TrayHost::Present, Open, Told::Never, WayIn::Known),
        ] {
            assert_eq!(way_in(host, first_window, told), expected, "{host:?} {first_window:?} {told:?}");
        }
    }

    #[test]
    fn that_it_was_told_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("countersign");
        assert_eq!(told(&state), Told::Never);
        remember_told(&state);
        assert_eq!(told(&state), Told::Before);
    }
}
