//! The audit as a file: one JSON object on each line, or CSV (RFC 4180).

use futures_util::stream::{BoxStream, once};
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use crate::administration::audit::ChangeView;
use crate::problem::Problem;

/// The first line of a CSV file.
const COLUMNS: &str = "at,actor,action,subject,subject_name,detail,id\r\n";

/// How the audit is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuditFileFormat {
    #[default]
    JsonLines,
    Csv,
}

impl AuditFileFormat {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// By which browsers keep it instead of showing it.
    pub(crate) fn disposition(self) -> &'static str {
        match self {
            Self::JsonLines => "attachment; filename=\"countersign-audit.jsonl\"",
            Self::Csv => "attachment; filename=\"countersign-audit.csv\"",
        }
    }

    /// The parts of the file, as changes come. A failure ends it early, so that whoever reads it sees that it is not whole.
    pub(crate) fn written(
        self,
        changes: BoxStream<'static, Result<Vec<ChangeView>, Problem>>,
    ) -> impl Stream<Item = Result<String, WrittenError>> + Send + 'static {
        let head = match self {
            Self::JsonLines => String::new(),
            Self::Csv => COLUMNS.to_owned(),
        };
        let lines = changes.map(move |changes| {
            let lines = changes?.iter().map(|change| self.line(change)).collect::<Result<String, _>>()?;
            Ok(lines)
        });
        once(std::future::ready(Ok(head))).chain(lines)
    }

    fn line(self, change: &ChangeView) -> Result<String, WrittenError> {
        match self {
            Self::JsonLines => Ok(serde_json::to_string(change)? + "\n"),
            Self::Csv => {
                let at = change.at.format(&Rfc3339)?;
                let name = change.subject_name.as_deref().unwrap_or_default();
                let detail = change.detail.to_string();
                let fields =
                    [at.as_str(), &change.actor, &change.action, &change.subject, name, &detail, &change.id];
                Ok(fields.map(field).join(",") + "\r\n")
            }
        }
    }
}

/// Why the audit cannot be written to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WrittenError {
    #[error("the audit cannot be read to its end: {}", .0.detail())]
    Read(Problem),
    #[error("a change cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("a moment cannot be written: {0}")]
    Moment(#[from] time::error::Format),
}

impl From<Problem> for WrittenError {
    fn from(problem: Problem) -> Self {
        Self::Read(problem)
    }
}

/// A field of a CSV file. Programs that calculate take some texts for formulas, and endpoints and people choose what they are called:
/// an apostrophe before such a text makes it one that is shown.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn lines_hold_what_was_changed_and_no_formula() {
        let change = ChangeView {
            id: "7".to_owned(),
            at: datetime!(2026-06-01 12:00 UTC),
            actor: "-anna".to_owned(),
            action: "profile.changed".to_owned(),
            subject: "1".to_owned(),
            subject_name: Some("=cmd|\"x\"".to_owned()),
            detail: json!({"name": "a,b"}),
        };
        assert_eq!(
            AuditFileFormat::Csv.line(&change).unwrap(),
            "\"2026-06-01T12:00:00Z\",\"'-anna\",\"profile.changed\",\"1\",\"'=cmd|\"\"x\"\"\",\
             \"{\"\"name\"\":\"\"a,b\"\"}\",\"7\"\r\n"
        );
        let line = AuditFileFormat::JsonLines.line(&change).unwrap();
        assert_eq!(line.matches('\n').count(), 1);
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            json!({"id": "7", "at": "2026-06-01T12:00:00Z", "actor": "-anna", "action": "profile.changed",
            "subject": "1", "subject_name": "=cmd|\"x\"", "detail": {"name": "a,b"}})
        );
    }
}
