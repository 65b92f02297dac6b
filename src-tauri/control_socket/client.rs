//! Talks to the running instance.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use tokio::time::timeout;
use tokio_util::codec::{Framed, LinesCodec};

use super::protocol::{
    Client, Event, Failure, FromServer, Hello, LONGEST_LINE, Request, Response, VERSION, Welcome,
};
use super::transport::{self, Stream};

/// How long the instance may take to be there.
const TO_CONNECT: Duration = Duration::from_secs(5);
/// How long a request may take. Longer than the instance allows itself, so that it is the one to say so.
const TO_ANSWER: Duration = Duration::from_secs(15);

/// Why the instance does not do what it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is none.
    #[error("Countersign is not running. Start it from the menu of the desktop, or with “countersign run”.")]
    NotRunning,
    /// It is there and says nothing.
    #[error("The running instance of Countersign does not answer. End it and start it again if that lasts.")]
    Silent,
    /// It has ended.
    #[error("The running instance of Countersign has ended.")]
    Ended,
    /// It says what cannot be understood.
    #[error(
        "The running instance of Countersign says what this program does not understand: {detail}. Quit it and start it again."
    )]
    NotUnderstood {
        /// What is wrong.
        detail: String,
    },
    /// Something is wrong with the connection.
    #[error("The running instance of Countersign cannot be reached: {0}.")]
    Connection(io::Error),
    /// It does not do it.
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// A connection to the running instance.
pub struct ControlClient {
    lines: Framed<Stream, LinesCodec>,
    events: VecDeque<Event>,
    welcome: Welcome,
}

impl ControlClient {
    /// Connects to the instance whose socket is in `directory`.
    pub async fn connect(directory: &Path, client: Client) -> Result<Self, ClientError> {
        timeout(TO_CONNECT, Self::try_connect(directory, client)).await.unwrap_or(Err(ClientError::Silent))
    }

    async fn try_connect(directory: &Path, client: Client) -> Result<Self, ClientError> {
        let stream = transport::connect(directory).await.map_err(|error| {
            // A socket that nobody serves was left behind by a process that was killed.
            let nobody = [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused].contains(&error.kind());
            if nobody { ClientError::NotRunning } else { ClientError::Connection(error) }
        })?;
        let mut lines = Framed::new(stream, LinesCodec::new_with_max_length(LONGEST_LINE));
        say(&mut lines, &Hello { version: VERSION, client }).await?;
        match hear(&mut lines).await? {
            FromServer::Welcome(welcome) => Ok(Self { lines, events: VecDeque::new(), welcome }),
            FromServer::Refused(failure) => Err(failure.into()),
            FromServer::Response(_) | FromServer::Event(_) => Err(out_of_turn()),
        }
    }

    /// What the instance said first.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// Asks for something. After an error that is not a [`ClientError::Failure`] the connection is of no use any more.
    pub async fn request(&mut self, request: &Request) -> Result<Response, ClientError> {
        let answered = timeout(TO_ANSWER, async {
            say(&mut self.lines, request).await?;
            loop {
                match hear(&mut self.lines).await? {
                    FromServer::Response(response) => return Ok(response?),
                    FromServer::Event(event) => self.events.push_back(event),
                    FromServer::Refused(failure) => return Err(failure.into()),
                    FromServer::Welcome(_) => return Err(out_of_turn()),
                }
            }
        });
        answered.await.unwrap_or(Err(ClientError::Silent))
    }

    /// The next event of those that were subscribed to. Waits for it without a limit. May be dropped at any time.
    pub async fn event(&mut self) -> Result<Event, ClientError> {
        if let Some(event) = self.events.pop_front() {
            return Ok(event);
        }
        match hear(&mut self.lines).await? {
            FromServer::Event(event) => Ok(event),
            FromServer::Refused(failure) => Err(failure.into()),
            FromServer::Welcome(_) | FromServer::Response(_) => Err(out_of_turn()),
        }
    }
}

fn out_of_turn() -> ClientError {
    ClientError::NotUnderstood { detail: "an answer out of turn".to_owned() }
}

async fn say(lines: &mut Framed<Stream, LinesCodec>, message: &impl Serialize) -> Result<(), ClientError> {
    let line = serde_json::to_string(message).map_err(|error| not_understood(&error))?;
    lines.send(line).await.map_err(|_| ClientError::Ended)
}

async fn hear(lines: &mut Framed<Stream, LinesCodec>) -> Result<FromServer, ClientError> {
    match lines.next().await {
        Some(Ok(line)) => serde_json::from_str(&line).map_err(|error| not_understood(&error)),
        Some(Err(error)) => Err(not_understood(&error)),
        None => Err(ClientError::Ended),
    }
}

fn not_understood(error: &dyn std::fmt::Display) -> ClientError {
    ClientError::NotUnderstood { detail: error.to_string() }
}
