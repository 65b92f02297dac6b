//! The conversation with one client.

use std::collections::BTreeSet;
use std::sync::Arc;

use countersign_agent::{ConnectionEvent, Prompt, Status};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::codec::{Framed, LinesCodec, LinesCodecError};

use super::answer::answer;
use super::host::Host;
use super::protocol::{
    Client, Event, Failure, FromServer, Hello, LONGEST_LINE, Presentation, Request, Topic, VERSION, Welcome,
};
use super::server::Limits;
use super::transport::Stream;

/// Why a conversation ends.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the client has left")]
    Left,
    #[error("the client says nothing")]
    Silent,
    #[error("the client does not read")]
    Slow,
    #[error("the client was not understood: {0}")]
    NotUnderstood(String),
    #[error("the connection failed: {0}")]
    Connection(#[from] LinesCodecError),
    #[error("what is to be said cannot be written: {0}")]
    Unspeakable(#[from] serde_json::Error),
}

pub(super) struct Session {
    lines: Framed<Stream, LinesCodec>,
    host: Arc<dyn Host>,
    limits: Limits,
}

/// Says why a client is not talked to.
pub(super) async fn refuse(stream: Stream, failure: Failure, limits: &Limits) {
    let mut lines = framed(stream);
    if let Err(end) = say(&mut lines, FromServer::Refused(failure), limits).await {
        tracing::debug!(%end, "a refusal was not heard");
    }
}

fn framed(stream: Stream) -> Framed<Stream, LinesCodec> {
    Framed::new(stream, LinesCodec::new_with_max_length(LONGEST_LINE))
}

async fn say(
    lines: &mut Framed<Stream, LinesCodec>,
    message: FromServer,
    limits: &Limits,
) -> Result<(), End> {
    let line = serde_json::to_string(&message)?;
    timeout(limits.to_read, lines.send(line)).await.map_err(|_| End::Slow)?.map_err(End::Connection)
}

impl Session {
    pub(super) fn new(stream: Stream, host: Arc<dyn Host>, limits: Limits) -> Self {
        Self { lines: framed(stream), host, limits }
    }

    pub(super) async fn run(mut self) {
        match self.converse().await {
            Ok(()) | Err(End::Left) => {}
            Err(end) => {
                tracing::debug!(%end, "a conversation on the control socket ends");
                if let End::NotUnderstood(detail) = end {
                    let refusal = FromServer::Refused(Failure::NotUnderstood { detail });
                    let _ = say(&mut self.lines, refusal, &self.limits).await;
                }
            }
        }
    }

    async fn converse(&mut self) -> Result<(), End> {
        let hello = timeout(self.limits.to_say_hello, self.hear()).await.map_err(|_| End::Silent)??;
        let hello: Hello = understand(&hello)?;
        if hello.version != VERSION {
            let versions = Failure::Version { server: VERSION, client: hello.version };
            return say(&mut self.lines, FromServer::Refused(versions), &self.limits).await;
        }
        let welcome = Welcome { version: VERSION, agent_version: env!("CARGO_PKG_VERSION").to_owned() };
        say(&mut self.lines, FromServer::Welcome(welcome), &self.limits).await?;
        let mut subscriptions = Subscriptions::default();
        loop {
            let message = tokio::select! {
                line = self.hear() => {
                    let request: Request = understand(&line?)?;
                    if let Request::Subscribe { topics } = &request {
                        subscriptions = Subscriptions::to(topics, hello.client, &*self.host);
                    }
                    FromServer::Response(self.answer(hello.client, request).await)
                }
                event = subscriptions.next() => FromServer::Event(event),
            };
            say(&mut self.lines, message, &self.limits).await?;
        }
    }

    async fn hear(&mut self) -> Result<String, End> {
        match self.lines.next().await {
            Some(Ok(line)) => Ok(line),
            Some(Err(LinesCodecError::MaxLineLengthExceeded)) => {
                Err(End::NotUnderstood(format!("a line is longer than {LONGEST_LINE} bytes")))
            }
            Some(Err(error)) => Err(error.into()),
            None => Err(End::Left),
        }
    }

    async fn answer(&self, client: Client, request: Request) -> Result<super::protocol::Response, Failure> {
        timeout(self.limits.to_answer, answer(&*self.host, client, request))
            .await
            .unwrap_or(Err(Failure::TimedOut))
    }
}

fn understand<T: serde::de::DeserializeOwned>(line: &str) -> Result<T, End> {
    serde_json::from_str(line).map_err(|error| End::NotUnderstood(error.to_string()))
}

/// What a client wants to hear of. Always the latest: a client that reads slowly misses what is over.
#[derive(Default)]
struct Subscriptions {
    status: Option<watch::Receiver<Status>>,
    question: Option<watch::Receiver<Option<Prompt>>>,
    history: Option<watch::Receiver<Arc<[ConnectionEvent]>>>,
    remembered: Option<watch::Receiver<()>>,
    present: Option<watch::Receiver<Option<Presentation>>>,
}

impl Subscriptions {
    fn to(topics: &BTreeSet<Topic>, client: Client, host: &dyn Host) -> Self {
        let wanted = |topic| topics.contains(&topic);
        let control = host.control();
        Self {
            status: wanted(Topic::Status).then(|| from_now(control.status())),
            question: wanted(Topic::Question).then(|| from_now(control.question())),
            history: wanted(Topic::History).then(|| from_now(control.history())),
            remembered: wanted(Topic::Remembered).then(|| from_now(control.remembered_changes())),
            present: match client {
                Client::Window { window } if wanted(Topic::Present) => {
                    host.presentations(window).map(from_now)
                }
                Client::Window { .. } | Client::CommandLine => None,
            },
        }
    }

    async fn next(&mut self) -> Event {
        loop {
            tokio::select! {
                status = changed(&mut self.status) => return Event::Status(Box::new(status)),
                question = changed(&mut self.question) => return Event::Question(question.map(Box::new)),
                history = changed(&mut self.history) => return Event::History(history.to_vec()),
                () = changed(&mut self.remembered) => return Event::Remembered,
                presentation = changed(&mut self.present) => {
                    if let Some(presentation) = presentation {
                        return Event::Present(presentation);
                    }
                }
            }
        }
    }
}

/// What is the case counts as the first change.
fn from_now<T>(mut receiver: watch::Receiver<T>) -> watch::Receiver<T> {
    receiver.mark_changed();
    receiver
}

/// Waits for ever when there is nothing to wait for, or nothing more will come.
async fn changed<T: Clone>(receiver: &mut Option<watch::Receiver<T>>) -> T {
    if let Some(receiver) = receiver
        && receiver.changed().await.is_ok()
    {
        return receiver.borrow_and_update().clone();
    }
    std::future::pending().await
}
