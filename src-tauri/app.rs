//! Puts the parts together: agent, tray, prompt, notifications, control socket and windows.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign_agent::{ConnectionState, Desktop, Status};
use countersign_words::{Direction, Words};
use tauri::{AppHandle, Manager, RunEvent};
use tokio::sync::watch;

use crate::action::{Action, offered};
use crate::command_line::commands::Locations;
use crate::control::Control;
use crate::control_socket::protocol::{Failure, Place, Presentation, WindowName};
use crate::control_socket::{ControlServer, Host, Instance, Limits};
use crate::desktop::PersonsDesktop;
use crate::local_time::local_offset;
use crate::notification::Notifier;
use crate::prompt::{Presence, Prompter};
use crate::recovery_file::{OpenedFile, RecoveryFiles};
use crate::runtime_directory::RuntimeDirectory;
use crate::signals;
use crate::tray::Tray;
use crate::tray::menu::{self, Entry};
use crate::tray::panel::{self, PanelChoice, PanelShade};
use crate::tray::symbol::Symbol;
use crate::windows::Windows;

/// How long the agent may take to end its connection when the app ends.
const TO_SHUT_DOWN: Duration = Duration::from_secs(5);

/// How the app starts.
#[derive(Debug)]
pub struct Options {
    /// Whether the status window is open at the start.
    pub first_window: FirstWindow,
    /// For which panel the tray icon is drawn.
    pub panel: PanelChoice,
    /// Where the files of the agent are, for windows that look at them.
    pub locations: Locations,
    /// The directory for what lives only as long as the session.
    pub runtime_directory: PathBuf,
    /// The texts in the language of the person.
    pub words: Words,
    /// The directory for what is kept from one start to the next.
    pub state_directory: PathBuf,
    /// What the desktop gave the program when the person started it, for the first window.
    pub activation: Option<String>,
    /// What is in the recovery file with whose opening the app was started.
    pub recovery_file: Option<String>,
}

/// Whether the status window is open at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstWindow {
    /// It is.
    Open,
    /// Only the tray icon appears.
    Hidden,
}

/// Why the app cannot run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The windows, the tray icon or the agent could not be set up.
    #[error("Countersign could not start: {0}")]
    Setup(#[from] tauri::Error),
}

/// Starts the agent, given what shows its questions. Called once, on the main thread, within the runtime.
pub type StartAgent =
    Box<dyn FnOnce(Arc<dyn Desktop>) -> Result<Arc<dyn Control>, Box<dyn std::error::Error>> + Send>;

/// What handlers and commands share.
pub struct Shared {
    app: AppHandle,
    control: Arc<dyn Control>,
    prompter: Prompter,
    status: watch::Receiver<Status>,
    panel: PanelChoice,
    words: Words,
    windows: Arc<Windows>,
    recovery_files: RecoveryFiles,
}

impl Shared {
    /// The status now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// The texts in the language of the person.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Shows the open question in front, or the certificate when there is nothing to ask. A question that was answered
    /// with *Deny* is asked again by *Connect* only.
    fn review(&self, status: &Status) {
        let prompter = self.prompter.clone();
        let control = Arc::clone(&self.control);
        let question = question(status);
        let assessment = status.assessment.clone();
        on_main_thread(&self.app, move |_| match question {
            OpenQuestion::Waiting => match prompter.present() {
                Presence::Shown => {}
                Presence::Absent => control.review(),
            },
            // No wish to be asked: a later question keeps to the rules.
            OpenQuestion::None => {
                if let Some(assessment) = assessment {
                    prompter.show_certificates(&assessment);
                }
            }
        });
    }
}

impl Host for Shared {
    fn control(&self) -> &Arc<dyn Control> {
        &self.control
    }

    fn perform(&self, action: Action) -> Result<(), Failure> {
        let status = self.status();
        if !offered(&status).contains(&action) {
            return Err(Failure::NotPossible);
        }
        match action {
            Action::Connect => {
                self.prompter.expect_question();
                self.control.connect();
            }
            Action::Disconnect => self.control.disconnect(),
            Action::Review => self.review(&status),
        }
        Ok(())
    }

    fn expect_question(&self) {
        self.prompter.expect_question();
    }

    fn open(&self, window: WindowName, presentation: Presentation) -> Result<(), Failure> {
        self.windows.open(window, presentation);
        Ok(())
    }

    fn open_recovery_file(&self, opened: OpenedFile) -> Result<(), Failure> {
        self.recovery_files.open(opened);
        Ok(())
    }

    fn presentations(&self, window: WindowName) -> Option<watch::Receiver<Option<Presentation>>> {
        Some(self.windows.presentations(window))
    }
}

/// What others see of the running app; taken away when it ends.
struct Outside {
    tray_pictures: RuntimeDirectory,
    control_socket: ControlServer,
    instance: Instance,
}

/// Runs the app until the person or the system ends it. Returns the exit code.
pub fn run(
    context: tauri::Context,
    instance: Instance,
    options: Options,
    start: StartAgent,
) -> Result<i32, AppError> {
    let builder = tauri::Builder::default();
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(tauri_plugin_dialog::init());
    let app = builder.setup(move |app| set_up(app.handle(), instance, options, start)).build(context)?;
    Ok(app.run_return(|app, event| on_event(app, &event)))
}

fn on_event(app: &AppHandle, event: &RunEvent) {
    if let RunEvent::ExitRequested { code: None, api, .. } = event {
        // A dialog was closed; the tray icon stays. A code is there when somebody asked to end.
        api.prevent_exit();
    } else if matches!(event, RunEvent::Exit) {
        end(app);
    }
}

/// Nothing of the app may outlive it: neither windows nor what is on the bus or the disk.
fn end(app: &AppHandle) {
    if let Some(tray) = app.try_state::<Tray>() {
        tray.hide();
    }
    end_quietly(app);
}

/// As far as that needs no display.
fn end_quietly(app: &AppHandle) {
    let Some(shared) = app.try_state::<Arc<Shared>>() else { return };
    let outside = app
        .try_state::<Mutex<Option<Outside>>>()
        .and_then(|outside| outside.lock().unwrap_or_else(PoisonError::into_inner).take());
    let Some(Outside { tray_pictures, control_socket, instance }) = outside else { return };
    drop(tray_pictures);
    shared.recovery_files.end();
    tauri::async_runtime::block_on(async {
        let windows = async {
            control_socket.shutdown().await;
            shared.windows.shutdown().await;
        };
        let agent = tokio::time::timeout(TO_SHUT_DOWN, shared.control.shutdown());
        let ((), agent) = tokio::join!(windows, agent);
        if agent.is_err() {
            tracing::warn!("the agent did not end in time");
        }
    });
    // Last: whoever starts the app from now on is the instance.
    drop(instance);
}

fn set_up(
    app: &AppHandle,
    instance: Instance,
    options: Options,
    start: StartAgent,
) -> Result<(), Box<dyn std::error::Error>> {
    let runtime_directory = RuntimeDirectory::create(&options.runtime_directory)?;
    let words = options.words.clone();
    set_direction(&words);
    let prompter = Prompter::new(app, words.clone());
    let reviewing = app.clone();
    let notifier = Notifier::default();
    let desktop = PersonsDesktop::new(prompter.clone(), notifier.clone(), words.clone(), move || {
        on_main_thread(&reviewing, |app| perform(app, Action::Review));
    });
    let control = tauri::async_runtime::block_on(async { start(Arc::new(desktop)) })?;
    let status = control.status();
    let panel = options.panel;
    let runtime = tauri::async_runtime::handle().inner().clone();
    let windows = Windows::new(runtime, panel, options.locations.clone());
    let recovery_files = RecoveryFiles::new(Arc::clone(&control), prompter.clone(), words.clone());
    let app_handle = app.clone();
    let shared = Shared { app: app_handle, control, prompter, status, panel, words, windows, recovery_files };
    let shared = Arc::new(shared);
    app.manage(Arc::clone(&shared));

    let picture =
        |status: &Status| (Symbol::of(status), PanelShade::choose(options.panel, &panel::desktop_facts()));
    let first = shared.status();
    let tray = Tray::new(
        app,
        runtime_directory.path(),
        &menu::lines(shared.words(), &first, local_offset()),
        picture(&first),
        choose,
    )?;
    app.manage(tray);
    let host: Arc<dyn Host> = Arc::clone(&shared) as Arc<dyn Host>;
    let control_socket =
        tauri::async_runtime::block_on(async { ControlServer::start(&instance, host, Limits::default()) })?;
    app.manage(Mutex::new(Some(Outside { tray_pictures: runtime_directory, control_socket, instance })));
    tauri::async_runtime::spawn(follow(app.clone(), shared.status.clone(), options.panel));
    tauri::async_runtime::spawn(end_on_signal(app.clone()));
    #[cfg(target_os = "linux")]
    crate::desktop_session::follow(
        app,
        crate::desktop_session::Following {
            first_window: options.first_window,
            state_directory: options.state_directory.clone(),
            notifier,
            words: shared.words().clone(),
        },
    );
    if options.first_window == FirstWindow::Open {
        let presentation = Presentation { place: Place::Top, activation: options.activation.clone() };
        shared.windows.open(WindowName::Status, presentation);
    }
    if let Some(content) = options.recovery_file {
        shared.open_recovery_file(OpenedFile { content, activation: options.activation })?;
    }
    Ok(())
}

/// Whether there is something to ask the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenQuestion {
    Waiting,
    None,
}

fn question(status: &Status) -> OpenQuestion {
    match status.state {
        ConnectionState::AwaitingDecision => OpenQuestion::Waiting,
        ConnectionState::Disconnected
        | ConnectionState::Connecting
        | ConnectionState::Connected
        | ConnectionState::Refused { .. }
        | ConnectionState::BackingOff { .. } => OpenQuestion::None,
    }
}

/// An entry of the tray menu was chosen. Disabled entries arrive here as well when they are chosen over the bus.
fn choose(app: &AppHandle, entry: Entry) {
    match entry {
        Entry::Connect => perform(app, Action::Connect),
        Entry::Disconnect => perform(app, Action::Disconnect),
        Entry::Review => perform(app, Action::Review),
        Entry::State | Entry::Server | Entry::LastContact | Entry::Open => {
            open(app, WindowName::Status, Place::Top);
        }
        Entry::Remembered => open(app, WindowName::Remembered, Place::Top),
        Entry::History => open(app, WindowName::History, Place::Top),
        Entry::About => open(app, WindowName::Status, Place::About),
        Entry::Quit => app.exit(0),
    }
}

fn open(app: &AppHandle, window: WindowName, place: Place) {
    if let Some(shared) = app.try_state::<Arc<Shared>>() {
        shared.windows.open(window, Presentation { place, activation: None });
    }
}

fn perform(app: &AppHandle, action: Action) {
    if let Some(shared) = app.try_state::<Arc<Shared>>()
        && let Err(reason) = shared.perform(action)
    {
        tracing::info!(?action, %reason, "an action was chosen that is not on offer");
    }
}

/// Carries every change of the status to the tray, until the agent has ended.
async fn follow(app: AppHandle, mut status: watch::Receiver<Status>, choice: PanelChoice) {
    loop {
        let now = status.borrow_and_update().clone();
        on_main_thread(&app, move |app| show(app, &now, choice));
        if status.changed().await.is_err() {
            return;
        }
    }
}

fn show(app: &AppHandle, status: &Status, choice: PanelChoice) {
    let Some(shared) = app.try_state::<Arc<Shared>>() else { return };
    let Some(tray) = app.try_state::<Tray>() else { return };
    let shade = PanelShade::choose(choice, &panel::desktop_facts());
    let lines = menu::lines(shared.words(), status, local_offset());
    if let Err(error) = tray.update(lines, (Symbol::of(status), shade)) {
        tracing::warn!(%error, "the tray icon cannot be changed");
    }
}

/// Shows the status again, because the desktop looks different now. Has to be called on the main thread.
#[cfg(target_os = "linux")]
pub(crate) fn show_again(app: &AppHandle) {
    if let Some(shared) = app.try_state::<Arc<Shared>>() {
        show(app, &shared.status(), shared.panel);
    }
}

/// Ends the app as *Quit* does when the session ends or somebody stops the process.
async fn end_on_signal(app: AppHandle) {
    match signals::ending().await {
        Ok(()) => app.exit(0),
        Err(error) => tracing::warn!(%error, "signals of the system cannot be received"),
    }
}

/// Says goodbye and tidies up when nothing can be shown any more. May be called on any thread, once.
#[cfg(target_os = "linux")]
pub(crate) fn end_without_display(app: &AppHandle) {
    end_quietly(app);
}

fn on_main_thread(app: &AppHandle, work: impl FnOnce(&AppHandle) + Send + 'static) {
    let handle = app.clone();
    if let Err(error) = app.run_on_main_thread(move || work(&handle)) {
        // The app is about to end.
        tracing::debug!(%error, "the main thread takes no more work");
    }
}

/// Dialogs stand the other way round in a language that is written from right to left.
fn set_direction(words: &Words) {
    #[cfg(target_os = "linux")]
    gtk::Widget::set_default_direction(match words.direction() {
        Direction::LeftToRight => gtk::TextDirection::Ltr,
        Direction::RightToLeft => gtk::TextDirection::Rtl,
    });
    #[cfg(not(target_os = "linux"))]
    let _ = words;
}
