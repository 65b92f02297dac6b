//! Looks at everything that a connection needs, for the person who wants to know why there is none.
//!
//! Done by the process that asks, be it a command or a window, and not by the running instance: that only tells what it
//! knows, so that neither has to wait for the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign_agent::doctor::{
    ConfigurationFault, Limits, Progress, Remembered, Report, SettingsRoute, Surroundings, Target, examine,
};
use countersign_agent::proxy::DesktopProxies;
use countersign_agent::{
    AgentConfiguration, ConnectionEvent, KEYCHAIN_SERVICE, RememberedList, RememberedStanding, Secret, Status,
};
use countersign_trust::ServerAddress;
use countersign_words::Words;

use crate::command_line::commands::Locations;
use crate::control_socket::protocol::{Client, Request, Response};
use crate::control_socket::{ClientError, ControlClient};
use crate::start::{StartError, configuration};
use crate::words::{ExaminationProgress, ExaminationText};

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Where the files of the agent are.
    pub locations: Locations,
    /// Where the control socket of the instance is, if one runs.
    pub directory: PathBuf,
}

/// Looks at everything and says in words what was found, and before that to `tell` how far it is.
///
/// Takes as long as [`Limits::whole`], and what the instance needs to answer, at most; dropping the future ends it. Has to
/// be called within a tokio runtime of several threads. A thread that waits for a name server or the keychain may outlive
/// it.
pub async fn examine_for_person(
    words: &Words,
    examined: &Examined,
    tell: &(dyn Fn(ExaminationProgress) + Send + Sync),
) -> ExaminationText {
    let tell = |progress| tell(ExaminationProgress::of(words, &progress));
    ExaminationText::of(words, &Examination::make(examined, &tell).await.report)
}

/// What was found, and what it was found with.
pub(crate) struct Examination {
    /// The configuration, or what is wrong with it.
    pub(crate) configuration: Result<AgentConfiguration, StartError>,
    /// What the running instance says.
    pub(crate) told: Told,
    /// What was found.
    pub(crate) report: Report,
    way: Option<(Arc<SettingsRoute>, ServerAddress)>,
}

/// What a running instance says about itself. Nothing when none runs.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) status: Option<Status>,
    pub(crate) remembered: Option<RememberedList>,
    pub(crate) history: Option<Vec<ConnectionEvent>>,
}

impl Examination {
    /// Like [`examine_for_person`], with the findings as they are.
    pub(crate) async fn make(examined: &Examined, tell: &(dyn Fn(Progress) + Send + Sync)) -> Self {
        let mut told = Told::default();
        match told.ask(&examined.directory).await {
            Ok(()) | Err(ClientError::NotRunning) => {}
            Err(error) => tracing::warn!(%error, "the running instance does not tell all"),
        }
        // Both read files.
        let (configuration, target) = tokio::task::block_in_place(|| {
            let configuration = configuration(&examined.locations);
            let target = target(&configuration, &told);
            (configuration, target)
        });
        let service = configuration.as_ref().map_or(KEYCHAIN_SERVICE, |it| &it.keychain_service);
        let mut around = Surroundings::of_this_computer(service.to_owned());
        let way = match (&configuration, &target) {
            (Ok(configuration), Ok(target)) => {
                let route = Arc::new(SettingsRoute::new(
                    configuration.proxy.clone(),
                    Arc::new(DesktopProxies),
                    target.connect_to,
                    Arc::clone(&around.keychain),
                    around.bus.clone(),
                ));
                around.route = Arc::clone(&route) as _;
                Some((route, target.server.clone()))
            }
            (Ok(_) | Err(_), _) => None,
        };
        let report = examine(target, &around, Limits::default(), tell).await;
        Self { configuration, told, report, way }
    }

    /// The passwords that what was found may hold.
    pub(crate) async fn passwords(&self) -> Vec<Secret> {
        match &self.way {
            Some((route, server)) => route.passwords(server).await,
            None => Vec::new(),
        }
    }
}

impl Told {
    /// What was told before something went wrong stays.
    async fn ask(&mut self, directory: &Path) -> Result<(), ClientError> {
        // It only reads, on behalf of a person: not as a window, which may not read all of it.
        let mut client = ControlClient::connect(directory, Client::CommandLine).await?;
        for request in [Request::Status, Request::History, Request::Remembered] {
            match client.request(&request).await? {
                Response::Status(status) => self.status = Some(*status),
                Response::History(history) => self.history = Some(history),
                Response::Remembered(remembered) => self.remembered = Some(remembered),
                Response::Done | Response::Question(_) | Response::Forgotten(_) | Response::Recovered(_) => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_wait_for_it_in_a_task() {
        fn is_for_a_task(_: impl Future<Output = ExaminationText> + Send) {}
        let examined = Examined { locations: Locations::default(), directory: "/nowhere".into() };
        is_for_a_task(examine_for_person(&Words::english(), &examined, &|_| {}));
    }
}
