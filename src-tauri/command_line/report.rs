//! What the commands print, in words. Pure. Text of the server is plain text here too: control characters are gone.

use std::fmt::Write as _;
use std::path::Path;

use countersign_agent::{
    Keeping, Prompt, RecoveryTaken, RememberedEntry, RememberedList, RememberedStanding, Status,
};
use countersign_trust::{RememberFor, ServerAddress};
use countersign_words::{CertificateField, Text, Words};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::local_time::local_offset;
use crate::prompt::text::{ComparedField, Novelty, OfferText, PromptText};
use crate::views::{Fact, FactKind, StatusView};
use crate::words::{ExaminationText, explanation, headline};

/// Letters of a reason, at most.
const LONGEST_REASON: usize = 600;

/// `status`.
pub(super) fn status(words: &Words, status: &Status) -> String {
    let view = StatusView::of(words, status);
    let mut text = format!("{}\n", view.headline);
    paragraph(&mut text, &view.explanation);
    text.push('\n');
    let since = vec![row(words.command_line_since(), &moment_text(status.since))];
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
pub(super) fn change(words: &Words, status: &Status) -> String {
    let mut line = format!("{}  {}", moment_text(status.since), headline(words, status));
    if let Some(server) = &status.server {
        let _ = write!(line, " ({server})");
    }
    let _ = write!(line, ". {}", explanation(words, status));
    line
}

/// `certificate show` when nothing is asked.
pub(super) fn certificate(words: &Words, status: &Status) -> String {
    let view = StatusView::of(words, status);
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
pub(super) fn question(words: &Words, prompt: &Prompt) -> String {
    let asked = PromptText::of(words, prompt);
    let mut text = format!("{}\n", asked.headline);
    paragraph(&mut text, &asked.lead);
    if let Some(cause) = &asked.likely_cause {
        paragraph(&mut text, cause);
    }
    text.push('\n');
    for problem in &asked.problems {
        let summary = match problem.novelty {
            Novelty::New => words.prompt_fact(&words.prompt_new_problem(), &problem.summary),
            Novelty::Known => problem.summary.clone(),
        };
        paragraph(&mut text, &format!("- {summary}\n  {}", problem.meaning));
    }
    for field in &asked.comparison {
        let ComparedField { label, before, now, .. } = field;
        let marked = if field.is_same() {
            words.prompt_field_same(label)
        } else {
            words.prompt_field_different(label)
        };
        paragraph(&mut text, &words.command_line_comparison(&marked, before, now));
    }
    text.push('\n');
    let server = row(words.remembered_server(), &prompt.server);
    let fingerprint = words.certificate_field(CertificateField::Fingerprint);
    rows(&mut text, &[server, row(fingerprint, &asked.fingerprint)]);
    paragraph(&mut text, &asked.compare_with);
    text.push('\n');
    paragraph(&mut text, &asked.consequence);
    match asked.offers.as_slice() {
        [] => {}
        [only] => paragraph(&mut text, &words.allow_only(&only.label)),
        several => {
            paragraph(&mut text, &words.allow_how_long());
            for OfferText { offer, label } in several {
                match option_for(*offer) {
                    Some(option) => {
                        let option = Text::of_peer(&option);
                        paragraph(&mut text, &format!("- {}", words.prompt_fact(label, &option)));
                    }
                    None => paragraph(&mut text, &format!("- {label}")),
                }
            }
        }
    }
    if let Some(end) = &asked.latest_end {
        paragraph(&mut text, end);
    }
    text
}

/// What `certificate allow` is given for an offer. The default needs nothing.
fn option_for(offer: RememberFor) -> Option<String> {
    match offer {
        RememberFor::UntilChanged => None,
        RememberFor::Days(days) => Some(format!("--days {days}")),
        RememberFor::Session => Some("--session".to_owned()),
    }
}

/// `doctor`.
pub(super) fn examination(found: &ExaminationText) -> String {
    let mut text = format!("{}\n", found.headline);
    for finding in &found.findings {
        let _ = writeln!(text, "\n{}: {}", finding.name, finding.outcome);
        for said in [&finding.meaning].into_iter().chain(&finding.details).chain(&finding.advice) {
            for line in said.lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    text
}

/// `recover`.
pub(super) fn recovered(words: &Words, taken: &RecoveryTaken) -> Text {
    let said = Text::in_one_paragraph(&crate::words::recovered(words, taken));
    Text::in_lines(&[words.recovery_taken(), said])
}

/// `diagnostics`.
pub(super) fn written(words: &Words, file: &Path) -> Text {
    words.command_line_report_written(&file.display().to_string())
}

/// `logs` where there are none.
pub(super) fn nothing_logged(words: &Words, directory: &Path) -> Text {
    words.command_line_nothing_logged(&directory.display().to_string())
}

/// `certificates list`.
pub(super) fn remembered(words: &Words, list: &RememberedList) -> String {
    let mut text = String::new();
    for entry in &list.entries {
        let _ = writeln!(text, "{}", entry.certificate.server);
        rows(&mut text, &entry_rows(words, entry));
        text.push('\n');
    }
    match &list.incomplete {
        Some(reason) => {
            paragraph(
                &mut text,
                &words.remembered_keychain_not_read(&Text::of_peer_lines(reason, LONGEST_REASON)),
            );
        }
        None if list.entries.is_empty() => paragraph(&mut text, &words.remembered_none()),
        None => {}
    }
    text
}

fn entry_rows(words: &Words, entry: &RememberedEntry) -> Vec<Row> {
    let certificate = &entry.certificate;
    let until = match (certificate.until, entry.keeping) {
        (Some(until), _) => moment_text(until),
        (None, Keeping::ThisSession) => words.remembered_until_end().into(),
        (None, Keeping::Keychain) => words.remembered_until_changed().into(),
    };
    let standing = match entry.standing {
        RememberedStanding::InUse => words.remembered_in_use(),
        RememberedStanding::Holds => words.remembered_holds(),
        RememberedStanding::Over => words.remembered_over(),
    };
    let field = |field| words.certificate_field(field);
    let last_used = entry.last_used.map_or_else(|| words.remembered_never_used().into(), moment_text);
    let announced = certificate
        .announced
        .iter()
        .map(|announced| row(words.remembered_announced(), &crate::words::announced(words, announced)));
    let rows = [
        row(field(CertificateField::Fingerprint), &certificate.fingerprint),
        row(field(CertificateField::Subject), &Text::of_peer(&certificate.subject)),
        row(field(CertificateField::Issuer), &Text::of_peer(&certificate.issuer)),
        row(words.remembered_since(), &moment_text(certificate.remembered_at)),
        row(words.remembered_by(), &crate::words::permission_origin(words, certificate.origin)),
        row(words.remembered_until(), &until),
        row(words.remembered_why(), &words.problem_kinds(&certificate.accepted)),
        row(words.remembered_last_used(), &last_used),
        row(words.remembered_standing(), &standing),
    ];
    rows.into_iter().chain(announced).map(|(label, value)| (format!("  {label}"), value)).collect()
}

/// `certificates forget SERVER` for a server for which nothing was allowed.
pub(super) fn nothing_to_forget(words: &Words, server: &ServerAddress) -> Text {
    Text::in_one_paragraph(&[words.remembered_nothing_for(server), words.command_line_list_shows()])
}

/// A label and its value.
type Row = (String, String);

fn row(label: Text, value: &impl ToString) -> Row {
    (label.into(), value.to_string())
}

fn paragraph(text: &mut String, words: &str) {
    if !words.is_empty() {
        text.push_str(words);
        text.push('\n');
    }
}

fn in_rows(facts: &[Fact]) -> Vec<Row> {
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
fn rows(text: &mut String, rows: &[Row]) {
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
