//! Desktops that keep it among their settings: GNOME, Cinnamon, MATE, Pantheon.

use gtk::gio;
use gtk::gio::prelude::*;

use super::super::{Reason, Report};
use crate::bus::Changes;

struct Setting {
    /// As in `XDG_CURRENT_DESKTOP`: the settings of a desktop that does not run mean nothing.
    desktop: &'static str,
    schema: &'static str,
    key: &'static str,
    undisturbed: bool,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        desktop: "GNOME",
        schema: "org.gnome.desktop.notifications",
        key: "show-banners",
        undisturbed: false,
    },
    Setting {
        desktop: "X-Cinnamon",
        schema: "org.cinnamon.desktop.notifications",
        key: "display-notifications",
        undisturbed: false,
    },
    Setting {
        desktop: "MATE",
        schema: "org.mate.NotificationDaemon",
        key: "do-not-disturb",
        undisturbed: true,
    },
    Setting {
        desktop: "Pantheon",
        schema: "io.elementary.notifications",
        key: "do-not-disturb",
        undisturbed: true,
    },
];

pub(in super::super) async fn follow(report: Report) {
    let Some((setting, settings)) = current() else {
        report.say(None);
        return;
    };
    let changes = Changes::default();
    let happened = changes.trigger();
    let connected = settings.connect_changed(Some(setting.key), move |_, _| happened());
    let _connected = Connected(settings.clone(), Some(connected));
    loop {
        report.say((settings.boolean(setting.key) == setting.undisturbed).then_some(Reason::DoNotDisturb));
        changes.next().await;
    }
}

/// Asking for a schema or a key that is not installed would end the process.
fn current() -> Option<(&'static Setting, gio::Settings)> {
    let desktops = std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default();
    let setting =
        SETTINGS.iter().find(|setting| desktops.split(':').any(|desktop| desktop == setting.desktop))?;
    let schema = gio::SettingsSchemaSource::default()?.lookup(setting.schema, true)?;
    schema.has_key(setting.key).then(|| (setting, gio::Settings::new(setting.schema)))
}

struct Connected(gio::Settings, Option<gtk::glib::SignalHandlerId>);

impl Drop for Connected {
    fn drop(&mut self) {
        if let Some(handler) = self.1.take() {
            self.0.disconnect(handler);
        }
    }
}
