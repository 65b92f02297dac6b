//! Notification servers that say it themselves: KDE's (`Inhibited`) and dunst (`paused`).

use gtk::gio;

use super::super::{Reason, Report};
use crate::bus::{self, Changes, Remote};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

pub(in super::super) async fn follow(report: Report) {
    let Some(connection) = bus::connect(gio::BusType::Session).await else {
        report.say(None);
        return;
    };
    let standard = Remote::new(&connection, NAME, PATH, NAME);
    let dunst = Remote::new(&connection, NAME, PATH, "org.dunstproject.cmd0");
    let mut changes = Changes::default();
    changes.owner(&standard);
    changes.properties(&standard);
    changes.properties(&dunst);
    loop {
        let undisturbed = standard.property("Inhibited").await == Some(true)
            || dunst.property("paused").await == Some(true);
        report.say(undisturbed.then_some(Reason::DoNotDisturb));
        changes.next().await;
    }
}
