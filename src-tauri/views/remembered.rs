//! The certificates that the person allowed, as their window shows them.

use countersign_agent::{RememberedEntry, RememberedList, RememberedStanding};
use countersign_words::{CertificateField, Text, Words};
use serde::Serialize;

use super::fact::{Fact, moment, permission_ends};
use crate::words;

/// What the window shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RememberedView {
    /// One for each server.
    pub entries: Vec<RememberedRow>,
    /// Why some may be missing.
    pub incomplete: Option<Text>,
    /// What is asked before all are forgotten.
    pub forget_all_question: Text,
}

/// A certificate that was allowed for a server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RememberedRow {
    /// The server, as requests name it.
    pub server: String,
    /// What it does now.
    pub standing: RememberedStanding,
    /// The same in words.
    pub standing_text: Text,
    /// What there is to know about it.
    pub facts: Vec<Fact>,
    /// The moment at which it ends by itself (RFC 3339), if there is one.
    pub until: Option<String>,
    /// The full name of the button that forgets it.
    pub forget: Text,
    /// What is lost at once when it is forgotten: the session that rests on it.
    pub in_use_meaning: Option<Text>,
    /// What is said when it is forgotten.
    pub forgotten: Text,
}

impl RememberedView {
    /// The view of a list.
    #[must_use]
    pub fn of(words: &Words, list: &RememberedList) -> Self {
        Self {
            entries: list.entries.iter().map(|entry| RememberedRow::of(words, entry)).collect(),
            incomplete: list
                .incomplete
                .as_ref()
                .map(|reason| words.remembered_keychain_not_read(&Text::of_peer(reason))),
            forget_all_question: words.remembered_forget_all_question(list.entries.len()),
        }
    }
}

impl RememberedRow {
    fn of(words: &Words, entry: &RememberedEntry) -> Self {
        let certificate = &entry.certificate;
        let server = &certificate.server;
        Self {
            server: server.to_string(),
            standing: entry.standing,
            standing_text: match entry.standing {
                RememberedStanding::InUse => words.remembered_in_use(),
                RememberedStanding::Holds => words.remembered_holds(),
                RememberedStanding::Over => words.remembered_over(),
            },
            facts: facts(words, entry),
            until: certificate.until.map(moment),
            forget: words.remembered_forget_which(server),
            in_use_meaning: (entry.standing == RememberedStanding::InUse)
                .then(|| words.remembered_forget_in_use_meaning(server)),
            forgotten: words.remembered_forgotten(server),
        }
    }
}

fn facts(words: &Words, entry: &RememberedEntry) -> Vec<Fact> {
    let certificate = &entry.certificate;
    let last_used = words.remembered_last_used();
    let mut facts = vec![
        Fact::moment(words.remembered_since(), certificate.remembered_at),
        Fact::text(words.remembered_why(), words.problem_kinds(&certificate.accepted)),
        match entry.last_used {
            Some(moment) => Fact::moment(last_used, moment),
            None => Fact::text(last_used, words.remembered_never_used()),
        },
    ];
    facts.extend(permission_ends(words, &words.remembered_until(), certificate.until, entry.keeping));
    facts.insert(1, Fact::text(words.remembered_by(), words::permission_origin(words, certificate.origin)));
    for announced in &certificate.announced {
        facts.push(Fact::text(words.remembered_announced(), words::announced(words, announced)));
    }
    let fingerprint = words.certificate_field(CertificateField::Fingerprint);
    facts.push(Fact::fingerprint(fingerprint, &certificate.fingerprint));
    facts
}

#[cfg(test)]
mod tests {
    use RememberedStanding::{Holds, InUse, Over};

    use super::*;
    use crate::sample::records;

    #[test]
    fn each_entry_says_how_it_stands_and_what_is_lost_with_it() {
        for words in [Words::english(), Words::german()] {
            let view = RememberedView::of(&words, &records::remembered());
            let standings: Vec<RememberedStanding> =
                view.entries.iter().map(|entry| entry.standing).collect();
            assert_eq!(standings, [Holds, Over, InUse]);
            for entry in &view.entries {
                assert_eq!(entry.in_use_meaning.is_some(), entry.standing == InUse);
                assert!(entry.forget.contains(&entry.server) && entry.forgotten.contains(&entry.server));
                assert!(entry.facts.iter().all(|fact| !fact.value.is_empty()));
            }
            let texts: std::collections::BTreeSet<&Text> =
                view.entries.iter().map(|entry| &entry.standing_text).collect();
            assert_eq!(texts.len(), 3);
            // One is kept for this session only, two end at a moment.
            let holds =
                |row: &RememberedRow| row.facts.iter().any(|fact| fact.value == words.remembered_until_end());
            assert_eq!(view.entries.iter().map(holds).collect::<Vec<_>>(), [true, false, false]);
            assert_eq!(view.entries.iter().filter(|entry| entry.until.is_some()).count(), 2);
            assert!(view.forget_all_question.contains('3'));
        }
    }

    #[test]
    fn a_list_that_may_lack_something_says_so() {
        let mut list = RememberedList::default();
        assert_eq!(RememberedView::of(&Words::english(), &list).incomplete, None);
        list.incomplete = Some("The keychain is locked.".to_owned());
        let view = RememberedView::of(&Words::english(), &list);
        assert!(view.incomplete.is_some_and(|text| text.contains("may lack") && text.contains("locked")));
    }
}
