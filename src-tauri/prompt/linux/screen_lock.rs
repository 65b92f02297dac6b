//! Whether the session's screen is locked, as logind says it (`LockedHint` of org.freedesktop.login1.Session).

use gtk::gio;
use gtk::gio::prelude::*;
use gtk::glib;
use tokio::sync::watch;

/// Whether somebody can see the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScreenLock {
    /// The screen is locked.
    Locked,
    /// The screen is not locked, or nobody can tell.
    Unlocked,
}

/// Follows the lock of the session in which this process runs.
#[derive(Clone)]
pub(super) struct SessionLock(watch::Receiver<ScreenLock>);

impl SessionLock {
    /// Starts to follow. Has to be called on the main thread. Where there is no logind, the session never counts as
    /// locked.
    pub(super) fn watch() -> Self {
        let (sender, receiver) = watch::channel(ScreenLock::Unlocked);
        glib::MainContext::default().spawn_local(follow(sender));
        Self(receiver)
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<ScreenLock> {
        self.0.clone()
    }
}

async fn follow(sender: watch::Sender<ScreenLock>) {
    let proxy = gio::DBusProxy::for_bus_future(
        gio::BusType::System,
        gio::DBusProxyFlags::DO_NOT_AUTO_START,
        None,
        "org.freedesktop.login1",
        "/org/freedesktop/login1/session/auto",
        "org.freedesktop.login1.Session",
    )
    .await;
    match proxy {
        Ok(proxy) => {
            sender.send_replace(current(&proxy));
            let changes = sender.clone();
            proxy.connect_local("g-properties-changed", false, move |values| {
                if let Some(Ok(proxy)) = values.first().map(glib::Value::get::<gio::DBusProxy>) {
                    changes.send_replace(current(&proxy));
                }
                None
            });
            // The proxy lives as long as somebody may ask.
            sender.closed().await;
            drop(proxy);
        }
        Err(error) => {
            tracing::info!(%error, "logind does not answer; the session is taken as never locked");
            sender.closed().await;
        }
    }
}

fn current(proxy: &gio::DBusProxy) -> ScreenLock {
    match proxy.cached_property("LockedHint").and_then(|value| value.get::<bool>()) {
        Some(true) => ScreenLock::Locked,
        Some(false) | None => ScreenLock::Unlocked,
    }
}
