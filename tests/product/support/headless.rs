//! The agent without a display.

use std::process::Output;

use super::app::Setup;
use super::desktop::Desktop;
use super::process::Process;
use super::wait_for;

/// The running agent.
pub(crate) struct Headless<'desktop> {
    desktop: &'desktop Desktop,
    _process: Process,
}

impl<'desktop> Headless<'desktop> {
    pub(crate) fn start(desktop: &'desktop Desktop, setup: &Setup) -> Self {
        let mut command = setup.command(desktop, &["run", "--headless"]);
        command.env_remove("DISPLAY").stdout(desktop.log("agent")).stderr(desktop.log("agent"));
        let agent = Self { desktop, _process: Process::start(&mut command) };
        wait_for("the agent’s start", || agent.command_line(&["status"]).status.success().then_some(()));
        agent
    }

    /// Runs a command.
    pub(crate) fn command_line(&self, arguments: &[&str]) -> Output {
        let mut command = self.desktop.command(env!("CARGO_BIN_EXE_countersign"));
        command.env_remove("DISPLAY").args(arguments).output().expect("the program")
    }

    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        let file = self.desktop.home().join("agent.log");
        wait_for(&format!("the log line “{text}”"), || {
            std::fs::read_to_string(&file).unwrap_or_default().contains(text).then_some(())
        });
    }
}
