//! How the windows differ. Pure.

use std::collections::BTreeSet;

use countersign_words::{Text, Words};

use crate::control_socket::protocol::{Place, Topic, WindowName};

/// What is particular to a window.
#[derive(Clone, Copy)]
pub(super) struct Spec {
    /// In its title bar.
    pub(super) title: fn(&Words) -> Text,
    /// Its page, in `ui/`.
    pub(super) page: &'static str,
    /// Its size when it opens, in logical pixels.
    pub(super) size: (f64, f64),
    /// The least that it can be made.
    pub(super) smallest: (f64, f64),
    /// What its page follows, beside the status, which every window shows as its picture.
    follows: Option<Topic>,
}

impl Spec {
    pub(super) fn of(window: WindowName) -> Self {
        match window {
            WindowName::Status => Self {
                title: |_| Text::of_peer("Countersign"),
                page: "status.html",
                size: (620.0, 720.0),
                smallest: (340.0, 320.0),
                follows: None,
            },
            WindowName::Remembered => Self {
                title: |words| words.window_title(&words.remembered_window()),
                page: "remembered.html",
                size: (700.0, 620.0),
                smallest: (340.0, 320.0),
                follows: Some(Topic::Remembered),
            },
            WindowName::History => Self {
                title: |words| words.window_title(&words.history_window()),
                page: "history.html",
                size: (700.0, 620.0),
                smallest: (340.0, 320.0),
                follows: Some(Topic::History),
            },
            WindowName::Doctor => Self {
                title: |words| words.window_title(&words.doctor_window()),
                page: "doctor.html",
                size: (700.0, 720.0),
                smallest: (340.0, 320.0),
                follows: None,
            },
        }
    }

    /// What the process hears of.
    pub(super) fn topics(self) -> BTreeSet<Topic> {
        [Topic::Status, Topic::Present].into_iter().chain(self.follows).collect()
    }

    /// The page, beginning at a place.
    pub(super) fn url(self, place: Place) -> String {
        match place {
            Place::Top => self.page.to_owned(),
            Place::About => format!("{}#about", self.page),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn each_window_has_a_title_of_its_own_in_the_persons_language() {
        for words in [Words::english(), Words::german()] {
            let titles: BTreeSet<Text> =
                WindowName::value_variants().iter().map(|window| (Spec::of(*window).title)(&words)).collect();
            assert_eq!(titles.len(), WindowName::value_variants().len());
            assert!(titles.iter().all(|title| title.contains("Countersign")));
        }
        assert_eq!(
            (Spec::of(WindowName::History).title)(&Words::german()),
            "Verbindungsverlauf – Countersign"
        );
    }

    #[test]
    fn each_window_has_a_page_of_its_name() {
        for window in WindowName::value_variants() {
            let spec = Spec::of(*window);
            assert_eq!(spec.page, format!("{}.html", window.name()));
            for file in [
                format!("ui/{}", spec.page),
                format!("ui/{}.js", window.name()),
                format!("src-tauri/capabilities/{}-window.json", window.name()),
            ] {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
                assert!(path.is_file(), "{window:?} needs {file}");
            }
            assert_eq!(window.to_possible_value().unwrap().get_name(), window.name());
            assert_eq!(serde_json::to_value(window).unwrap(), window.name());
            assert!(spec.topics().contains(&Topic::Status));
            assert_eq!(spec.url(Place::About), format!("{}#about", spec.page));
        }
    }
}
