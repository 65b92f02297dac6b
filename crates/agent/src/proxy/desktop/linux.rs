//! The XDG desktop portal, which knows the settings of every desktop, exceptions and automatic configuration included
//! (org.freedesktop.portal.ProxyResolver, version 1).

use std::future::Future;
use std::time::Duration;

use countersign_trust::ServerAddress;
use zbus::Connection;

use crate::proxy::ProposedWay;

/// How long the portal may take, which may have to start and to fetch an automatic configuration first.
const LIMIT: Duration = Duration::from_secs(5);

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const OBJECT: &str = "/org/freedesktop/portal/desktop";
const INTERFACE: &str = "org.freedesktop.portal.ProxyResolver";

pub(super) async fn way_to(server: &ServerAddress) -> ProposedWay {
    ask(async { look_up(&Connection::session().await?, server).await }, LIMIT).await
}

/// A desktop without a portal has no settings that could be read. One whose portal fails is treated likewise, as
/// browsers do: the agent must not lose its server to a broken desktop.
async fn ask(looked_up: impl Future<Output = zbus::Result<Vec<String>>>, limit: Duration) -> ProposedWay {
    match tokio::time::timeout(limit, looked_up).await {
        Ok(Ok(urls)) => ProposedWay::from_urls(urls.iter().map(String::as_str)),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the desktop does not say which proxy to use");
            ProposedWay::Direct
        }
        Err(_) => {
            tracing::warn!("the desktop did not say in time which proxy to use; none is used");
            ProposedWay::Direct
        }
    }
}

async fn look_up(bus: &Connection, server: &ServerAddress) -> zbus::Result<Vec<String>> {
    let url = format!("https://{server}");
    bus.call_method(Some(PORTAL), OBJECT, Some(INTERFACE), "Lookup", &(url,)).await?.body().deserialize()
}

#[cfg(test)]
mod tests;
