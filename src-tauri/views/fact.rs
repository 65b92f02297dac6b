//! Labelled values.

use countersign_agent::Keeping;
use countersign_trust::Fingerprint;
use countersign_words::{Text, Words};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A labelled value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What the value is.
    pub label: Text,
    /// How the window shows the value.
    pub kind: FactKind,
    /// The value. Plain text.
    pub value: Text,
}

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FactKind {
    /// As it is.
    Text,
    /// A moment (RFC 3339), in the manner and the time zone of the desktop.
    Moment,
    /// A moment ahead (RFC 3339), and how long it still takes.
    Countdown,
    /// Pairs of digits, in letters of equal width.
    Fingerprint,
}

impl Fact {
    pub(super) fn text(label: Text, value: Text) -> Self {
        Self { label, kind: FactKind::Text, value }
    }

    pub(super) fn moment(label: Text, value: OffsetDateTime) -> Self {
        Self { label, kind: FactKind::Moment, value: Text::of_peer(&moment(value)) }
    }

    pub(super) fn countdown(label: Text, value: OffsetDateTime) -> Self {
        Self { kind: FactKind::Countdown, ..Self::moment(label, value) }
    }

    pub(super) fn fingerprint(label: Text, value: &Fingerprint) -> Self {
        Self { label, kind: FactKind::Fingerprint, value: Text::of_peer(&value.to_string()) }
    }
}

/// As pages read it (RFC 3339).
pub(super) fn moment(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap_or_else(|_| moment.to_string())
}

/// How long something that was allowed holds: up to a moment, the end of this run, or both.
pub(super) fn permission_ends(
    words: &Words,
    label: &Text,
    until: Option<OffsetDateTime>,
    keeping: Keeping,
) -> Vec<Fact> {
    let mut facts: Vec<Fact> = until.map(|until| Fact::moment(label.clone(), until)).into_iter().collect();
    match keeping {
        Keeping::ThisSession => facts.push(Fact::text(label.clone(), words.remembered_until_end())),
        Keeping::Keychain if facts.is_empty() => {
            facts.push(Fact::text(label.clone(), words.remembered_until_changed()));
        }
        Keeping::Keychain => {}
    }
    facts
}
