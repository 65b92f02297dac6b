//! Whether a screen saver runs. Every desktop has its own name for the same three words.

use gtk::gio;

use super::{Reason, Report};
use crate::bus::{self, Changes, Remote};

const SCREEN_SAVERS: [(&str, &str); 5] = [
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    ("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    ("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
];

pub(super) async fn follow(report: Report) {
    let Some(connection) = bus::connect(gio::BusType::Session).await else {
        report.say(None);
        return;
    };
    let mut changes = Changes::default();
    let savers = SCREEN_SAVERS.map(|(name, path)| Remote::new(&connection, name, path, name));
    for saver in &savers {
        changes.owner(saver);
        // KDE sends the signal from another object too; from where it comes does not matter.
        changes.signal(&Remote { path: String::new(), ..saver.clone() }, "ActiveChanged");
    }
    loop {
        report.say(read(&savers).await);
        changes.next().await;
    }
}

async fn read(savers: &[Remote]) -> Option<Reason> {
    for saver in savers {
        if saver.value("GetActive").await == Some(true) {
            return Some(Reason::ScreenSaver);
        }
    }
    None
}
