//! The tray app under test.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::desktop::{Desktop, FocusableControl, Tray, Window};
use super::process::Process;
use super::{wait_for, watch};

/// The role that assistive technology reports for the dialog.
const DIALOG: &str = "alert";

/// Whose configuration names the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SetUpBy {
    /// The machine's: the person cannot choose another server.
    #[default]
    Administrator,
    /// The person's own.
    Person,
}

/// How the app is set up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    pub(crate) address: String,
    pub(crate) connect_to: Option<SocketAddr>,
    pub(crate) identity: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) action: Option<&'static str>,
    /// The operating system's roots; none at all without this.
    pub(crate) roots: Option<PathBuf>,
    /// Whether the machine's configuration lets the command line answer questions.
    pub(crate) answers_on_command_line: bool,
    pub(crate) set_up_by: SetUpBy,
}

impl Setup {
    /// The program, set up this way.
    pub(crate) fn command(&self, desktop: &Desktop, arguments: &[&str]) -> Command {
        let mut text = format!("[server]\naddress = \"{}\"\n", self.address);
        if let Some(connect_to) = self.connect_to {
            let _ = writeln!(text, "connect_to = \"{connect_to}\"");
        }
        if let Some(identity) = &self.identity {
            let _ = writeln!(text, "identity = \"{identity}\"");
        }
        if let Some(token) = &self.token {
            let _ = writeln!(text, "[enrolment]\ntoken = \"{token}\"");
        }
        let _ =
            writeln!(text, "[endpoint_control]\nanswers_on_command_line = {}", self.answers_on_command_line);
        if let Some(action) = self.action {
            let _ = writeln!(text, "invalid_certificate_action = \"{action}\"");
        }
        let configuration = match self.set_up_by {
            SetUpBy::Administrator => desktop.home().join("agent.toml"),
            SetUpBy::Person => desktop.home().join("config/countersign/agent.toml"),
        };
        std::fs::create_dir_all(configuration.parent().expect("a directory")).expect("the directory");
        std::fs::write(&configuration, text).expect("the configuration");
        let roots = self.roots.clone().unwrap_or_else(|| {
            let none = desktop.home().join("no-roots.pem");
            std::fs::write(&none, "").expect("a file");
            none
        });
        let mut command = desktop.command(env!("CARGO_BIN_EXE_countersign"));
        command.args(arguments);
        if self.set_up_by == SetUpBy::Administrator {
            command.arg("--configuration").arg(&configuration);
        }
        command
            .env("SSL_CERT_FILE", roots)
            .env_remove("SSL_CERT_DIR")
            .env("COUNTERSIGN_LOG", "info,countersign_agent=debug,countersign_desktop=debug");
        command
    }
}

/// The running app.
pub(crate) struct App<'desktop> {
    desktop: &'desktop Desktop,
    process: Process,
}

impl<'desktop> App<'desktop> {
    /// Starts the app without a window.
    pub(crate) fn start(desktop: &'desktop Desktop, setup: &Setup) -> Self {
        Self::start_with(desktop, setup, &["--hidden"])
    }

    /// Starts the app with these arguments.
    pub(crate) fn start_with(desktop: &'desktop Desktop, setup: &Setup, arguments: &[&str]) -> Self {
        let mut command = setup.command(desktop, arguments);
        command.stdout(desktop.log("app")).stderr(desktop.log("app"));
        let app = Self { desktop, process: Process::start(&mut command) };
        wait_for("the tray icon", || app.try_tray());
        app
    }

    fn try_tray(&self) -> Option<Tray> {
        self.desktop.tray(self.process.id())
    }

    #[track_caller]
    pub(crate) fn tray(&self) -> Tray {
        wait_for("the tray icon", || self.try_tray())
    }

    /// The state in words: the first line of the menu.
    pub(crate) fn state(&self) -> String {
        self.tray().entries.first().map(|entry| entry.label.clone()).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn wait_for_state(&self, wanted: &str) {
        self.wait_for_state_within(super::SOON, wanted);
    }

    #[track_caller]
    pub(crate) fn wait_for_state_within(&self, limit: std::time::Duration, wanted: &str) {
        let mut seen = String::new();
        let deadline = std::time::Instant::now() + limit;
        while seen != wanted {
            assert!(std::time::Instant::now() < deadline, "the state is “{seen}”, not “{wanted}”");
            std::thread::sleep(std::time::Duration::from_millis(50));
            seen = self.state();
        }
    }

    /// Which picture the tray shows, by the name of its directory.
    pub(crate) fn shape(&self) -> String {
        let icon = self.tray().icon;
        let directory = Path::new(&icon).parent().and_then(Path::file_name);
        directory.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The picture that the tray shows.
    pub(crate) fn picture(&self) -> Vec<u8> {
        wait_for("the picture", || std::fs::read(self.tray().icon).ok().filter(|picture| !picture.is_empty()))
    }

    /// Whether a panel shows the icon.
    pub(crate) fn is_in_a_panel(&self) -> bool {
        self.tray().in_a_panel
    }

    #[track_caller]
    pub(crate) fn wait_for_shape(&self, wanted: &str) {
        wait_for(&format!("the shape {wanted}"), || (self.shape() == wanted).then_some(()));
    }

    #[track_caller]
    pub(crate) fn choose(&self, entry: &str) {
        wait_for(&format!("the entry {entry}"), || {
            self.tray().entries.iter().any(|found| found.label == entry && found.enabled).then_some(())
        });
        assert!(self.desktop.choose(self.process.id(), entry), "the entry {entry} can be chosen");
    }

    pub(crate) fn windows(&self) -> Vec<Window> {
        self.desktop.windows(self.process.id())
    }

    /// Everything in all windows that can have the focus.
    pub(crate) fn controls(&self) -> Vec<FocusableControl> {
        self.desktop.controls(self.process.id())
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    pub(crate) fn dialogs(&self) -> Vec<Window> {
        let mut windows = self.desktop.windows(self.process.id());
        windows.retain(|window| window.role == DIALOG);
        windows
    }

    /// Waits for the dialog.
    #[track_caller]
    pub(crate) fn dialog(&self) -> Window {
        // Read twice, because a dialog can be met while it is being built.
        let dialog = wait_for("the dialog", || {
            let first = self.dialogs().pop()?;
            self.dialogs().pop().filter(|second| second.texts == first.texts && second.buttons.len() >= 3)
        });
        assert_eq!(self.dialogs().len(), 1, "there is one dialog at a time");
        dialog
    }

    /// Waits until there is none any more.
    #[track_caller]
    pub(crate) fn wait_for_no_dialog(&self) {
        wait_for("the end of the dialog", || self.dialogs().is_empty().then_some(()));
    }

    /// Watches that there is none.
    #[track_caller]
    pub(crate) fn watch_for_no_dialog(&self) {
        watch("no dialog opens by itself", || self.dialogs().is_empty());
        // Who has ended opens none either.
        assert!(self.try_tray().is_some(), "the app is there");
    }

    /// Watches that there is exactly one.
    #[track_caller]
    pub(crate) fn watch_for_one_dialog(&self) {
        watch("one dialog stays open", || self.dialogs().len() == 1);
    }

    /// Presses a button of the dialog as soon as it can be pressed.
    #[track_caller]
    pub(crate) fn press(&self, button: &str) {
        wait_for(&format!("the button {button}"), || {
            let dialog = self.dialogs().pop()?;
            dialog.button(button).sensitive.then_some(())
        });
        assert!(self.desktop.press(self.process.id(), DIALOG, button), "{button} can be pressed");
    }

    /// Presses a button of another window, by the role of that window.
    #[track_caller]
    pub(crate) fn press_in(&self, role: &str, button: &str) {
        assert!(self.desktop.press(self.process.id(), role, button), "{button} can be pressed");
    }

    /// Chooses a radio button of the dialog.
    #[track_caller]
    pub(crate) fn choose_in_dialog(&self, choice: &str) {
        assert!(self.desktop.press(self.process.id(), DIALOG, choice), "{choice} can be chosen");
        wait_for(choice, || (self.dialog().chosen() == Some(choice)).then_some(()));
    }

    /// Gives the dialog the focus, as a person does by clicking on it.
    pub(crate) fn focus_dialog(&self) {
        self.focus_dialog_and_press(&[]);
    }

    /// Gives the dialog the focus, and presses keys at once.
    pub(crate) fn focus_dialog_and_press(&self, keys: &[&str]) {
        let mut command = self.desktop.command("xdotool");
        command.args(["search", "--onlyvisible", "--class", "countersign", "windowactivate", "--sync"]);
        if !keys.is_empty() {
            // As a keyboard does, and not to the window that was found.
            command.args(["key", "--window", "0"]).args(keys);
        }
        let status = command.status().expect("xdotool");
        assert!(status.success(), "the dialog can be brought to the front");
    }

    /// Opens the status window from the tray.
    pub(crate) fn open_window(&self) -> StatusWindow {
        self.choose("Open Countersign");
        self.status_window()
    }

    /// Waits until the status window is there.
    #[track_caller]
    pub(crate) fn status_window(&self) -> StatusWindow {
        let process = wait_for("the status window", || {
            let process = self.window_process("status")?;
            StatusWindow { process }.shown(self).map(|_| process)
        });
        StatusWindow { process }
    }

    /// The process of the window of this name, if it is open.
    pub(crate) fn window_process(&self, name: &str) -> Option<u32> {
        let wanted = format!("\0window\0{name}\0");
        let is_it = |process: &u32| {
            std::fs::read(format!("/proc/{process}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&wanted))
        };
        children(self.process.id()).into_iter().find(is_it)
    }

    /// Waits for the window of this name.
    #[track_caller]
    pub(crate) fn wait_for_window_process(&self, name: &str) -> u32 {
        wait_for(&format!("the window {name}"), || self.window_process(name))
    }

    /// How many processes of windows there are.
    pub(crate) fn window_processes(&self) -> usize {
        let is_it = |process: &u32| {
            std::fs::read(format!("/proc/{process}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).contains("\0window\0"))
        };
        children(self.process.id()).into_iter().filter(is_it).count()
    }

    /// Runs the program beside the app.
    pub(crate) fn command_line(&self, arguments: &[&str]) -> Output {
        let mut command = self.desktop.command(env!("CARGO_BIN_EXE_countersign"));
        command.args(arguments).output().expect("the program")
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.desktop.home().join("app.log")).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        wait_for(&format!("the log line “{text}”"), || self.log().contains(text).then_some(()));
    }

    /// Ends the app with a signal.
    pub(crate) fn end_with(mut self, signal: &str) {
        self.process.end(signal);
    }

    /// Ends the app as the session does.
    pub(crate) fn stop(self) {
        drop(self);
    }
}

impl Drop for App<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the app's log says:\n{}", self.log());
        }
    }
}

/// The status window.
pub(crate) struct StatusWindow {
    pub(crate) process: u32,
}

impl StatusWindow {
    /// What it shows now.
    pub(crate) fn shown(&self, app: &App<'_>) -> Option<Window> {
        app.desktop.windows(self.process).into_iter().find(|window| window.name == "Countersign")
    }

    /// Its processes: its own and those of WebKit.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let mut found = vec![self.process];
        let mut next = 0;
        while let Some(process) = found.get(next) {
            found.extend(children(*process));
            next += 1;
        }
        found
    }
}

/// The children of a process, whichever of its threads has started them.
fn children(process: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
        let list = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        found.extend(list.split_whitespace().filter_map(|number| number.parse::<u32>().ok()));
    }
    found
}
