//! A desktop whose person answers when the test says so.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use countersign_agent::{Answer, Desktop, Notice, Prompt};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};

use super::SOON;

/// Hands every question to the test.
#[derive(Debug)]
pub(crate) struct ScriptedDesktop {
    ask: mpsc::UnboundedSender<Question>,
    asked: AsyncMutex<mpsc::UnboundedReceiver<Question>>,
    notices: Mutex<Vec<Notice>>,
    gone: AtomicUsize,
}

/// A question on the screen.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) prompt: Prompt,
    answer: oneshot::Sender<Answer>,
}

impl Question {
    pub(crate) fn answer(self, answer: Answer) {
        assert_eq!(self.answer.send(answer), Ok(()), "the question has been withdrawn");
    }

    /// Waits until it is taken from the screen.
    pub(crate) async fn withdrawn(mut self) {
        tokio::time::timeout(SOON, self.answer.closed()).await.expect("the question is still there");
    }
}

impl Default for ScriptedDesktop {
    fn default() -> Self {
        let (ask, asked) = mpsc::unbounded_channel();
        Self { ask, asked: AsyncMutex::new(asked), notices: Mutex::default(), gone: AtomicUsize::new(0) }
    }
}

impl ScriptedDesktop {
    /// The next question.
    pub(crate) async fn question(&self) -> Question {
        let mut asked = self.asked.lock().await;
        tokio::time::timeout(SOON, asked.recv()).await.expect("nothing was asked").unwrap()
    }

    /// Makes sure that nothing has been asked since the last question.
    pub(crate) async fn was_not_asked(&self) {
        let asked = self.asked.lock().await.try_recv();
        assert!(asked.is_err(), "asked: {asked:?}");
    }

    /// How often a question has gone away.
    pub(crate) fn gone(&self) -> usize {
        self.gone.load(Ordering::SeqCst)
    }

    /// What was told so far.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Desktop for ScriptedDesktop {
    async fn ask(&self, prompt: Prompt) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.ask.send(Question { prompt, answer }).unwrap();
        match answered.await {
            Ok(answer) => answer,
            // The test has let go of the question, and leaves it open.
            Err(_) => std::future::pending().await,
        }
    }

    async fn notify(&self, notice: Notice) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    fn no_answer_needed(&self) {
        self.gone.fetch_add(1, Ordering::SeqCst);
    }
}
