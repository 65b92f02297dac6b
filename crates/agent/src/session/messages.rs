//! The messages of the agent.

use countersign_protocol::capabilities;
use countersign_protocol::custom::{AgentCustomMessage, CustomMessageError};
use countersign_protocol::opamp::{
    AgentDisconnect, AgentToServer, ComponentHealth, ConnectionSettingsStatus, ConnectionSettingsStatuses,
    EffectiveConfig, RemoteConfigStatus, RemoteConfigStatuses,
};
use countersign_protocol::{InstanceUid, Inventory, SignedProfile};
use time::OffsetDateTime;

use crate::inventory::description;

/// Numbers the messages of a session.
pub(super) struct Outbox {
    instance_uid: InstanceUid,
    sequence_number: u64,
}

impl Outbox {
    pub(super) fn new(instance_uid: InstanceUid) -> Self {
        Self { instance_uid, sequence_number: 0 }
    }

    /// A message with what every message carries. Alone it is a heartbeat.
    pub(super) fn message(&mut self) -> AgentToServer {
        let sequence_num = self.sequence_number;
        self.sequence_number += 1;
        AgentToServer {
            instance_uid: self.instance_uid.to_bytes(),
            sequence_num,
            capabilities: capabilities::agent(),
            ..AgentToServer::default()
        }
    }

    /// Everything that the server has to know: the first message, and the answer when it asks for it.
    pub(super) fn full_state(
        &mut self,
        inventory: &Inventory,
        profile: Option<(SignedProfile, ProfileOutcome)>,
        started_at: OffsetDateTime,
        now: OffsetDateTime,
    ) -> AgentToServer {
        AgentToServer {
            agent_description: Some(description(self.instance_uid, inventory)),
            health: Some(health(started_at, now)),
            effective_config: profile
                .as_ref()
                .map(|(profile, _)| EffectiveConfig { config_map: Some(profile.to_config_map()) }),
            remote_config_status: Some(match profile {
                Some((profile, outcome)) => config_status(profile.hash(), outcome),
                None => RemoteConfigStatus::default(),
            }),
            custom_capabilities: Some(capabilities::custom()),
            ..self.message()
        }
    }

    /// What became of a remote configuration, and what is in force now.
    pub(super) fn config_result(
        &mut self,
        hash: Vec<u8>,
        outcome: ProfileOutcome,
        profile: Option<&SignedProfile>,
    ) -> AgentToServer {
        AgentToServer {
            remote_config_status: Some(config_status(hash, outcome)),
            effective_config: profile
                .map(|profile| EffectiveConfig { config_map: Some(profile.to_config_map()) }),
            ..self.message()
        }
    }

    /// What became of offered connection settings.
    pub(super) fn settings_result(&mut self, hash: Vec<u8>, result: Result<(), String>) -> AgentToServer {
        let (status, error_message) = match result {
            Ok(()) => (ConnectionSettingsStatuses::Applied, String::new()),
            Err(reason) => (ConnectionSettingsStatuses::Failed, reason),
        };
        AgentToServer {
            connection_settings_status: Some(ConnectionSettingsStatus {
                last_connection_settings_hash: hash,
                status: status.into(),
                error_message,
            }),
            ..self.message()
        }
    }

    /// A message of our own.
    pub(super) fn custom(
        &mut self,
        message: &AgentCustomMessage,
    ) -> Result<AgentToServer, CustomMessageError> {
        let custom_message = Some(message.to_message()?);
        Ok(AgentToServer { custom_message, ..self.message() })
    }

    /// The last message of a session that ends in good order.
    pub(super) fn disconnect(&mut self) -> AgentToServer {
        AgentToServer { agent_disconnect: Some(AgentDisconnect {}), ..self.message() }
    }
}

/// What became of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProfileOutcome {
    /// It is in force.
    Applied,
    /// It is in force, and its action is on trial: no connection has come about under it.
    OnTrial,
    /// It is not in force, or its action is not; with the reason, in whole sentences.
    Failed(String),
}

fn config_status(hash: Vec<u8>, outcome: ProfileOutcome) -> RemoteConfigStatus {
    let (status, error_message) = match outcome {
        ProfileOutcome::Applied => (RemoteConfigStatuses::Applied, String::new()),
        ProfileOutcome::OnTrial => (RemoteConfigStatuses::Applying, String::new()),
        ProfileOutcome::Failed(reason) => (RemoteConfigStatuses::Failed, reason),
    };
    RemoteConfigStatus { last_remote_config_hash: hash, status: status.into(), error_message }
}

fn health(started_at: OffsetDateTime, now: OffsetDateTime) -> ComponentHealth {
    let nanoseconds =
        |moment: OffsetDateTime| u64::try_from(moment.unix_timestamp_nanos()).unwrap_or_default();
    ComponentHealth {
        healthy: true,
        start_time_unix_nano: nanoseconds(started_at),
        status: "connected".to_owned(),
        status_time_unix_nano: nanoseconds(now),
        ..ComponentHealth::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_numbered_without_a_gap() {
        let uid = InstanceUid::generate();
        let mut outbox = Outbox::new(uid);
        let numbers = [
            outbox.message().sequence_num,
            outbox.disconnect().sequence_num,
            outbox.settings_result(vec![1], Ok(())).sequence_num,
            outbox.config_result(vec![1], ProfileOutcome::Failed("x".to_owned()), None).sequence_num,
        ];
        assert_eq!(numbers, [0, 1, 2, 3]);
        assert_eq!(outbox.message().instance_uid, uid.to_bytes());
    }
}
