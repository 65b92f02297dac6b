//! What the commands print, in words. Pure. Text of the server is plain text here too: control characters are gone.

use std::fmt::Write as _;
use std::path::Path;

use countersign_agent::{Keeping, Prompt, RememberedEntry, RememberedList, RememberedStanding, Status};
use countersign_trust::{ProblemKind, ServerAddress, display_text};
use countersign_words::Words;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::control_socket::protocol::PersonsAnswer;
use crate::local_time::local_offset;
use crate::prompt::text::PromptText;
use crate::views::{Fact, FactKind, StatusView};
use crate::words::{self, ExaminationText};

/// `connect --no-wait`.
pub(super) const CONNECTING: &str = "The connection is being made.";
/// `disconnect`.
pub(super) const DISCONNECTED: &str = "Disconnected. This computer does not connect again until you say so.";
/// `certificate show` before there was one.
pub(super) const NO_CERTIFICATE: &str = "No certificate has been seen yet.";

/// `status`.
pub(super) fn status(status: &Status) -> String {
    let view = StatusView::of(&Words::english(), status);
    let mut text = format!("{}\n", view.headline);
    paragraph(&mut text, &view.explanation);
    text.push('\n');
    let since = vec![("Since".to_owned(), moment_text(status.since))];
    rows(&mut text, &[since, in_rows(&view.connection)].concat());
    text.push('\n');
    paragraph(&mut text, &view.certificate_trust);
    for problem in &view.problems {
        paragraph(&mut text, &format!("- {}", problem.summary));
    }
    rows(&mut text, &in_rows(&view.certificate));
    text.push('\n');
    rows(&mut text, &[in_rows(&view.profile), in_rows(&view.licence)].concat());
    text
}

/// A line of `status --watch`, and the outcome of `connect`.
pub(super) fn change(status: &Status) -> String {
    let mut line = format!("{}  {}", moment_text(status.since), words::headline(&Words::english(), status));
    if let Some(server) = &status.server {
        let _ = write!(line, " ({server})");
    }
    let _ = write!(line, ". {}", words::explanation(&Words::english(), status));
    line
}

/// `certificate show` when nothing is asked.
pub(super) fn certificate(status: &Status) -> String {
    let view = StatusView::of(&Words::english(), status);
    let mut text = String::new();
    paragraph(&mut text, &view.certificate_trust);
    for problem in &view.problems {
        paragraph(&mut text, &format!("- {}\n  {}", problem.summary, problem.meaning));
    }
    text.push('\n');
    rows(&mut text, &in_rows(&view.certificate));
    text
}

/// The open question, as the dialog asks it.
pub(super) fn question(prompt: &Prompt) -> String {
    let words = PromptText::of(&Words::english(), prompt);
    let mut text = format!("{}\n", words.headline);
    paragraph(&mut text, &words.lead);
    if let Some(cause) = &words.likely_cause {
        paragraph(&mut text, cause);
    }
    text.push('\n');
    for problem in &words.problems {
        paragraph(&mut text, &format!("- {}\n  {}", problem.summary, problem.meaning));
    }
    for field in &words.comparison {
        paragraph(&mut text, &format!("{}: before {}, now {}", field.label, field.before, field.now));
    }
    text.push('\n');
    let server = ("Server".to_owned(), prompt.server.to_string());
    rows(&mut text, &[server, ("Fingerprint (SHA-256)".to_owned(), words.fingerprint.to_string())]);
    paragraph(&mut text, &words.compare_with);
    text
}

/// `certificate allow` and `certificate deny`.
pub(super) fn answered(answer: PersonsAnswer) -> &'static str {
    match answer {
        PersonsAnswer::Allow { .. } => "Allowed. This computer connects to the server.",
        PersonsAnswer::Deny => "Denied. This computer does not connect. “countersign connect” asks again.",
    }
}

/// `doctor`.
pub(super) fn examination(words: &ExaminationText) -> String {
    let mut text = format!("{}\n", words.headline);
    for finding in &words.findings {
        let _ = writeln!(text, "\n{}: {}", finding.name, finding.outcome);
        for said in [&finding.meaning].into_iter().chain(&finding.details).chain(&finding.advice) {
            for line in said.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    text
}

/// `diagnostics`.
pub(super) fn written(file: &Path) -> String {
    format!("The report is in {}. Please read it before you hand it on.", file.display())
}

/// `logs` where there are none.
pub(super) fn nothing_logged(directory: &Path) -> String {
    format!("Nothing has been logged in {}.", directory.display())
}

/// `certificates list`.
pub(super) fn remembered(list: &RememberedList) -> String {
    let mut text = String::new();
    for entry in &list.entries {
        let _ = writeln!(text, "{}", entry.certificate.server);
        rows(&mut text, &entry_rows(entry));
        text.push('\n');
    }
    if list.entries.is_empty() && list.incomplete.is_none() {
        text.push_str("No invalid certificate is remembered.\n");
    }
    if let Some(reason) = &list.incomplete {
        paragraph(&mut text, reason);
    }
    text
}

fn entry_rows(entry: &RememberedEntry) -> Vec<(String, String)> {
    let certificate = &entry.certificate;
    let until = match (certificate.until, entry.keeping) {
        (Some(until), _) => moment_text(until),
        (None, Keeping::ThisSession) => "Countersign ends".to_owned(),
        (None, Keeping::Keychain) => "the certificate changes".to_owned(),
    };
    let standing = match entry.standing {
        RememberedStanding::InUse => "the connection rests on it",
        RememberedStanding::Holds => "lets the next connection through",
        RememberedStanding::Over => "over: you will be asked again",
    };
    let codes: Vec<&str> = certificate.accepted.iter().map(|kind| ProblemKind::code(*kind)).collect();
    [
        ("  Fingerprint (SHA-256)", certificate.fingerprint.to_string()),
        ("  Issued to", display_text(&certificate.subject)),
        ("  Issued by", display_text(&certificate.issuer)),
        ("  Allowed", moment_text(certificate.remembered_at)),
        ("  Until", until),
        ("  Although", codes.join(", ")),
        ("  Last used", entry.last_used.map_or_else(|| "never".to_owned(), moment_text)),
        ("  Now", standing.to_owned()),
    ]
    .map(|(label, value)| (label.to_owned(), value))
    .into()
}

/// `certificates forget SERVER`.
pub(super) fn forgotten_for(server: &ServerAddress) -> String {
    format!("What was allowed for {server} is forgotten.")
}

/// `certificates forget SERVER` for a server for which nothing was allowed.
pub(super) fn nothing_to_forget(server: &ServerAddress) -> String {
    format!("Nothing is remembered for {server}. “countersign certificates list” shows what is.")
}

/// `certificates forget --all`.
pub(super) fn forgotten(number: usize) -> String {
    match number {
        0 => "There was nothing to forget.".to_owned(),
        1 => "One certificate is forgotten.".to_owned(),
        number => format!("{number} certificates are forgotten."),
    }
}

fn paragraph(text: &mut String, words: &str) {
    if !words.is_empty() {
        text.push_str(words);
        text.push('\n');
    }
}

fn in_rows(facts: &[Fact]) -> Vec<(String, String)> {
    facts
        .iter()
        .map(|fact| {
            let value = match fact.kind {
                FactKind::Text | FactKind::Fingerprint => fact.value.to_string(),
                FactKind::Moment | FactKind::Countdown => OffsetDateTime::parse(&fact.value, &Rfc3339)
                    .map_or_else(|_| fact.value.to_string(), moment_text),
            };
            (fact.label.to_string(), value)
        })
        .collect()
}

/// Labels and values in two columns.
fn rows(text: &mut String, rows: &[(String, String)]) {
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    for (label, value) in rows {
        let _ = writeln!(text, "{label:width$}  {value}");
    }
}

fn moment_text(moment: OffsetDateTime) -> String {
    moment
        .to_offset(local_offset())
        .format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]"))
        .unwrap_or_else(|_| moment.to_string())
}
