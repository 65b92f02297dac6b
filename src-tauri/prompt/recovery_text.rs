//! The words of the dialog about a recovery file: what it would do, and what came of it. Pure but for the time zone.

use countersign_agent::{RecoveryTaken, RequestError};
use countersign_protocol::RecoveryDocument;
use countersign_trust::{Fingerprint, InvalidCertificateAction};
use countersign_words::{Text, Words};

use crate::words::{local, request_error};

/// Everything that the dialog says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryText {
    /// For the title bar and the window list.
    pub window_title: Text,
    /// What is asked, or what has happened, in one line.
    pub headline: Text,
    /// Whole sentences, each a paragraph.
    pub paragraphs: Vec<Text>,
    /// SHA-256 of the certificate that the file allows, in pairs with colons.
    pub fingerprint: Option<Text>,
    /// What to do in doubt, or what was not done.
    pub advice: Option<Text>,
    /// What can be chosen.
    pub buttons: RecoveryButtons,
}

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecoveryButtons {
    /// To use the file, or not to.
    Offer {
        /// Uses it.
        accept: Text,
        /// Does not, which is the default.
        cancel: Text,
    },
    /// Only to close the dialog.
    Close {
        /// Closes it.
        close: Text,
    },
}

impl RecoveryText {
    /// What a file would do. Only for one that the agent has found to be signed by the server of this computer: of any other,
    /// nothing that it says is shown.
    #[must_use]
    pub fn offer(words: &Words, document: &RecoveryDocument) -> Self {
        let certificate = document.allow.as_ref().map(|allow| {
            words
                .recovery_offer_certificate(&local(words, allow.until), &words.problem_kinds(&allow.accepted))
        });
        let action = document.action.as_ref().and_then(|action| match action.action {
            InvalidCertificateAction::Allow => Some(words.recovery_offer_allow(&local(words, action.until))),
            InvalidCertificateAction::Warn => Some(words.recovery_offer_warn(&local(words, action.until))),
            // Loosens nothing; no file says so.
            InvalidCertificateAction::Deny => None,
        });
        let address = document.new_address.as_ref().map(|address| words.recovery_offer_address(address));
        let paragraphs = [
            Some(words.recovery_offer_lead(&document.server)),
            address,
            certificate,
            action,
            Some(words.recovery_offer_expires(&local(words, document.expires_at))),
        ];
        let fingerprint = document.allow.as_ref().map(|allow| Fingerprint::of(&allow.certificate));
        Self {
            paragraphs: paragraphs.into_iter().flatten().collect(),
            fingerprint: fingerprint.map(|fingerprint| Text::of_peer(&fingerprint.to_string())),
            advice: Some(words.recovery_offer_doubt()),
            buttons: RecoveryButtons::Offer { accept: words.recovery_use(), cancel: words.recovery_cancel() },
            ..Self::closing(words, words.recovery_offer())
        }
    }

    /// The file was taken.
    #[must_use]
    pub fn taken(words: &Words, taken: &RecoveryTaken) -> Self {
        // What exactly the file allows has just been read.
        let until = taken.until.map(|until| words.recovery_taken_until(&local(words, until)));
        let said = [Some(words.recovery_taken_server(&taken.server)), until];
        Self {
            paragraphs: said.into_iter().flatten().collect(),
            ..Self::closing(words, words.recovery_taken())
        }
    }

    /// The file is not taken, and why.
    #[must_use]
    pub fn refused(words: &Words, error: &RequestError) -> Self {
        Self {
            paragraphs: vec![request_error(words, error)],
            advice: Some(words.recovery_refused_nothing_changed()),
            ..Self::closing(words, words.recovery_refused())
        }
    }

    fn closing(words: &Words, headline: Text) -> Self {
        Self {
            window_title: words.window_title(&headline),
            headline,
            paragraphs: Vec::new(),
            fingerprint: None,
            advice: None,
            buttons: RecoveryButtons::Close { close: words.certificate_close() },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use countersign_agent::RecoveryRefusal;
    use countersign_protocol::RecoveryAction;

    use super::*;
    use crate::sample::{data, recovery};

    fn says(text: &RecoveryText, wanted: &str) -> bool {
        text.paragraphs.iter().any(|paragraph| paragraph.contains(wanted))
    }

    #[test]
    fn an_offer_says_from_whom_it_is_and_everything_that_the_file_would_do() {
        for words in [Words::english(), Words::german()] {
            let document = recovery::everything();
            let text = RecoveryText::offer(&words, &document);
            let until = local(&words, document.allow.as_ref().unwrap().until);
            assert!(says(&text, "management.example.com:8013"), "{text:#?}");
            assert!(says(&text, "new.example.com:8013"), "{text:#?}");
            let dated = text.paragraphs.iter().filter(|paragraph| paragraph.contains(until.as_str())).count();
            assert_eq!(dated, 2, "the certificate and the action: {text:#?}");
            assert!(says(&text, &words.problem_kinds(&document.allow.as_ref().unwrap().accepted)));
            let fingerprint = Fingerprint::of(&document.allow.as_ref().unwrap().certificate);
            assert!(text.fingerprint.as_ref().unwrap().contains(&fingerprint.to_string()));
            assert!(
                matches!(&text.buttons, RecoveryButtons::Offer { cancel, .. } if *cancel == words.recovery_cancel())
            );
        }
    }

    #[test]
    fn an_offer_says_nothing_that_the_file_would_not_do() {
        let words = Words::english();
        let all = RecoveryText::offer(&words, &recovery::everything());
        let allow = RecoveryDocument { new_address: None, allow: None, ..recovery::everything() };
        let text = RecoveryText::offer(&words, &allow);
        assert_eq!((text.paragraphs.len(), text.fingerprint.as_ref()), (all.paragraphs.len() - 2, None));
        assert!(says(&text, "you are asked whether to connect"), "{text:#?}");
        let until = data::NOW;
        let action = Some(RecoveryAction { action: InvalidCertificateAction::Allow, until });
        let text = RecoveryText::offer(&words, &RecoveryDocument { action, ..allow });
        assert!(says(&text, "whatever is wrong with its certificate"), "{text:#?}");
    }

    #[test]
    fn a_refusal_says_why_and_can_only_be_closed() {
        let words = Words::english();
        for (refusal, why) in [
            (RecoveryRefusal::BadSignature, "is not that of the server of this computer"),
            (RecoveryRefusal::OtherServer { server: data::server() }, "is for another server than"),
            (RecoveryRefusal::Over { until: data::NOW }, "24 November 2026"),
            (RecoveryRefusal::AlreadyTaken, "has been taken already"),
        ] {
            let text = RecoveryText::refused(&words, &RequestError::from(refusal));
            assert!(says(&text, why), "{text:#?}");
            assert!(matches!(text.buttons, RecoveryButtons::Close { .. }));
        }
    }
}
