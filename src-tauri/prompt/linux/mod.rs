//! The prompt on Linux: a GTK dialog of our own, because only that can make *Deny* the default.

mod certificate_window;
mod dialog;
mod focus;
mod screen_lock;
mod style;
mod widgets;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use countersign_agent::{Answer, Prompt};
use countersign_trust::Assessment;
use countersign_words::Words;
use gtk::glib;
use tauri::AppHandle;
use tokio::sync::{Mutex, oneshot};

use super::Presence;
use super::text::PromptText;
use screen_lock::{ScreenLock, SessionLock};

/// Asks the person at the desk, one question at a time.
///
/// Cheap to clone; all clones share the one dialog.
#[derive(Clone)]
pub struct Prompter {
    turn: Arc<Mutex<()>>,
    lock: SessionLock,
    words: Words,
}

impl Prompter {
    /// Has to be called on the main thread, after GTK was initialised.
    #[must_use]
    pub fn new(_app: &AppHandle, words: Words) -> Self {
        Self { turn: Arc::new(Mutex::new(())), lock: SessionLock::watch(), words }
    }

    /// Shows the dialog and waits for the answer.
    ///
    /// Waits first until an earlier question is answered, and as long as the session is locked. Dropping the future
    /// withdraws the dialog.
    pub async fn ask(&self, prompt: Prompt) -> Answer {
        let _turn = self.turn.lock().await;
        let mut lock = self.lock.subscribe();
        loop {
            if lock.wait_for(|lock| *lock == ScreenLock::Unlocked).await.is_err() {
                return Answer::Unavailable;
            }
            let (sender, answer) = oneshot::channel();
            let open = OpenDialog::show(&self.words, &prompt, sender);
            tokio::select! {
                // A dialog that could not be shown drops the sender.
                answer = answer => return answer.unwrap_or(Answer::Unavailable),
                _ = lock.wait_for(|lock| *lock == ScreenLock::Locked) => drop(open),
            }
        }
    }

    /// Brings the open dialog to the front and gives it the focus: the person has asked for it. Returns whether there
    /// is one. Has to be called on the main thread.
    #[must_use]
    pub fn present(&self) -> Presence {
        dialog::present()
    }

    /// Opens the window with the certificates that a server presented. Has to be called on the main thread.
    pub fn show_certificates(&self, assessment: &Assessment) {
        certificate_window::open(&self.words, None, assessment);
    }
}

/// A dialog on the screen, or on its way there. Dropping it withdraws the dialog.
struct OpenDialog {
    number: u64,
}

impl OpenDialog {
    fn show(words: &Words, prompt: &Prompt, answer: oneshot::Sender<Answer>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let words = words.clone();
        let text = PromptText::of(&words, prompt);
        let assessment = prompt.assessment.clone();
        let allowed = Answer::Allow(prompt.offers.first().copied().unwrap_or_default());
        // The main loop runs these in the order in which they come, so that opening always precedes withdrawing.
        on_main_thread(move || dialog::open(number, &words, &text, assessment, allowed, answer));
        Self { number }
    }
}

impl Drop for OpenDialog {
    fn drop(&mut self) {
        let number = self.number;
        on_main_thread(move || dialog::withdraw(number));
    }
}

fn on_main_thread(work: impl FnOnce() + Send + 'static) {
    glib::MainContext::default().invoke(work);
}
