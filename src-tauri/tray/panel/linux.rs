//! What Linux desktops say about themselves: GTK's settings, GNOME's, and those of the desktop portal.

use std::cell::Cell;

use gtk::gio;
use gtk::gio::prelude::*;
use gtk::glib::variant::{ToVariant, Variant};
use gtk::prelude::GtkSettingsExt;

use super::{ColourScheme, Contrast, DesktopFacts};
use crate::bus::{self, Changes, Remote, first};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PORTAL_PATH: &str = "/org/freedesktop/portal/desktop";
const PORTAL_SETTINGS: &str = "org.freedesktop.portal.Settings";
const APPEARANCE: &str = "org.freedesktop.appearance";
const ACCESSIBILITY: &str = "org.gnome.desktop.a11y.interface";
const HIGH_CONTRAST: &str = "high-contrast";

thread_local! {
    /// What the portal has said last. It answers later than a picture is needed.
    static FROM_PORTAL: Cell<(ColourScheme, Contrast)> = const { Cell::new((ColourScheme::NoPreference, Contrast::Normal)) };
}

/// Reads what is known. Has to be called on the main thread, after GTK was initialised.
#[must_use]
pub fn desktop_facts() -> DesktopFacts {
    let settings = gtk::Settings::default();
    let (scheme, contrast) = FROM_PORTAL.get();
    let prefers_dark = settings.as_ref().is_some_and(GtkSettingsExt::is_gtk_application_prefer_dark_theme);
    DesktopFacts {
        current_desktop: std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default(),
        theme: settings
            .as_ref()
            .and_then(GtkSettingsExt::gtk_theme_name)
            .map(|name| name.to_string())
            .unwrap_or_default(),
        colour_scheme: match scheme {
            ColourScheme::NoPreference if prefers_dark => ColourScheme::Dark,
            known @ (ColourScheme::NoPreference | ColourScheme::Dark | ColourScheme::Light) => known,
        },
        contrast: match accessibility() {
            Some(settings) if settings.boolean(HIGH_CONTRAST) => Contrast::High,
            Some(_) | None => contrast,
        },
    }
}

/// Calls `show` whenever [`desktop_facts`] may say something else, for as long as the app runs, and gives the windows of
/// this process the colours that the desktop's settings ask for. Has to be called on the main thread, after GTK was
/// initialised.
pub async fn follow(show: impl Fn()) {
    let mut changes = Changes::default();
    let trigger = std::rc::Rc::new(changes.trigger());
    let usual =
        gtk::Settings::default().as_ref().is_some_and(GtkSettingsExt::is_gtk_application_prefer_dark_theme);
    if let Some(settings) = gtk::Settings::default() {
        let happened = std::rc::Rc::clone(&trigger);
        settings.connect_gtk_theme_name_notify(move |_| happened());
        let happened = std::rc::Rc::clone(&trigger);
        settings.connect_gtk_application_prefer_dark_theme_notify(move |_| happened());
    }
    let accessibility = accessibility();
    if let Some(settings) = &accessibility {
        let happened = std::rc::Rc::clone(&trigger);
        settings.connect_changed(Some(HIGH_CONTRAST), move |_, _| happened());
    }
    let portal = bus::connect(gio::BusType::Session)
        .await
        .map(|connection| Remote::new(&connection, PORTAL, PORTAL_PATH, PORTAL_SETTINGS));
    if let Some(portal) = &portal {
        changes.owner(portal);
        changes.signal(portal, "SettingChanged");
    }
    let mut known = desktop_facts();
    loop {
        if let Some(portal) = &portal {
            let said = read(portal).await;
            FROM_PORTAL.set(said);
            colour_windows(said.0, usual);
        }
        let facts = desktop_facts();
        if known != facts {
            show();
            known = facts;
        }
        changes.next().await;
    }
}

/// Follows in the background, for a process that has windows only. Has to be called on the main thread, after GTK was
/// initialised.
pub fn follow_for_windows() {
    gtk::glib::MainContext::default().spawn_local(follow(|| {}));
}

/// GTK 3 and WebKit ask for no portal, so that the windows of a dark desktop would be light.
fn colour_windows(scheme: ColourScheme, usual: bool) {
    let dark = match scheme {
        ColourScheme::Dark => true,
        ColourScheme::Light => false,
        ColourScheme::NoPreference => usual,
    };
    let Some(settings) = gtk::Settings::default() else { return };
    // Every assignment is a change to whoever follows.
    if settings.is_gtk_application_prefer_dark_theme() != dark {
        settings.set_gtk_application_prefer_dark_theme(dark);
    }
}

/// GNOME's own switch. Asking for a schema or a key that is not installed would end the process.
fn accessibility() -> Option<gio::Settings> {
    let schema = gio::SettingsSchemaSource::default()?.lookup(ACCESSIBILITY, true)?;
    schema.has_key(HIGH_CONTRAST).then(|| gio::Settings::new(ACCESSIBILITY))
}

async fn read(portal: &Remote) -> (ColourScheme, Contrast) {
    let scheme = match setting(portal, "color-scheme").await {
        Some(1) => ColourScheme::Dark,
        Some(2) => ColourScheme::Light,
        Some(_) | None => ColourScheme::NoPreference,
    };
    let contrast = match setting(portal, "contrast").await {
        Some(1) => Contrast::High,
        Some(_) | None => Contrast::Normal,
    };
    (scheme, contrast)
}

/// `Read` is the older of two methods for this, and all portals have it. It wraps the value twice.
async fn setting(portal: &Remote, key: &str) -> Option<u32> {
    let answer = portal.call("Read", Some((APPEARANCE, key).to_variant())).await.ok()?;
    let mut value = first::<Variant>(&answer)?;
    while let Some(inner) = value.as_variant() {
        value = inner;
    }
    value.get()
}
