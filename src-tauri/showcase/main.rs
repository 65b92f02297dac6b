//! Shows every dialog and every state of the desktop app from fixed data, without agent and server: to look at them,
//! and to take screenshots of them.
//!
//! ```text
//! cargo run --example showcase -- question changed
//! cargo run --example showcase -- state refused --window
//! cargo run --example showcase -- recovery certificate
//! ```
//!
//! While it runs, a line such as `state offline` or `notice first-use` on standard input shows something else.

pub(crate) mod data;
mod records;
mod recovery;
mod script;
mod statuses;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use clap::{Parser, Subcommand, ValueEnum};
use countersign_agent::{
    Answer, ConnectionEvent, Desktop, Notice, Prompt, RecoveryRefusal, RecoveryTaken, RememberedList,
    RequestError, Status,
};
use countersign_desktop::app::{self, FirstWindow, Options, StartAgent};
use countersign_desktop::command_line::commands::Locations;
use countersign_desktop::control::Control;
use countersign_desktop::control_socket::{self, Instance};
use countersign_desktop::tray::panel::PanelChoice;
use countersign_desktop::{command_line, directories, start};
use countersign_protocol::{RecoveryAction, RecoveryDocument};
use countersign_trust::{Fingerprint, InvalidCertificateAction, ServerAddress};
use countersign_words::Words;
use statuses::State;
use tauri::async_runtime::JoinHandle;
use tokio::sync::watch;

/// Shows dialogs and states from fixed data.
#[derive(Parser)]
struct CommandLine {
    #[command(subcommand)]
    what: What,
    /// For which panel the tray icon is drawn.
    #[arg(long, value_enum, default_value_t, global = true)]
    panel: PanelChoice,
    /// Use the dark variant of the theme.
    #[arg(long, global = true)]
    dark: bool,
    /// Speak this language instead of the person's, for example de.
    #[arg(long, global = true)]
    language: Option<String>,
}

#[derive(Subcommand)]
enum What {
    /// Ask a question, print the answer, and ask it again when the person chooses Connect.
    Question {
        #[arg(value_enum)]
        kind: QuestionKind,
    },
    /// Be in a state.
    State {
        #[arg(value_enum)]
        state: State,
        /// Open the status window as well.
        #[arg(long)]
        window: bool,
    },
    /// Open a recovery file.
    Recovery {
        #[arg(value_enum)]
        kind: RecoveryKind,
    },
}

/// Which recovery file is opened.
#[derive(Clone, Copy, ValueEnum)]
enum RecoveryKind {
    Certificate,
    Action,
    Everything,
    Refused,
}

impl RecoveryKind {
    fn examined(self) -> Result<RecoveryDocument, RequestError> {
        let everything = recovery::everything();
        let action = everything
            .action
            .map(|action| RecoveryAction { action: InvalidCertificateAction::Allow, ..action });
        match self {
            Self::Certificate => Ok(RecoveryDocument { new_address: None, ..everything }),
            Self::Action => Ok(RecoveryDocument { allow: None, new_address: None, action, ..everything }),
            Self::Everything => Ok(everything),
            Self::Refused => Err(RecoveryRefusal::BadSignature.into()),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum QuestionKind {
    First,
    Many,
    Hostile,
    Clock,
    Changed,
    Worse,
    Session,
}

impl QuestionKind {
    fn prompt(self) -> Prompt {
        match self {
            Self::First => data::first(data::three_problems()),
            Self::Many => data::first(data::many_problems()),
            Self::Hostile => data::first(data::hostile()),
            Self::Clock => data::wrong_clock(),
            Self::Changed => data::changed(),
            Self::Worse => data::worse(),
            Self::Session => data::for_this_session(),
        }
    }
}

/// Stays in one state, and asks its question whenever somebody connects.
struct Scripted {
    status: watch::Sender<Status>,
    question_asked: watch::Sender<Option<Prompt>>,
    history: watch::Sender<Arc<[ConnectionEvent]>>,
    remembered: watch::Sender<RememberedList>,
    remembered_changes: watch::Sender<()>,
    desktop: Arc<dyn Desktop>,
    question: Option<QuestionKind>,
    asking: Mutex<Option<JoinHandle<()>>>,
}

impl Scripted {
    /// Dropping a question withdraws its dialog.
    fn keep(&self, task: Option<JoinHandle<()>>) {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = std::mem::replace(&mut *asking, task) {
            earlier.abort();
        }
    }

    fn ask(&self) {
        let Some(question) = self.question else { return };
        let desktop = Arc::clone(&self.desktop);
        let status = self.status.clone();
        status.send_replace(statuses::status(State::Question));
        let task = tauri::async_runtime::spawn(async move {
            let prompt = question.prompt();
            desktop.notify(Notice::AnswerNeeded { server: prompt.server.clone() }).await;
            let answer = desktop.ask(prompt).await;
            println!(
                "{}",
                match answer {
                    Answer::Allow(remember_for) => format!("Allow {remember_for:?}"),
                    Answer::Deny => "Deny".to_owned(),
                    Answer::Unavailable => "Unavailable".to_owned(),
                }
            );
            status.send_replace(statuses::status(State::Denied));
        });
        self.keep(Some(task));
    }
}

#[async_trait]
impl Control for Scripted {
    fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    fn question(&self) -> watch::Receiver<Option<Prompt>> {
        self.question_asked.subscribe()
    }

    fn history(&self) -> watch::Receiver<Arc<[ConnectionEvent]>> {
        self.history.subscribe()
    }

    fn connect(&self) {
        self.ask();
    }

    async fn connect_to(&self, server: ServerAddress) -> Result<(), RequestError> {
        self.status.send_modify(|status| status.server = Some(server));
        Ok(())
    }

    async fn answer(&self, _fingerprint: Fingerprint, _answer: Answer) -> Result<(), RequestError> {
        Err(RequestError::AnswersForbidden)
    }

    async fn remembered(&self) -> RememberedList {
        self.remembered.borrow().clone()
    }

    fn remembered_changes(&self) -> watch::Receiver<()> {
        self.remembered_changes.subscribe()
    }

    async fn examine_recovery_file(&self, file: String) -> Result<RecoveryDocument, RequestError> {
        RecoveryKind::from_str(&file, true).unwrap_or(RecoveryKind::Refused).examined()
    }

    async fn recover(&self, file: String) -> Result<RecoveryTaken, RequestError> {
        let document = self.examine_recovery_file(file).await?;
        self.status.send_replace(statuses::status(State::Recovered));
        Ok(RecoveryTaken {
            server: document.new_address.unwrap_or(document.server),
            certificate: document.allow.as_ref().map(|allow| Fingerprint::of(&allow.certificate)),
            action: document.action.map(|action| action.action),
            until: document.action.map(|action| action.until),
        })
    }

    async fn forget(&self, server: ServerAddress) -> Result<(), RequestError> {
        self.remembered.send_modify(|list| list.entries.retain(|entry| entry.certificate.server != server));
        self.remembered_changes.send_replace(());
        Ok(())
    }

    async fn forget_all(&self) -> Result<usize, RequestError> {
        let forgotten = self.remembered.send_replace(RememberedList::default());
        self.remembered_changes.send_replace(());
        Ok(forgotten.entries.len())
    }

    fn disconnect(&self) {
        self.keep(None);
        self.status.send_replace(statuses::status(State::Offline));
    }

    fn review(&self) {
        self.ask();
    }

    async fn shutdown(&self) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Windows are processes of this program.
    if std::env::args().nth(1).is_some_and(|argument| argument == "window") {
        let ended = start::start(&command_line::CommandLine::parse(), || tauri::generate_context!());
        std::process::exit(ended as i32);
    }
    let command_line = CommandLine::parse();
    let instance = Instance::claim(&control_socket::directory(&directories::runtime()))?;
    gtk::init()?;
    if let Some(settings) = gtk::Settings::default().filter(|_| command_line.dark) {
        gtk::prelude::GtkSettingsExt::set_gtk_theme_name(&settings, Some("Adwaita-dark"));
    }
    let mut recovery_file = None;
    let (state, question, first_window) = match command_line.what {
        What::Recovery { kind } => {
            recovery_file = kind.to_possible_value().map(|kind| kind.get_name().to_owned());
            (State::Refused, None, FirstWindow::Hidden)
        }
        What::Question { kind } => (State::Question, Some(kind), FirstWindow::Hidden),
        What::State { state, window } => {
            (state, None, if window { FirstWindow::Open } else { FirstWindow::Hidden })
        }
    };
    let options = Options {
        first_window,
        panel: command_line.panel,
        locations: Locations::default(),
        runtime_directory: directories::runtime(),
        activation: None,
        recovery_file,
        words: Words::of_person(command_line.language.as_deref()),
        state_directory: directories::runtime().join("countersign-showcase"),
    };
    let start: StartAgent = Box::new(move |desktop| {
        let scripted = Scripted {
            status: watch::Sender::new(statuses::status(state)),
            question_asked: watch::Sender::new(question.map(QuestionKind::prompt)),
            history: watch::Sender::new(records::history()),
            remembered: watch::Sender::new(records::remembered()),
            remembered_changes: watch::Sender::new(()),
            desktop,
            question,
            asking: Mutex::default(),
        };
        scripted.ask();
        script::follow(scripted.status.clone(), Arc::clone(&scripted.desktop));
        Ok(Arc::new(scripted) as Arc<dyn Control>)
    });
    app::run(tauri::generate_context!(), instance, options, start)?;
    Ok(())
}
