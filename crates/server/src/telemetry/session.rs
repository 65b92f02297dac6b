//! Holds an OpAMP session with one endpoint.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::opamp::ServerToAgent;
use countersign_protocol::{InstanceUid, frame};
use countersign_trust::{InvalidCertificateAction, ProblemKind};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(super) use super::ending::End;
use super::ending::{close_frame, come_back, error_response};
use super::http::{Admission, Credential};
use super::presence::{CloseReason, Place, Wake};
use super::rehearsing::Rehearses;
use super::reports::reports_something;
use super::socket::Socket;
use super::{Telemetry, comeback};
use crate::authority::ClientKey;
use crate::endpoint_control::NotValidating;
use crate::served_certificate::Generation;
use crate::store::{Departure, RingTrial, Standing};

/// How often it is tried to keep that an endpoint has gone: nobody else would, and it would look connected.
const ATTEMPTS_TO_LEAVE: u32 = 3;
/// How long to wait in between. Together it is less than the server takes to stop.
const BEFORE_LEAVING_AGAIN: Duration = Duration::from_secs(2);

/// How long an agent may take to introduce itself.
const TO_INTRODUCE: Duration = Duration::from_secs(30);
/// How long the network may take to accept a message.
const TO_SEND: Duration = Duration::from_secs(10);
/// How long an agent may take to answer a close.
const TO_CLOSE: Duration = Duration::from_secs(1);
/// After how many heartbeats of silence the server asks for a sign of life.
const ASK_AFTER: u32 = 2;
/// After how many heartbeats of silence the endpoint counts as offline.
const GONE_AFTER: u32 = 3;
/// A session with one agent.
pub(super) struct Session {
    /// Told from every other session, of any endpoint.
    pub(super) id: Uuid,
    pub(super) telemetry: Arc<Telemetry>,
    socket: Socket<TlsStream<TcpStream>>,
    pub(super) peer: SocketAddr,
    pub(super) credential: Credential,
    /// The client certificate that this session has shown, or that was issued in it.
    pub(super) client_key: Option<ClientKey>,
    /// Of the certificate that the agent was shown, or an earlier one.
    pub(super) generation: Generation,
    /// Known once the agent has introduced itself.
    pub(super) place: Option<Place>,
    pub(super) endpoint: Option<InstanceUid>,
    pub(super) introduction: FirstMessage,
    pub(super) next_sequence_number: u64,
    /// The hash of the profile that was sent last.
    pub(super) offered: Option<Vec<u8>>,
    /// The trial that is in that profile.
    pub(super) trial: Option<RingTrial>,
    /// The one that the endpoint was to be offered when the session began: of that one, and of no later one, the session can show
    /// that it was passed.
    pub(super) trial_at_first: Option<RingTrial>,
    pub(super) capabilities: u64,
    pub(super) speaks: Speaks,
    pub(super) rehearses: Rehearses,
    /// Of the profile that the endpoint was given last.
    pub(super) assigned_action: InvalidCertificateAction,
    /// Why it is not known that the agent validates certificates, if that is so.
    pub(super) not_validating: Option<NotValidating>,
    /// The commands that were sent in this session.
    pub(super) sent: Vec<Uuid>,
    pub(super) heartbeat: Duration,
}

/// Whether the agent is one of Countersign, which understands its custom messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    Countersign,
    OpAmpOnly,
}

/// Whether an agent was asked to begin with its full state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstMessage {
    Awaited,
    AskedFor,
}

/// Holds the session until it ends, and keeps why it did.
pub(super) async fn hold(telemetry: Arc<Telemetry>, admission: Box<Admission>, stop: CancellationToken) {
    let Admission { socket, peer, credential, generation } = *admission;
    let client_key = match &credential {
        Credential::Certificate(_, key) => Some(key.clone()),
        Credential::Token => None,
    };
    let mut session = Session {
        id: Uuid::now_v7(),
        telemetry,
        socket,
        peer,
        credential,
        client_key,
        generation,
        place: None,
        endpoint: None,
        introduction: FirstMessage::Awaited,
        next_sequence_number: 0,
        offered: None,
        trial: None,
        trial_at_first: None,
        capabilities: 0,
        speaks: Speaks::OpAmpOnly,
        rehearses: Rehearses::default(),
        assigned_action: InvalidCertificateAction::default(),
        not_validating: None,
        sent: Vec::new(),
        heartbeat: Duration::from_secs(u64::from(countersign_protocol::profile::DEFAULT_HEARTBEAT_SECONDS)),
    };
    let end = session.converse(&stop).await;
    Box::pin(session.finish(end)).await;
}

/// What happens in a session.
enum Event {
    Received(Option<Result<Message, tungstenite::Error>>),
    Woken(Wake),
    Time,
}

impl Session {
    async fn converse(&mut self, stop: &CancellationToken) -> End {
        let opened = Instant::now();
        let mut heard = opened;
        let mut asked = false;
        loop {
            let deadline = match (&self.place, asked) {
                // Whatever else it sends meanwhile.
                (None, _) => opened + TO_INTRODUCE,
                (Some(_), false) => heard + self.heartbeat * ASK_AFTER,
                (Some(_), true) => heard + self.heartbeat * GONE_AFTER,
            };
            let event = tokio::select! {
                received = self.socket.next() => Event::Received(received),
                wake = next_wake(self.place.as_ref()) => Event::Woken(wake),
                () = tokio::time::sleep_until(deadline) => Event::Time,
                () = stop.cancelled() => Event::Woken(Wake::Close(CloseReason::Shutdown)),
            };
            // On the heap, and only while something happens: an idle session stays small.
            let handled = match event {
                Event::Received(received) => {
                    heard = Instant::now();
                    asked = false;
                    Box::pin(self.received(received)).await
                }
                Event::Woken(wake) => Box::pin(self.woken(wake)).await,
                Event::Time if asked || self.place.is_none() => Err(End::Silent),
                Event::Time => {
                    asked = true;
                    self.write(Message::Ping(tungstenite::Bytes::new())).await
                }
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    async fn received(&mut self, received: Option<Result<Message, tungstenite::Error>>) -> Result<(), End> {
        if let Some(place) = &self.place {
            place.heard(self.telemetry.clock.now());
        }
        if let Some(endpoint) = self.known() {
            self.telemetry
                .endpoint_limits
                .message(endpoint, self.telemetry.clock.now())
                .map_err(End::TooMuch)?;
        }
        let message = match received {
            Some(Ok(message)) => message,
            Some(Err(tungstenite::Error::Capacity(error))) => return Err(End::Protocol(error.to_string())),
            Some(Err(tungstenite::Error::Protocol(error))) => return Err(End::Protocol(error.to_string())),
            Some(Err(error)) => return Err(End::Lost(Some(error))),
            None => return Err(End::Lost(None)),
        };
        if message.is_binary() {
            self.telemetry.metrics.messages.inc();
        }
        match message {
            Message::Binary(bytes) => match frame::decode_agent_to_server(&bytes) {
                Ok(message) => {
                    if let Some(endpoint) = self.known().filter(|_| reports_something(&message)) {
                        let now = self.telemetry.clock.now();
                        self.telemetry
                            .endpoint_limits
                            .report(endpoint, bytes.len(), now)
                            .map_err(End::TooMuch)?;
                    }
                    self.heed(message).await
                }
                Err(error) => Err(End::Protocol(error.to_string())),
            },
            Message::Text(_) => {
                Err(End::Protocol("a text message came where OpAMP has binary ones only".to_owned()))
            }
            Message::Close(_) => Err(End::Goodbye),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    /// The endpoint, as soon as it is known which one it is.
    fn known(&self) -> Option<InstanceUid> {
        match &self.credential {
            Credential::Certificate(endpoint, _) => Some(*endpoint),
            Credential::Token => self.endpoint,
        }
    }

    pub(super) async fn send(&mut self, mut message: ServerToAgent) -> Result<(), End> {
        if let Some(endpoint) = self.endpoint {
            message.instance_uid = endpoint.to_bytes();
        }
        match frame::encode_server_to_agent(&message) {
            Ok(frame) => self.write(Message::Binary(frame.into())).await,
            Err(error) => {
                tracing::error!(peer = %self.peer, %error, "a message could not be written; it is not sent");
                Ok(())
            }
        }
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match tokio::time::timeout(TO_SEND, self.socket.send(message)).await {
            Ok(sent) => sent.map_err(|error| End::Lost(Some(error))),
            Err(_) => Err(End::Lost(None)),
        }
    }

    /// Says why, closes, and keeps the reason with the endpoint.
    async fn finish(mut self, end: End) {
        let end = self.explained(end).await;
        if let End::TooMuch(_) = &end {
            self.telemetry.metrics.sent_away.inc();
        }
        let endpoint = self.endpoint.map(|endpoint| endpoint.to_string()).unwrap_or_default();
        match &end {
            End::Protocol(_) => tracing::warn!(peer = %self.peer, endpoint, "{end}; the session is closed"),
            End::Store(_) => tracing::error!(peer = %self.peer, endpoint, "{end} The session is closed"),
            End::Lost(_)
            | End::Silent
            | End::Goodbye
            | End::Denied(_)
            | End::Asked(_)
            | End::NotValidating(_)
            | End::Closed(_)
            | End::Renamed
            | End::Deregistered
            | End::TooMuch(_) => {
                tracing::info!(peer = %self.peer, endpoint, "a session has ended: {end}");
            }
        }
        if let End::NotValidating(_) = &end {
            // Before it is told: one that comes back at once would be taken for a copy of itself.
            self.leave(&end).await;
        }
        let stay_away = if let End::Closed(CloseReason::Shutdown | CloseReason::CertificateChanged) = &end {
            comeback::stay_away(self.telemetry.presence.sent_away(), self.id)
        } else {
            None
        };
        if let Some(error) = error_response(&end).or_else(|| stay_away.map(come_back)) {
            // The agent may be gone already.
            let _ =
                self.send(ServerToAgent { error_response: Some(error), ..ServerToAgent::default() }).await;
        }
        if let Some(frame) = close_frame(&end) {
            let closed = async {
                self.socket.close(frame).await?;
                while let Some(message) = self.socket.next().await {
                    if message.is_err() {
                        // Bytes that are left unread would make the system reset the connection, and some systems then
                        // drop what the agent has not read yet: the reason.
                        self.socket.drain().await?;
                        break;
                    }
                }
                Ok::<(), tungstenite::Error>(())
            };
            if let Ok(Err(error)) = tokio::time::timeout(TO_CLOSE, closed).await {
                tracing::debug!(peer = %self.peer, %error, "a session could not be closed in good order");
            }
        }
        self.leave(&end).await;
    }

    /// An agent does not say why it says goodbye; what it reported before may tell.
    async fn explained(&self, end: End) -> End {
        let (End::Goodbye, Some(endpoint)) = (&end, self.endpoint) else { return end };
        let codes = |kinds: &BTreeSet<ProblemKind>| {
            kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        match self.telemetry.store.departure(endpoint).await {
            Ok(None) => end,
            Ok(Some(Departure::Refused(kinds))) => End::Denied(codes(&kinds)),
            Ok(Some(Departure::Asked(kinds))) => End::Asked(codes(&kinds)),
            Err(error) => {
                tracing::error!(%endpoint, %error, "it could not be found out why an agent said goodbye");
                end
            }
        }
    }

    async fn leave(&self, end: &End) {
        let (Some(place), Some(endpoint)) = (&self.place, self.endpoint) else { return };
        let standing = match end {
            End::Denied(_) => Some(Standing::Refused),
            End::Asked(_) => Some(Standing::Asked),
            End::NotValidating(_) => Some(Standing::TooOld),
            End::Lost(_)
            | End::Silent
            | End::Goodbye
            | End::Closed(_)
            | End::Protocol(_)
            | End::Renamed
            | End::Deregistered
            | End::TooMuch(_)
            | End::Store(_) => None,
        };
        // Before it leaves, so that nobody sees it offline with the reason of an earlier time.
        let store = &self.telemetry.store;
        let reason = end.to_string();
        let now = self.telemetry.clock.now();
        let certificate_changed_at =
            matches!(end, End::Closed(CloseReason::CertificateChanged)).then_some(now);
        for attempt in 1..=ATTEMPTS_TO_LEAVE {
            let seen = place.last_seen();
            match store.went_offline(endpoint, self.id, &reason, standing, seen, certificate_changed_at).await
            {
                Ok(()) => break,
                Err(error) => {
                    tracing::error!(%endpoint, %error, attempt, "it could not be kept that an endpoint is offline");
                    if attempt < ATTEMPTS_TO_LEAVE {
                        tokio::time::sleep(BEFORE_LEAVING_AGAIN).await;
                    }
                }
            }
        }
        if let Err(error) = store.keep_session_end(endpoint, place.entered_at(), &reason, now).await {
            tracing::warn!(%endpoint, %error, "the end of a session is missing in the history of the endpoint");
        }
        self.telemetry.presence.leave(place);
    }
}

async fn next_wake(place: Option<&Place>) -> Wake {
    match place {
        Some(place) => place.next_wake().await,
        None => std::future::pending().await,
    }
}
