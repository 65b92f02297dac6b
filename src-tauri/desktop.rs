//! What a person sees of the agent: the dialog and the notifications.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use countersign_agent::{Answer, Desktop, Notice, Prompt};
use countersign_words::Words;
use tokio_util::sync::CancellationToken;

use crate::notification::{Message, Notifier, Offer};
use crate::prompt::Prompter;
use crate::words::{notice_body, notice_title};

/// The person's desktop, for the agent.
pub struct PersonsDesktop {
    prompter: Prompter,
    notifier: Notifier,
    words: Words,
    review: Box<dyn Fn() -> Box<dyn FnOnce() + Send> + Send + Sync>,
    /// Cancelled when no answer is needed any more, which takes the notification away.
    answer_needed: Mutex<CancellationToken>,
}

impl PersonsDesktop {
    /// `review` is called when the person chooses *Review…* in a notification; on any thread.
    pub fn new<Review>(prompter: Prompter, notifier: Notifier, words: Words, review: Review) -> Self
    where
        Review: Fn() + Clone + Send + Sync + 'static,
    {
        Self {
            prompter,
            notifier,
            words,
            review: Box::new(move || Box::new(review.clone())),
            answer_needed: Mutex::default(),
        }
    }

    /// Begins a new question; an earlier notification goes away.
    fn renew(&self) -> CancellationToken {
        let token = CancellationToken::new();
        let mut current = self.answer_needed.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, token.clone()).cancel();
        token
    }
}

#[async_trait]
impl Desktop for PersonsDesktop {
    async fn ask(&self, prompt: Prompt) -> Answer {
        self.prompter.ask(prompt).await
    }

    async fn notify(&self, notice: Notice) {
        let message = Message {
            title: notice_title(&self.words, &notice).into(),
            body: notice_body(&self.words, &notice).into(),
        };
        let offer = if matches!(notice, Notice::AnswerNeeded { .. }) {
            Offer::Review(self.words.notice_answer_needed_action(), self.renew(), (self.review)())
        } else {
            Offer::Reading
        };
        self.notifier.show(message, offer).await;
    }

    fn no_answer_needed(&self) {
        self.answer_needed.lock().unwrap_or_else(PoisonError::into_inner).cancel();
    }
}
