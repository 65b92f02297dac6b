//! What the desktop app asks of the agent. A trait, so that the app also runs on scripted statuses.

use async_trait::async_trait;
use countersign_agent::{AgentHandle, Status};
use tokio::sync::watch;

/// The agent, as the desktop app sees it. Nothing here blocks.
#[async_trait]
pub trait Control: Send + Sync + 'static {
    /// The status, now and whenever it changes.
    fn status(&self) -> watch::Receiver<Status>;
    /// Connect to the server now.
    fn connect(&self);
    /// End the connection, or the attempts to connect.
    fn disconnect(&self);
    /// Ask the open question again.
    fn review(&self);
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

    fn connect(&self) {
        self.agent.connect();
    }

    fn disconnect(&self) {
        self.agent.disconnect();
    }

    fn review(&self) {
        self.agent.review();
    }

    async fn shutdown(&self) {
        self.agent.shutdown().await;
    }
}
