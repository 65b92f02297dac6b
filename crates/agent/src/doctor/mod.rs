//! Looks at everything that a connection needs, and says what is wrong: for the person at the desk, and for whoever
//! helps them.
//!
//! Facts and codes only; the words are the catalogue's. Nothing is changed, nobody is asked for a password, and the
//! server learns no more than that somebody looked at its certificate.

mod blocking;
mod bus;
mod clock;
mod course;
mod desktop_facts;
mod facts;
mod keychain;
mod network;
mod reach;
mod report;
mod resolver;
mod route;
mod settings_route;
mod target;

use std::sync::Arc;

use countersign_trust::{OperatingSystemRoots, RememberedCertificate};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

#[cfg(target_os = "linux")]
pub use self::bus::{BusAddress, DesktopBus};
pub use self::bus::{GraphicalSession, Keyring, MessageBus, Tray};
use self::course::Course;
pub use self::course::{Limits, Progress};
pub use self::desktop_facts::*;
pub use self::facts::*;
pub use self::keychain::KEYCHAIN_PROBE;
use self::network::KeychainNotRead;
use self::report::Omission;
pub use self::report::{Check, Finding, NotApplicable, Outcome, Report, Standing};
pub use self::resolver::{LookupFailure, Resolver, ResolverSettings, SystemResolver};
pub use self::route::{BoxedStream, Direct, Proxy, Route, Stream, TunnelFailure};
pub use self::settings_route::SettingsRoute;
pub use self::target::{Remembered, Target};
use crate::clock::{Clock, SystemClock};
use crate::keychain::{Keychain, KeychainClient, OperatingSystemKeychain};
use crate::remembered::{INDEX_FILE, RememberedCertificates};
use crate::state_file::StateFile;

/// What is looked at.
pub struct Surroundings {
    /// The keychain.
    pub keychain: Arc<dyn Keychain>,
    /// The clock that is judged.
    pub clock: Arc<dyn Clock>,
    /// The certificates that the computer trusts.
    pub roots: Arc<OperatingSystemRoots>,
    /// From names to addresses.
    pub resolver: Arc<dyn Resolver>,
    /// The way to the server.
    pub route: Arc<dyn Route>,
    /// The message buses; absent where the operating system has none.
    pub bus: Option<Arc<dyn MessageBus>>,
    /// The graphical session.
    pub session: GraphicalSession,
}

impl Surroundings {
    /// Those of this process. The keychain holds the entries under the name of this service.
    #[must_use]
    pub fn of_this_computer(keychain_service: String) -> Self {
        #[cfg(target_os = "linux")]
        let bus: Option<Arc<dyn MessageBus>> = Some(Arc::new(DesktopBus::default()));
        #[cfg(not(target_os = "linux"))]
        let bus = None;
        Self {
            keychain: Arc::new(OperatingSystemKeychain::new(keychain_service)),
            clock: Arc::new(SystemClock),
            roots: Arc::new(OperatingSystemRoots::new()),
            resolver: Arc::new(SystemResolver),
            route: Arc::new(Direct),
            bus,
            session: GraphicalSession::of_this_process(),
        }
    }
}

/// Does all checks; those that do not depend on one another at the same time.
///
/// `tell` hears of each check when it begins and when it ends. Takes as long as [`Limits::whole`] at most; dropping the
/// future ends it. Has to be called within a tokio runtime of several threads.
pub async fn examine(
    target: Result<Target, ConfigurationFault>,
    around: &Surroundings,
    limits: Limits,
    tell: &(dyn Fn(Progress) + Send + Sync),
) -> Report {
    let course = Course::new(limits, tell);
    let at = around.clock.now();
    // The certificate waits for the keychain, which knows what was allowed; the clock waits for the certificate.
    let (tell_usable, usable) = watch::channel(None);
    let all = async {
        let desktop = desktop(around, &course, tell_usable);
        let network_and_clock = async {
            if let Err(fault) = clock::before_build(at) {
                course.begin(Check::Clock);
                course.found(Finding::Clock(Outcome::Failed(fault)));
            }
            let remembered = remembered(&target, around, &course, usable);
            let assessment = network::examine(&target, around, &course, remembered).await;
            if clock::before_build(at).is_ok() {
                course.begin(Check::Clock);
                let outcome = course.limited(async {
                    let synchronised = match &around.bus {
                        Some(bus) => bus.clock_synchronisation().await,
                        None => Synchronisation::Unknown,
                    };
                    clock::examine(at, assessment.as_ref(), synchronised)
                });
                course.found(Finding::Clock(outcome.await.into()));
            }
        };
        tokio::join!(desktop, network_and_clock);
    };
    if tokio::time::timeout(limits.whole, all).await.is_err() {
        tracing::debug!("the checks took too long together");
    }
    Report::new(at, course.end())
}

/// Whether the keychain can be read without asking anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeychainUse {
    Usable,
    NotUsable,
}

/// The bus, and what is reached by it.
async fn desktop(
    around: &Surroundings,
    course: &Course<'_>,
    tell_usable: watch::Sender<Option<KeychainUse>>,
) {
    let not_here = |check| {
        course
            .found(Finding::omitted(check, Omission::NotApplicable { why: NotApplicable::OperatingSystem }));
    };
    let keychain = async || {
        course.begin(Check::Keychain);
        let probed = course.limited(async {
            let keyring = match &around.bus {
                Some(bus) => bus.keyring().await,
                None => None,
            };
            keychain::examine(Arc::clone(&around.keychain), keyring).await
        });
        let outcome: Outcome<_, _> = probed.await.into();
        let usable =
            if matches!(outcome, Outcome::Ok(_)) { KeychainUse::Usable } else { KeychainUse::NotUsable };
        course.found(Finding::Keychain(outcome));
        tell_usable.send_replace(Some(usable));
    };
    let Some(bus) = &around.bus else {
        not_here(Check::SessionBus);
        not_here(Check::TrayHost);
        keychain().await;
        return;
    };
    course.begin(Check::SessionBus);
    let found =
        course.limited(async { bus.services().await.map_err(|detail| BusFault::Unreachable { detail }) });
    let services = match found.await {
        Ok(services) => services,
        Err(stopped) => {
            tell_usable.send_replace(Some(KeychainUse::NotUsable));
            course.found(Finding::SessionBus(stopped.into()));
            course.skip(&[Check::Keychain, Check::TrayHost], Check::SessionBus);
            return;
        }
    };
    let secrets_missing = services.contains(&(DesktopService::Secrets, Presence::Missing));
    course.found(Finding::SessionBus(match bus::services(services) {
        Ok(facts) => Outcome::Ok(facts),
        Err(fault) => Outcome::Failed(fault),
    }));
    let tray = async {
        match &around.session {
            GraphicalSession::None => course.found(Finding::omitted(
                Check::TrayHost,
                Omission::NotApplicable { why: NotApplicable::NoGraphicalSession },
            )),
            GraphicalSession::Of { desktop } => {
                course.begin(Check::TrayHost);
                let outcome = course.limited(async { bus::tray(bus.tray().await, desktop.clone()) }).await;
                course.found(Finding::TrayHost(outcome.into()));
            }
        }
    };
    if secrets_missing {
        tell_usable.send_replace(Some(KeychainUse::NotUsable));
        course.skip(&[Check::Keychain], Check::SessionBus);
        tray.await;
    } else {
        tokio::join!(tray, keychain());
    }
}

/// What was allowed for the server before.
async fn remembered(
    target: &Result<Target, ConfigurationFault>,
    around: &Surroundings,
    course: &Course<'_>,
    mut usable: watch::Receiver<Option<KeychainUse>>,
) -> Result<Option<RememberedCertificate>, KeychainNotRead> {
    let Ok(target) = target else { return Ok(None) };
    let (state_directory, permitted) = match &target.remembered {
        Remembered::Nothing => return Ok(None),
        Remembered::Certificate(certificate) => return Ok(Some(certificate.as_ref().clone())),
        Remembered::InKeychain { state_directory, permitted } => (state_directory, *permitted),
    };
    let usable = usable.wait_for(Option::is_some).await.ok().and_then(|usable| *usable);
    if usable != Some(KeychainUse::Usable) {
        return Err(KeychainNotRead);
    }
    let entries = RememberedCertificates::new(
        KeychainClient::new(Arc::clone(&around.keychain)),
        StateFile::new(state_directory, INDEX_FILE),
        TaskTracker::new(),
    );
    let read = tokio::time::timeout(course.limits.check, entries.of(&target.server)).await;
    read.map(|found| found.map(|remembered| remembered.under(permitted))).map_err(|_| KeychainNotRead)
}
