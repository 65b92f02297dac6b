//! A desktop of its own for a test: display, window manager, session bus, keychain, notifications, home directory.

mod processes;

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::processes::{Helper, log_file, restrict, start_bus, start_display, start_helper, start_keychain};
use super::process::Process;
use super::wait_for;

/// The state of the keychain of a desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeychainState {
    /// It works.
    Unlocked,
    /// It is there, and nobody unlocks it.
    Locked,
    /// There is none.
    Absent,
}

/// Whether a window is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Shown,
    Absent,
}

/// A desktop. Its processes end with it.
pub(crate) struct Desktop {
    // Dropped in this order: whoever uses the bus and the display first.
    helper: Mutex<Helper>,
    _others: Vec<Process>,
    session_bus: Mutex<Option<Process>>,
    _system_bus: Process,
    display: Mutex<Option<Process>>,
    windows: PathBuf,
    environment: Vec<(String, String)>,
    home: tempfile::TempDir,
}

/// A button of a window.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Button {
    pub(crate) name: String,
    pub(crate) sensitive: bool,
    pub(crate) default: bool,
    pub(crate) focused: bool,
}

/// A radio button of a window.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) chosen: bool,
    pub(crate) focused: bool,
}

/// A window as assistive technology sees it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Window {
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) texts: Vec<String>,
    pub(crate) buttons: Vec<Button>,
    pub(crate) choices: Vec<Choice>,
}

impl Window {
    pub(crate) fn says(&self, text: &str) -> bool {
        self.texts.iter().any(|own| own.contains(text)) || self.name.contains(text)
    }

    /// The names of what can be chosen.
    pub(crate) fn choices(&self) -> Vec<&str> {
        self.choices.iter().map(|choice| choice.name.as_str()).collect()
    }

    /// The name of what is chosen.
    pub(crate) fn chosen(&self) -> Option<&str> {
        self.choices.iter().find(|choice| choice.chosen).map(|choice| choice.name.as_str())
    }

    #[track_caller]
    pub(crate) fn button(&self, name: &str) -> &Button {
        match self.buttons.iter().find(|button| button.name == name) {
            Some(button) => button,
            None => panic!("there is no button {name}: {self:?}"),
        }
    }
}

/// What can be reached with the keyboard, as assistive technology calls it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FocusableControl {
    pub(crate) name: String,
    #[allow(dead_code, reason = "says in a failure which one it is")]
    pub(crate) role: String,
    /// The label that belongs to it, if one does.
    pub(crate) label: String,
    /// What else is said of it.
    pub(crate) described_by: Vec<String>,
}

/// The tray icon and its menu.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Tray {
    pub(crate) icon: String,
    pub(crate) title: String,
    /// Whether a panel knows it.
    pub(crate) in_a_panel: bool,
    pub(crate) entries: Vec<TrayEntry>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TrayEntry {
    pub(crate) label: String,
    pub(crate) enabled: bool,
}

/// A notification.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Notification {
    id: u32,
    /// 2 is critical, which desktops show whatever the person wants (Desktop Notifications Specification).
    pub(crate) urgency: u8,
    pub(crate) actions: Vec<String>,
    pub(crate) title: String,
    pub(crate) body: String,
    /// Whether the app has taken it away again.
    pub(crate) closed: bool,
}

impl Desktop {
    pub(crate) fn start() -> Self {
        Self::start_with(KeychainState::Unlocked)
    }

    pub(crate) fn start_with(keychain: KeychainState) -> Self {
        let home =
            tempfile::Builder::new().prefix("countersign-test").tempdir().expect("a temporary directory");
        let path = |name: &str| home.path().join(name).display().to_string();
        let mut environment: Vec<(String, String)> = [
            ("HOME", path("")),
            ("XDG_CONFIG_HOME", path("config")),
            ("XDG_DATA_HOME", path("data")),
            ("XDG_STATE_HOME", path("state")),
            ("XDG_CACHE_HOME", path("cache")),
            ("XDG_RUNTIME_DIR", path("runtime")),
            ("XDG_CURRENT_DESKTOP", "XFCE".to_owned()),
            ("GSETTINGS_BACKEND", "keyfile".to_owned()),
            ("NO_COLOR", "1".to_owned()),
            ("LC_ALL", "C.UTF-8".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        for directory in ["config", "data", "state", "cache", "runtime"] {
            std::fs::create_dir(home.path().join(directory)).expect("a directory");
        }
        restrict(&home.path().join("runtime"));
        let mut others = Vec::new();
        let log = |name: &str| log_file(home.path(), name);

        let (display, number) = start_display(&log("xvfb"));
        environment.push(("DISPLAY".to_owned(), format!(":{number}")));
        let (session_bus, address) = start_bus(home.path(), "bus", &environment);
        environment.push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), address));
        let (system_bus, address) = start_bus(home.path(), "system-bus", &environment);
        environment.push(("DBUS_SYSTEM_BUS_ADDRESS".to_owned(), address));
        let base = |program: &str| {
            let mut command = Command::new(program);
            command.env_remove("WAYLAND_DISPLAY").envs(environment.iter().map(|(name, value)| (name, value)));
            command.stdin(Stdio::null());
            command
        };
        others.push(Process::start(base("openbox").stdout(log("openbox")).stderr(log("openbox"))));
        let windows = home.path().join("windows.log");
        others.push(Process::start(
            base("xprop")
                .args(["-root", "-spy", "_NET_CLIENT_LIST"])
                .stdout(log("windows"))
                .stderr(log("xprop")),
        ));
        others.extend(start_keychain(keychain, &base, &log));
        let helper = start_helper(base("/usr/bin/python3"), log("helper"));
        Self {
            helper: Mutex::new(helper),
            _others: others,
            session_bus: Mutex::new(Some(session_bus)),
            _system_bus: system_bus,
            display: Mutex::new(Some(display)),
            windows,
            environment,
            home,
        }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A command on this desktop.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_remove("WAYLAND_DISPLAY")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Changes the environment of what is started from now on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(own, _)| own != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn log(&self, name: &str) -> std::fs::File {
        log_file(self.home.path(), name)
    }

    fn ask<T: DeserializeOwned>(&self, request: &Value) -> Option<T> {
        let mut helper = self.helper.lock().expect("the helper");
        writeln!(helper.stdin, "{request}").expect("the helper reads");
        let mut line = String::new();
        helper.stdout.read_line(&mut line).expect("the helper answers");
        let mut answer: Value = serde_json::from_str(&line).expect("the helper answers in JSON");
        serde_json::from_value(answer["result"].take()).ok()
    }

    /// The windows of a process. They are looked at again where one has gone meanwhile: that nothing was seen is no proof
    /// that there is nothing.
    #[track_caller]
    pub(crate) fn windows(&self, process: u32) -> Vec<Window> {
        wait_for("a look at the windows", || self.ask(&json!({"command": "windows", "process": process})))
    }

    pub(crate) fn controls(&self, process: u32) -> Vec<FocusableControl> {
        self.ask(&json!({"command": "controls", "process": process})).unwrap_or_default()
    }

    pub(crate) fn press(&self, process: u32, role: &str, button: &str) -> bool {
        self.ask(&json!({"command": "press", "process": process, "role": role, "button": button}))
            .unwrap_or(false)
    }

    pub(crate) fn tray(&self, process: u32) -> Option<Tray> {
        self.ask(&json!({"command": "tray", "process": process}))
    }

    pub(crate) fn choose(&self, process: u32, entry: &str) -> bool {
        self.ask(&json!({"command": "choose", "process": process, "entry": entry})).unwrap_or(false)
    }

    pub(crate) fn notifications(&self) -> Vec<Notification> {
        self.ask(&json!({"command": "notifications"})).unwrap_or_default()
    }

    /// Chooses an action of a notification.
    #[track_caller]
    pub(crate) fn act(&self, notification: &Notification, action: &str) {
        let request = json!({"command": "act", "id": notification.id, "action": action});
        assert_eq!(self.ask(&request), Some(true), "{action} can be chosen");
    }

    /// Begins or ends a condition of the desktop, by its name in `services.py`.
    #[track_caller]
    pub(crate) fn condition(&self, condition: &str, on: bool) {
        let request = json!({"command": "condition", "condition": condition, "on": on});
        assert_eq!(self.ask(&request), Some(true), "{condition} can be played");
    }

    /// Whether a service answers on the session bus.
    pub(crate) fn answers(&self, name: &str) -> bool {
        let call = ["call", "--session", "--dest", name, "--object-path", "/"];
        let mut command = self.command("gdbus");
        command.args(call).args(["--method", "org.freedesktop.DBus.Peer.Ping"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    /// Ends the display without a word.
    pub(crate) fn end_display(&self) {
        self.display.lock().expect("the display").take().expect("a display").kill();
    }

    /// Ends the session bus without a word.
    pub(crate) fn end_session_bus(&self) {
        self.session_bus.lock().expect("the session bus").take().expect("a session bus").kill();
    }

    /// Changes a setting of GNOME.
    #[track_caller]
    pub(crate) fn set_gnome(&self, schema: &str, key: &str, value: &str) {
        let set = self.command("gsettings").args(["set", schema, key, value]).status();
        assert!(set.is_ok_and(|status| status.success()), "{schema} {key} can be set");
    }

    /// Whether notifications are inhibited.
    #[track_caller]
    pub(crate) fn inhibit_notifications(&self, on: bool) {
        assert_eq!(self.ask(&json!({"command": "inhibit", "on": on})), Some(true));
    }

    /// Whether the window manager has ever had a window to manage, however shortly.
    pub(crate) fn had_a_window(&self) -> bool {
        std::fs::read_to_string(&self.windows).unwrap_or_default().contains("window id # 0x")
    }

    /// The windows whose name matches, as X11 numbers them.
    fn found(&self, name: &str) -> Vec<u64> {
        let found = self.command("xdotool").args(["search", "--onlyvisible", "--name", name]).output();
        let found = String::from_utf8_lossy(&found.expect("xdotool").stdout).into_owned();
        found.split_whitespace().filter_map(|window| window.parse().ok()).collect()
    }

    /// Waits until there is such a window, or none any more.
    #[track_caller]
    pub(crate) fn wait_for_window(&self, name: &str, wanted: Presence) {
        wait_for(&format!("{name} to be {wanted:?}"), || {
            let presence = if self.found(name).is_empty() { Presence::Absent } else { Presence::Shown };
            (presence == wanted).then_some(())
        });
    }

    /// Closes the windows whose name matches, as their button in the title bar does.
    pub(crate) fn close_window(&self, name: &str) {
        for number in self.found(name) {
            let closed = self.command("wmctrl").args(["-i", "-c", &format!("{number:#x}")]).status();
            assert!(closed.expect("wmctrl").success(), "the window {name} can be closed");
        }
    }

    /// Gives the focus to the window whose name has this in it. Who types may have closed it by now.
    pub(crate) fn give_focus(&self, name: &str) {
        let _ = self.command("wmctrl").args(["-a", name]).status().expect("wmctrl");
    }

    /// Waits until the window that has the focus has such a name.
    #[track_caller]
    pub(crate) fn wait_for_active_window(&self, is_wanted: impl Fn(&str) -> bool) {
        let mut seen = String::new();
        let deadline = std::time::Instant::now() + super::SOON;
        while !is_wanted(&seen) {
            assert!(std::time::Instant::now() < deadline, "the window with the focus is “{seen}”");
            std::thread::sleep(std::time::Duration::from_millis(50));
            let found = self.command("xdotool").args(["getactivewindow", "getwindowname"]).output();
            let name = String::from_utf8_lossy(&found.expect("xdotool").stdout).trim().to_owned();
            if !name.is_empty() {
                seen = name;
            }
        }
    }

    /// Types with the keyboard, into whatever window has the focus.
    pub(crate) fn key(&self, keys: &[&str]) {
        let status = self.command("xdotool").arg("key").args(keys).status().expect("xdotool");
        assert!(status.success(), "xdotool key {keys:?}");
    }

    /// Types a text, into whatever window has the focus.
    pub(crate) fn enter(&self, text: &str) {
        let status = self.command("xdotool").args(["type", "--", text]).status().expect("xdotool");
        assert!(status.success(), "xdotool type {text}");
    }

    /// What the keychain holds under this name.
    pub(crate) fn kept(&self, name: &str) -> Option<String> {
        let output = self
            .command("secret-tool")
            .args(["lookup", "service", "Countersign", "username", name])
            .output()
            .expect("secret-tool");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
