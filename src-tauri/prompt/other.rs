//! The prompt on Windows and macOS: the message dialog of the operating system.
//!
//! Its first button is the default, so the harmless *View certificate…* comes first; Escape and closing are the last
//! button, *Deny*. It cannot be taken away again by a program: an answer to a withdrawn question is ignored.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_agent::{Answer, Prompt};
use countersign_trust::Assessment;
use countersign_words::{Text, Words};
use tauri::AppHandle;
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind, MessageDialogResult};
use tokio::sync::{Mutex, oneshot};

use super::certificate_text::certificates;
use super::recovery_text::{RecoveryButtons, RecoveryText};
use super::text::{PromptText, Tone, printable};
use super::{Presence, RecoveryChoice};

/// An *Allow* that comes faster was meant for something else on the screen, and is no answer.
const BEFORE_ALLOW: Duration = Duration::from_secs(1);

/// Asks the person at the desk, one question at a time.
#[derive(Clone)]
pub struct Prompter {
    app: AppHandle,
    turn: Arc<Mutex<()>>,
    words: Words,
}

impl Prompter {
    /// Shows its dialogs as those of `app`.
    #[must_use]
    pub fn new(app: &AppHandle, words: Words) -> Self {
        Self { app: app.clone(), turn: Arc::default(), words }
    }

    /// Shows the dialog and waits for the answer. Waits first until an earlier question is answered.
    pub async fn ask(&self, prompt: Prompt) -> Answer {
        let _turn = self.turn.lock().await;
        let words = &self.words;
        let text = PromptText::of(words, &prompt);
        loop {
            let shown = Instant::now();
            let message = in_one_piece(words, &text);
            match self.show(&text.window_title, &message, text.tone, question_buttons(words)).await {
                Some(choice) if words.prompt_view_certificate() == *choice => {
                    let details = details(words, &prompt.assessment);
                    let title = words.prompt_certificate();
                    let _ = self.show(&title, &details, Tone::Question, MessageDialogButtons::Ok).await;
                }
                Some(choice) if words.prompt_allow() == *choice && shown.elapsed() < BEFORE_ALLOW => {}
                Some(choice) if words.prompt_allow() == *choice => {
                    return Answer::Allow(prompt.offers.first().copied().unwrap_or_default());
                }
                Some(_) => return Answer::Deny,
                None => return Answer::Unavailable,
            }
        }
    }

    /// The person has chosen *Connect*. Dialogs of the operating system appear whenever they are asked for.
    pub fn expect_question(&self) {}

    /// The dialog of the operating system cannot be brought to the front by a program.
    #[must_use]
    pub fn present(&self) -> Presence {
        if self.turn.try_lock().is_err() { Presence::Shown } else { Presence::Absent }
    }

    /// Shows the dialog about a recovery file and waits for the choice. As with a question, its first button does no harm. Dialogs
    /// of the operating system need no proof that the person wants to see them.
    pub async fn show_recovery(&self, text: RecoveryText, _activation: Option<String>) -> RecoveryChoice {
        let words = &self.words;
        let paragraphs = [vec![text.headline.clone()], text.paragraphs.clone()].concat();
        let message = Text::in_paragraphs(&[paragraphs, text.advice.into_iter().collect()].concat());
        let RecoveryButtons::Offer { accept, cancel } = &text.buttons else {
            let _ = self.show(&text.window_title, &message, Tone::Question, MessageDialogButtons::Ok).await;
            return RecoveryChoice::Leave;
        };
        loop {
            let shown = Instant::now();
            let buttons = MessageDialogButtons::YesNoCancelCustom(
                words.recovery_details().into(),
                accept.clone().into(),
                cancel.clone().into(),
            );
            match self.show(&text.window_title, &message, Tone::Question, buttons).await {
                Some(choice) if words.recovery_details() == *choice => {
                    let fingerprint = text.fingerprint.iter().cloned();
                    let details: Vec<Text> =
                        std::iter::once(words.prompt_fingerprint()).chain(fingerprint).collect();
                    let details =
                        if text.fingerprint.is_some() { Text::in_lines(&details) } else { message.clone() };
                    let _ = self
                        .show(&text.window_title, &details, Tone::Question, MessageDialogButtons::Ok)
                        .await;
                }
                Some(choice) if *accept == *choice && shown.elapsed() < BEFORE_ALLOW => {}
                Some(choice) if *accept == *choice => return RecoveryChoice::Use,
                Some(_) | None => return RecoveryChoice::Leave,
            }
        }
    }

    /// Shows the certificates that a server presented.
    pub fn show_certificates(&self, assessment: &Assessment) {
        self.app
            .dialog()
            .message(escaped(&details(&self.words, assessment)))
            .title(self.words.prompt_certificate().to_string())
            .buttons(MessageDialogButtons::Ok)
            .show_with_result(|_| {});
    }

    /// The label of the chosen button; nothing when the dialog cannot be shown.
    async fn show(
        &self,
        title: &Text,
        message: &Text,
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

fn question_buttons(words: &Words) -> MessageDialogButtons {
    MessageDialogButtons::YesNoCancelCustom(
        words.prompt_view_certificate().into(),
        words.prompt_allow().into(),
        words.prompt_deny().into(),
    )
}

/// Whatever is none of our own buttons is *Deny*.
fn label(result: MessageDialogResult) -> String {
    match result {
        MessageDialogResult::Custom(label) => label,
        MessageDialogResult::Yes
        | MessageDialogResult::No
        | MessageDialogResult::Ok
        | MessageDialogResult::Cancel => String::new(),
    }
}

/// All that the prompt says. At most a handful of problems: the dialog grows with its text and does not scroll.
fn in_one_piece(words: &Words, text: &PromptText) -> Text {
    const SHOWN: usize = 5;
    let mut parts = vec![text.headline.clone()];
    parts.extend(text.likely_cause.clone());
    parts.push(text.lead.clone());
    for field in text.comparison.iter().take(1) {
        parts.push(field.label.clone());
        parts.push(words.prompt_fact(&words.prompt_allowed_before(), &field.before));
        parts.push(words.prompt_fact(&words.prompt_shown_now(), &field.now));
    }
    for problem in text.problems.iter().take(SHOWN) {
        parts.push(Text::in_one_paragraph(&[problem.summary.clone(), problem.meaning.clone()]));
    }
    if text.problems.len() > SHOWN {
        parts.push(words.prompt_more_problems(text.problems.len() - SHOWN));
    }
    parts.push(words.prompt_fingerprint());
    parts.push(text.fingerprint.clone());
    parts.push(text.compare_with.clone());
    parts.push(text.consequence.clone());
    // A dialog of the operating system has room for no choice, so that it says which offer *Allow* takes.
    parts.extend(text.offers.first().map(|offer| words.allow_only(&offer.label)));
    parts.extend(text.latest_end.clone());
    Text::in_paragraphs(&parts)
}

fn details(words: &Words, assessment: &Assessment) -> Text {
    let described: Vec<Text> = certificates(words, assessment)
        .into_iter()
        .take(2)
        .flat_map(|certificate| {
            let findings = certificate.findings.into_iter();
            let fields = certificate.fields.into_iter().flat_map(|field| {
                let problems =
                    field.problems.into_iter().map(|problem| (words.certificate_field_problem(), problem));
                std::iter::once((field.label, field.value)).chain(problems)
            });
            let facts: Vec<Text> =
                findings.chain(fields).map(|(label, value)| words.prompt_fact(&label, &value)).collect();
            [certificate.heading, Text::in_lines(&facts)]
        })
        .collect();
    Text::in_paragraphs(&described)
}

/// Windows takes `&` as the mark of a shortcut, and ends the text at a NUL.
fn escaped(text: &str) -> String {
    text.replace('\0', " ").replace('&', "&&")
}
