//! A running agent, for those who see and steer it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign_protocol::{RecoveryDocument, SessionTrust};
use countersign_trust::{Fingerprint, ServerAddress};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::agent::Interruption;
use crate::clock::Clock;
use crate::configuration::CommandLineAnswers;
use crate::desktop::{Answer, Prompt};
use crate::history::ConnectionEvent;
use crate::recovery::RecoveryTaken;
use crate::remembered::{RememberedCertificates, RememberedList, RememberedStanding};
use crate::request_error::RequestError;
use crate::state::{AnswerRequest, RecoverRequest, RecoveryWish, Reply, Request};
use crate::status::Status;

/// How long the agent may take to say goodbye.
const TO_SHUT_DOWN: Duration = Duration::from_secs(4);

/// A running agent. Dropping the handle lets it run on; [`AgentHandle::shutdown`] ends it.
pub struct AgentHandle {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) question: watch::Receiver<Option<Prompt>>,
    pub(crate) history: watch::Receiver<Arc<[ConnectionEvent]>>,
    pub(crate) interruption: watch::Sender<Option<Interruption>>,
    pub(crate) remembered: RememberedCertificates,
    pub(crate) clock: Arc<dyn Clock>,
    /// The server, where the machine's configuration names it.
    pub(crate) pinned: Option<ServerAddress>,
    pub(crate) command_line_answers: CommandLineAnswers,
    pub(crate) task: Mutex<Option<JoinHandle<()>>>,
}

impl AgentHandle {
    /// What the agent is doing, now and whenever it changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// The open question, whoever shows it.
    #[must_use]
    pub fn question(&self) -> watch::Receiver<Option<Prompt>> {
        self.question.clone()
    }

    /// What happened to the connection, the newest last: [`crate::MAXIMUM_EVENTS`] at most.
    #[must_use]
    pub fn history(&self) -> watch::Receiver<Arc<[ConnectionEvent]>> {
        self.history.clone()
    }

    /// Connects now; asks again if the certificate is still invalid.
    pub fn connect(&self) {
        self.request(Request::Connect);
    }

    /// Ends the connection, or the attempts to make one.
    pub fn disconnect(&self) {
        // First, so that the request itself finds the agent disconnected already.
        self.interruption.send_replace(Some(Interruption::Disconnect));
        self.request(Request::Disconnect);
    }

    /// Asks the open question again.
    pub fn review(&self) {
        self.request(Request::Review);
    }

    /// Answers the open question in the place of the dialog, if it is about exactly this certificate and the machine's
    /// configuration permits it.
    pub async fn answer(&self, fingerprint: Fingerprint, answer: Answer) -> Result<(), RequestError> {
        match self.command_line_answers {
            CommandLineAnswers::Permitted => {}
            CommandLineAnswers::Forbidden => return Err(RequestError::AnswersForbidden),
        }
        self.ask(|reply| Request::Answer(AnswerRequest { fingerprint, answer, reply })).await
    }

    /// What the person has allowed and not forgotten.
    pub async fn remembered(&self) -> RememberedList {
        let (server, options) = {
            let status = self.status.borrow();
            (status.server.clone(), status.profile.remember)
        };
        let mut list = self.remembered.list(server.as_ref(), options, self.clock.now()).await;
        let status = self.status.borrow();
        let in_use = status.server.as_ref().filter(|_| status.trust == Some(SessionTrust::Remembered));
        for entry in &mut list.entries {
            if Some(&entry.certificate.server) == in_use {
                entry.standing = RememberedStanding::InUse;
            }
        }
        list
    }

    /// Changes whenever something is allowed, used or forgotten. What a session rests on is in the status.
    #[must_use]
    pub fn remembered_changes(&self) -> watch::Receiver<()> {
        self.remembered.changes()
    }

    /// Forgets what was allowed for a server. A session that rests on it ends at once. The error says that the keychain
    /// still holds it; it does not count all the same.
    pub async fn forget(&self, server: ServerAddress) -> Result<(), RequestError> {
        let removal = self.remembered.forget(&server);
        self.permissions_have_changed().await;
        removal.await.map_err(|error| RequestError::NotRemoved { reason: error.to_string() })
    }

    /// Forgets everything that was allowed, and returns for how many servers that was.
    pub async fn forget_all(&self) -> Result<usize, RequestError> {
        let removal = self.remembered.forget_all();
        self.permissions_have_changed().await;
        removal.await.map_err(|error| RequestError::NotRemoved { reason: error.to_string() })
    }

    /// Connects to another server, now and from the next start on. Not possible where the machine's configuration names
    /// the server. Neither the token nor the identity of the configured server is used for it.
    pub async fn connect_to(&self, server: ServerAddress) -> Result<(), RequestError> {
        match &self.pinned {
            Some(pinned) if *pinned == server => {
                self.connect();
                Ok(())
            }
            Some(pinned) => Err(RequestError::Pinned { server: pinned.clone() }),
            None => self.ask(|reply| Request::ConnectTo { server, reply }).await,
        }
    }

    /// Takes a recovery file of the server: what it allows holds from now on, and the agent connects.
    pub async fn recover(&self, file: String) -> Result<RecoveryTaken, RequestError> {
        self.about_recovery_file(file, RecoveryWish::Take).await
    }

    /// Says what a recovery file of the server would do, and does nothing of it. The error says why it would not be taken.
    pub async fn examine_recovery_file(&self, file: String) -> Result<RecoveryDocument, RequestError> {
        self.about_recovery_file(file, RecoveryWish::Examine).await
    }

    async fn about_recovery_file<Told>(
        &self,
        file: String,
        wish: impl FnOnce(oneshot::Sender<Result<Told, RequestError>>) -> RecoveryWish,
    ) -> Result<Told, RequestError> {
        let (reply, replied) = oneshot::channel();
        let request = Request::Recover(RecoverRequest::Opened { file, wish: wish(reply) });
        self.requests.send(request).await.map_err(|_| RequestError::Ended)?;
        replied.await.map_err(|_| RequestError::Ended)?
    }

    fn request(&self, request: Request) {
        if let Err(error) = self.requests.try_send(request) {
            tracing::warn!(%error, "the agent does not take requests at the moment");
        }
    }

    async fn permissions_have_changed(&self) {
        // An agent that has ended holds no session.
        let _ = self.requests.send(Request::PermissionsChanged).await;
    }

    /// Waits for the answer, which is there at once except while the agent opens a session or looks again at a server.
    async fn ask(&self, request: impl FnOnce(Reply) -> Request) -> Result<(), RequestError> {
        let (reply, replied) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| RequestError::Ended)?;
        replied.await.map_err(|_| RequestError::Ended)?
    }

    /// Ends the session in good order and then the agent. Returns after a few seconds at most.
    pub async fn shutdown(&self) {
        let Some(mut task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.interruption.send_replace(Some(Interruption::Shutdown));
        let ended = tokio::time::timeout(TO_SHUT_DOWN, async {
            // An agent that has ended already takes no requests.
            let _ = self.requests.send(Request::Shutdown).await;
            (&mut task).await
        });
        match ended.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the agent ended with an error"),
            Err(_) => {
                tracing::warn!("the agent did not end in time and is stopped");
                task.abort();
            }
        }
    }
}
