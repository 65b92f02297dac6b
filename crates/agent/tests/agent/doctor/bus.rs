//! Real message buses, with and without services.

use std::process::Stdio;
use std::sync::Arc;

use countersign_agent::doctor::{
    BusAddress, Check, ConfigurationFault, DesktopBus, Finding, Keyring, MessageBus as _, Synchronisation,
    Tray,
};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use zbus::zvariant::OwnedObjectPath;

use super::{codes, computer, json, look};
use crate::support::SOON;
use crate::support::server::Certificates;

/// A bus on which nothing is but what the test puts there.
struct Bus {
    address: String,
    _process: Child,
    _directory: TempDir,
}

const CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

impl Bus {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let configuration = directory.path().join("bus.conf");
        std::fs::write(&configuration, CONFIGURATION).unwrap();
        let mut process = Command::new("dbus-daemon")
            .args(["--nofork", "--print-address"])
            .arg(format!("--config-file={}", configuration.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("dbus-daemon is to be installed");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = tokio::time::timeout(SOON, lines.next_line()).await.unwrap().unwrap().unwrap();
        Self { address, _process: process, _directory: directory }
    }

    fn desktop(&self) -> DesktopBus {
        let at = BusAddress::At(self.address.clone());
        DesktopBus { session: at.clone(), system: at }
    }

    fn service(&self, name: &'static str) -> zbus::connection::Builder<'_> {
        zbus::connection::Builder::address(self.address.as_str()).unwrap().name(name).unwrap()
    }
}

struct Watcher {
    shown: bool,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        self.shown
    }
}

struct SecretService {
    default: &'static str,
}

#[zbus::interface(name = "org.freedesktop.Secret.Service")]
impl SecretService {
    fn read_alias(&self, name: &str) -> OwnedObjectPath {
        assert_eq!(name, "default");
        self.default.try_into().unwrap()
    }
}

struct Collection {
    locked: bool,
}

#[zbus::interface(name = "org.freedesktop.Secret.Collection")]
impl Collection {
    #[zbus(property)]
    fn locked(&self) -> bool {
        self.locked
    }
}

struct TimeDate {
    synchronised: bool,
}

#[zbus::interface(name = "org.freedesktop.timedate1")]
impl TimeDate {
    #[zbus(property, name = "NTPSynchronized")]
    fn ntp_synchronized(&self) -> bool {
        self.synchronised
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bus_nothing_is_asked_of_it() {
    let certificates = Certificates::make();
    let mut around = computer(&certificates);
    let nowhere = BusAddress::At("unix:path=/nonexistent/bus".to_owned());
    around.bus = Some(Arc::new(DesktopBus { session: nowhere.clone(), system: nowhere }));
    let report = look(Err(ConfigurationFault::NoServer), &around).await;
    let skipped =
        ["proxy", "dns", "tcp", "tls_version", "certificate"].map(|check| format!("{check}.skipped"));
    let mut expected = vec!["configuration.no_server".to_owned()];
    expected.extend(skipped);
    expected.extend(["session_bus.unreachable", "keychain.skipped", "tray_host.skipped"].map(str::to_owned));
    assert_eq!(codes(&report), expected);
    assert_eq!(json(&report, Check::Keychain)["because_of"], "session_bus");
    assert_eq!(json(&report, Check::Clock)["synchronised"], "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_bus_lacks_everything() {
    let certificates = Certificates::make();
    let bus = Bus::start().await;
    let mut around = computer(&certificates);
    around.bus = Some(Arc::new(bus.desktop()));
    let report = look(Err(ConfigurationFault::NoServer), &around).await;
    let faults: Vec<_> = report.faults().map(Finding::code).collect();
    assert_eq!(faults, ["configuration.no_server", "session_bus.services_missing", "tray_host.no_watcher"]);
    let services = json(&report, Check::SessionBus)["services"].clone();
    assert!(services.as_array().unwrap().iter().all(|state| state["presence"] == "missing"), "{services}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tray_is_found_when_it_shows_icons() {
    for (shown, expected) in [(true, Tray::Shown), (false, Tray::NoHost)] {
        let bus = Bus::start().await;
        let watcher = bus.service("org.kde.StatusNotifierWatcher");
        let _watcher =
            watcher.serve_at("/StatusNotifierWatcher", Watcher { shown }).unwrap().build().await.unwrap();
        assert_eq!(bus.desktop().tray().await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_the_keyring_is_found() {
    let login = "/org/freedesktop/secrets/collection/login";
    for (default, locked, expected) in
        [(login, true, Keyring::Locked), (login, false, Keyring::Open), ("/", true, Keyring::None)]
    {
        let bus = Bus::start().await;
        let _service = bus
            .service("org.freedesktop.secrets")
            .serve_at("/org/freedesktop/secrets", SecretService { default })
            .unwrap()
            .serve_at(login, Collection { locked })
            .unwrap()
            .build()
            .await
            .unwrap();
        assert_eq!(bus.desktop().keyring().await, Some(expected));
        let services = bus.desktop().services().await.unwrap();
        assert!(format!("{services:?}").contains("(Secrets, Running)"), "{services:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_tells_whether_the_clock_is_synchronised() {
    let silent = Bus::start().await;
    assert_eq!(silent.desktop().clock_synchronisation().await, Synchronisation::Unknown);
    for (synchronised, expected) in
        [(true, Synchronisation::Synchronised), (false, Synchronisation::NotSynchronised)]
    {
        let bus = Bus::start().await;
        let service = bus.service("org.freedesktop.timedate1");
        let _service = service
            .serve_at("/org/freedesktop/timedate1", TimeDate { synchronised })
            .unwrap()
            .build()
            .await
            .unwrap();
        assert_eq!(bus.desktop().clock_synchronisation().await, expected);
    }
}
