//! The settings of the desktop: the environment first, and where that names no proxy, what the person has set.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

use async_trait::async_trait;
use countersign_trust::{Host, ServerAddress};
#[cfg(target_os = "linux")]
use linux as operating_system;
#[cfg(not(target_os = "linux"))]
use other as operating_system;

use super::{ProposedWay, ProxySource, environment};

/// The settings of the desktop that the agent runs on, read anew for each connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct DesktopProxies;

#[async_trait]
impl ProxySource for DesktopProxies {
    async fn way_to(&self, server: &ServerAddress) -> ProposedWay {
        if is_this_computer(server.host()) {
            return ProposedWay::Direct;
        }
        match environment::way_to(server, |name| std::env::var(name).ok()) {
            Some(way) => way,
            None => operating_system::way_to(server).await,
        }
    }
}

/// A proxy elsewhere would come back to itself, not to this computer.
fn is_this_computer(host: &Host) -> bool {
    match host {
        Host::Name(name) => name.as_str() == "localhost" || name.as_str().ends_with(".localhost"),
        Host::Address(address) => address.to_canonical().is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_proxy_stands_between_this_computer_and_itself() {
        for (host, is_here) in [
            ("localhost", true),
            ("a.localhost", true),
            ("127.0.0.2", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("192.0.2.7", false),
            ("localhost.example.com", false),
        ] {
            assert_eq!(is_this_computer(&Host::new(host).unwrap()), is_here, "{host}");
        }
        let server = ServerAddress::new("localhost", 8013).unwrap();
        assert_eq!(DesktopProxies.way_to(&server).await, ProposedWay::Direct);
    }
}
