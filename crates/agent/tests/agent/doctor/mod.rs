//! The doctor, in front of servers of all kinds.

#[cfg(target_os = "linux")]
mod bus;
mod desktop;
mod network;
mod proxies;
mod strangers;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use countersign_agent::doctor::{
    Check, ConfigurationFault, DesktopService, Direct, Finding, GraphicalSession, Keyring, Limits,
    MessageBus, Presence, Progress, Remembered, Report, Standing, Surroundings, Synchronisation,
    SystemResolver, Target, Tray, examine,
};
use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::{Keychain, SystemClock};
use countersign_trust::{
    InvalidCertificateAction, OperatingSystemRoots, RememberOptions, ServerAddress, TrustedRoots,
};
use serde_json::Value;

use crate::support::server::Certificates;

/// Short where a test waits for an end of it, long enough for a busy computer elsewhere.
const LIMITS: Limits = Limits { check: Duration::from_secs(20), whole: Duration::from_mins(1) };

/// A desktop on which everything is in order.
#[derive(Clone, Copy)]
struct ScriptedBus {
    secrets: Presence,
    keyring: Option<Keyring>,
    tray: Tray,
}

impl Default for ScriptedBus {
    fn default() -> Self {
        Self { secrets: Presence::Running, keyring: Some(Keyring::Open), tray: Tray::Shown }
    }
}

#[async_trait]
impl MessageBus for ScriptedBus {
    async fn services(&self) -> Result<Vec<(DesktopService, Presence)>, String> {
        Ok(vec![
            (DesktopService::Notifications, Presence::Activatable),
            (DesktopService::Secrets, self.secrets),
        ])
    }

    async fn keyring(&self) -> Option<Keyring> {
        self.keyring
    }

    async fn tray(&self) -> Tray {
        self.tray
    }

    async fn clock_synchronisation(&self) -> Synchronisation {
        Synchronisation::Synchronised
    }
}

/// A computer on which everything is in order.
fn computer(certificates: &Certificates) -> Surroundings {
    let (roots, _) = TrustedRoots::from_der([certificates.root.clone()]);
    Surroundings {
        keychain: Arc::new(MemoryKeychain::default()),
        clock: Arc::new(SystemClock),
        roots: Arc::new(OperatingSystemRoots::fixed(roots)),
        resolver: Arc::new(SystemResolver),
        route: Arc::new(Direct),
        bus: Some(Arc::new(ScriptedBus::default())),
        session: GraphicalSession::Of { desktop: Some("XFCE".to_owned()) },
    }
}

fn target(port: u16) -> Target {
    Target {
        server: ServerAddress::new("localhost", port).unwrap(),
        connect_to: None,
        action: InvalidCertificateAction::Warn,
        remembered: Remembered::InKeychain {
            // Nothing is there.
            state_directory: "/nonexistent".into(),
            permitted: RememberOptions::default(),
        },
    }
}

async fn look(target: Result<Target, ConfigurationFault>, around: &Surroundings) -> Report {
    look_within(target, around, LIMITS).await
}

/// The report, after a check that it is what was told on the way, and that it survives being written down.
async fn look_within(
    target: Result<Target, ConfigurationFault>,
    around: &Surroundings,
    limits: Limits,
) -> Report {
    let told = Mutex::new(Vec::new());
    let report = examine(target, around, limits, &|progress| told.lock().unwrap().push(progress)).await;
    let checks: Vec<Check> = report.findings.iter().map(Finding::check).collect();
    assert_eq!(checks, Check::ALL, "every check has one finding");
    let told = told.into_inner().unwrap();
    for finding in &report.findings {
        let found = |progress: &&Progress| matches!(progress, Progress::Found(told) if **told == *finding);
        assert_eq!(told.iter().filter(found).count(), 1, "{finding:?}");
    }
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report, "{json}");
    report
}

/// The codes of what is not simply all right, in the order of the checks.
fn codes(report: &Report) -> Vec<String> {
    report.findings.iter().filter(|finding| finding.standing() != Standing::Ok).map(Finding::code).collect()
}

/// A finding as JSON: what a person's program gets to see.
fn json(report: &Report, check: Check) -> Value {
    serde_json::to_value(report.finding(check).unwrap()).unwrap()
}

/// The names of the entries that are left.
fn entries(keychain: &MemoryKeychain) -> Vec<String> {
    keychain.names()
}

fn keychain(around: &mut Surroundings) -> Arc<MemoryKeychain> {
    let keychain = Arc::new(MemoryKeychain::default());
    around.keychain = Arc::clone(&keychain) as Arc<dyn Keychain>;
    keychain
}
