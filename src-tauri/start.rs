//! From the command line to the running app, and what is said when that fails.

use std::io::IsTerminal;
use std::sync::Arc;

use countersign_agent::{Agent, AgentConfiguration};
use countersign_words::Words;
use tracing_subscriber::EnvFilter;

use crate::app::{self, AppError, FirstWindow, Options, StartAgent};
use crate::command_line::{CommandLine, ExitReason};
use crate::control::{AgentControl, Control};
use crate::notification::{Message, Notifier, Offer};
use crate::words;

/// Runs the app. Errors are logged, printed, and shown as a notification where nobody would see them printed.
#[must_use]
pub fn start(command_line: &CommandLine, context: tauri::Context) -> ExitReason {
    log_to_standard_error();
    let words = Words::of_person(None);
    match try_start(command_line, context, &words) {
        Ok(()) => ExitReason::Asked,
        Err(error) => {
            report(&words, &error);
            error.exit_reason()
        }
    }
}

/// Why the app does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(
        "There is no display to show the tray icon on. Start Countersign within a graphical session, so that DISPLAY or \
         WAYLAND_DISPLAY is set and reachable."
    )]
    NoDisplay,
    #[error("{0}")]
    Configuration(#[from] countersign_agent::ConfigurationError),
    #[error("{0}")]
    State(#[from] countersign_agent::StoreError),
    #[error("There is no configuration file {}. Check the path after --configuration.", file.display())]
    NoConfiguration { file: std::path::PathBuf },
    #[error(transparent)]
    App(#[from] AppError),
}

impl StartError {
    fn exit_reason(&self) -> ExitReason {
        match self {
            Self::NoDisplay => ExitReason::NoDisplay,
            Self::Configuration(_) | Self::NoConfiguration { .. } => ExitReason::Configuration,
            Self::State(_) | Self::App(_) => ExitReason::Failed,
        }
    }
}

fn try_start(command_line: &CommandLine, context: tauri::Context, words: &Words) -> Result<(), StartError> {
    let configuration = configuration(command_line)?;
    let state_directory = configuration.state_directory.clone();
    let agent = Agent::new(configuration)?;
    require_display()?;
    let options = Options {
        first_window: if command_line.hidden { FirstWindow::Hidden } else { FirstWindow::Open },
        panel: command_line.panel,
        runtime_directory: directories::runtime(),
        words: words.clone(),
        state_directory,
    };
    let start: StartAgent =
        Box::new(move |desktop| Ok(Arc::new(AgentControl::new(agent.start(desktop))) as Arc<dyn Control>));
    app::run(context, options, start)?;
    Ok(())
}

/// The machine's file outranks the person's; either may be absent, unless the command line names it.
fn configuration(command_line: &CommandLine) -> Result<AgentConfiguration, StartError> {
    if let Some(file) = &command_line.configuration
        && !file.exists()
    {
        return Err(StartError::NoConfiguration { file: file.clone() });
    }
    let machine = command_line.configuration.clone().unwrap_or_else(directories::machine_configuration);
    let person = directories::persons_configuration();
    let mut configuration = AgentConfiguration::load(&machine, person.as_deref())?;
    if configuration.server.is_none() {
        tracing::warn!(file = %machine.display(), "no server is set up: “address” in the section [server] is missing");
    }
    if let Some(directory) = &command_line.state_directory {
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

fn log_to_standard_error() {
    let filter = match std::env::var("COUNTERSIGN_LOG") {
        Ok(wanted) => EnvFilter::try_new(&wanted).unwrap_or_else(|error| {
            eprintln!(
                "countersign: COUNTERSIGN_LOG is “{wanted}”, which is not understood ({error}). Give a level such as \
                 debug, or parts and levels such as info,countersign_agent=debug. It is taken as info."
            );
            EnvFilter::new("info")
        }),
        Err(_) => EnvFilter::new("info"),
    };
    let logged = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
    if let Err(error) = logged {
        eprintln!("countersign: the log cannot be written: {error}");
    }
}

/// Whoever starts the app from a menu or at login sees no terminal.
fn report(words: &Words, error: &StartError) {
    eprintln!("countersign: {error}");
    let unseen = !std::io::stderr().is_terminal();
    if unseen && !matches!(error, StartError::NoDisplay) {
        let message =
            Message { title: words.start_failed().into(), body: words::start_error(words, error).into() };
        tauri::async_runtime::block_on(Notifier::default().show(message, Offer::Reading));
    }
}

/// Where things are, by the rules of the operating system.
mod directories {
    use std::path::PathBuf;

    /// `/etc/countersign` is written by the installer and belongs to root.
    #[cfg(unix)]
    pub(super) fn machine_configuration() -> PathBuf {
        PathBuf::from("/etc/countersign/agent.toml")
    }

    #[cfg(windows)]
    pub(super) fn machine_configuration() -> PathBuf {
        from_environment("ProgramData")
            .unwrap_or_else(|| PathBuf::from("C:\\ProgramData"))
            .join("Countersign\\agent.toml")
    }

    /// XDG Base Directory Specification.
    #[cfg(unix)]
    pub(super) fn persons_configuration() -> Option<PathBuf> {
        from_environment("XDG_CONFIG_HOME")
            .or_else(|| from_environment("HOME").map(|home| home.join(".config")))
            .map(|directory| directory.join("countersign/agent.toml"))
    }

    #[cfg(windows)]
    pub(super) fn persons_configuration() -> Option<PathBuf> {
        from_environment("APPDATA").map(|directory| directory.join("Countersign\\agent.toml"))
    }

    /// Without a runtime directory of the session, GLib names the cache directory of the person.
    #[cfg(target_os = "linux")]
    pub(super) fn runtime() -> PathBuf {
        gtk::glib::user_runtime_dir()
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn runtime() -> PathBuf {
        std::env::temp_dir()
    }

    /// Relative paths are to be ignored (XDG Base Directory Specification).
    fn from_environment(name: &str) -> Option<PathBuf> {
        std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }
}
