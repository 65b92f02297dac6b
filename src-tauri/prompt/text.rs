//! The words of the prompt, and of the window with the certificates. Pure.
//!
//! Whatever comes from the peer is plain text here and stays plain text: nobody may put it into markup.

use countersign_agent::Prompt;
use countersign_trust::{
    Assessment, Fingerprint, Problem, ProblemKind, Question, RememberedCertificate, display_text,
};
use std::collections::BTreeSet;
use time::OffsetDateTime;
use time::macros::format_description;

use super::cause;

/// Everything that a prompt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptText {
    /// How loudly the dialog speaks.
    pub tone: Tone,
    /// For the title bar and the window list.
    pub window_title: String,
    /// The consequence, in one line.
    pub headline: String,
    /// One sentence that names the server and what is wrong.
    pub lead: String,
    /// What is probably behind it, when the facts point to something harmless.
    pub likely_cause: Option<String>,
    /// Every problem. The new ones come first.
    pub problems: Vec<ProblemText>,
    /// The certificate that was allowed before beside the one that is shown now. Empty unless it has changed.
    pub comparison: Vec<ComparedField>,
    /// SHA-256 of the server's certificate, in pairs with colons.
    pub fingerprint: String,
    /// With whom, and how, to compare the fingerprint.
    pub compare_with: String,
    /// What Allow does, and what to do in doubt.
    pub consequence: String,
}

/// How loudly a dialog speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something has to be decided.
    Question,
    /// Something has changed that should not change by itself.
    Alarm,
}

/// A problem in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemText {
    /// Whether it was there when the certificate was allowed.
    pub novelty: Novelty,
    /// What is wrong.
    pub summary: String,
    /// What it means for the person.
    pub meaning: String,
}

/// Whether a problem was there when the certificate was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// It was accepted before, or nothing was ever accepted.
    Known,
    /// Nobody has accepted it.
    New,
}

/// A field of two certificates side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedField {
    /// What the field is.
    pub label: &'static str,
    /// Its value in the certificate that was allowed before.
    pub before: String,
    /// Its value in the certificate that is shown now.
    pub now: String,
}

impl ComparedField {
    /// Whether both certificates have the same value.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.before == self.now
    }
}

impl PromptText {
    /// The words for a question of the agent.
    #[must_use]
    pub fn of(prompt: &Prompt) -> Self {
        let assessment = &prompt.assessment;
        let server = prompt.server.to_string();
        let count = number_of_problems(assessment.problems.len());
        let (tone, headline, lead, comparison, added) = match &prompt.question {
            Question::First => (
                Tone::Question,
                "This may not be your company’s server",
                format!(
                    "Countersign cannot make sure who is behind {server}, because its certificate has {count}."
                ),
                Vec::new(),
                BTreeSet::new(),
            ),
            Question::Changed { previous } => (
                Tone::Alarm,
                "The server’s certificate has changed: this may be another server",
                format!(
                    "The certificate of {server} has changed. It is not the one that was allowed on this computer \
                     on {}, and the new one has {count}.",
                    date(previous.remembered_at)
                ),
                compare(previous, assessment),
                BTreeSet::new(),
            ),
            Question::Worse { remembered, added } => (
                Tone::Question,
                "The certificate that you allowed has become worse",
                format!(
                    "The certificate of {server} was allowed on this computer on {}. Since then it has got {}.",
                    date(remembered.remembered_at),
                    match added.len() {
                        1 => "a new problem".to_owned(),
                        number => format!("{number} new problems"),
                    }
                ),
                Vec::new(),
                added.clone(),
            ),
        };
        Self {
            tone,
            window_title: format!("{headline} – Countersign"),
            headline: headline.to_owned(),
            lead,
            likely_cause: cause::likely_cause(assessment),
            problems: problems(&assessment.problems, &added),
            comparison,
            fingerprint: assessment.fingerprint.map_or_else(String::new, |fingerprint| fingerprint.to_string()),
            compare_with: "Ask your IT department to read you the fingerprint of their certificate, over the phone or \
                           in person. Allow the connection only if every pair is the same."
                .to_owned(),
            consequence: "If you allow the connection, this computer takes its settings and commands from that server, \
                          and you are not asked again about this certificate. If in doubt, deny."
                .to_owned(),
        }
    }
}

fn number_of_problems(count: usize) -> String {
    match count {
        1 => "a problem".to_owned(),
        number => format!("{number} problems"),
    }
}

fn problems(problems: &[Problem], added: &BTreeSet<ProblemKind>) -> Vec<ProblemText> {
    let mut texts: Vec<ProblemText> = problems
        .iter()
        .map(|problem| ProblemText {
            novelty: if added.contains(&problem.kind()) { Novelty::New } else { Novelty::Known },
            summary: printable(&problem.summary()),
            meaning: printable(&problem.meaning()),
        })
        .collect();
    texts.sort_by_key(|text| text.novelty == Novelty::Known);
    texts
}

fn compare(previous: &RememberedCertificate, assessment: &Assessment) -> Vec<ComparedField> {
    let now = assessment.certificate.as_ref();
    let text = |value: Option<&String>| named(value.map_or("", String::as_str));
    let moment = |value: Option<OffsetDateTime>| value.map_or_else(|| "cannot be read".to_owned(), date);
    vec![
        ComparedField {
            label: "Fingerprint (SHA-256)",
            before: previous.fingerprint.to_string(),
            now: assessment.fingerprint.as_ref().map_or_else(|| "none".to_owned(), Fingerprint::to_string),
        },
        ComparedField {
            label: "Issued to",
            before: named(&previous.subject),
            now: text(now.map(|certificate| &certificate.subject)),
        },
        ComparedField {
            label: "Issued by",
            before: named(&previous.issuer),
            now: text(now.map(|certificate| &certificate.issuer)),
        },
        ComparedField {
            label: "Valid from",
            before: date(previous.not_before),
            now: moment(now.map(|certificate| certificate.not_before)),
        },
        ComparedField {
            label: "Valid until",
            before: date(previous.not_after),
            now: moment(now.map(|certificate| certificate.not_after)),
        },
    ]
}

/// A name out of a certificate, also when it is empty.
pub(super) fn named(text: &str) -> String {
    let shown = display_text(text);
    if shown.is_empty() { "(no name)".to_owned() } else { shown }
}

/// A moment as people write it, in UTC.
pub(super) fn date(moment: OffsetDateTime) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    moment.to_offset(time::UtcOffset::UTC).format(&format).unwrap_or_else(|_| moment.to_string())
}

/// The longest text of one label, in characters.
const LONGEST: usize = 800;
/// The longest word, in characters. Breaking a word into lines takes a toolkit time that grows with the square of its
/// length: two thousand letters keep GTK busy for minutes, which any server could make happen.
const LONGEST_WORD: usize = 120;

/// Text that a toolkit can show: without control characters (a NUL would end the process), neither too long nor with
/// too long words.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::new();
    let (mut length, mut word) = (0, 0);
    for character in text.chars() {
        if length == LONGEST {
            shown.push('…');
            break;
        }
        let character = if character.is_control() || is_directional(character) { ' ' } else { character };
        word = if character.is_whitespace() { 0 } else { word + 1 };
        if word <= LONGEST_WORD {
            shown.push(character);
            length += 1;
        } else if word == LONGEST_WORD + 1 {
            shown.push('…');
            length += 1;
        }
    }
    shown
}

/// Characters that turn the order of their neighbours around (Unicode Standard Annex 9).
fn is_directional(character: char) -> bool {
    matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
