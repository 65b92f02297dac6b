//! For which panel the symbols are drawn: a light or a dark one, and whether with high contrast. No desktop says what its
//! panel looks like; this is the best guess.

use clap::ValueEnum;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{desktop_facts, follow, follow_for_windows};

/// The panel for which symbols are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelShade {
    /// Dark symbols are seen on it.
    Light,
    /// Light symbols are seen on it.
    Dark,
    /// Black symbols with a white edge.
    LightHighContrast,
    /// White symbols with a black edge.
    DarkHighContrast,
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

/// Which windows the person prefers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourScheme {
    /// Nothing is known of a preference.
    #[default]
    NoPreference,
    /// Dark ones.
    Dark,
    /// Light ones.
    Light,
}

/// How much the person needs things to stand out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contrast {
    /// As usual.
    #[default]
    Normal,
    /// As much as possible.
    High,
}

/// What is known about the desktop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesktopFacts {
    /// The value of `XDG_CURRENT_DESKTOP`: names separated by colons (Desktop Entry Specification).
    pub current_desktop: String,
    /// The name of the GTK theme.
    pub theme: String,
    /// What the desktop's settings say, to whoever asks.
    pub colour_scheme: ColourScheme,
    /// What they say of contrast. A theme may say so too.
    pub contrast: Contrast,
}

impl PanelShade {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Light, Self::Dark, Self::LightHighContrast, Self::DarkHighContrast];

    /// The choice of the person, else the most likely shade.
    #[must_use]
    pub fn choose(choice: PanelChoice, facts: &DesktopFacts) -> Self {
        let dark = match choice {
            PanelChoice::Light => false,
            PanelChoice::Dark => true,
            PanelChoice::Automatic => is_probably_dark(facts),
        };
        match (dark, contrast(facts)) {
            (false, Contrast::Normal) => Self::Light,
            (true, Contrast::Normal) => Self::Dark,
            (false, Contrast::High) => Self::LightHighContrast,
            (true, Contrast::High) => Self::DarkHighContrast,
        }
    }
}

fn is_probably_dark(facts: &DesktopFacts) -> bool {
    // Their panels are dark as they come, whatever the windows are like.
    const DARK_PANELS: [&str; 5] = ["gnome", "unity", "pop", "budgie", "xfce"];
    let dark_desktop = facts
        .current_desktop
        .split(':')
        .any(|name| DARK_PANELS.contains(&name.to_ascii_lowercase().as_str()));
    let theme = facts.theme.to_ascii_lowercase();
    dark_desktop
        || match facts.colour_scheme {
            ColourScheme::Dark => true,
            ColourScheme::Light => false,
            ColourScheme::NoPreference => theme.contains("dark") || theme.contains("inverse"),
        }
}

fn contrast(facts: &DesktopFacts) -> Contrast {
    let theme = facts.theme.to_ascii_lowercase();
    if theme.contains("highcontrast") || theme.contains("high-contrast") {
        Contrast::High
    } else {
        facts.contrast
    }
}

/// The windows of Windows and macOS follow by themselves.
#[cfg(not(target_os = "linux"))]
pub fn follow_for_windows() {}

/// Taskbars of Windows and menu bars of macOS are dark unless the person chooses otherwise.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn desktop_facts() -> DesktopFacts {
    DesktopFacts { colour_scheme: ColourScheme::Dark, ..DesktopFacts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shade_follows_choice_desktop_and_theme() {
        use ColourScheme::{Dark, Light, NoPreference};
        let facts = |current_desktop: &str, theme: &str, colour_scheme| DesktopFacts {
            current_desktop: current_desktop.to_owned(),
            theme: theme.to_owned(),
            colour_scheme,
            contrast: Contrast::Normal,
        };
        for (choice, facts, expected) in [
            (PanelChoice::Automatic, facts("", "", NoPreference), PanelShade::Light),
            (PanelChoice::Automatic, facts("MATE", "Menta", NoPreference), PanelShade::Light),
            (PanelChoice::Automatic, facts("MATE", "Menta-Dark", NoPreference), PanelShade::Dark),
            (PanelChoice::Automatic, facts("MATE", "Menta-Dark", Light), PanelShade::Light),
            (PanelChoice::Automatic, facts("MATE", "Menta", Dark), PanelShade::Dark),
            (PanelChoice::Automatic, facts("XFCE", "Adwaita", NoPreference), PanelShade::Dark),
            (PanelChoice::Automatic, facts("ubuntu:GNOME", "Yaru", Light), PanelShade::Dark),
            (PanelChoice::Automatic, facts("KDE", "Breeze", Light), PanelShade::Light),
            (PanelChoice::Automatic, facts("KDE", "Breeze", Dark), PanelShade::Dark),
            (PanelChoice::Automatic, facts("MATE", "HighContrast", Light), PanelShade::LightHighContrast),
            (
                PanelChoice::Automatic,
                facts("", "HighContrastInverse", NoPreference),
                PanelShade::DarkHighContrast,
            ),
            (PanelChoice::Light, facts("GNOME", "Adwaita-dark", Dark), PanelShade::Light),
            (PanelChoice::Dark, facts("KDE", "Breeze", Light), PanelShade::Dark),
        ] {
            assert_eq!(PanelShade::choose(choice, &facts), expected, "{choice:?} {facts:?}");
            let high = match expected {
                PanelShade::Light | PanelShade::LightHighContrast => PanelShade::LightHighContrast,
                PanelShade::Dark | PanelShade::DarkHighContrast => PanelShade::DarkHighContrast,
            };
            let facts = DesktopFacts { contrast: Contrast::High, ..facts };
            assert_eq!(PanelShade::choose(choice, &facts), high, "{choice:?} {facts:?}");
        }
    }
}
