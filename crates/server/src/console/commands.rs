//! Commands on the pages of endpoints and groups.

use countersign_protocol::{CommandKind, CommandOutcome};
use serde::Deserialize;

use crate::administration::commands::{BatchView, CommandInput, CommandStatus, CommandView};
use crate::problem::Problem;

/// For how long a command may wait, in hours.
pub(super) const VALIDITIES: [(&str, &str); 4] =
    [("168", "7 days"), ("1", "1 hour"), ("24", "1 day"), ("720", "30 days")];

/// A command that a form gives.
#[derive(Debug, Deserialize)]
pub(super) struct CommandFields {
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    hours: String,
}

impl CommandFields {
    pub(super) fn input(self) -> Result<CommandInput, Problem> {
        let kind = match self.kind.as_str() {
            "collect_diagnostics" => CommandKind::CollectDiagnostics,
            "refresh_inventory" => CommandKind::RefreshInventory,
            "notify_user" => CommandKind::NotifyUser { title: self.title, text: self.text },
            "deregister" => CommandKind::Deregister,
            _ => return Err(Problem::unprocessable("Choose a command.")),
        };
        let hours = self.hours.trim();
        let valid_for_hours = if hours.is_empty() { None } else { Some(hours.parse()) };
        let valid_for_hours = valid_for_hours
            .transpose()
            .map_err(|_| Problem::unprocessable("The number of hours must be a whole number."))?;
        Ok(CommandInput { valid_for_hours, ..CommandInput::of(kind) })
    }
}

fn title_of(kind: &CommandKind) -> String {
    match kind {
        CommandKind::CollectDiagnostics => "Collect diagnostics".to_owned(),
        CommandKind::RefreshInventory => "Refresh inventory".to_owned(),
        CommandKind::NotifyUser { title, .. } => format!("Message “{title}”"),
        CommandKind::ForgetCertificate { .. } => "Forget an allowed certificate".to_owned(),
        CommandKind::Deregister => "Deregister".to_owned(),
    }
}

/// What a command is called.
pub(super) fn command_title(command: &CommandView) -> String {
    title_of(&command.kind)
}

/// What a command to a group is called.
pub(super) fn batch_title(batch: &BatchView) -> String {
    title_of(&batch.kind)
}

/// What has become of a command.
pub(super) fn result(command: &CommandView) -> String {
    match (&command.outcome, command.status) {
        (None, CommandStatus::Expired) => "Expired: the endpoint did not answer in time".to_owned(),
        (None, _) => "Waiting for the endpoint".to_owned(),
        (Some(CommandOutcome::Succeeded { .. }), _) => "Done".to_owned(),
        (Some(CommandOutcome::Failed { reason }), _) => format!("Failed: {reason}"),
        (Some(CommandOutcome::Refused { reason }), _) => format!("Refused: {reason}"),
    }
}

/// Whether a command can be taken back.
pub(super) fn waits(command: &CommandView) -> bool {
    command.status == CommandStatus::Waiting
}
