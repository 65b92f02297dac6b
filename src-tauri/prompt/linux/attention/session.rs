//! What logind says of the session: locked, in the background, about to sleep.

use gtk::gio;
use gtk::glib::variant::ToVariant;

use super::{Reason, Report};
use crate::bus::{self, Changes, Remote, first};

const LOGIND: &str = "org.freedesktop.login1";

pub(super) async fn follow(report: Report) {
    let Some((manager, session)) = find().await else {
        report.say(None);
        return;
    };
    let mut changes = Changes::default();
    changes.properties(&session);
    changes.signal(&manager, "PrepareForSleep");
    loop {
        report.say(read(&manager, &session).await);
        changes.next().await;
    }
}

/// The session to which this process belongs, or else the one that the person sees.
///
/// Its own path is needed: logind answers under `…/session/auto` too, but sends no changes from there.
async fn find() -> Option<(Remote, Remote)> {
    let connection = bus::connect(gio::BusType::System).await?;
    let manager =
        Remote::new(&connection, LOGIND, "/org/freedesktop/login1", "org.freedesktop.login1.Manager");
    let own = std::env::var("XDG_SESSION_ID").ok();
    // What the environment says may be of another time; it is for a logind that does not know “auto” yet.
    for name in std::iter::once("auto").chain(own.as_deref()) {
        match manager.call("GetSession", Some((name,).to_variant())).await {
            Ok(answer) => {
                let path = first::<gtk::glib::variant::ObjectPath>(&answer)?;
                let session =
                    Remote::new(&connection, LOGIND, path.as_str(), "org.freedesktop.login1.Session");
                return Some((manager, session));
            }
            Err(error) => tracing::debug!(%error, name, "logind knows no such session"),
        }
    }
    None
}

async fn read(manager: &Remote, session: &Remote) -> Option<Reason> {
    if session.property("LockedHint").await == Some(true) {
        Some(Reason::Locked)
    } else if manager.property("PreparingForSleep").await == Some(true) {
        Some(Reason::Asleep)
    } else if session.property("Active").await == Some(false) {
        Some(Reason::OtherSession)
    } else {
        None
    }
}
