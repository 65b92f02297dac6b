//! The prompt on Windows and macOS: the message dialog of the operating system.
//!
//! Its first button is the default, so the harmless *View certificate…* comes first; Escape and closing are the last
//! button, *Deny*. It cannot be taken away again by a program: an answer to a withdrawn question is ignored.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_agent::{Answer, Prompt};
use countersign_trust::Assessment;
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind, MessageDialogResult};
use tokio::sync::{Mutex, oneshot};

use super::Presence;
use super::certificate_text::certificates;
use super::text::{PromptText, Tone, printable};

const VIEW: &str = "View certificate…";
const ALLOW: &str = "Allow";
const DENY: &str = "Deny";

/// An *Allow* that comes faster was meant for something else on the screen, and is no answer.
const BEFORE_ALLOW: Duration = Duration::from_secs(1);

/// Asks the person at the desk, one question at a time.
#[derive(Clone)]
pub struct Prompter {
    app: AppHandle,
    turn: Arc<Mutex<()>>,
}

impl Prompter {
    /// Shows its dialogs as those of `app`.
    #[must_use]
    pub fn new(app: &AppHandle) -> Self {
        Self { app: app.clone(), turn: Arc::default() }
    }

    /// Shows the dialog and waits for the answer. Waits first until an earlier question is answered.
    pub async fn ask(&self, prompt: Prompt) -> Answer {
        let _turn = self.turn.lock().await;
        let text = PromptText::of(&prompt);
        loop {
            let shown = Instant::now();
            match self.show(&text.window_title, &in_one_piece(&text), text.tone, question_buttons()).await {
                Some(choice) if choice == VIEW => {
                    let details = details(&prompt.assessment);
                    let _ =
                        self.show("Certificate", &details, Tone::Question, MessageDialogButtons::Ok).await;
                }
                Some(choice) if choice == ALLOW && shown.elapsed() < BEFORE_ALLOW => {}
                Some(choice) if choice == ALLOW => {
                    return Answer::Allow(prompt.offers.first().copied().unwrap_or_default());
                }
                Some(_) => return Answer::Deny,
                None => return Answer::Unavailable,
            }
        }
    }

    /// The dialog of the operating system cannot be brought to the front by a program.
    #[must_use]
    pub fn present(&self) -> Presence {
        if self.turn.try_lock().is_err() { Presence::Shown } else { Presence::Absent }
    }

    /// Shows the certificates that a server presented.
    pub fn show_certificates(&self, assessment: &Assessment) {
        self.app
            .dialog()
            .message(escaped(&details(assessment)))
            .title("Certificate")
            .buttons(MessageDialogButtons::Ok)
            .show_with_result(|_| {});
    }

    /// The label of the chosen button; nothing when the dialog cannot be shown.
    async fn show(
        &self,
        title: &str,
        message: &str,
        tone: Tone,
        buttons: MessageDialogButtons,
    ) -> Option<String> {
        let (sender, chosen) = oneshot::channel();
        self.app
            .dialog()
            .message(escaped(message))
            .title(printable(title))
            .kind(match tone {
                Tone::Question => MessageDialogKind::Warning,
                Tone::Alarm => MessageDialogKind::Error,
            })
            .buttons(buttons)
            .show_with_result(move |result| {
                // Nobody waits any more when the question was withdrawn.
                let _ = sender.send(label(result));
            });
        chosen.await.ok()
    }
}

fn question_buttons() -> MessageDialogButtons {
    MessageDialogButtons::YesNoCancelCustom(VIEW.to_owned(), ALLOW.to_owned(), DENY.to_owned())
}

fn label(result: MessageDialogResult) -> String {
    match result {
        MessageDialogResult::Custom(label) => label,
        MessageDialogResult::Yes
        | MessageDialogResult::No
        | MessageDialogResult::Ok
        | MessageDialogResult::Cancel => DENY.to_owned(),
    }
}

/// All that the prompt says. At most a handful of problems: the dialog grows with its text and does not scroll.
fn in_one_piece(text: &PromptText) -> String {
    const SHOWN: usize = 5;
    let mut parts = vec![text.headline.clone(), text.lead.clone()];
    parts.extend(text.likely_cause.clone());
    for field in text.comparison.iter().take(1) {
        parts.push(format!("{}\nAllowed before: {}\nShown now: {}", field.label, field.before, field.now));
    }
    for problem in text.problems.iter().take(SHOWN) {
        parts.push(format!("• {} {}", problem.summary, problem.meaning));
    }
    if text.problems.len() > SHOWN {
        parts.push(format!("… and {} more; the status window lists them all.", text.problems.len() - SHOWN));
    }
    parts.push(format!("Fingerprint (SHA-256):\n{}", text.fingerprint));
    parts.push(text.compare_with.clone());
    parts.push(text.consequence.clone());
    parts.join("\n\n")
}

fn details(assessment: &Assessment) -> String {
    let described: Vec<String> = certificates(assessment)
        .into_iter()
        .take(2)
        .map(|certificate| {
            let fields: Vec<String> = certificate
                .fields
                .iter()
                .map(|(label, value)| format!("{label}: {}", printable(value)))
                .collect();
            format!("{}\n{}", certificate.heading, fields.join("\n"))
        })
        .collect();
    described.join("\n\n")
}

/// Windows takes `&` as the mark of a shortcut, and ends the text at a NUL.
fn escaped(text: &str) -> String {
    text.replace('\0', " ").replace('&', "&&")
}
