//! Asks about a recovery file that the person has opened.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use super::super::RecoveryChoice;
use super::super::recovery_text::RecoveryText;
use super::{Prompter, on_main_thread, recovery_dialog};

impl Prompter {
    /// Shows the dialog and waits for the choice. It does not wait for a question about a certificate: the person wants to see
    /// it. Dropping the future withdraws it.
    ///
    /// `activation` is what the desktop gave the program that the person opened the file with.
    pub async fn show_recovery(&self, text: RecoveryText, activation: Option<String>) -> RecoveryChoice {
        let (sender, chosen) = oneshot::channel();
        let _open = OpenDialog::show(self, text, activation, sender);
        // A dialog that could not be shown drops the sender.
        chosen.await.unwrap_or(RecoveryChoice::Leave)
    }
}

/// A dialog on the screen, or on its way there. Dropping it withdraws the dialog.
struct OpenDialog {
    number: u64,
}

impl OpenDialog {
    fn show(
        prompter: &Prompter,
        text: RecoveryText,
        activation: Option<String>,
        choice: oneshot::Sender<RecoveryChoice>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let words = prompter.words.clone();
        on_main_thread(move || recovery_dialog::open(number, &words, &text, activation.as_deref(), choice));
        Self { number }
    }
}

impl Drop for OpenDialog {
    fn drop(&mut self) {
        let number = self.number;
        on_main_thread(move || recovery_dialog::withdraw(number));
    }
}
