//! Holds a session: sends what is due, receives, notices when the server is gone.

use std::time::Duration;

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::opamp::{
    AgentToServer, CertificateRequest, ConnectionSettingsRequest, OpAmpConnectionSettingsRequest,
};
use countersign_protocol::{CertificateReport, FrameError, Inventory, ReportedDecision, frame};
use countersign_trust::{ConnectReason, display_text};
use futures_util::{SinkExt as _, StreamExt as _};
use thiserror::Error;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};

use super::permission_timer::PermissionTimer;
use super::reports::Extent;
use super::trial_watch::TrialWatch;
use super::{Credential, Session, SessionEnd};
use crate::client_identity::PendingIdentity;
use crate::inventory;
use crate::ratchet::{self, Ruling, Wish};
use crate::state::{Context, Recovery, Request};
use crate::status::BackOffReason;

/// How long the network may take to accept a message.
const TO_SEND: Duration = Duration::from_secs(10);
/// How long a close may take when the session ends in good order.
const TO_CLOSE: Duration = Duration::from_secs(2);
/// How often the age of the client certificate is looked at, and whether the inventory is still the same.
const RENEWAL_CHECK: Duration = Duration::from_hours(1);
/// After this many heartbeats without a sign of life the server counts as gone.
const SILENT_HEARTBEATS: u32 = 3;

/// Why something could not be sent.
#[derive(Debug, Error)]
pub(super) enum SendError {
    #[error("the connection broke: {0}")]
    Broken(#[from] tungstenite::Error),
    #[error("the network does not take more")]
    TimedOut,
    #[error("the message cannot be written: {0}")]
    Frame(#[from] FrameError),
    #[error("the message cannot be written: {0}")]
    Custom(#[from] countersign_protocol::custom::CustomMessageError),
}

impl From<SendError> for SessionEnd {
    fn from(error: SendError) -> Self {
        tracing::info!(%error, "the session ends");
        Self::Lost(BackOffReason::ConnectionLost)
    }
}

/// Holds the session until it ends.
pub(crate) async fn hold(context: &mut Context, mut session: Session) -> SessionEnd {
    // What was allowed may have been forgotten, or be over, while the session was opened.
    if !context.still_allows(&session).await {
        session.close().await;
        return SessionEnd::Again;
    }
    context.session_stands(session.trust).await;
    let end = match greet(context, &mut session).await {
        Ok(()) => converse(context, &mut session).await,
        Err(error) => error.into(),
    };
    if !matches!(end, SessionEnd::Lost(_) | SessionEnd::ServerRestarting) {
        session.close().await;
    }
    end
}

/// Introduces the agent, reports what it found, and asks for a certificate if it needs one.
async fn greet(context: &mut Context, session: &mut Session) -> Result<(), SendError> {
    let inventory = collect_inventory().await;
    session.send_full_state(context, &inventory).await?;
    let report = CertificateReport {
        assessment: session.assessment.clone(),
        action: context.action(),
        trust: session.trust,
        decision: match session.reason {
            ConnectReason::Valid => ReportedDecision::Valid,
            ConnectReason::Remembered | ConnectReason::Announced => ReportedDecision::AllowedByPerson,
            ConnectReason::AllowedByProfile => ReportedDecision::AllowedByProfile,
        },
        judged_at: Some(session.judged_at),
    };
    session.send_custom(&AgentCustomMessage::CertificateReport(Box::new(report))).await?;
    // It follows when the server has said what it understands.
    session.inventory = Some(Box::new(inventory));
    session.ask_for_certificate(context).await
}

async fn converse(context: &mut Context, session: &mut Session) -> SessionEnd {
    let mut heard = Instant::now();
    let mut next_heartbeat = heard + session.heartbeat;
    let mut next_renewal_check = heard + RENEWAL_CHECK;
    let mut permission = PermissionTimer::default();
    let mut trial = TrialWatch::default();
    let mut remembered_changes = context.remembered.changes();
    loop {
        context.show_trust(session).await;
        permission.set(context.permission_ends(session).await, context.clock.as_ref());
        trial.follow(context);
        let gone = heard + session.heartbeat * SILENT_HEARTBEATS;
        tokio::select! {
            received = session.socket.next() => {
                heard = Instant::now();
                context.heard_of_server();
                match session.received(context, received).await {
                    Ok(None) => {}
                    Ok(Some(end)) => return end,
                    Err(error) => return error.into(),
                }
            }
            request = context.next_request() => match request {
                Request::Connect | Request::Review => {}
                Request::PermissionsChanged => {
                    if !context.still_allows(session).await {
                        return SessionEnd::Again;
                    }
                }
                Request::Recover(request) => {
                    if context.recover(request).await == Recovery::Taken
                        && (context.server().as_ref() != Some(&session.server)
                            || !context.still_allows(session).await)
                    {
                        return SessionEnd::Again;
                    }
                }
                Request::Answer(answer) => answer.decline(),
                Request::ConnectTo { server, reply } => {
                    if server != session.server {
                        return SessionEnd::ConnectTo { server, reply };
                    }
                    context.choose_server(&server, reply);
                }
                Request::Disconnect => return SessionEnd::Disconnect,
                Request::Shutdown => return SessionEnd::Shutdown,
            },
            Ok(()) = remembered_changes.changed() => {
                if let Err(error) = session.send_remembered(context).await {
                    return error.into();
                }
            }
            () = permission.due() => {
                permission = PermissionTimer::default();
                if !context.still_allows(session).await {
                    tracing::info!(server = %session.server, "the time for which the certificate was allowed is over");
                    return SessionEnd::Again;
                }
            }
            event = trial.event() => match session.trial_event(context, &mut trial, event).await {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(error) => return error.into(),
            },
            () = tokio::time::sleep_until(next_heartbeat.min(gone)) => {
                if Instant::now() >= gone {
                    tracing::info!(server = %session.server, "no sign of life from the server; the session ends");
                    return SessionEnd::Lost(BackOffReason::ConnectionLost);
                }
                next_heartbeat = Instant::now() + session.heartbeat;
                // A computer that slept has slept through the pause as well.
                if !context.still_allows(session).await {
                    return SessionEnd::Again;
                }
                if let Err(error) = session.send_heartbeat().await {
                    return error.into();
                }
            }
            () = tokio::time::sleep_until(next_renewal_check) => {
                next_renewal_check = Instant::now() + RENEWAL_CHECK;
                if let Err(error) = session.ask_for_certificate(context).await {
                    return error.into();
                }
                if let Err(error) = session.send_inventory(context, Extent::ChangesThatMatter).await {
                    return error.into();
                }
            }
        }
        // A profile may have changed the interval.
        next_heartbeat = next_heartbeat.min(Instant::now() + session.heartbeat);
    }
}

/// Reads files of the system, on a thread for that.
pub(super) async fn collect_inventory() -> Inventory {
    match tokio::task::spawn_blocking(inventory::collect).await {
        Ok(inventory) => inventory,
        // Only when the runtime is being shut down.
        Err(error) => {
            tracing::warn!(%error, "the inventory could not be collected");
            inventory::collect()
        }
    }
}

impl Session {
    pub(super) async fn send_full_state(
        &mut self,
        context: &Context,
        inventory: &Inventory,
    ) -> Result<(), SendError> {
        let profile = context.signed_profile().map(|profile| (profile, context.profile_outcome()));
        let message = self.outbox.full_state(inventory, profile, context.started_at, context.clock.now());
        self.send(message).await
    }

    pub(super) async fn send_custom(&mut self, message: &AgentCustomMessage) -> Result<(), SendError> {
        let message = self.outbox.custom(message)?;
        self.send(message).await
    }

    async fn send_heartbeat(&mut self) -> Result<(), SendError> {
        let message = self.outbox.message();
        self.send(message).await?;
        // The answer to it shows that the server is there: a server need not answer a heartbeat.
        self.write(Message::Ping(tungstenite::Bytes::new())).await
    }

    pub(super) async fn send(&mut self, message: AgentToServer) -> Result<(), SendError> {
        let frame = frame::encode_agent_to_server(&message)?;
        self.write(Message::Binary(frame.into())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), SendError> {
        match tokio::time::timeout(TO_SEND, self.socket.send(message)).await {
            Ok(sent) => Ok(sent?),
            Err(_) => Err(SendError::TimedOut),
        }
    }

    /// Sends a certificate signing request when there is no client certificate, or one that is old.
    async fn ask_for_certificate(&mut self, context: &mut Context) -> Result<(), SendError> {
        if self.pending_identity.is_some() || ratchet::rule(self.trust, Wish::Enrol) == Ruling::Denied {
            return Ok(());
        }
        if self.credential == Credential::ClientCertificate
            && !context.client_certificate_is_due_for_renewal()
        {
            return Ok(());
        }
        let made = PendingIdentity::generate()
            .and_then(|pending| pending.request(context.kept.instance_uid).map(|request| (pending, request)));
        let (pending, request) = match made {
            Ok(made) => made,
            Err(error) => {
                tracing::error!(%error, "this computer cannot ask for a client certificate");
                return Ok(());
            }
        };
        self.pending_identity = Some(pending);
        let message = AgentToServer {
            connection_settings_request: Some(ConnectionSettingsRequest {
                opamp: Some(OpAmpConnectionSettingsRequest {
                    certificate_request: Some(CertificateRequest { csr: request.into_bytes() }),
                }),
            }),
            ..self.outbox.message()
        };
        self.send(message).await
    }

    async fn received(
        &mut self,
        context: &mut Context,
        received: Option<Result<Message, tungstenite::Error>>,
    ) -> Result<Option<SessionEnd>, SendError> {
        let message = match received {
            Some(Ok(message)) => message,
            Some(Err(error)) => {
                tracing::info!(server = %self.server, %error, "the session ends");
                let reason = if let tungstenite::Error::Capacity(error) = error {
                    BackOffReason::ProtocolError { detail: display_text(&error.to_string()) }
                } else {
                    BackOffReason::ConnectionLost
                };
                return Ok(Some(SessionEnd::Lost(reason)));
            }
            None => return Ok(Some(SessionEnd::Lost(BackOffReason::ConnectionLost))),
        };
        match message {
            Message::Binary(bytes) => match frame::decode_server_to_agent(&bytes) {
                Ok(message) => self.obey(context, message).await,
                Err(error) => Ok(Some(self.broken_protocol(&error.to_string()))),
            },
            Message::Text(_) => {
                Ok(Some(self.broken_protocol("a text message came where OpAMP has binary ones only")))
            }
            Message::Close(frame) => Ok(Some(closed(frame.as_ref()))),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(None),
        }
    }

    fn broken_protocol(&self, detail: &str) -> SessionEnd {
        tracing::warn!(server = %self.server, detail, "the server broke the protocol; the session ends");
        SessionEnd::Lost(BackOffReason::ProtocolError { detail: display_text(detail) })
    }

    /// Says goodbye. Whether the server hears it changes nothing.
    async fn close(&mut self) {
        let goodbye = self.outbox.disconnect();
        let said = tokio::time::timeout(TO_CLOSE, async {
            self.send(goodbye).await?;
            self.socket.close(None).await?;
            Ok::<(), SendError>(())
        });
        if let Ok(Err(error)) = said.await {
            tracing::debug!(%error, "the session could not be closed in good order");
        }
    }
}

fn closed(frame: Option<&CloseFrame>) -> SessionEnd {
    match frame {
        Some(frame) if frame.code == CloseCode::Restart => SessionEnd::ServerRestarting,
        Some(frame) => {
            tracing::info!(code = %frame.code, reason = display_text(&frame.reason), "the server closed the session");
            SessionEnd::Lost(BackOffReason::ConnectionLost)
        }
        None => SessionEnd::Lost(BackOffReason::ConnectionLost),
    }
}
