//! A recovery file that a person opens on the desktop: it is examined, what it would do is shown, and it is taken when they say so.
//! The agent decides both times whether it may be.

use std::io::{self, Read as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_protocol::recovery_file::MAXIMUM_RECOVERY_BYTES;
use countersign_words::Words;
use tauri::async_runtime::JoinHandle;

use crate::control::Control;
use crate::prompt::recovery_text::RecoveryText;
use crate::prompt::{Prompter, RecoveryChoice};

/// A file that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedFile {
    /// What is in it.
    pub content: String,
    /// What the desktop gave the program that the person opened it with, so that the dialog may take the focus.
    pub activation: Option<String>,
}

/// What is in a file, as far as a recovery file is long; the agent says that it is none when it is longer, or no text.
pub(crate) fn read(file: &Path) -> io::Result<String> {
    let mut content = Vec::new();
    std::fs::File::open(file)?.take(MAXIMUM_RECOVERY_BYTES as u64 + 1).read_to_end(&mut content)?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

/// Deals with the recovery files that are opened, one at a time: the latest.
pub(crate) struct RecoveryFiles {
    control: Arc<dyn Control>,
    prompter: Prompter,
    words: Words,
    latest: Mutex<Option<JoinHandle<()>>>,
}

impl RecoveryFiles {
    pub(crate) fn new(control: Arc<dyn Control>, prompter: Prompter, words: Words) -> Self {
        Self { control, prompter, words, latest: Mutex::default() }
    }

    /// Deals with a file from now on, and no longer with an earlier one.
    pub(crate) fn open(&self, opened: OpenedFile) {
        let (control, prompter) = (Arc::clone(&self.control), self.prompter.clone());
        let offered = offer(control, prompter, self.words.clone(), opened);
        self.deal_with(Some(tauri::async_runtime::spawn(offered)));
    }

    /// Deals with none any more.
    pub(crate) fn end(&self) {
        self.deal_with(None);
    }

    fn deal_with(&self, next: Option<JoinHandle<()>>) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(earlier) = std::mem::replace(&mut *latest, next) {
            // Its dialog goes away with it.
            earlier.abort();
        }
    }
}

/// Shows what the file would do, takes it if the person wants that, and shows what has come of it.
async fn offer(control: Arc<dyn Control>, prompter: Prompter, words: Words, opened: OpenedFile) {
    let OpenedFile { content, activation } = opened;
    let examined = control.examine_recovery_file(content.clone()).await;
    let outcome = match examined {
        Ok(document) => {
            let offer = RecoveryText::offer(&words, &document);
            match prompter.show_recovery(offer, activation.clone()).await {
                RecoveryChoice::Leave => return,
                RecoveryChoice::Use => control.recover(content).await,
            }
        }
        Err(error) => Err(error),
    };
    let said = match &outcome {
        Ok(taken) => RecoveryText::taken(&words, taken),
        Err(error) => RecoveryText::refused(&words, error),
    };
    let _ = prompter.show_recovery(said, activation).await;
}
