//! The texts that stand in a page whatever it shows.

use std::collections::BTreeMap;

use countersign_words::{Text, Words};
use serde::Serialize;

use crate::control_socket::protocol::WindowName;

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
    /// Of a window.
    #[must_use]
    pub fn of(window: WindowName, words: &Words) -> Self {
        let texts = match window {
            WindowName::Status => status(words),
            WindowName::Remembered => remembered(words),
            WindowName::History => history(words),
            WindowName::Doctor => doctor(words),
        };
        Self { language: words.language(), direction: words.direction().as_str(), texts }
    }
}

fn status(words: &Words) -> BTreeMap<&'static str, Text> {
    BTreeMap::from([
        ("reading", words.status_reading()),
        // The page puts the moment there, in the manner and the time zone of the desktop.
        ("since", words.status_since("{moment}")),
        ("actions", words.status_actions()),
        ("connect", words.status_connect()),
        ("disconnect", words.status_disconnect()),
        ("review", words.status_review()),
        ("windows", words.status_windows()),
        ("remembered", words.status_remembered()),
        ("history", words.status_history()),
        ("doctor", words.status_doctor()),
        ("other_server", words.status_other_server()),
        ("connection", words.status_connection()),
        ("certificate", words.status_certificate()),
        ("problems", words.status_problems()),
        ("profile", words.status_profile()),
        ("licence", words.status_licence()),
        ("commands", words.commands_heading()),
        ("commands_none", words.commands_none()),
        ("about", words.status_about()),
        ("choice", words.server_choice_window()),
        ("choice_meaning", words.server_choice_meaning()),
        ("host", words.server_choice_address()),
        ("port", words.server_choice_port()),
        ("choice_connect", words.server_choice_connect()),
        ("choice_cancel", words.server_choice_cancel()),
    ])
}

fn remembered(words: &Words) -> BTreeMap<&'static str, Text> {
    BTreeMap::from([
        ("heading", words.remembered_window()),
        ("introduction", words.remembered_introduction()),
        ("none", words.remembered_none()),
        ("forget", words.remembered_forget()),
        ("forget_all", words.remembered_forget_all()),
        ("forget_all_meaning", words.remembered_forget_all_meaning()),
        ("confirm", words.remembered_forget_confirm()),
        ("cancel", words.remembered_forget_cancel()),
    ])
}

fn history(words: &Words) -> BTreeMap<&'static str, Text> {
    BTreeMap::from([("heading", words.history_window()), ("none", words.history_none())])
}

fn doctor(words: &Words) -> BTreeMap<&'static str, Text> {
    BTreeMap::from([
        ("heading", words.doctor_window()),
        ("running", words.doctor_running()),
        ("again", words.doctor_again()),
        ("progress", words.doctor_progress()),
        ("results", words.doctor_results()),
    ])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_pages_and_the_texts_fit_together() {
        for (window, page, script) in [
            (WindowName::Status, include_str!("../../ui/status.html"), include_str!("../../ui/status.js")),
            (
                WindowName::Remembered,
                include_str!("../../ui/remembered.html"),
                include_str!("../../ui/remembered.js"),
            ),
            (WindowName::History, include_str!("../../ui/history.html"), include_str!("../../ui/history.js")),
            (WindowName::Doctor, include_str!("../../ui/doctor.html"), include_str!("../../ui/doctor.js")),
        ] {
            let PageText { texts, .. } = PageText::of(window, &Words::german());
            for attribute in ["data-text=\"", "data-label=\""] {
                for part in page.split(attribute).skip(1) {
                    let name = part.split('"').next().unwrap();
                    assert!(texts.contains_key(name), "the page of {window:?} asks for {name}");
                }
            }
            for name in texts.keys() {
                let used = [format!("data-text=\"{name}\""), format!("data-label=\"{name}\"")];
                assert!(
                    used.iter().any(|use_| page.contains(use_)) || script.contains(&format!("texts.{name}")),
                    "nothing in {window:?} shows {name}"
                );
            }
            assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains("onclick"));
        }
        let texts = PageText::of(WindowName::Status, &Words::english()).texts;
        assert_eq!(texts["since"].matches("{moment}").count(), 1);
    }
}
