//! What the desktop and the operating system answer over D-Bus.

#[cfg(target_os = "linux")]
mod linux;

use async_trait::async_trait;

#[cfg(target_os = "linux")]
pub use linux::{BusAddress, DesktopBus};

use super::desktop_facts::{
    BusFacts, BusFault, DesktopService, Presence, Synchronisation, TrayFacts, TrayFault,
};

/// The message buses of the session and of the computer.
#[async_trait]
pub trait MessageBus: Send + Sync {
    /// Which services the session has. The error says, fit to be shown, why there is no bus.
    async fn services(&self) -> Result<Vec<(DesktopService, Presence)>, String>;

    /// The keyring that the keychain puts entries into. Nothing when that cannot be found out.
    async fn keyring(&self) -> Option<Keyring>;

    /// What shows tray icons.
    async fn tray(&self) -> Tray;

    /// Whether the clock is compared with a time server.
    async fn clock_synchronisation(&self) -> Synchronisation;
}

/// The state of a keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyring {
    /// It can be used.
    Open,
    /// It is locked.
    Locked,
    /// There is none yet.
    None,
}

/// What shows tray icons (StatusNotifierItem).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tray {
    /// Something does.
    Shown,
    /// Icons are collected, but nothing shows them.
    NoHost,
    /// Nobody collects icons.
    NoWatcher,
}

/// The graphical session, as its environment describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphicalSession {
    /// There is none.
    None,
    /// There is one.
    Of {
        /// The desktop's names, as in `XDG_CURRENT_DESKTOP`: separated by colons.
        desktop: Option<String>,
    },
}

impl GraphicalSession {
    /// That of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        if cfg!(target_os = "linux") && set("DISPLAY").is_none() && set("WAYLAND_DISPLAY").is_none() {
            return Self::None;
        }
        let desktop = set("XDG_CURRENT_DESKTOP").map(|text| countersign_trust::display_text(&text));
        Self::Of { desktop }
    }
}

/// Whether all services are there.
pub(super) fn services(found: Vec<(DesktopService, Presence)>) -> Result<BusFacts, BusFault> {
    let services: Vec<_> = found
        .into_iter()
        .map(|(service, presence)| super::desktop_facts::ServiceState { service, presence })
        .collect();
    if services.iter().any(|state| state.presence == Presence::Missing) {
        Err(BusFault::ServicesMissing { services })
    } else {
        Ok(BusFacts { services })
    }
}

/// Whether a tray icon is seen on this desktop.
pub(super) fn tray(found: Tray, desktop: Option<String>) -> Result<TrayFacts, TrayFault> {
    let gnome = desktop.iter().flat_map(|names| names.split(':')).any(|name| name == "GNOME");
    match found {
        Tray::Shown => Ok(TrayFacts { desktop }),
        Tray::NoWatcher if gnome => Err(TrayFault::GnomeWithoutExtension),
        Tray::NoWatcher => Err(TrayFault::NoWatcher { desktop }),
        Tray::NoHost => Err(TrayFault::NoHost { desktop }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gnome_is_told_of_its_extension_and_others_are_not() {
        for (found, desktop, expected) in [
            (Tray::NoWatcher, Some("ubuntu:GNOME"), "gnome_without_extension"),
            (Tray::NoWatcher, Some("GNOME"), "gnome_without_extension"),
            (Tray::NoWatcher, Some("GNOME-Flashback"), "no_watcher"),
            (Tray::NoWatcher, Some("XFCE"), "no_watcher"),
            (Tray::NoWatcher, None, "no_watcher"),
            (Tray::NoHost, Some("GNOME"), "no_host"),
        ] {
            let fault = tray(found, desktop.map(str::to_owned)).unwrap_err();
            assert_eq!(serde_json::to_value(&fault).unwrap()["reason"], expected, "{found:?} {desktop:?}");
        }
        assert!(tray(Tray::Shown, Some("GNOME".to_owned())).is_ok());
    }
}
