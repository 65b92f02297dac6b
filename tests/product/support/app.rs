//! The tray app under test.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::desktop::{Desktop, FocusableControl, Tray, Window};
use super::process::Process;
use super::{wait_for, watch};

/// The role that assistive technology reports for the dialog.
const DIALOG: &str = "alert";

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
}

/// The running app.
pub(crate) struct App<'desktop> {
    desktop: &'desktop Desktop,
    process: Process,
}

impl<'desktop> App<'desktop> {
    /// Starts the app without a window.
    pub(crate) fn start(desktop: &'desktop Desktop, setup: &Setup) -> Self {
        let mut text = format!("[server]\naddress = \"{}\"\n", setup.address);
        if let Some(connect_to) = setup.connect_to {
            let _ = writeln!(text, "connect_to = \"{connect_to}\"");
        }
        if let Some(identity) = &setup.identity {
            let _ = writeln!(text, "identity = \"{identity}\"");
        }
        if let Some(token) = &setup.token {
            let _ = writeln!(text, "[enrolment]\ntoken = \"{token}\"");
        }
        if let Some(action) = setup.action {
            let _ = writeln!(text, "[endpoint_control]\ninvalid_certificate_action = \"{action}\"");
        }
        let configuration = desktop.home().join("agent.toml");
        std::fs::write(&configuration, text).expect("the configuration");
        let roots = setup.roots.clone().unwrap_or_else(|| {
            let none = desktop.home().join("no-roots.pem");
            std::fs::write(&none, "").expect("a file");
            none
        });
        let mut command = desktop.command(env!("CARGO_BIN_EXE_countersign"));
        command.arg("--hidden").arg("--configuration").arg(&configuration);
        command
            .env("SSL_CERT_FILE", roots)
            .env_remove("SSL_CERT_DIR")
            .env("COUNTERSIGN_LOG", "info,countersign_agent=debug,countersign_desktop=debug");
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

    /// Whether the status window is there.
    pub(crate) fn has_window(&self) -> bool {
        self.windows().iter().any(|window| window.name == "Countersign")
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

    /// Gives the dialog the focus, as a person does by clicking on it.
    pub(crate) fn focus_dialog(&self) {
        let searched = ["search", "--onlyvisible", "--class", "countersign", "windowactivate", "--sync"];
        let status = self.desktop.command("xdotool").args(searched).status().expect("xdotool");
        assert!(status.success(), "the dialog can be brought to the front");
    }

    /// Opens the status window from the tray.
    pub(crate) fn open_window(&self) -> StatusWindow {
        self.choose("Open Countersign");
        wait_for("the status window", || StatusWindow.shown(self));
        StatusWindow
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.desktop.home().join("app.log")).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        wait_for(&format!("the log line “{text}”"), || self.log().contains(text).then_some(()));
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
pub(crate) struct StatusWindow;

impl StatusWindow {
    /// What it shows now.
    #[expect(clippy::unused_self, reason = "there is a window only once it was opened")]
    pub(crate) fn shown(&self, app: &App<'_>) -> Option<Window> {
        app.desktop.windows(app.process.id()).into_iter().find(|window| window.name == "Countersign")
    }
}
