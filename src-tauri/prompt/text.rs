//! The words of the prompt, and of the window with the certificates. Pure.
//!
//! Whatever comes from the peer is plain text here and stays plain text: nobody may put it into markup.

use std::collections::BTreeSet;

use countersign_agent::Prompt;
use countersign_trust::{
    Assessment, Fingerprint, Problem, ProblemKind, Question, RememberFor, RememberedCertificate,
};
use countersign_words::{CertificateField, Text, Words};

/// Everything that a prompt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptText {
    /// How loudly the dialog speaks.
    pub tone: Tone,
    /// For the title bar and the window list.
    pub window_title: Text,
    /// The consequence, in one line.
    pub headline: Text,
    /// What is probably behind it, when the facts point to something harmless, and what to do about it. It is said first.
    pub likely_cause: Option<Text>,
    /// One sentence that names the server and what is wrong.
    pub lead: Text,
    /// Every problem. The new ones come first.
    pub problems: Vec<ProblemText>,
    /// The certificate that was allowed before beside the one that is shown now. Empty unless it has changed.
    pub comparison: Vec<ComparedField>,
    /// SHA-256 of the server's certificate, in pairs with colons.
    pub fingerprint: Text,
    /// With whom, and how, to compare the fingerprint.
    pub compare_with: Text,
    /// What Allow does, and what to do in doubt.
    pub consequence: Text,
    /// For how long Allow may hold. The default comes first.
    pub offers: Vec<OfferText>,
    /// The end that the certificate itself sets to what is offered, where it sets one.
    pub latest_end: Option<Text>,
}

/// A time for which a certificate may be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferText {
    /// Which one it is.
    pub offer: RememberFor,
    /// How long that is: the end of a sentence that begins with the certificate.
    pub label: Text,
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
    pub summary: Text,
    /// What it means for the person.
    pub meaning: Text,
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
    /// Which field it is.
    pub kind: CertificateField,
    /// What the field is called.
    pub label: Text,
    /// Its value in the certificate that was allowed before.
    pub before: Text,
    /// Its value in the certificate that is shown now.
    pub now: Text,
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
    pub fn of(words: &Words, prompt: &Prompt) -> Self {
        let assessment = &prompt.assessment;
        let server = &prompt.server;
        let count = assessment.problems.len();
        let (tone, headline, lead, comparison, added) = match &prompt.question {
            Question::First => (
                Tone::Question,
                words.prompt_headline_first(),
                words.prompt_lead_first(server, count),
                Vec::new(),
                BTreeSet::new(),
            ),
            Question::Changed { previous } => (
                Tone::Alarm,
                words.prompt_headline_changed(),
                words.prompt_lead_changed(server, previous.remembered_at, count),
                compare(words, previous, assessment),
                BTreeSet::new(),
            ),
            Question::Worse { remembered, added } => (
                Tone::Question,
                words.prompt_headline_worse(),
                words.prompt_lead_worse(server, remembered.remembered_at, added.len()),
                Vec::new(),
                added.clone(),
            ),
        };
        Self {
            tone,
            window_title: words.window_title(&headline),
            headline,
            likely_cause: likely_cause(words, assessment),
            lead,
            problems: problems(words, &assessment.problems, &added),
            comparison,
            fingerprint: fingerprint(words, assessment.fingerprint.as_ref()),
            compare_with: words.prompt_compare_with(),
            consequence: words.prompt_consequence(),
            offers: offers(words, &prompt.offers),
            latest_end: prompt.ends_with_certificate.map(|end| words.allow_not_past_expiry(end)),
        }
    }
}

fn offers(words: &Words, offers: &[RememberFor]) -> Vec<OfferText> {
    let label = |offer| match offer {
        RememberFor::UntilChanged => words.allow_until_changed(),
        RememberFor::Days(days) => words.allow_days(u32::from(days.get())),
        RememberFor::Session => words.allow_session(),
    };
    offers.iter().map(|&offer| OfferText { offer, label: label(offer) }).collect()
}

fn likely_cause(words: &Words, assessment: &Assessment) -> Option<Text> {
    let causes: Vec<Text> = assessment.diagnosis.iter().map(|diagnosis| words.diagnosis(diagnosis)).collect();
    (!causes.is_empty()).then(|| Text::in_one_paragraph(&causes))
}

fn problems(words: &Words, problems: &[Problem], added: &BTreeSet<ProblemKind>) -> Vec<ProblemText> {
    let mut texts: Vec<ProblemText> = problems
        .iter()
        .map(|problem| ProblemText {
            novelty: if added.contains(&problem.kind()) { Novelty::New } else { Novelty::Known },
            summary: words.problem_summary(problem),
            meaning: words.problem_meaning(problem),
        })
        .collect();
    texts.sort_by_key(|text| text.novelty == Novelty::Known);
    texts
}

fn compare(words: &Words, previous: &RememberedCertificate, assessment: &Assessment) -> Vec<ComparedField> {
    let now = |field| match &assessment.certificate {
        Some(certificate) => words.certificate_value(certificate, field),
        None => words.certificate_unreadable(),
    };
    let compared = |field, before, now| ComparedField {
        kind: field,
        label: words.certificate_field(field),
        before,
        now,
    };
    vec![
        compared(
            CertificateField::Fingerprint,
            fingerprint(words, Some(&previous.fingerprint)),
            fingerprint(words, assessment.fingerprint.as_ref()),
        ),
        compared(CertificateField::Subject, words.named(&previous.subject), now(CertificateField::Subject)),
        compared(CertificateField::Issuer, words.named(&previous.issuer), now(CertificateField::Issuer)),
        compared(
            CertificateField::NotBefore,
            words.moment(previous.not_before),
            now(CertificateField::NotBefore),
        ),
        compared(
            CertificateField::NotAfter,
            words.moment(previous.not_after),
            now(CertificateField::NotAfter),
        ),
    ]
}

fn fingerprint(words: &Words, fingerprint: Option<&Fingerprint>) -> Text {
    fingerprint.map_or_else(
        || words.certificate_no_fingerprint(),
        |fingerprint| Text::of_peer(&fingerprint.to_string()),
    )
}

/// The longest text of one label, in characters.
const LONGEST: usize = 800;
/// The longest text that has to be whole. The names of a certificate are a hundred at most, of 253 characters each.
const LONGEST_IN_FULL: usize = 30_000;
/// The longest word, in characters. Breaking a word into lines takes a toolkit time that grows with the square of its
/// length: two thousand letters keep GTK busy for minutes, which any server could make happen.
const LONGEST_WORD: usize = 120;

/// Text that a toolkit can show: without control characters (a NUL would end the process), neither too long nor with
/// too long words.
pub(super) fn printable(text: &str) -> String {
    shortened(text, LONGEST)
}

/// The same for a text that may be as long as a hundred names.
pub(super) fn printable_in_full(text: &str) -> String {
    shortened(text, LONGEST_IN_FULL)
}

fn shortened(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    let (mut length, mut word) = (0, 0);
    for character in text.chars() {
        if length == longest {
            shown.push('…');
            break;
        }
        let character = if character.is_control() || turns_others(character) { ' ' } else { character };
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

/// Characters that turn the order of their neighbours around (Unicode Standard Annex 9). The catalogue's own marks do not:
/// those that isolate a name from its sentence (U+2068 and U+2069), and the one that says in which direction a sentence is
/// written (U+200F).
fn turns_others(character: char) -> bool {
    matches!(character, '\u{061C}' | '\u{200E}' | '\u{202A}'..='\u{202E}' | '\u{2066}' | '\u{2067}')
}
