//! From the command line to the running app, and what is said when that fails.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_agent::{Agent, AgentConfiguration};
use countersign_words::Words;

use crate::app::{self, AppError, FirstWindow, Options, StartAgent};
use crate::command_line::commands::{Command, Locations};
use crate::command_line::{CommandLine, ExitReason, StartOptions, execute};
use crate::control::{AgentControl, Control};
use crate::control_socket::protocol::{Client, Place, Presentation, Request, WindowName};
use crate::control_socket::{self, ClaimError, ClientError, ControlClient, Instance};
use crate::directories;
use crate::examination::Examined;
use crate::headless::{self, HeadlessError};
use crate::log;
use crate::notification::{Message, Notifier, Offer};
use crate::recovery_file;
use crate::windows::focus::Activation;
use crate::windows::process::{self, WindowError, WindowOptions};
use crate::words;

/// How long another instance may be on its way up or down.
const TO_FIND_INSTANCE: Duration = Duration::from_secs(10);
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);

/// Does what the command line says. Errors are logged, printed, and shown as a notification where nobody would see them
/// printed.
#[must_use]
pub fn start(command_line: &CommandLine, context: impl FnOnce() -> tauri::Context) -> ExitReason {
    let words = Words::of_person(None);
    let directory = control_socket::directory(&directories::runtime());
    let done = match &command_line.command {
        None => run(&command_line.start, Display::Needed, None, &directory, context, &words),
        Some(Command::Run { start, headless: false }) => {
            run(start, Display::Needed, None, &directory, context, &words)
        }
        Some(Command::Run { start, headless: true }) => {
            run(start, Display::None, None, &directory, context, &words)
        }
        Some(Command::Open { file, locations }) => {
            let start =
                StartOptions { locations: locations.clone(), hidden: true, ..StartOptions::default() };
            read(file)
                .and_then(|content| run(&start, Display::Needed, Some(content), &directory, context, &words))
        }
        Some(Command::Window { window, locations, place, panel }) => {
            let options = WindowOptions { window: *window, place: *place, panel: *panel };
            let examined = Examined { locations: locations.clone(), directory: directory.clone() };
            show(options, examined, context, &words)
        }
        Some(command) => {
            log::to_standard_error("warn");
            return execute(command, &directory, &words);
        }
    };
    match done {
        Ok(()) => ExitReason::Asked,
        Err(error) => {
            report(&words, &error);
            error.exit_reason()
        }
    }
}

/// Whether the agent runs with tray icon and dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Display {
    Needed,
    None,
}

/// Why the app does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(
        "There is no display to show the tray icon on. Start Countersign within a graphical session, so that DISPLAY or \
         WAYLAND_DISPLAY is set and reachable, or with “countersign run --headless”."
    )]
    NoDisplay,
    #[error("{0}")]
    Configuration(#[from] countersign_agent::ConfigurationError),
    #[error("{0}")]
    State(#[from] countersign_agent::StoreError),
    #[error("There is no configuration file {}. Check the path after --configuration.", file.display())]
    NoConfiguration { file: std::path::PathBuf },
    #[error("The recovery file {} cannot be read: {source}.", file.display())]
    RecoveryFile { file: std::path::PathBuf, source: std::io::Error },
    #[error(transparent)]
    Instance(#[from] ClaimError),
    #[error(transparent)]
    OtherInstance(#[from] ClientError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error(transparent)]
    Headless(#[from] HeadlessError),
    #[error(transparent)]
    Window(#[from] WindowError),
}

impl StartError {
    pub(crate) fn exit_reason(&self) -> ExitReason {
        match self {
            Self::NoDisplay => ExitReason::NoDisplay,
            Self::Configuration(_) | Self::NoConfiguration { .. } => ExitReason::Configuration,
            Self::OtherInstance(error) | Self::Window(WindowError::Connection(error)) => error.into(),
            Self::State(_)
            | Self::RecoveryFile { .. }
            | Self::Instance(_)
            | Self::App(_)
            | Self::Headless(_)
            | Self::Window(_) => ExitReason::Failed,
        }
    }
}

fn read(file: &Path) -> Result<String, StartError> {
    recovery_file::read(file).map_err(|source| StartError::RecoveryFile { file: file.to_owned(), source })
}

/// `recovery_file` is what is in the file that the person has opened, if they have opened one.
fn run(
    start: &StartOptions,
    display: Display,
    recovery_file: Option<String>,
    directory: &Path,
    context: impl FnOnce() -> tauri::Context,
    words: &Words,
) -> Result<(), StartError> {
    let kept_log = log::to_standard_error("info");
    // GTK takes it out of the environment.
    let activation = Activation::from_environment();
    let wanted = match (display, start.hidden) {
        (Display::Needed, false) => FirstWindow::Open,
        // It is the session that starts the app hidden, not a person who wants to see it.
        (Display::Needed, true) | (Display::None, _) => FirstWindow::Hidden,
    };
    let request = what_is_wanted(wanted, recovery_file.as_ref(), activation.as_ref());
    let instance = match become_instance(directory, request.as_ref())? {
        Claim::Won(instance) => instance,
        Claim::HandedOver if display == Display::None => return Err(ClaimError::Taken.into()),
        Claim::HandedOver => return Ok(()),
    };
    let configuration = configuration(&start.locations)?;
    // Not before this is the instance: another one would write there, too.
    kept_log.keep_in(&configuration.state_directory);
    if configuration.server.is_none() {
        tracing::warn!(
            "no server is set up: “address” in the section [server] of the configuration is missing"
        );
    }
    if display == Display::None {
        return Ok(headless::run(configuration, instance)?);
    }
    let state_directory = configuration.state_directory.clone();
    let agent = Agent::new(configuration)?;
    require_display()?;
    let options = Options {
        first_window: wanted,
        panel: start.panel,
        locations: start.locations.clone(),
        runtime_directory: directories::runtime(),
        words: words.clone(),
        state_directory,
        activation,
        recovery_file,
    };
    let start: StartAgent =
        Box::new(move |desktop| Ok(Arc::new(AgentControl::new(agent.start(desktop))) as Arc<dyn Control>));
    app::run(context(), instance, options, start)?;
    Ok(())
}

enum Claim {
    Won(Instance),
    HandedOver,
}

/// What an instance that runs already is asked for.
fn what_is_wanted(
    window: FirstWindow,
    recovery_file: Option<&String>,
    activation: Option<&String>,
) -> Option<Request> {
    let activation = activation.cloned();
    match (recovery_file, window) {
        (Some(file), _) => Some(Request::OpenRecoveryFile { file: file.clone(), activation }),
        (None, FirstWindow::Open) => {
            let presentation = Presentation { place: Place::Top, activation };
            Some(Request::Open { window: WindowName::Status, presentation })
        }
        (None, FirstWindow::Hidden) => None,
    }
}

/// Becomes the instance, or asks the one that runs for what the person wants. It may be on its way up or down meanwhile.
fn become_instance(directory: &Path, wanted: Option<&Request>) -> Result<Claim, StartError> {
    let deadline = Instant::now() + TO_FIND_INSTANCE;
    loop {
        match Instance::claim(directory) {
            Ok(instance) => return Ok(Claim::Won(instance)),
            Err(ClaimError::Taken) => {}
            Err(error) => return Err(error.into()),
        }
        match hand_over(directory, wanted) {
            Ok(()) => return Ok(Claim::HandedOver),
            Err(ClientError::NotRunning | ClientError::Ended) if Instant::now() < deadline => {
                std::thread::sleep(BETWEEN_ATTEMPTS);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn hand_over(directory: &Path, wanted: Option<&Request>) -> Result<(), ClientError> {
    tauri::async_runtime::block_on(async {
        let mut client = ControlClient::connect(directory, Client::CommandLine).await?;
        if let Some(request) = wanted {
            client.request(request).await?;
        }
        Ok(())
    })
}

fn show(
    options: WindowOptions,
    examined: Examined,
    context: impl FnOnce() -> tauri::Context,
    words: &Words,
) -> Result<(), StartError> {
    log::to_standard_error("info");
    // First, because that needs no display and is what fails most.
    let connected = process::connect(options.window, &examined.directory)?;
    require_display()?;
    process::run(context(), connected, options, examined, words.clone())?;
    Ok(())
}

/// The machine's file outranks the person's; either may be absent, unless the command line names it.
pub(crate) fn configuration(locations: &Locations) -> Result<AgentConfiguration, StartError> {
    if let Some(file) = &locations.configuration
        && !file.exists()
    {
        return Err(StartError::NoConfiguration { file: file.clone() });
    }
    let machine = locations.configuration.clone().unwrap_or_else(directories::machine_configuration);
    let person = directories::persons_configuration();
    let mut configuration = AgentConfiguration::load(&machine, person.as_deref())?;
    if let Some(directory) = &locations.state_directory {
        configuration.state_directory.clone_from(directory);
    }
    Ok(configuration)
}

/// GTK ends the process with a panic when it finds no display; this asks first.
#[cfg(target_os = "linux")]
fn require_display() -> Result<(), StartError> {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    // Trays and accessibility tools call the program by this name.
    gtk::glib::set_application_name("Countersign");
    // Under Wayland a window cannot leave the focus where it is, or stay above others; through its X server it can. Where
    // there is none, or the person sets GDK_BACKEND, it is Wayland all the same.
    gtk::gdk::set_allowed_backends("x11,*");
    if (set("DISPLAY") || set("WAYLAND_DISPLAY")) && gtk::init().is_ok() {
        Ok(())
    } else {
        Err(StartError::NoDisplay)
    }
}

#[cfg(not(target_os = "linux"))]
fn require_display() -> Result<(), StartError> {
    Ok(())
}

/// Whoever starts the app from a menu or at login sees no terminal.
fn report(words: &Words, error: &StartError) {
    tracing::debug!(%error, "the app does not run");
    let said = words::start_error(words, error);
    eprintln!("countersign: {said}");
    let unseen = !std::io::stderr().is_terminal();
    if unseen && !matches!(error, StartError::NoDisplay) {
        let message = Message { title: words.start_failed().into(), body: said.into() };
        tauri::async_runtime::block_on(Notifier::default().show(message, Offer::Reading));
    }
}
