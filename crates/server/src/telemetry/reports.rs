//! What agents report of themselves: health, what became of a profile, inventory, certificate, decisions, results of commands.

use countersign_protocol::custom::{self, AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::decision::MAXIMUM_DECISIONS;
use countersign_protocol::opamp::{
    AgentToServer, ConnectionSettingsStatus, ConnectionSettingsStatuses, CustomMessage, RemoteConfigStatus,
    RemoteConfigStatuses,
};
use countersign_protocol::{CommandKind, CommandOutcome, CommandResult, DecisionsKept, InstanceUid};
use countersign_trust::display_text;

use super::session::{End, Session};
use crate::store::commands::{Finished, kind};
use crate::store::{MAXIMUM_ADDRESSES, ProfileResult, Reports, SettingsResult, TrialOutcome};

/// The most remembered certificates of an endpoint that are kept.
const MAXIMUM_REMEMBERED: usize = 100;
/// Texts of an agent are kept up to this many characters.
const MAXIMUM_TEXT: usize = 200;

impl Session {
    pub(super) async fn custom_received(
        &mut self,
        uid: InstanceUid,
        custom: &CustomMessage,
    ) -> Result<(), End> {
        let telemetry = &self.telemetry;
        match AgentCustomMessage::from_message(custom) {
            Ok(AgentCustomMessage::Inventory(inventory)) => {
                if inventory.addresses.len() > MAXIMUM_ADDRESSES {
                    return Err(End::Protocol("an inventory has too many addresses".to_owned()));
                }
                let placed = telemetry.store.keep_inventory(uid, *inventory).await?;
                self.placed(uid, placed);
            }
            Ok(AgentCustomMessage::CertificateReport(report)) => {
                telemetry.store.keep_certificate_report(uid, &report, telemetry.clock.now()).await?;
            }
            Ok(AgentCustomMessage::InventoryChanges(changes)) => {
                match telemetry.store.keep_inventory_changes(uid, &changes).await? {
                    Ok(placed) => self.placed(uid, placed),
                    Err(needs) => {
                        tracing::info!(endpoint = %uid, ?needs, "changes of an inventory do not fit; the agent is asked for the whole");
                        return self.send_custom(&ServerCustomMessage::RequestInventory).await;
                    }
                }
            }
            Ok(AgentCustomMessage::Decisions(decisions)) => {
                if decisions.decisions.len() > MAXIMUM_DECISIONS {
                    return Err(End::Protocol("too many decisions came in one message".to_owned()));
                }
                telemetry.store.keep_decisions(uid, &decisions.decisions).await?;
                let ids = decisions.decisions.iter().map(|decision| decision.id).collect();
                return self.send_custom(&ServerCustomMessage::DecisionsKept(DecisionsKept { ids })).await;
            }
            Ok(AgentCustomMessage::Remembered(mut report)) => {
                report.certificates.truncate(MAXIMUM_REMEMBERED);
                for certificate in &mut report.certificates {
                    certificate.subject = short(&certificate.subject);
                    certificate.issuer = short(&certificate.issuer);
                }
                telemetry.store.keep_remembered(uid, &report, telemetry.clock.now()).await?;
            }
            Ok(AgentCustomMessage::CommandResult(mut result)) => {
                if let CommandOutcome::Failed { reason } | CommandOutcome::Refused { reason } =
                    &mut result.outcome
                {
                    *reason = short(reason);
                }
                return self.command_finished(uid, &result).await;
            }
            Ok(AgentCustomMessage::Judgement(judgement)) => return self.judged(uid, *judgement).await,
            Ok(AgentCustomMessage::NextCertificateKept(kept)) => {
                return self.announcement_answered(uid, kept.fingerprint, None).await;
            }
            Ok(AgentCustomMessage::NextCertificateRefused(refused)) => {
                return self.announcement_answered(uid, refused.fingerprint, Some(&refused.reason)).await;
            }
            Err(error @ custom::CustomMessageError::Unknown { .. }) => {
                tracing::info!(endpoint = %uid, %error, "left a custom message alone");
            }
            Err(error @ custom::CustomMessageError::Malformed { .. }) => {
                return Err(End::Protocol(error.to_string()));
            }
        }
        Ok(())
    }

    /// Keeps how the trial of the profile that the agent was offered has gone. What is measured is who comes back: a session that was
    /// there before the trial shows nothing.
    pub(super) async fn trial_reported(
        &self,
        uid: InstanceUid,
        profile: Option<&ProfileResult>,
    ) -> Result<(), End> {
        let Some(trial) = self.trial else { return Ok(()) };
        let outcome = match profile {
            Some(ProfileResult::Applied) if self.trial_at_first == Some(trial) => TrialOutcome::Connected,
            Some(ProfileResult::Failed(_)) => TrialOutcome::FellBack,
            Some(ProfileResult::Applied | ProfileResult::Pending) | None => return Ok(()),
        };
        Ok(self.telemetry.store.keep_trial_outcome(trial.tightening, uid, outcome).await?)
    }

    async fn command_finished(&mut self, uid: InstanceUid, result: &CommandResult) -> Result<(), End> {
        let store = &self.telemetry.store;
        if store.finish_command(uid, result, self.telemetry.clock.now()).await? == Finished::NotOpen {
            tracing::warn!(endpoint = %uid, command = %result.id, "a result came for no open command of this endpoint");
            return Ok(());
        }
        let row = store.command(result.id).await?;
        let deregistered = row.as_ref().map(kind).transpose()? == Some(CommandKind::Deregister)
            && matches!(result.outcome, CommandOutcome::Succeeded { .. });
        if deregistered {
            store.deregister(uid).await?;
            return Err(End::Deregistered);
        }
        Ok(())
    }
}

/// Whether a message is more than a sign of life: what is in it is looked up or kept in the database.
pub(super) fn reports_something(message: &AgentToServer) -> bool {
    let sign_of_life = AgentToServer {
        instance_uid: message.instance_uid.clone(),
        sequence_num: message.sequence_num,
        capabilities: message.capabilities,
        flags: message.flags,
        ..AgentToServer::default()
    };
    *message != sign_of_life
}

/// What a message reports.
pub(super) fn reports(message: &AgentToServer) -> Reports {
    let health = message.health.as_ref().map(|health| {
        short(if health.healthy { health.status.as_str() } else { health.last_error.as_str() })
    });
    Reports {
        health,
        profile: message.remote_config_status.as_ref().and_then(profile_result),
        settings: message.connection_settings_status.as_ref().map(settings_result),
        in_force: None,
    }
}

/// Nothing as long as the agent has not judged anything.
fn profile_result(status: &RemoteConfigStatus) -> Option<ProfileResult> {
    match status.status() {
        RemoteConfigStatuses::Applied => Some(ProfileResult::Applied),
        RemoteConfigStatuses::Failed => Some(ProfileResult::Failed(short(&status.error_message))),
        RemoteConfigStatuses::Applying => Some(ProfileResult::Pending),
        RemoteConfigStatuses::Unset => None,
    }
}

fn settings_result(status: &ConnectionSettingsStatus) -> SettingsResult {
    if status.status() == ConnectionSettingsStatuses::Failed {
        SettingsResult::Refused(short(&status.error_message))
    } else {
        SettingsResult::Taken
    }
}

/// Text of an agent, fit to be kept and shown.
pub(super) fn short(text: &str) -> String {
    display_text(text).chars().take(MAXIMUM_TEXT).collect()
}
