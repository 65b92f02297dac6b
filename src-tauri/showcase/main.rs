//! Shows every dialog and every state of the desktop app from fixed data, without agent and server: to look at them,
//! and to take screenshots of them.
//!
//! ```text
//! cargo run --example showcase -- question changed
//! cargo run --example showcase -- state refused --window
//! ```

mod data;
mod statuses;

use std::sync::Arc;

use async_trait::async_trait;
use clap::{Parser, Subcommand, ValueEnum};
use countersign_agent::{Desktop, Notice, Prompt, Status};
use countersign_desktop::app::{self, FirstWindow, Options, StartAgent};
use countersign_desktop::control::Control;
use countersign_desktop::tray::panel::PanelChoice;
use statuses::State;
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
    prompt: Option<Prompt>,
}

impl Scripted {
    fn ask(&self) {
        let Some(prompt) = self.prompt.clone() else { return };
        let desktop = Arc::clone(&self.desktop);
        let status = self.status.clone();
        status.send_replace(statuses::status(State::Question));
        tauri::async_runtime::spawn(async move {
            desktop.notify(Notice::AnswerNeeded { server: prompt.server.clone() }).await;
            let answer = desktop.ask(prompt).await;
            println!("{answer:?}");
            status.send_replace(statuses::status(State::Denied));
        });
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
        gtk::prelude::GtkSettingsExt::set_gtk_application_prefer_dark_theme(&settings, true);
    }
    let (state, prompt, first_window) = match command_line.what {
        What::Question { kind } => (State::Question, Some(kind.prompt()), FirstWindow::Hidden),
        What::State { state, window } => {
            (state, None, if window { FirstWindow::Open } else { FirstWindow::Hidden })
        }
    };
    let options =
        Options { first_window, panel: command_line.panel, runtime_directory: gtk::glib::user_runtime_dir() };
    let start: StartAgent = Box::new(move |desktop| {
        let scripted = Scripted { status: watch::Sender::new(statuses::status(state)), desktop, prompt };
        scripted.ask();
        Ok(Arc::new(scripted) as Arc<dyn Control>)
    });
    app::run(tauri::generate_context!(), options, start)?;
    Ok(())
}
