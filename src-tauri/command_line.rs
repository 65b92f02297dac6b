//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::tray::panel::PanelChoice;

/// Keeps this computer connected to its management server, and asks you when the server's certificate is not valid.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(
    name = "countersign",
    version,
    after_help = "Exit codes: 0 ended as asked, or handed over to the instance that runs already; 1 something failed; \
                  2 wrong command line; 3 wrong configuration; 4 no display.\n\n\
                  The environment variable COUNTERSIGN_LOG sets how much is logged to standard error, for example \
                  COUNTERSIGN_LOG=debug."
)]
pub struct CommandLine {
    /// Read the machine's configuration from this file instead of /etc/countersign/agent.toml.
    #[arg(long, value_name = "FILE")]
    pub configuration: Option<PathBuf>,

    /// Keep the agent's state in this directory.
    #[arg(long, value_name = "DIRECTORY")]
    pub state_directory: Option<PathBuf>,

    /// Start without a window; only the tray icon appears.
    #[arg(long)]
    pub hidden: bool,

    /// For which panel the tray icon is drawn.
    #[arg(long, value_name = "SHADE", value_enum, default_value_t)]
    pub panel: PanelChoice,
}

/// The option that starts the app without a window.
pub const HIDDEN: &str = "--hidden";

/// Why the program ends. The numbers are documented and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitReason {
    /// As the person or the system asked.
    Asked = 0,
    /// Something failed.
    Failed = 1,
    /// A configuration file is wrong. (2 is a wrong command line.)
    Configuration = 3,
    /// There is no display.
    NoDisplay = 4,
}

impl From<ExitReason> for std::process::ExitCode {
    fn from(reason: ExitReason) -> Self {
        Self::from(reason as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn everything_has_a_default() {
        let parsed = CommandLine::try_parse_from(["countersign"]).unwrap();
        assert_eq!(
            parsed,
            CommandLine {
                configuration: None,
                state_directory: None,
                hidden: false,
                panel: PanelChoice::Automatic
            }
        );
    }

    #[test]
    fn all_of_it_is_read() {
        let parsed = CommandLine::try_parse_from([
            "countersign",
            "--configuration",
            "/a/b.toml",
            "--state-directory=/c",
            HIDDEN,
            "--panel",
            "dark",
        ])
        .unwrap();
        assert_eq!(parsed.configuration, Some(PathBuf::from("/a/b.toml")));
        assert_eq!(parsed.state_directory, Some(PathBuf::from("/c")));
        assert!(parsed.hidden);
        assert_eq!(parsed.panel, PanelChoice::Dark);
    }

    #[test]
    fn what_is_unknown_is_named() {
        let error = CommandLine::try_parse_from(["countersign", "--sever", "x"]).unwrap_err().to_string();
        assert!(error.contains("--sever"), "{error}");
        let error = CommandLine::try_parse_from(["countersign", "--panel", "blue"]).unwrap_err().to_string();
        assert!(error.contains("blue") && error.contains("dark"), "{error}");
    }
}
