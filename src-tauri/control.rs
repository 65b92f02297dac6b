//! What the desktop app asks of the agent. A trait, so that the app also runs on scripted statuses.

use std::sync::Arc;

use async_trait::async_trait;
use countersign_agent::{
    AgentHandle, Answer, ConnectionEvent, Prompt, RecoveryTaken, RememberedList, RequestError, Status,
};
use countersign_protocol::RecoveryDocument;
use countersign_trust::{Fingerprint, ServerAddress};
use tokio::sync::watch;

/// The agent, as the desktop app sees it. Nothing here blocks.
#[async_trait]
pub trait Control: Send + Sync + 'static {
    /// The status, now and whenever it changes.
    fn status(&self) -> watch::Receiver<Status>;
    /// The open question, whoever shows it.
    fn question(&self) -> watch::Receiver<Option<Prompt>>;
    /// What happened to the connection, the newest last.
    fn history(&self) -> watch::Receiver<Arc<[ConnectionEvent]>>;
    /// Connect to the server now.
    fn connect(&self);
    /// Connect to another server, now and from the next start on.
    async fn connect_to(&self, server: ServerAddress) -> Result<(), RequestError>;
    /// End the connection, or the attempts to connect.
    fn disconnect(&self);
    /// Ask the open question again.
    fn review(&self);
    /// Answer the open question in the place of the dialog, if it is about exactly this certificate and the machine's
    /// configuration permits it.
    async fn answer(&self, fingerprint: Fingerprint, answer: Answer) -> Result<(), RequestError>;
    /// What the person has allowed and not forgotten.
    async fn remembered(&self) -> RememberedList;
    /// Changes whenever something is allowed, used or forgotten.
    fn remembered_changes(&self) -> watch::Receiver<()>;
    /// Forget what was allowed for a server. A session that rests on it ends.
    async fn forget(&self, server: ServerAddress) -> Result<(), RequestError>;
    /// Forget everything that was allowed, and say how many certificates that were.
    async fn forget_all(&self) -> Result<usize, RequestError>;
    /// What a recovery file of the server would do. The error says why it would not be taken.
    async fn examine_recovery_file(&self, file: String) -> Result<RecoveryDocument, RequestError>;
    /// Take a recovery file of the server, and connect by what it allows.
    async fn recover(&self, file: String) -> Result<RecoveryTaken, RequestError>;
    /// End the connection in good order. Waits for a limited time only.
    async fn shutdown(&self);
}

/// The agent in this process.
pub struct AgentControl {
    agent: AgentHandle,
}

impl AgentControl {
    /// Wraps a running agent.
    #[must_use]
    pub fn new(agent: AgentHandle) -> Self {
        Self { agent }
    }
}

#[async_trait]
impl Control for AgentControl {
    fn status(&self) -> watch::Receiver<Status> {
        self.agent.status()
    }

    fn question(&self) -> watch::Receiver<Option<Prompt>> {
        self.agent.question()
    }

    fn history(&self) -> watch::Receiver<Arc<[ConnectionEvent]>> {
        self.agent.history()
    }

    fn connect(&self) {
        self.agent.connect();
    }

    async fn connect_to(&self, server: ServerAddress) -> Result<(), RequestError> {
        self.agent.connect_to(server).await
    }

    fn disconnect(&self) {
        self.agent.disconnect();
    }

    fn review(&self) {
        self.agent.review();
    }

    async fn answer(&self, fingerprint: Fingerprint, answer: Answer) -> Result<(), RequestError> {
        self.agent.answer(fingerprint, answer).await
    }

    async fn remembered(&self) -> RememberedList {
        self.agent.remembered().await
    }

    fn remembered_changes(&self) -> watch::Receiver<()> {
        self.agent.remembered_changes()
    }

    async fn forget(&self, server: ServerAddress) -> Result<(), RequestError> {
        self.agent.forget(server).await
    }

    async fn forget_all(&self) -> Result<usize, RequestError> {
        self.agent.forget_all().await
    }

    async fn examine_recovery_file(&self, file: String) -> Result<RecoveryDocument, RequestError> {
        self.agent.examine_recovery_file(file).await
    }

    async fn recover(&self, file: String) -> Result<RecoveryTaken, RequestError> {
        self.agent.recover(file).await
    }

    async fn shutdown(&self) {
        self.agent.shutdown().await;
    }
}
