//! The keychain from asynchronous code: never blocks it, and never waits without a limit.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::{Keychain, KeychainError};
use crate::Secret;

/// How long a person may take to unlock the keychain, when it asks for that.
const LIMIT: Duration = Duration::from_secs(20);

/// Access to the keychain for the tasks of the agent.
#[derive(Clone)]
pub(crate) struct KeychainClient {
    keychain: Arc<dyn Keychain>,
    /// A call that hangs (a window that asks to unlock) must not be joined by more of its kind.
    turn: Arc<Semaphore>,
}

impl KeychainClient {
    pub(crate) fn new(keychain: Arc<dyn Keychain>) -> Self {
        Self { keychain, turn: Arc::new(Semaphore::new(1)) }
    }

    pub(crate) async fn get(&self, name: String) -> Result<Option<Secret>, KeychainError> {
        self.call(move |keychain| keychain.get(&name)).await
    }

    pub(crate) async fn set(&self, name: String, secret: Secret) -> Result<(), KeychainError> {
        self.call(move |keychain| keychain.set(&name, &secret)).await
    }

    pub(crate) async fn find(&self, prefix: String) -> Result<Vec<String>, KeychainError> {
        self.call(move |keychain| keychain.find(&prefix)).await
    }

    pub(crate) async fn delete(&self, name: String) -> Result<(), KeychainError> {
        self.call(move |keychain| keychain.delete(&name)).await
    }

    /// Does something with the keychain, on a thread on which it may block. Calls come one after the other.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Keychain) -> Result<T, KeychainError> + Send + 'static,
    ) -> Result<T, KeychainError> {
        let keychain = Arc::clone(&self.keychain);
        let turn = Arc::clone(&self.turn);
        let called = async move {
            let turn = turn.acquire_owned().await.map_err(|error| unavailable(&error))?;
            let finished = tokio::task::spawn_blocking(move || {
                let result = work(keychain.as_ref());
                drop(turn);
                result
            });
            finished.await.map_err(|error| unavailable(&error))?
        };
        match tokio::time::timeout(LIMIT, called).await {
            Ok(result) => result,
            Err(_) => Err(KeychainError::TimedOut { seconds: LIMIT.as_secs() }),
        }
    }
}

fn unavailable(error: &impl ToString) -> KeychainError {
    KeychainError::Unavailable { detail: error.to_string() }
}
