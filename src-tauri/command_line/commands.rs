//! What can be given on the command line.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use countersign_trust::{Fingerprint, RememberFor, ServerAddress};

use super::ExitReason;
use crate::control_socket::protocol::{Place, WindowName};
use crate::tray::panel::PanelChoice;

/// Keeps this computer connected to its management server, and asks you when the server's certificate is not valid.
///
/// Without a command it starts the tray icon, or opens the window of the instance that runs already.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(name = "countersign", version, args_conflicts_with_subcommands = true, after_help = after_help())]
pub struct CommandLine {
    /// How the app starts when there is no command.
    #[command(flatten)]
    pub start: StartOptions,

    /// What to do instead.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The option that starts the app without a window.
pub const HIDDEN: &str = "--hidden";

/// Where the files are, if not at the usual places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Locations {
    /// Read the machine's configuration from this file instead of /etc/countersign/agent.toml.
    #[arg(long, value_name = "FILE")]
    pub configuration: Option<PathBuf>,

    /// Keep the agent's state in this directory.
    #[arg(long, value_name = "DIRECTORY")]
    pub state_directory: Option<PathBuf>,
}

impl Locations {
    /// As they are given to another process of this program.
    #[must_use]
    pub fn arguments(&self) -> Vec<OsString> {
        let Self { configuration, state_directory } = self;
        [("--configuration", configuration), ("--state-directory", state_directory)]
            .into_iter()
            .filter_map(|(option, path)| path.as_ref().map(|path| [option.into(), path.into()]))
            .flatten()
            .collect()
    }
}

/// How the app starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct StartOptions {
    /// Where the files are.
    #[command(flatten)]
    pub locations: Locations,

    /// Start without a window; only the tray icon appears.
    #[arg(long)]
    pub hidden: bool,

    /// For which panel the tray icon is drawn.
    #[arg(long, value_name = "SHADE", value_enum, default_value_t)]
    pub panel: PanelChoice,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Start the agent. Without --headless the same as no command at all.
    Run {
        /// How it starts.
        #[command(flatten)]
        start: StartOptions,
        /// Run without a display: no tray icon, no dialog, only this command line. Where the configuration of the
        /// computer lets the command line answer, a question waits for that; otherwise it counts as denied.
        #[arg(long, conflicts_with_all = ["hidden", "panel"])]
        headless: bool,
    },

    /// Show the state of the connection.
    Status {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
        /// Go on, and print every change. With --json one object per line.
        #[arg(long)]
        watch: bool,
        /// Exit with 7 when there is no connection, and with 8 when an answer is needed.
        #[arg(long, conflicts_with = "watch")]
        exit_code: bool,
    },

    /// Connect, and wait for what comes of it.
    Connect {
        /// Connect to this server from now on, for example management.example.com:8013. Not possible where the
        /// configuration of the computer names the server.
        server: Option<ServerAddress>,
        /// Do not wait.
        #[arg(long)]
        no_wait: bool,
    },

    /// End the connection, or the attempts to make one, until “connect”.
    Disconnect,

    /// The certificates that were allowed.
    #[command(subcommand)]
    Certificates(CertificatesCommand),

    /// The certificate of the server, and the question about it.
    #[command(subcommand)]
    Certificate(CertificateCommand),

    /// Take a recovery file of the server, as your IT department gives it to you, when this computer does not connect
    /// because of the server's certificate.
    Recover {
        /// The file.
        file: PathBuf,
    },

    /// Show what a recovery file of the server would do, and ask whether to use it, as the desktop does when such a file is
    /// opened. Starts the app if it does not run.
    Open {
        /// The file.
        file: PathBuf,
        /// Where the agent's files are, if the app does not run.
        #[command(flatten)]
        locations: Locations,
    },

    /// Show what the agent has logged.
    Logs {
        /// Where the log is.
        #[command(flatten)]
        locations: Locations,
        /// Go on, and print what is logged from now on, until Ctrl+C.
        #[arg(long, short)]
        follow: bool,
    },

    /// Find out why there is no connection: look at everything that one needs. Exits with 7 when something prevents it.
    Doctor {
        /// Where the agent's files are.
        #[command(flatten)]
        locations: Locations,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },

    /// Write what helps to find a fault into a file, without what is private.
    Diagnostics {
        /// Where the agent's files are.
        #[command(flatten)]
        locations: Locations,
        /// Where to; a new file in the present directory without it. Nothing is overwritten.
        file: Option<PathBuf>,
        /// Leave the names of servers in it.
        #[arg(long)]
        with_server_names: bool,
    },

    /// User and password for the proxy.
    #[command(subcommand)]
    Proxy(ProxyCommand),

    /// Whether the app starts with your session.
    #[command(subcommand)]
    Autostart(AutostartCommand),

    /// Print the completions for a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },

    /// Print the manual page (roff).
    #[command(hide = true)]
    Manual,

    /// Show a window of the instance that runs. Windows are processes of their own.
    #[command(hide = true)]
    Window {
        /// Which one.
        #[arg(value_enum)]
        window: WindowName,
        /// Where the agent's files are.
        #[command(flatten)]
        locations: Locations,
        /// Where in it to begin.
        #[arg(long, value_enum, default_value = "top")]
        place: Place,
        /// For which panel its picture is drawn.
        #[arg(long, value_name = "SHADE", value_enum, default_value_t)]
        panel: PanelChoice,
    },
}

/// The certificates that were allowed.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum CertificatesCommand {
    /// List them: for which server, since when, and why each is not valid.
    List {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget what was allowed. A connection that rests on it ends.
    #[command(group(clap::ArgGroup::new("which").required(true)))]
    Forget {
        /// For this server.
        #[arg(group = "which")]
        server: Option<ServerAddress>,
        /// For every server.
        #[arg(long, group = "which")]
        all: bool,
    },
}

/// The certificate of the server, and the question about it.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum CertificateCommand {
    /// Show it: every problem, what it means, and the fingerprint.
    Show {
        /// Print the assessment as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Answer the open question: connect, and remember this certificate for this server. Only where the configuration
    /// of the computer lets the command line answer.
    Allow {
        /// The SHA-256 fingerprint of the certificate in full, as your IT department gives it to you. Compare it with what
        /// your IT department says.
        fingerprint: Fingerprint,
        /// How long it is remembered.
        #[command(flatten)]
        duration: DurationOptions,
    },
    /// Answer the open question: do not connect. Only where the configuration of the computer lets the command line
    /// answer.
    Deny,
}

/// How long an answer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
#[group(multiple = false)]
pub struct DurationOptions {
    /// Remember it for so many days, instead of until the certificate changes.
    #[arg(long, value_name = "NUMBER")]
    pub days: Option<NonZeroU16>,
    /// Remember it until the agent ends.
    #[arg(long)]
    pub session: bool,
}

impl DurationOptions {
    /// What was chosen, if anything was.
    #[must_use]
    pub fn chosen(self) -> Option<RememberFor> {
        match (self.days, self.session) {
            (Some(days), _) => Some(RememberFor::Days(days)),
            (None, true) => Some(RememberFor::Session),
            (None, false) => None,
        }
    }
}

/// User and password for the proxy.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum ProxyCommand {
    /// Keep them in the keychain, for the proxy that is set up. The password is asked for on the terminal, and read from
    /// standard input where that is none.
    Login {
        /// Where the agent's files are.
        #[command(flatten)]
        locations: Locations,
        /// For this user, instead of asking who it is.
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Remove them from the keychain.
    Logout {
        /// Where the agent's files are.
        #[command(flatten)]
        locations: Locations,
    },
}

/// Whether the app starts with the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum AutostartCommand {
    /// It does.
    On,
    /// It does not.
    Off,
    /// Say whether it does.
    Status,
}

fn after_help() -> String {
    let mut text = "Exit codes:\n".to_owned();
    for (code, meaning) in ExitReason::TABLE {
        let _ = writeln!(text, "  {code}  {meaning}");
    }
    text.push_str(
        "\nThe environment variable COUNTERSIGN_LOG sets how much is logged to standard error, for example \
         COUNTERSIGN_LOG=debug.",
    );
    text
}
