//! Keychain, bus and tray.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use countersign_agent::doctor::{
    Check, ConfigurationFault, Finding, GraphicalSession, KEYCHAIN_PROBE, Keyring, Limits, Presence,
    Standing, Tray,
};
use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::{Keychain, KeychainError, Secret};

use super::strangers::SHORT;
use super::{LIMITS, ScriptedBus, codes, computer, entries, json, keychain, look, look_within, target};
use crate::support::SOON;
use crate::support::server::{Certificates, Server};

/// How a keychain misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Works,
    Locked,
    Unavailable,
    Forgets,
    CannotRead,
    CannotDelete,
    Slow,
}

#[derive(Default)]
struct Misbehaving {
    entries: MemoryKeychain,
    manner: Option<Manner>,
    calls: AtomicUsize,
}

impl Keychain for Misbehaving {
    fn get(&self, name: &str) -> Result<Option<Secret>, KeychainError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.manner {
            Some(Manner::Forgets) => Ok(None),
            Some(Manner::CannotRead) => Err(KeychainError::Unavailable { detail: "x".to_owned() }),
            _ => self.entries.get(name),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let detail = || "x".to_owned();
        match self.manner {
            Some(Manner::Locked) => return Err(KeychainError::Locked { detail: detail() }),
            Some(Manner::Unavailable) => return Err(KeychainError::Unavailable { detail: detail() }),
            // As when the desktop asks for a password, and the person answers after the check has ended.
            Some(Manner::Slow) => std::thread::sleep(SHORT * 3),
            _ => {}
        }
        self.entries.set(name, secret)
    }

    fn find(&self, prefix: &str) -> Result<Vec<String>, KeychainError> {
        self.entries.find(prefix)
    }

    fn delete(&self, name: &str) -> Result<(), KeychainError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.manner {
            Some(Manner::CannotDelete) => Err(KeychainError::Unavailable { detail: "x".to_owned() }),
            _ => self.entries.delete(name),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_does_not_work_is_told_and_nothing_is_left_in_it() {
    let certificates = Certificates::make();
    for (manner, expected) in [
        (Manner::Works, "keychain.ok"),
        (Manner::Locked, "keychain.locked"),
        (Manner::Unavailable, "keychain.unavailable"),
        (Manner::Forgets, "keychain.not_kept"),
        (Manner::CannotRead, "keychain.unavailable"),
        (Manner::CannotDelete, "keychain.not_removed"),
        (Manner::Slow, "keychain.timed_out"),
    ] {
        let misbehaving = Arc::new(Misbehaving { manner: Some(manner), ..Misbehaving::default() });
        let mut around = computer(&certificates);
        around.keychain = Arc::clone(&misbehaving) as _;
        let limits = if manner == Manner::Slow { Limits { check: SHORT, ..LIMITS } } else { LIMITS };
        let report = look_within(Err(ConfigurationFault::NoServer), &around, limits).await;
        assert_eq!(report.finding(Check::Keychain).unwrap().code(), expected, "{manner:?}");
        if manner == Manner::CannotDelete {
            assert_eq!(entries(&misbehaving.entries), [KEYCHAIN_PROBE]);
            continue;
        }
        let removed = tokio::time::timeout(SOON, async {
            // Written, read and removed, or written in vain and removed.
            while misbehaving.calls.load(Ordering::SeqCst) < 2 || !entries(&misbehaving.entries).is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        removed.await.unwrap_or_else(|_| panic!("{manner:?} leaves {:?}", entries(&misbehaving.entries)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keyring_is_not_touched() {
    let certificates = Certificates::make();
    for (keyring, expected) in [(Keyring::Locked, "keychain.locked"), (Keyring::None, "keychain.no_keyring")]
    {
        let untouched = Arc::new(Misbehaving::default());
        let server = Server::start(&certificates.self_signed).await;
        let mut around = computer(&certificates);
        around.keychain = Arc::clone(&untouched) as _;
        around.bus = Some(Arc::new(ScriptedBus { keyring: Some(keyring), ..ScriptedBus::default() }));
        let report = look(Ok(target(server.address.port())), &around).await;
        assert_eq!(report.finding(Check::Keychain).unwrap().code(), expected);
        assert_eq!(report.finding(Check::Keychain).unwrap().standing(), Standing::Impaired);
        assert_eq!(json(&report, Check::Certificate)["remembered"], "keychain_not_read");
        assert_eq!(untouched.calls.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_in_the_session_is_told_once() {
    let certificates = Certificates::make();
    let mut around = computer(&certificates);
    let untouched = keychain(&mut around);
    around.bus = Some(Arc::new(ScriptedBus { secrets: Presence::Missing, ..ScriptedBus::default() }));
    let report = look(Err(ConfigurationFault::NoServer), &around).await;
    let faults: Vec<_> = report.faults().map(Finding::code).collect();
    assert_eq!(faults, ["configuration.no_server", "session_bus.services_missing"]);
    assert_eq!(report.finding(Check::Keychain).unwrap().code(), "keychain.skipped");
    assert!(entries(&untouched).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tray_is_needed_where_there_is_a_screen() {
    let certificates = Certificates::make();
    let of = |desktop: &str| GraphicalSession::Of { desktop: Some(desktop.to_owned()) };
    for (session, tray, expected) in [
        (of("GNOME"), Tray::NoWatcher, "tray_host.gnome_without_extension"),
        (of("XFCE"), Tray::NoWatcher, "tray_host.no_watcher"),
        (of("XFCE"), Tray::NoHost, "tray_host.no_host"),
        (of("KDE"), Tray::Shown, "tray_host.ok"),
        (GraphicalSession::None, Tray::NoWatcher, "tray_host.not_applicable"),
    ] {
        let mut around = computer(&certificates);
        around.bus = Some(Arc::new(ScriptedBus { tray, ..ScriptedBus::default() }));
        around.session = session;
        let report = look(Err(ConfigurationFault::NoServer), &around).await;
        assert_eq!(report.finding(Check::TrayHost).unwrap().code(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_buses_the_rest_is_looked_at() {
    let certificates = Certificates::make();
    let mut around = computer(&certificates);
    around.bus = None;
    let server = Server::start(&certificates.valid).await;
    let report = look(Ok(target(server.address.port())), &around).await;
    assert_eq!(
        codes(&report),
        ["proxy.not_applicable", "session_bus.not_applicable", "tray_host.not_applicable"]
    );
    assert_eq!(json(&report, Check::Clock)["synchronised"], "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_has_a_limit() {
    let certificates = Certificates::make();
    let silent = super::strangers::Stranger::start(super::strangers::Manner::Silent).await;
    let limits = Limits { whole: SHORT, ..LIMITS };
    let report = look_within(Ok(target(silent.port)), &computer(&certificates), limits).await;
    let late: Vec<_> = codes(&report).into_iter().filter(|code| code.ends_with(".timed_out")).collect();
    assert_eq!(late, ["tls_version.timed_out", "certificate.timed_out", "clock.timed_out"]);
}
