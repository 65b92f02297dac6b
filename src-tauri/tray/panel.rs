//! Whether the panel on which the tray icon stands is light or dark. No desktop says so; this is the best guess.

use clap::ValueEnum;

/// The shade of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelShade {
    /// Dark symbols are seen on it.
    Light,
    /// Light symbols are seen on it.
    Dark,
}

/// Which symbols the person wants in the tray.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PanelChoice {
    /// Guess from the desktop and its theme.
    #[default]
    Automatic,
    /// For a light panel.
    Light,
    /// For a dark panel.
    Dark,
}

/// What is known about the desktop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesktopFacts {
    /// The value of `XDG_CURRENT_DESKTOP`: names separated by colons (Desktop Entry Specification).
    pub current_desktop: String,
    /// The name of the GTK theme.
    pub theme: String,
    /// Whether applications are asked to be dark.
    pub prefers_dark: bool,
}

impl PanelShade {
    /// The choice of the person, else the most likely shade.
    #[must_use]
    pub fn choose(choice: PanelChoice, facts: &DesktopFacts) -> Self {
        match choice {
            PanelChoice::Light => Self::Light,
            PanelChoice::Dark => Self::Dark,
            PanelChoice::Automatic => Self::guess(facts),
        }
    }

    fn guess(facts: &DesktopFacts) -> Self {
        // Their panels are dark as they come, whatever the theme of the windows is.
        const DARK_PANELS: [&str; 5] = ["gnome", "unity", "pop", "budgie", "xfce"];
        let dark_desktop = facts
            .current_desktop
            .split(':')
            .any(|name| DARK_PANELS.contains(&name.to_ascii_lowercase().as_str()));
        if dark_desktop || facts.prefers_dark || facts.theme.to_ascii_lowercase().contains("dark") {
            Self::Dark
        } else {
            Self::Light
        }
    }
}

/// Reads what is known. Has to be called on the main thread, after GTK was initialised.
#[cfg(target_os = "linux")]
#[must_use]
pub fn desktop_facts() -> DesktopFacts {
    use gtk::prelude::GtkSettingsExt;
    let settings = gtk::Settings::default();
    DesktopFacts {
        current_desktop: std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default(),
        theme: settings
            .as_ref()
            .and_then(GtkSettingsExt::gtk_theme_name)
            .map(|name| name.to_string())
            .unwrap_or_default(),
        prefers_dark: settings.as_ref().is_some_and(GtkSettingsExt::is_gtk_application_prefer_dark_theme),
    }
}

/// Taskbars of Windows and menu bars of macOS are dark unless the person chooses otherwise.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn desktop_facts() -> DesktopFacts {
    DesktopFacts { prefers_dark: true, ..DesktopFacts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shade_follows_choice_desktop_and_theme() {
        let facts = |current_desktop: &str, theme: &str, prefers_dark| DesktopFacts {
            current_desktop: current_desktop.to_owned(),
            theme: theme.to_owned(),
            prefers_dark,
        };
        for (choice, facts, expected) in [
            (PanelChoice::Automatic, facts("", "", false), PanelShade::Light),
            (PanelChoice::Automatic, facts("MATE", "Menta", false), PanelShade::Light),
            (PanelChoice::Automatic, facts("MATE", "Menta-Dark", false), PanelShade::Dark),
            (PanelChoice::Automatic, facts("MATE", "Menta", true), PanelShade::Dark),
            (PanelChoice::Automatic, facts("XFCE", "Adwaita", false), PanelShade::Dark),
            (PanelChoice::Automatic, facts("ubuntu:GNOME", "Yaru", false), PanelShade::Dark),
            (PanelChoice::Automatic, facts("KDE", "Breeze", false), PanelShade::Light),
            (PanelChoice::Light, facts("GNOME", "Adwaita-dark", true), PanelShade::Light),
            (PanelChoice::Dark, facts("KDE", "Breeze", false), PanelShade::Dark),
        ] {
            assert_eq!(PanelShade::choose(choice, &facts), expected, "{choice:?} {facts:?}");
        }
    }
}
