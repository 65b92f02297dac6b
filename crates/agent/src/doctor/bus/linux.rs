//! The buses of a Linux desktop.

use std::time::Duration;

use async_trait::async_trait;
use countersign_trust::display_text;
use zbus::names::BusName;
use zbus::zvariant::OwnedObjectPath;
use zbus::{Connection, Proxy, connection};

use super::{DesktopService, Keyring, MessageBus, Presence, Synchronisation, Tray};

/// No answer takes longer in a session that works.
const TO_ANSWER: Duration = Duration::from_secs(5);
const SECRETS: &str = "org.freedesktop.secrets";
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Where a bus is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BusAddress {
    /// Where the environment says.
    Usual,
    /// At this address, in the form of the D-Bus specification (“unix:path=/run/user/1000/bus”).
    At(String),
}

/// The desktop of this session.
#[derive(Clone, Debug)]
pub struct DesktopBus {
    /// The session's bus.
    pub session: BusAddress,
    /// The computer's bus.
    pub system: BusAddress,
}

impl Default for DesktopBus {
    fn default() -> Self {
        Self { session: BusAddress::Usual, system: BusAddress::Usual }
    }
}

impl DesktopBus {
    async fn session(&self) -> zbus::Result<Connection> {
        let builder = match &self.session {
            BusAddress::Usual => connection::Builder::session()?,
            BusAddress::At(address) => connection::Builder::address(address.as_str())?,
        };
        builder.method_timeout(TO_ANSWER).build().await
    }

    async fn system(&self) -> zbus::Result<Connection> {
        let builder = match &self.system {
            BusAddress::Usual => connection::Builder::system()?,
            BusAddress::At(address) => connection::Builder::address(address.as_str())?,
        };
        builder.method_timeout(TO_ANSWER).build().await
    }

    async fn find_keyring(&self) -> zbus::Result<Keyring> {
        let bus = self.session().await?;
        let service =
            Proxy::new(&bus, SECRETS, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service").await?;
        let collection: OwnedObjectPath = service.call("ReadAlias", &("default",)).await?;
        if collection.as_str() == "/" {
            return Ok(Keyring::None);
        }
        let collection = Proxy::new(&bus, SECRETS, collection, "org.freedesktop.Secret.Collection").await?;
        let locked: bool = collection.get_property("Locked").await?;
        Ok(if locked { Keyring::Locked } else { Keyring::Open })
    }

    async fn find_tray(&self) -> zbus::Result<Tray> {
        let bus = self.session().await?;
        if !has_owner(&bus, WATCHER).await? {
            return Ok(Tray::NoWatcher);
        }
        let watcher = Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
        let shown: bool = watcher.get_property("IsStatusNotifierHostRegistered").await?;
        Ok(if shown { Tray::Shown } else { Tray::NoHost })
    }

    async fn is_synchronised(&self) -> zbus::Result<bool> {
        let bus = self.system().await?;
        let service = "org.freedesktop.timedate1";
        Proxy::new(&bus, service, "/org/freedesktop/timedate1", service)
            .await?
            .get_property("NTPSynchronized")
            .await
    }
}

#[async_trait]
impl MessageBus for DesktopBus {
    async fn services(&self) -> Result<Vec<(DesktopService, Presence)>, String> {
        let found = async {
            let bus = self.session().await?;
            let activatable = zbus::fdo::DBusProxy::new(&bus).await?.list_activatable_names().await?;
            let mut found = Vec::new();
            for (service, name) in [
                (DesktopService::Notifications, "org.freedesktop.Notifications"),
                (DesktopService::Secrets, SECRETS),
            ] {
                let presence = if has_owner(&bus, name).await? {
                    Presence::Running
                } else if activatable.iter().any(|other| other.as_str() == name) {
                    Presence::Activatable
                } else {
                    Presence::Missing
                };
                found.push((service, presence));
            }
            zbus::Result::Ok(found)
        };
        found.await.map_err(|error| display_text(&error.to_string()))
    }

    async fn keyring(&self) -> Option<Keyring> {
        self.find_keyring()
            .await
            .inspect_err(|error| tracing::debug!(%error, "the keyring does not tell whether it is locked"))
            .ok()
    }

    async fn tray(&self) -> Tray {
        self.find_tray().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the tray does not answer");
            Tray::NoWatcher
        })
    }

    async fn clock_synchronisation(&self) -> Synchronisation {
        match self.is_synchronised().await {
            Ok(true) => Synchronisation::Synchronised,
            Ok(false) => Synchronisation::NotSynchronised,
            Err(error) => {
                tracing::debug!(%error, "the system does not tell whether the clock is synchronised");
                Synchronisation::Unknown
            }
        }
    }
}

async fn has_owner(bus: &Connection, name: &'static str) -> zbus::Result<bool> {
    Ok(zbus::fdo::DBusProxy::new(bus).await?.name_has_owner(BusName::from_static_str(name)?).await?)
}
