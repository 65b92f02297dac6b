//! Does what a command says, mostly by asking the running instance. Needs no display.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use countersign_agent::diagnostics::ServerNames;
use countersign_agent::{ConnectionState, RememberedList, RequestError, Status};
use countersign_trust::ServerAddress;
use countersign_words::Words;
use serde::Serialize;

use super::commands::{CertificateCommand, CertificatesCommand, Command, Locations};
use super::error::CommandError;
use super::runtime::within_one_thread;
use super::{ExitReason, autostart, diagnostics, doctor, logs, manual, proxy, report};
use crate::control_socket::protocol::{Client, Event, Failure, PersonsAnswer, Request, Response, Topic};
use crate::control_socket::{ClientError, ControlClient};
use crate::examination::Examined;
use crate::recovery_file;

/// How long `connect` waits for what comes of it.
const TO_CONNECT: Duration = Duration::from_mins(1);

/// Carries out a command, with the instance whose socket is in `directory`, and prints what comes of it in the language
/// of the person. JSON is the same in all languages.
#[must_use]
pub fn execute(command: &Command, directory: &Path, words: &Words) -> ExitReason {
    let mut out = io::stdout().lock();
    let done = by_kind(command, directory, words, &mut out)
        .and_then(|reason| out.flush().map(|()| reason).map_err(CommandError::Output));
    match done {
        Ok(reason) => reason,
        Err(error) if error.is_unread() => ExitReason::Asked,
        Err(error) => {
            tracing::debug!(%error, "the command fails");
            eprintln!("countersign: {}", error.text(words));
            error.exit_reason()
        }
    }
}

/// Some commands read files or need several threads, so that they are not for the runtime of the others.
fn by_kind(
    command: &Command,
    directory: &Path,
    words: &Words,
    out: &mut dyn Write,
) -> Result<ExitReason, CommandError> {
    let examined =
        |locations: &Locations| Examined { locations: locations.clone(), directory: directory.to_owned() };
    match command {
        Command::Logs { locations, follow } => logs::logs(words, locations, *follow, out),
        Command::Doctor { locations, json } => doctor::doctor(words, &examined(locations), *json, out),
        Command::Diagnostics { locations, file, with_server_names } => {
            let server_names = if *with_server_names { ServerNames::Shown } else { ServerNames::Hidden };
            diagnostics::diagnostics(words, &examined(locations), file.as_deref(), server_names, out)
        }
        Command::Proxy(command) => proxy::proxy(words, command, out),
        Command::Autostart(command) => autostart::autostart(words, *command, out),
        Command::Run { .. }
        | Command::Status { .. }
        | Command::Connect { .. }
        | Command::Disconnect
        | Command::Certificates(_)
        | Command::Certificate(_)
        | Command::Recover { .. }
        | Command::Completions { .. }
        | Command::Manual
        | Command::Open { .. }
        | Command::Window { .. } => within_one_thread(perform(command, directory, words, out))?,
    }
}

/// Carries out a command and writes what comes of it to `out`.
pub(super) async fn perform(
    command: &Command,
    directory: &Path,
    words: &Words,
    out: &mut dyn Write,
) -> Result<ExitReason, CommandError> {
    match command {
        Command::Completions { shell } => manual::completions(*shell, out)?,
        Command::Manual => manual::manual(out)?,
        // These have a display or a runtime of their own, and are not carried out here.
        Command::Run { .. }
        | Command::Open { .. }
        | Command::Window { .. }
        | Command::Logs { .. }
        | Command::Doctor { .. }
        | Command::Diagnostics { .. }
        | Command::Proxy(_)
        | Command::Autostart(_) => {}
        Command::Status { .. }
        | Command::Connect { .. }
        | Command::Disconnect
        | Command::Certificates(_)
        | Command::Certificate(_)
        | Command::Recover { .. } => {
            let client = ControlClient::connect(directory, Client::CommandLine).await?;
            return Conversation { client, words, out }.about(command).await;
        }
    }
    Ok(ExitReason::Asked)
}

/// A command and the running instance.
struct Conversation<'command> {
    client: ControlClient,
    words: &'command Words,
    out: &'command mut dyn Write,
}

impl Conversation<'_> {
    async fn about(&mut self, command: &Command) -> Result<ExitReason, CommandError> {
        match command {
            Command::Status { json, watch: true, .. } => self.watch(*json).await,
            Command::Status { json, watch: false, exit_code } => {
                let status = self.status().await?;
                if *json {
                    self.print_json(&status)?;
                } else {
                    self.print(&report::status(self.words, &status))?;
                }
                Ok(if *exit_code { ExitReason::of_state(&status.state) } else { ExitReason::Asked })
            }
            Command::Connect { server, no_wait } => self.connect(server.as_ref(), *no_wait).await,
            Command::Disconnect => {
                let status = self.status().await?;
                if status.state != ConnectionState::Disconnected {
                    self.client.request(&Request::Disconnect).await?;
                }
                self.print(&self.words.command_line_disconnected())
            }
            Command::Certificates(CertificatesCommand::List { json }) => self.list(*json).await,
            Command::Certificates(CertificatesCommand::Forget { server: Some(server), .. }) => {
                self.forget(server).await
            }
            Command::Certificates(CertificatesCommand::Forget { server: None, .. }) => {
                let Response::Forgotten(number) = self.client.request(&Request::ForgetAll).await? else {
                    return Err(out_of_turn());
                };
                self.print(&self.words.remembered_forgotten_count(number))
            }
            Command::Certificate(command) => self.certificate(command).await,
            Command::Recover { file } => self.recover(file).await,
            Command::Run { .. }
            | Command::Logs { .. }
            | Command::Doctor { .. }
            | Command::Diagnostics { .. }
            | Command::Proxy(_)
            | Command::Autostart(_)
            | Command::Completions { .. }
            | Command::Manual
            | Command::Open { .. }
            | Command::Window { .. } => Ok(ExitReason::Asked),
        }
    }

    async fn status(&mut self) -> Result<Status, CommandError> {
        let Response::Status(status) = self.client.request(&Request::Status).await? else {
            return Err(out_of_turn());
        };
        Ok(*status)
    }

    async fn watch(&mut self, json: bool) -> Result<ExitReason, CommandError> {
        self.follow_status().await?;
        loop {
            let status = self.next_status().await?;
            if json {
                writeln!(self.out, "{}", serde_json::to_string(&status)?)?;
            } else {
                self.print(&report::change(self.words, &status))?;
            }
            self.out.flush()?;
        }
    }

    async fn follow_status(&mut self) -> Result<(), CommandError> {
        self.client.request(&Request::Subscribe { topics: [Topic::Status].into() }).await?;
        Ok(())
    }

    async fn next_status(&mut self) -> Result<Status, CommandError> {
        loop {
            if let Event::Status(status) = self.client.event().await? {
                return Ok(*status);
            }
        }
    }

    async fn connect(
        &mut self,
        server: Option<&ServerAddress>,
        no_wait: bool,
    ) -> Result<ExitReason, CommandError> {
        let before = self.status().await?;
        let begun = matches!(
            before.state,
            ConnectionState::Connected | ConnectionState::Connecting | ConnectionState::AwaitingDecision
        );
        let elsewhere = server.is_some_and(|server| before.server.as_ref() != Some(server));
        if elsewhere || !begun {
            let server = server.filter(|_| elsewhere).cloned();
            self.client.request(&Request::Connect { server }).await?;
        } else if before.state != ConnectionState::Connecting {
            self.print(&report::change(self.words, &before))?;
            return Ok(ExitReason::of_state(&before.state));
        }
        if no_wait {
            return self.print(&self.words.command_line_connecting());
        }
        self.follow_status().await?;
        let outcome = tokio::time::timeout(TO_CONNECT, self.outcome(&before)).await;
        let status = match outcome {
            Ok(status) => status?,
            Err(_) => self.status().await?,
        };
        self.print(&report::change(self.words, &status))?;
        Ok(ExitReason::of_state(&status.state))
    }

    /// The first state in which something has come of the attempt.
    async fn outcome(&mut self, before: &Status) -> Result<Status, CommandError> {
        loop {
            let status = self.next_status().await?;
            let is_new = (status.since, &status.state, &status.server)
                != (before.since, &before.state, &before.server);
            let is_outcome =
                !matches!(status.state, ConnectionState::Connecting | ConnectionState::Disconnected);
            if is_new && is_outcome {
                return Ok(status);
            }
        }
    }

    async fn remembered(&mut self) -> Result<RememberedList, CommandError> {
        let Response::Remembered(list) = self.client.request(&Request::Remembered).await? else {
            return Err(out_of_turn());
        };
        Ok(list)
    }

    async fn list(&mut self, json: bool) -> Result<ExitReason, CommandError> {
        let list = self.remembered().await?;
        if json { self.print_json(&list) } else { self.print(&report::remembered(self.words, &list)) }
    }

    async fn forget(&mut self, server: &ServerAddress) -> Result<ExitReason, CommandError> {
        let list = self.remembered().await?;
        let is_there = list.entries.iter().any(|entry| entry.certificate.server == *server);
        // What cannot be read may be there all the same.
        if !is_there && list.incomplete.is_none() {
            self.print(&report::nothing_to_forget(self.words, server))?;
            return Ok(ExitReason::NotThere);
        }
        self.client.request(&Request::Forget { server: server.clone() }).await?;
        self.print(&self.words.remembered_forgotten(server))
    }

    async fn certificate(&mut self, command: &CertificateCommand) -> Result<ExitReason, CommandError> {
        let Response::Question(question) = self.client.request(&Request::Question).await? else {
            return Err(out_of_turn());
        };
        let (fingerprint, answer) = match command {
            CertificateCommand::Show { json } => {
                let status = self.status().await?;
                let Some(assessment) = status.assessment.as_ref() else {
                    self.print(&self.words.trust_no_certificate())?;
                    return Ok(ExitReason::NotThere);
                };
                if *json {
                    return self.print_json(assessment);
                }
                return match &question {
                    Some(question) => self.print(&report::question(self.words, question)),
                    None => self.print(&report::certificate(self.words, &status)),
                };
            }
            CertificateCommand::Allow { fingerprint, duration } => {
                (*fingerprint, PersonsAnswer::Allow { remember: duration.chosen() })
            }
            CertificateCommand::Deny => {
                let asked = question.as_ref().and_then(|question| question.assessment.fingerprint);
                (asked.ok_or(Failure::from(RequestError::NoQuestion))?, PersonsAnswer::Deny)
            }
        };
        // Whoever answers shall see what is answered, in scripts as well.
        if let Some(question) = &question {
            self.print(&report::question(self.words, question))?;
        }
        self.client.request(&Request::Answer { fingerprint, answer }).await?;
        self.print(&match answer {
            PersonsAnswer::Allow { .. } => self.words.command_line_allowed(),
            PersonsAnswer::Deny => self.words.command_line_denied(),
        })
    }

    async fn recover(&mut self, file: &Path) -> Result<ExitReason, CommandError> {
        let file = recovery_file::read(file)
            .map_err(|source| CommandError::RecoveryFile { file: file.to_owned(), source })?;
        let Response::Recovered(taken) = self.client.request(&Request::Recover { file }).await? else {
            return Err(out_of_turn());
        };
        self.print(&report::recovered(self.words, &taken))
    }

    fn print(&mut self, text: &str) -> Result<ExitReason, CommandError> {
        writeln!(self.out, "{}", text.trim_end())?;
        Ok(ExitReason::Asked)
    }

    fn print_json(&mut self, value: &impl Serialize) -> Result<ExitReason, CommandError> {
        let text = serde_json::to_string_pretty(value)?;
        self.print(&text)
    }
}

fn out_of_turn() -> CommandError {
    CommandError::Client(ClientError::NotUnderstood { detail: "an answer to something else".to_owned() })
}
