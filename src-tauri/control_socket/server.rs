//! Serves the control socket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::host::Host;
use super::instance::Instance;
use super::protocol::Failure;
use super::session::{self, Session};
use super::transport::{Admission, Listener, Peer, Stream};

/// What a client may take at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many may be connected.
    pub clients: usize,
    /// How long it may take to say hello.
    pub to_say_hello: Duration,
    /// How long a request may take.
    pub to_answer: Duration,
    /// How long it may take to read a line.
    pub to_read: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients: 32,
            to_say_hello: Duration::from_secs(5),
            // The agent may be in the middle of a look at a silent server, which takes up to 25 seconds.
            to_answer: Duration::from_secs(30),
            to_read: Duration::from_secs(5),
        }
    }
}

/// How long to wait after the system did not hand over a client, for example because too many files are open.
const AFTER_AN_ERROR: Duration = Duration::from_millis(500);
/// How long the sessions may take to end.
const TO_END: Duration = Duration::from_secs(1);

/// The control socket as it is served. Dropping it ends that, and with it the windows.
#[derive(Debug)]
pub struct ControlServer {
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl ControlServer {
    /// Starts to serve. Has to be called within a tokio runtime.
    pub fn start(instance: &Instance, host: Arc<dyn Host>, limits: Limits) -> io::Result<Self> {
        let listener = Listener::bind(instance)?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(listener, host, limits, stop.clone()));
        Ok(Self { stop, task: Some(task) })
    }

    /// Ends all connections and removes the socket. Takes a second at most.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take()
            && tokio::time::timeout(TO_END, task).await.is_err()
        {
            tracing::warn!("the control socket was not closed in time");
        }
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn serve(listener: Listener, host: Arc<dyn Host>, limits: Limits, stop: CancellationToken) {
    // Aborted when dropped.
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = sessions.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    if let Some(stream) = admit(stream, peer, sessions.len(), &limits).await {
                        sessions.spawn(Session::new(stream, Arc::clone(&host), limits).run());
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket takes no client at the moment");
                    tokio::time::sleep(AFTER_AN_ERROR).await;
                }
            },
        }
    }
}

/// Nothing for who is not talked to.
async fn admit(stream: Stream, peer: Peer, connected: usize, limits: &Limits) -> Option<Stream> {
    if peer.admission() == Admission::Refused {
        // Not a word: they are not supposed to know the way here.
        tracing::warn!(?peer, "another user connected to the control socket and was turned away");
        return None;
    }
    if connected >= limits.clients {
        tracing::warn!(connected, "too many clients of the control socket");
        session::refuse(stream, Failure::Busy, limits).await;
        return None;
    }
    Some(stream)
}
