//! The end of the session, as far as it is announced. Otherwise it comes as a signal to the process, or the display goes
//! away.

use gtk::gio;
use gtk::glib::variant::{ObjectPath, ToVariant};
use tokio::sync::mpsc;

use crate::bus::{self, Changes, Remote, Subscription, first};

/// Waits until the session or the computer is about to end.
pub(super) async fn wait() {
    tokio::select! {
        () = computer_shuts_down() => {}
        () = session_manager_says_so() => {}
    }
}

async fn computer_shuts_down() {
    if let Some(connection) = bus::connect(gio::BusType::System).await {
        let logind = Remote::new(
            &connection,
            "org.freedesktop.login1",
            "/org/freedesktop/login1",
            "org.freedesktop.login1.Manager",
        );
        let mut changes = Changes::default();
        changes.signal(&logind, "PrepareForShutdown");
        loop {
            changes.next().await;
            if logind.property("PreparingForShutdown").await == Some(true) {
                return;
            }
        }
    }
    std::future::pending::<()>().await;
}

/// What a session manager says to its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    MayItEnd,
    Ends,
}

/// The session manager of GNOME, whose words those of MATE and Cinnamon are too.
async fn session_manager_says_so() {
    if let Some(client) = register().await {
        let (sender, mut said) = mpsc::unbounded_channel();
        let _subscriptions =
            [("QueryEndSession", Said::MayItEnd), ("EndSession", Said::Ends), ("Stop", Said::Ends)].map(
                |(signal, meaning)| {
                    let sender = sender.clone();
                    Subscription::new(&client, client.interface, signal, None, move |_| {
                        // Nobody listens any more when the app ends already.
                        let _ = sender.send(meaning);
                    })
                },
            );
        while let Some(meaning) = said.recv().await {
            if let Err(error) = client.call("EndSessionResponse", Some((true, "").to_variant())).await {
                tracing::debug!(%error, "the session manager takes no answer");
            }
            match meaning {
                Said::MayItEnd => {}
                Said::Ends => return,
            }
        }
    }
    std::future::pending::<()>().await;
}

async fn register() -> Option<Remote> {
    const MANAGER: &str = "org.gnome.SessionManager";
    let connection = bus::connect(gio::BusType::Session).await?;
    let manager = Remote::new(&connection, MANAGER, "/org/gnome/SessionManager", MANAGER);
    // The session manager gives it to what it starts itself.
    let startup = std::env::var("DESKTOP_AUTOSTART_ID").unwrap_or_default();
    let answer = manager.call("RegisterClient", Some(("countersign", startup).to_variant())).await.ok()?;
    let path = first::<ObjectPath>(&answer)?;
    Some(Remote::new(&connection, MANAGER, path.as_str(), "org.gnome.SessionManager.ClientPrivate"))
}
