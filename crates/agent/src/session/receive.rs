//! What the agent does with a message of the server.

use std::time::Duration;

use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::opamp::server_error_response::Details;
use countersign_protocol::opamp::{
    AgentRemoteConfig, ConnectionSettingsOffers, CustomMessage, ServerErrorResponse, ServerErrorResponseType,
    ServerToAgent, ServerToAgentFlags,
};
use countersign_protocol::{Command, InstanceUid, SignedProfile};
use countersign_trust::display_text;

use super::commands::{self, Consequence};
use super::connection_settings::{self, Accepted};
use super::hold::{SendError, collect_inventory};
use super::reports::Extent;
use super::{Credential, ProfileOutcome, Session, SessionEnd};
use crate::profile::{self, Acceptance, Facts};
use crate::ratchet::{self, Ruling, Wish};
use crate::state::Context;
use crate::status::BackOffReason;

/// The shortest and the longest time for which a server can send its agents away.
const RETRY_BOUNDS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(1));

type Handled = Result<Option<SessionEnd>, SendError>;

impl Session {
    /// Handles one message. Returns how the session ends, if it does.
    pub(super) async fn obey(&mut self, context: &mut Context, message: ServerToAgent) -> Handled {
        if !message.instance_uid.is_empty() && message.instance_uid != context.kept.instance_uid.to_bytes() {
            tracing::warn!(server = %self.server, "a message for another agent arrived; it is left alone");
            return Ok(None);
        }
        if let Some(error) = &message.error_response {
            return Ok(Some(self.turned_away(error)));
        }
        if message.flags & u64::from((ServerToAgentFlags::ReportFullState as i32).unsigned_abs()) != 0 {
            let inventory = collect_inventory().await;
            self.send_full_state(context, &inventory).await?;
        }
        if let Some(identification) = &message.agent_identification
            && let Some(end) = self.renamed(context, &identification.new_instance_uid).await
        {
            return Ok(Some(end));
        }
        self.server_introduced(context, &message).await?;
        if let Some(config) = &message.remote_config
            && let Some(end) = self.profile_offered(context, config).await?
        {
            return Ok(Some(end));
        }
        if let Some(offers) = &message.connection_settings
            && let Some(end) = self.settings_offered(context, offers).await?
        {
            return Ok(Some(end));
        }
        if message.command.is_some() {
            tracing::info!(server = %self.server, "left a restart command alone: this agent does not announce that it takes any");
        }
        match &message.custom_message {
            Some(custom) => self.custom_received(context, custom).await,
            None => Ok(None),
        }
    }

    fn turned_away(&self, error: &ServerErrorResponse) -> SessionEnd {
        let said = display_text(&error.error_message);
        tracing::warn!(server = %self.server, kind = error.r#type, said, "the server reports an error");
        if error.r#type != ServerErrorResponseType::Unavailable as i32 {
            return SessionEnd::Lost(BackOffReason::ProtocolError { detail: said });
        }
        match &error.details {
            Some(Details::RetryInfo(info)) => SessionEnd::Later(
                Duration::from_nanos(info.retry_after_nanoseconds).clamp(RETRY_BOUNDS.0, RETRY_BOUNDS.1),
            ),
            None => SessionEnd::Lost(BackOffReason::ServerBusy),
        }
    }

    async fn renamed(&mut self, context: &mut Context, new: &[u8]) -> Option<SessionEnd> {
        if let Ruling::Denied = ratchet::rule(self.trust, Wish::Enrol) {
            tracing::warn!(server = %self.server, "refused another instance UID: {}", ratchet::DENIED);
            return None;
        }
        match InstanceUid::from_bytes(new) {
            Ok(uid) => {
                tracing::info!(server = %self.server, %uid, "the server gave this agent another instance UID");
                context.rename(uid).await;
                Some(SessionEnd::Again)
            }
            Err(error) => {
                tracing::warn!(server = %self.server, %error, "refused another instance UID");
                None
            }
        }
    }

    async fn profile_offered(&mut self, context: &mut Context, config: &AgentRemoteConfig) -> Handled {
        let hash = config.config_hash.clone();
        let judged =
            SignedProfile::from_remote_config(config).map_err(profile::Rejection::from).and_then(|signed| {
                let facts = Facts {
                    trust: self.trust,
                    identity: self.identity,
                    current: context.profile.as_ref(),
                    action: context.action_without_recovery(),
                };
                profile::judge(&signed, &facts).map(|acceptance| (signed, acceptance))
            });
        let outcome = match judged {
            Ok((signed, Acceptance::Keep(profile))) => {
                tracing::info!(
                    server = %self.server, profile = display_text(&profile.name), revision = profile.revision,
                    action = %profile.invalid_certificate_action, "applied the endpoint profile"
                );
                self.heartbeat = Duration::from_secs(u64::from(profile.heartbeat_seconds));
                // What this session rests on was found when it began: it passes no trial that begins now.
                context.apply_profile(profile, &signed, self.identity).await;
                context.profile_outcome()
            }
            Ok((_, Acceptance::TightenOnly(action))) => {
                tracing::warn!(server = %self.server, %action, "applied a stricter action of a server that has not proved its identity, for this run");
                context.tighten(action);
                ProfileOutcome::Failed(
                    "Only the stricter action was applied: the server did not prove its identity key."
                        .to_owned(),
                )
            }
            Err(rejection) => {
                tracing::warn!(server = %self.server, %rejection, "refused an endpoint profile");
                ProfileOutcome::Failed(rejection.to_string())
            }
        };
        let message = self.outbox.config_result(hash, outcome, context.signed_profile().as_ref());
        self.send(message).await?;
        if context.still_allows(self).await {
            Ok(None)
        } else {
            tracing::info!(server = %self.server, "the profile no longer allows this session; the server is judged again");
            Ok(Some(SessionEnd::Again))
        }
    }

    async fn settings_offered(
        &mut self,
        context: &mut Context,
        offers: &ConnectionSettingsOffers,
    ) -> Handled {
        let (result, end) = match connection_settings::judge(self, offers) {
            Ok(Accepted::Nothing) => (Ok(()), None),
            Ok(Accepted::Identity(identity)) => {
                tracing::info!(server = %self.server, "this computer is enrolled");
                context.enrolled(&self.server, *identity).await;
                (Ok(()), Some(SessionEnd::Again))
            }
            Ok(Accepted::Move { to, token }) => {
                tracing::info!(server = %self.server, %to, "the server moves this agent to another one");
                (Ok(()), Some(SessionEnd::Moved { to, token }))
            }
            Err(error) => {
                tracing::warn!(server = %self.server, %error, "refused connection settings");
                (Err(error.to_string()), None)
            }
        };
        let message = self.outbox.settings_result(offers.hash.clone(), result);
        self.send(message).await?;
        Ok(end)
    }

    async fn custom_received(&mut self, context: &mut Context, custom: &CustomMessage) -> Handled {
        match ServerCustomMessage::from_message(custom) {
            Ok(ServerCustomMessage::Command(command)) => self.command_received(context, command).await,
            Ok(ServerCustomMessage::Licence(licence)) => {
                match ratchet::rule(self.trust, Wish::Licence) {
                    Ruling::Granted => context.status.send_modify(|status| status.licence = Some(licence)),
                    Ruling::Denied => {
                        tracing::warn!(server = %self.server, "refused a licence: {}", ratchet::DENIED);
                    }
                }
                Ok(None)
            }
            Ok(ServerCustomMessage::RequestEnrolmentToken) => Ok(self.token_requested(context)),
            Ok(ServerCustomMessage::DecisionsKept(kept)) => {
                self.decisions_kept(context, &kept).await?;
                Ok(None)
            }
            Ok(ServerCustomMessage::RequestInventory) => {
                self.send_inventory(context, Extent::Whole).await?;
                Ok(None)
            }
            Ok(ServerCustomMessage::Judge(judge)) => {
                self.rehearse(context, judge).await?;
                Ok(None)
            }
            Ok(ServerCustomMessage::NextCertificate(next)) => {
                self.next_announced(context, next).await?;
                Ok(None)
            }
            Err(error) => {
                tracing::warn!(server = %self.server, %error, "left a custom message alone");
                Ok(None)
            }
        }
    }

    /// The token travels in the header of a new connection, never in a message.
    fn token_requested(&self, context: &Context) -> Option<SessionEnd> {
        match ratchet::rule(self.trust, Wish::EnrolmentToken) {
            Ruling::Denied => {
                tracing::warn!(server = %self.server, "refused to send the enrolment token: {}", ratchet::DENIED);
                None
            }
            Ruling::Granted if self.credential == Credential::None && context.enrolment_token().is_some() => {
                Some(SessionEnd::Again)
            }
            Ruling::Granted => {
                tracing::info!(server = %self.server, "left a request for the enrolment token alone: it was sent, or there is none");
                None
            }
        }
    }

    async fn command_received(&mut self, context: &mut Context, command: Command) -> Handled {
        let (result, consequence) = commands::carry_out(context, self, command).await;
        match consequence {
            Consequence::Inventory => self.send_inventory(context, Extent::Whole).await?,
            Consequence::Forgotten => self.send_remembered(context).await?,
            Consequence::Report | Consequence::Deregister => {}
        }
        self.send_custom(&AgentCustomMessage::CommandResult(result)).await?;
        match consequence {
            Consequence::Deregister => Ok(Some(SessionEnd::Deregistered)),
            // What rests on it ends.
            Consequence::Forgotten if !context.still_allows(self).await => Ok(Some(SessionEnd::Again)),
            Consequence::Forgotten | Consequence::Report | Consequence::Inventory => Ok(None),
        }
    }
}
