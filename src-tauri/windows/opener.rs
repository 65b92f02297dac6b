//! Opens windows, and ends them with the tray process.

use std::collections::HashMap;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::ValueEnum as _;
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::focus::Activation;
use super::program;
use crate::command_line::commands::Locations;
use crate::control_socket::protocol::{Place, Presentation, WindowName};
use crate::tray::panel::PanelChoice;

/// How long the windows may take to close by themselves.
const TO_CLOSE: Duration = Duration::from_secs(1);

/// The windows of the app: at most one process for each.
pub struct Windows {
    panel: PanelChoice,
    locations: Locations,
    runtime: Handle,
    slots: Mutex<HashMap<WindowName, Slot>>,
    processes: TaskTracker,
    closing: CancellationToken,
}

struct Slot {
    process: Process,
    /// Followed by the window while it is open.
    presentation: watch::Sender<Option<Presentation>>,
    /// What was asked for while the process did not follow: it is on its way up, or down and will never know.
    unseen: Option<Presentation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Process {
    Running,
    None,
}

/// How a window's process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Well,
    Badly,
}

impl Default for Slot {
    fn default() -> Self {
        Self { process: Process::None, presentation: watch::Sender::new(None), unseen: None }
    }
}

impl Slot {
    /// A window that somebody started by hand counts as well: it follows.
    fn is_open(&self) -> bool {
        self.process == Process::Running || self.presentation.receiver_count() > 0
    }
}

impl Windows {
    /// None is open. The pictures of windows are drawn for the same panel as that of the tray, and they find the files of
    /// the agent at the same places.
    #[must_use]
    pub fn new(runtime: Handle, panel: PanelChoice, locations: Locations) -> Arc<Self> {
        Arc::new(Self {
            panel,
            locations,
            runtime,
            slots: Mutex::default(),
            processes: TaskTracker::new(),
            closing: CancellationToken::new(),
        })
    }

    /// Opens the window, or brings it to the front. Returns at once; what goes wrong is logged.
    pub fn open(self: &Arc<Self>, window: WindowName, presentation: Presentation) {
        if self.closing.is_cancelled() {
            return;
        }
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(window).or_default();
        if slot.is_open() {
            let is_followed = slot.presentation.receiver_count() > 0;
            slot.unseen = (!is_followed).then(|| presentation.clone());
            slot.presentation.send_replace(Some(presentation));
            return;
        }
        slot.process = Process::Running;
        slot.presentation.send_replace(None);
        let windows = Arc::clone(self);
        self.processes.spawn_on(async move { windows.run(window, presentation).await }, &self.runtime);
    }

    /// How the person last wanted to see a window.
    #[must_use]
    pub fn presentations(&self, window: WindowName) -> watch::Receiver<Option<Presentation>> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(window).or_default();
        slot.unseen = None;
        slot.presentation.subscribe()
    }

    /// Waits until the windows are closed, which they do when the control socket is, and ends those that are not.
    pub async fn shutdown(&self) {
        self.closing.cancel();
        self.processes.close();
        if tokio::time::timeout(TO_CLOSE * 2, self.processes.wait()).await.is_err() {
            tracing::warn!("not every window ended");
        }
    }

    /// The life of a window's process, and of the next one when it was asked for while this one was closing.
    async fn run(&self, window: WindowName, mut presentation: Presentation) {
        loop {
            let ended = self.live(window, &presentation).await;
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = slots.entry(window).or_default();
            match slot.unseen.take() {
                Some(unseen) if ended == Ended::Well && !self.closing.is_cancelled() => presentation = unseen,
                Some(_) | None => {
                    slot.process = Process::None;
                    return;
                }
            }
        }
    }

    async fn live(&self, window: WindowName, presentation: &Presentation) -> Ended {
        match self.start(window, presentation) {
            Ok(child) => match self.wait(child).await {
                Ok(status) if status.success() => {
                    tracing::debug!(?window, "the window was closed");
                    return Ended::Well;
                }
                Ok(status) => tracing::error!(?window, %status, "the window’s process ended with an error"),
                Err(error) => tracing::error!(?window, %error, "the window’s process cannot be waited for"),
            },
            Err(error) => tracing::error!(?window, %error, "the window’s process cannot be started"),
        }
        Ended::Badly
    }

    fn start(&self, window: WindowName, presentation: &Presentation) -> std::io::Result<Child> {
        let mut command = Command::new(program::own()?);
        #[cfg(unix)]
        command.arg0("countersign");
        command.args(["window", window.name()]).args(self.locations.arguments());
        if let Some(panel) = self.panel.to_possible_value() {
            command.args(["--panel", panel.get_name()]);
        }
        match presentation.place {
            Place::Top => {}
            Place::About => {
                command.args(["--place", "about"]);
            }
        }
        for name in Activation::VARIABLES {
            match &presentation.activation {
                Some(activation) => command.env(name, activation),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).kill_on_drop(true).spawn()
    }

    async fn wait(&self, mut child: Child) -> std::io::Result<ExitStatus> {
        tokio::select! {
            status = child.wait() => return status,
            () = self.closing.cancelled() => {}
        }
        if let Ok(status) = tokio::time::timeout(TO_CLOSE, child.wait()).await {
            return status;
        }
        tracing::warn!("a window does not close and is ended");
        child.kill().await?;
        child.wait().await
    }
}
