//! Shows every dialog and every state of the desktop app from fixed data, without agent and server: to look at them,
//! and to take screenshots of them.
//!
//! ```text
//! cargo run --example showcase -- question changed
//! cargo run --example showcase -- state refused --window
//! ```

pub(crate) mod data;
mod statuses;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use clap::{Parser, Subcommand, ValueEnum};
use countersign_agent::{Answer, Desktop, Notice, Prompt, Status};
use countersign_desktop::app::{self, FirstWindow, Options, StartAgent};
use countersign_desktop::control::Control;
use countersign_desktop::tray::panel::PanelChoice;
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
}

#[derive(Clone, Copy, ValueEnum)]
enum QuestionKind {
    First,
    Many,
    Hostile,
    Clock,
    Changed,
    Worse,
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
        }
    }
}

/// Stays in one state, and asks its question whenever somebody connects.
struct Scripted {
    status: watch::Sender<Status>,
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
                    Answer::Allow(_) => "Allow",
                    Answer::Deny => "Deny",
                    Answer::Unavailable => "Unavailable",
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

    fn connect(&self) {
        self.ask();
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
    let command_line = CommandLine::parse();
    gtk::init()?;
    if let Some(settings) = gtk::Settings::default().filter(|_| command_line.dark) {
        gtk::prelude::GtkSettingsExt::set_gtk_theme_name(&settings, Some("Adwaita-dark"));
    }
    let (state, question, first_window) = match command_line.what {
        What::Question { kind } => (State::Question, Some(kind), FirstWindow::Hidden),
        What::State { state, window } => {
            (state, None, if window { FirstWindow::Open } else { FirstWindow::Hidden })
        }
    };
    let options = Options {
        first_window,
        panel: command_line.panel,
        runtime_directory: gtk::glib::user_runtime_dir(),
        words: Words::of_person(command_line.language.as_deref()),
        state_directory: gtk::glib::user_runtime_dir().join("countersign-showcase"),
    };
    let start: StartAgent = Box::new(move |desktop| {
        let scripted = Scripted {
            status: watch::Sender::new(statuses::status(state)),
            desktop,
            question,
            asking: Mutex::default(),
        };
        scripted.ask();
        Ok(Arc::new(scripted) as Arc<dyn Control>)
    });
    app::run(tauri::generate_context!(), options, start)?;
    Ok(())
}
