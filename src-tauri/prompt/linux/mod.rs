//! The prompt on Linux: a GTK dialog of our own, because only that can make *Deny* the default.

mod attention;
mod certificate_window;
mod choice;
mod closing;
mod deliberate;
mod dialog;
mod focus;
mod mnemonics;
mod outcome;
mod recovery;
mod recovery_dialog;
mod room;
mod save;
mod style;
mod widgets;
mod wish;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use countersign_agent::{Answer, Prompt};
use countersign_trust::Assessment;
use countersign_words::Words;
use gtk::glib;
use tauri::AppHandle;
use tokio::sync::{Mutex, oneshot, watch};

use super::Presence;
use super::text::PromptText;
use attention::{Attention, Interruptible};
use focus::OnAppearing;
use wish::{Wish, WishFor};

/// Asks the person at the desk, one question at a time.
///
/// Cheap to clone; all clones share the one dialog.
#[derive(Clone)]
pub struct Prompter {
    turn: Arc<Mutex<()>>,
    wish: watch::Sender<Wish>,
    words: Words,
}

impl Prompter {
    /// Has to be called on the main thread, after GTK was initialised.
    #[must_use]
    pub fn new(_app: &AppHandle, words: Words) -> Self {
        Self { turn: Arc::new(Mutex::new(())), wish: watch::Sender::new(Wish::default()), words }
    }

    /// Shows the dialog and waits for the answer.
    ///
    /// Waits first until an earlier question is answered, and until the person may be interrupted. While nobody can see
    /// the screen, an open dialog is taken away and shown anew afterwards. Dropping the future withdraws it.
    pub async fn ask(&self, prompt: Prompt) -> Answer {
        let _turn = self.turn.lock().await;
        let mut attention = Attention::follow();
        loop {
            let appearing = self.wait_for(&mut attention).await;
            let (sender, answer) = oneshot::channel();
            let open = OpenDialog::show(&self.words, &prompt, appearing, sender);
            tokio::select! {
                // Where both have happened, the answer did not come from somebody who saw the dialog.
                biased;
                reason = attention.lost() => {
                    tracing::info!(?reason, "nobody sees the screen; the dialog is taken away until then");
                    drop(open);
                }
                // A dialog that could not be shown drops the sender.
                answer = answer => return answer.unwrap_or(Answer::Unavailable),
            }
        }
    }

    /// Waits until the dialog may be shown.
    async fn wait_for(&self, attention: &mut Attention) -> OnAppearing {
        let mut wish = self.wish.subscribe();
        let mut before = None;
        loop {
            let wished = *wish.borrow_and_update();
            tokio::select! {
                judged = attention.changed(before, wished.initiative(Instant::now())) => match judged {
                    Interruptible::Now => return wished.on_appearing(Instant::now()),
                    Interruptible::Later(reason) => {
                        tracing::info!(?reason, "the question waits");
                        before = Some(judged);
                    }
                },
                changed = wish.changed() => if changed.is_ok() {
                    before = None;
                },
            }
        }
    }

    /// The person has chosen *Connect*: what has to be asked because of that may interrupt them.
    pub fn expect_question(&self) {
        self.wish.send_replace(Wish::now(WishFor::Connection));
    }

    /// The person wants to see the question: brings the open dialog to the front and gives it the focus, or makes the
    /// next one appear like that. Returns whether one is open. Has to be called on the main thread.
    #[must_use]
    pub fn present(&self) -> Presence {
        self.wish.send_replace(Wish::now(WishFor::Question));
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
    fn show(words: &Words, prompt: &Prompt, appearing: OnAppearing, answer: oneshot::Sender<Answer>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let words = words.clone();
        let text = PromptText::of(&words, prompt);
        let assessment = prompt.assessment.clone();
        // The main loop runs these in the order in which they come, so that opening always precedes withdrawing.
        on_main_thread(move || dialog::open(number, &words, &text, assessment, appearing, answer));
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
