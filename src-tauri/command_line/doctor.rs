//! `doctor`: looks at everything that a connection needs, from this process, whether the agent runs or not.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use countersign_agent::doctor::{
    ConfigurationFault, Limits, Remembered, Report, SettingsRoute, Standing, Surroundings, Target, examine,
};
use countersign_agent::proxy::DesktopProxies;
use countersign_agent::{
    AgentConfiguration, ConnectionEvent, KEYCHAIN_SERVICE, RememberedList, RememberedStanding, Status,
};

use super::commands::Locations;
use super::execute::CommandError;
use super::{ExitReason, report};
use crate::control_socket::protocol::{Client, Request, Response};
use crate::control_socket::{ClientError, ControlClient};
use crate::start::{StartError, configuration};

/// What was found, and what it was found with.
pub(super) struct Examination {
    /// The configuration, or what is wrong with it.
    pub(super) configuration: Result<AgentConfiguration, StartError>,
    /// What the running agent says.
    pub(super) told: Told,
    /// What was found.
    pub(super) report: Report,
}

/// What a running agent says about itself. Nothing when none runs.
#[derive(Default)]
pub(super) struct Told {
    pub(super) status: Option<Status>,
    pub(super) remembered: Option<RememberedList>,
    pub(super) history: Option<Vec<ConnectionEvent>>,
}

pub(super) fn doctor(
    locations: &Locations,
    json: bool,
    directory: &Path,
    out: &mut dyn Write,
) -> Result<ExitReason, CommandError> {
    let found = Examination::make(locations, directory)?.report;
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&found)?)?;
    } else {
        write!(out, "{}", report::examination(&found))?;
    }
    Ok(match found.standing {
        Standing::PreventsConnection => ExitReason::NotConnected,
        Standing::Impaired | Standing::Skipped | Standing::Ok | Standing::NotApplicable => ExitReason::Asked,
    })
}

impl Examination {
    /// Asks the instance whose socket is in `directory`, if one runs, and looks at everything. Not to be called within
    /// a runtime.
    pub(super) fn make(locations: &Locations, directory: &Path) -> Result<Self, CommandError> {
        let configuration = configuration(locations);
        // What is examined may block threads for long, and shall not hold up the rest.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(CommandError::Runtime)?;
        let (told, report) = runtime.block_on(async {
            let mut told = Told::default();
            match told.ask(directory).await {
                Ok(()) | Err(ClientError::NotRunning) => {}
                Err(error) => tracing::warn!(%error, "the running instance does not tell all"),
            }
            let service = configuration.as_ref().map_or(KEYCHAIN_SERVICE, |it| &it.keychain_service);
            let mut around = Surroundings::of_this_computer(service.to_owned());
            let target = target(&configuration, &told);
            if let (Ok(configuration), Ok(target)) = (&configuration, &target) {
                around.route = Arc::new(SettingsRoute::new(
                    configuration.proxy.clone(),
                    Arc::new(DesktopProxies),
                    target.connect_to,
                    Arc::clone(&around.keychain),
                    around.bus.clone(),
                ));
            }
            let report = examine(target, &around, Limits::default(), &|_| {}).await;
            (told, report)
        });
        // A thread that still waits for the keychain or for a name server is not waited for.
        runtime.shutdown_background();
        Ok(Self { configuration, told, report })
    }
}

impl Told {
    /// What was told before something went wrong stays.
    async fn ask(&mut self, directory: &Path) -> Result<(), ClientError> {
        let mut client = ControlClient::connect(directory, Client::CommandLine).await?;
        for request in [Request::Status, Request::History, Request::Remembered] {
            match client.request(&request).await? {
                Response::Status(status) => self.status = Some(*status),
                Response::History(history) => self.history = Some(history),
                Response::Remembered(remembered) => self.remembered = Some(remembered),
                Response::Done | Response::Question(_) | Response::Forgotten(_) => {}
            }
        }
        Ok(())
    }

    /// What was allowed for the server of the status, as far as the agent can tell.
    fn remembered(&self, status: &Status, configuration: &AgentConfiguration) -> Remembered {
        let list = self.remembered.as_ref();
        let holds = list.and_then(|list| {
            list.entries.iter().find(|entry| {
                Some(&entry.certificate.server) == status.server.as_ref()
                    && entry.standing != RememberedStanding::Over
            })
        });
        match holds {
            Some(entry) => Remembered::Certificate(Box::new(entry.certificate.clone())),
            None if list.is_some_and(|list| list.incomplete.is_none()) => Remembered::Nothing,
            None => Remembered::InKeychain {
                state_directory: configuration.state_directory.clone(),
                permitted: status.profile.remember,
            },
        }
    }
}

/// The running agent knows best what it connects to, unless the configuration has become wrong since it started.
fn target(
    configuration: &Result<AgentConfiguration, StartError>,
    told: &Told,
) -> Result<Target, ConfigurationFault> {
    let configuration =
        configuration.as_ref().map_err(|error| ConfigurationFault::Wrong { detail: error.to_string() })?;
    match &told.status {
        Some(status) => Target::of_status(configuration, status, told.remembered(status, configuration)),
        None => Target::of_configuration(configuration),
    }
}
