//! Commands of an administrator.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_protocol::{Command, CommandKind, CommandOutcome, CommandResult};
use countersign_trust::Fingerprint;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Session;
use crate::command_record::{CommandName, CommandRecord, MAXIMUM_COMMAND_RECORDS};
use crate::desktop::Notice;
use crate::ratchet::{self, Ruling, Wish};
use crate::state::Context;
use crate::state_file::StateFile;

/// How many results are kept, to answer a command that arrives again without carrying it out again.
const KEPT_RESULTS: usize = 256;

/// The file within the state directory.
const FILE: &str = "commands.json";
/// How many results are kept across restarts.
const KEPT_ON_DISK: usize = 64;

/// The commands that were carried out, and the last of those that were not. The newest results are kept across restarts: a
/// server that did not hear of one sends the command again, and it is not to be carried out twice.
#[derive(Debug)]
pub(crate) struct CommandLog {
    file: StateFile,
    results: Arc<Mutex<VecDeque<CommandResult>>>,
    records: VecDeque<CommandRecord>,
}

impl CommandLog {
    /// Reads what earlier runs have kept. What cannot be read is let go.
    pub(crate) fn load(directory: &Path) -> Self {
        let file = StateFile::new(directory, FILE);
        let results = match file.read() {
            Ok(Some(text)) => serde_json::from_slice(&text).unwrap_or_else(|error| {
                tracing::warn!(file = %file.path().display(), %error, "the results of earlier commands are damaged and are let go");
                VecDeque::new()
            }),
            Ok(None) => VecDeque::new(),
            Err(error) => {
                tracing::warn!(file = %file.path().display(), %error, "the results of earlier commands cannot be read");
                VecDeque::new()
            }
        };
        Self { file, results: Arc::new(Mutex::new(results)), records: VecDeque::new() }
    }

    /// What writes the newest results, when it is called. Blocks.
    fn saving(&self) -> impl FnOnce() + Send + 'static {
        let (file, results) = (self.file.clone(), Arc::clone(&self.results));
        move || {
            let content = || {
                let results = results.lock().unwrap_or_else(PoisonError::into_inner);
                let newest: Vec<_> =
                    results.iter().skip(results.len().saturating_sub(KEPT_ON_DISK)).collect();
                Ok(Some(serde_json::to_vec(&newest)?))
            };
            if let Err(error) = file.replace(content) {
                tracing::warn!(file = %file.path().display(), %error, "the results of commands are known only until the agent ends");
            }
        }
    }

    fn find(&self, id: Uuid) -> Option<CommandResult> {
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        results.iter().find(|result| result.id == id).cloned()
    }

    fn keep(&self, result: CommandResult) {
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        if results.len() >= KEPT_RESULTS {
            results.pop_front();
        }
        results.push_back(result);
    }

    /// Notes what there is to show, and returns all of it.
    fn record(&mut self, record: CommandRecord) -> Vec<CommandRecord> {
        if self.records.len() == MAXIMUM_COMMAND_RECORDS {
            self.records.pop_front();
        }
        self.records.push_back(record);
        self.records.iter().cloned().collect()
    }
}

/// What the session has to do because of a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    /// Send the result.
    Report,
    /// Send the inventory and the result.
    Inventory,
    /// Send what is still allowed and the result; the session may have rested on what was forgotten.
    Forgotten,
    /// Send the result and end the enrolment.
    Deregister,
}

/// Carries a command out, unless that was done before or must not be.
pub(super) async fn carry_out(
    context: &mut Context,
    session: &Session,
    command: Command,
) -> (CommandResult, Consequence) {
    if ratchet::rule(session.trust, Wish::Command) == Ruling::Granted
        && let Some(result) = context.commands.find(command.id)
    {
        return (result, Consequence::Report);
    }
    let name = CommandName::from(&command.kind);
    let (result, consequence) = judge(context, session, command).await;
    let at = context.clock.now();
    let records =
        context.commands.record(CommandRecord { at, command: name, result: (&result.outcome).into() });
    context.status.send_modify(|status| status.commands = records);
    (result, consequence)
}

async fn judge(context: &mut Context, session: &Session, command: Command) -> (CommandResult, Consequence) {
    let id = command.id;
    let refuse = |reason: &str| {
        let outcome = CommandOutcome::Refused { reason: reason.to_owned() };
        (CommandResult { id, outcome }, Consequence::Report)
    };
    if let Ruling::Denied = ratchet::rule(session.trust, Wish::Command) {
        tracing::warn!(server = %session.server, command = command.kind.code(), "refused a command: {}", ratchet::DENIED);
        return refuse(ratchet::DENIED);
    }
    if has_expired(&command, context.clock.now()) {
        return refuse("The command has expired before it arrived.");
    }
    tracing::info!(server = %session.server, command = command.kind.code(), %id, "carrying out a command");
    let (output, consequence) = match command.kind {
        CommandKind::CollectDiagnostics => (diagnostics(context), Consequence::Report),
        CommandKind::RefreshInventory => (serde_json::Value::Null, Consequence::Inventory),
        CommandKind::NotifyUser { title, text } => {
            context.notify(Notice::CommandMessage { title, text });
            (serde_json::Value::Null, Consequence::Report)
        }
        CommandKind::ForgetCertificate { fingerprint } => {
            (forget(context, session, fingerprint).await, Consequence::Forgotten)
        }
        CommandKind::Deregister => (serde_json::Value::Null, Consequence::Deregister),
    };
    let result = CommandResult { id, outcome: CommandOutcome::Succeeded { output } };
    context.commands.keep(result.clone());
    context.tasks.spawn_blocking(context.commands.saving());
    (result, consequence)
}

/// Forgets a certificate that was allowed for this server. That another one is allowed, or none, is no failure: what was
/// wanted is so.
async fn forget(context: &Context, session: &Session, fingerprint: Fingerprint) -> serde_json::Value {
    let was_allowed = context.forget_certificate(&session.server, fingerprint).await;
    if was_allowed {
        tracing::info!(server = %session.server, %fingerprint, "an administrator revokes what is allowed");
    }
    json!({"was_allowed": was_allowed})
}

fn has_expired(command: &Command, now: OffsetDateTime) -> bool {
    now > command.expires_at
}

/// The state of the agent without anything secret: the same that the person sees, and where it comes from.
fn diagnostics(context: &Context) -> serde_json::Value {
    let configuration = &context.configuration;
    json!({
        "status": *context.status.borrow(),
        "configuration": {
            "server": configuration.server,
            "connect_to": configuration.connect_to,
            "has_enrolment_token": configuration.enrolment_token.is_some(),
            "server_identity": configuration.server_identity,
            "invalid_certificate_action": configuration.invalid_certificate_action,
            "state_directory": configuration.state_directory,
            "server_choice": configuration.server_choice,
            "command_line_answers": configuration.command_line_answers,
        },
        "started_at": context.started_at.to_string(),
        "operating_system_roots": context.roots.current().len(),
    })
}
