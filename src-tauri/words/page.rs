//! The texts that stand in the status window whatever the status is.

use std::collections::BTreeMap;

use countersign_words::{Text, Words};
use serde::Serialize;

/// What a page needs to speak the person's language.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageText {
    /// The value of the attribute `lang` (BCP 47).
    pub language: String,
    /// The value of the attribute `dir`.
    pub direction: &'static str,
    /// The texts, by what the attribute `data-text` of their elements says (`data-label` for names that only screen
    /// readers say).
    pub texts: BTreeMap<&'static str, Text>,
}

impl PageText {
    /// Of the status window.
    #[must_use]
    pub fn of_status(words: &Words) -> Self {
        Self {
            language: words.language(),
            direction: words.direction().as_str(),
            texts: BTreeMap::from([
                ("reading", words.status_reading()),
                // The page puts the moment there, in the manner and the time zone of the desktop.
                ("since", words.status_since("{moment}")),
                ("actions", words.status_actions()),
                ("connect", words.status_connect()),
                ("disconnect", words.status_disconnect()),
                ("review", words.status_review()),
                ("connection", words.status_connection()),
                ("certificate", words.status_certificate()),
                ("problems", words.status_problems()),
                ("profile", words.status_profile()),
                ("licence", words.status_licence()),
                ("about", words.status_about()),
            ]),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_page_and_the_texts_fit_together() {
        let page = include_str!("../../ui/status.html");
        let PageText { texts, .. } = PageText::of_status(&Words::german());
        for attribute in ["data-text=\"", "data-label=\""] {
            for part in page.split(attribute).skip(1) {
                let name = part.split('"').next().unwrap();
                assert!(texts.contains_key(name), "the page asks for {name}");
            }
        }
        let script = include_str!("../../ui/status.js");
        for name in texts.keys() {
            let used = [format!("data-text=\"{name}\""), format!("data-label=\"{name}\"")];
            assert!(
                used.iter().any(|use_| page.contains(use_)) || script.contains(&format!("texts.{name}")),
                "nothing shows {name}"
            );
        }
        assert_eq!(texts["since"].matches("{moment}").count(), 1);
    }
}
