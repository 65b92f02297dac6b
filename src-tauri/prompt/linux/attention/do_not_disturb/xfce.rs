//! Xfce keeps it in its own store of settings.

use gtk::gio;
use gtk::glib::variant::{ToVariant, Variant};

use super::super::{Reason, Report};
use crate::bus::{self, Changes, Remote, first};

pub(in super::super) async fn follow(report: Report) {
    let Some(connection) = bus::connect(gio::BusType::Session).await else {
        report.say(None);
        return;
    };
    let store = Remote::new(&connection, "org.xfce.Xfconf", "/org/xfce/Xfconf", "org.xfce.Xfconf");
    let mut changes = Changes::default();
    changes.owner(&store);
    changes.signal(&store, "PropertyChanged");
    changes.signal(&store, "PropertyRemoved");
    loop {
        report.say(read(&store).await);
        changes.next().await;
    }
}

async fn read(store: &Remote) -> Option<Reason> {
    // Fails as long as the person has never touched the switch.
    let answer =
        store.call("GetProperty", Some(("xfce4-notifyd", "/do-not-disturb").to_variant())).await.ok()?;
    (first::<Variant>(&answer)?.get() == Some(true)).then_some(Reason::DoNotDisturb)
}
