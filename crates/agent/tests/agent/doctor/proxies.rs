//! From the computer to the server through a proxy.

use std::sync::Arc;

use async_trait::async_trait;
use countersign_agent::Secret;
use countersign_agent::doctor::{
    BoxedStream, Check, Keyring, MessageBus, Proxy, ProxyKind, Route, SettingsRoute, TunnelFailure,
};
use countersign_agent::proxy::{
    DesktopProxies, Exceptions, ProxyAddress, ProxyCredentials, ProxyLogin, ProxySettings,
};
use countersign_trust::ServerAddress;
use tokio::net::TcpStream;

use super::strangers::{Manner, Stranger, closed_port};
use super::{ScriptedBus, codes, computer, json, look, target};
use crate::support::proxy::{Script, TestProxy};
use crate::support::server::{Certificates, Server};

/// A proxy that connects to one address, whatever it is asked for.
struct Through {
    proxy: u16,
    server: Result<u16, TunnelFailure>,
}

#[async_trait]
impl Route for Through {
    async fn proxy(&self, _server: &ServerAddress) -> Result<Option<Proxy>, String> {
        let address = ServerAddress::new("127.0.0.1", self.proxy).unwrap();
        Ok(Some(Proxy { kind: ProxyKind::HttpConnect, address }))
    }

    async fn tunnel(&self, _proxy: &Proxy, _server: &ServerAddress) -> Result<BoxedStream, TunnelFailure> {
        let port = self.server.clone()?;
        Ok(Box::new(TcpStream::connect(("127.0.0.1", port)).await.unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_proxy_the_name_is_its_business() {
    let certificates = Certificates::make();
    let server = Server::start(&certificates.valid).await;
    let (proxy, port) = (Stranger::start(Manner::Silent).await, server.address.port());
    let closed = closed_port().await;
    let refused = TunnelFailure::Refused { detail: "forbidden".to_owned() };
    let unknown = TunnelFailure::Authentication { detail: "who are you".to_owned() };
    for (proxy, server, expected) in [
        (proxy.port, Ok(port), vec!["dns.not_applicable"]),
        (
            proxy.port,
            Err(refused),
            vec!["dns.not_applicable", "tcp.proxy_refuses", "tls_version.skipped", "certificate.skipped"],
        ),
        (
            proxy.port,
            Err(unknown),
            vec![
                "dns.not_applicable",
                "tcp.proxy_authentication",
                "tls_version.skipped",
                "certificate.skipped",
            ],
        ),
        (
            closed,
            Ok(port),
            vec![
                "proxy.unreachable",
                "dns.skipped",
                "tcp.skipped",
                "tls_version.skipped",
                "certificate.skipped",
            ],
        ),
    ] {
        let mut around = computer(&certificates);
        around.route = Arc::new(Through { proxy, server });
        assert_eq!(codes(&look(Ok(target(1)), &around).await), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_of_the_settings_is_the_agents() {
    let certificates = Certificates::make();
    let server = Server::start(&certificates.valid).await;
    let relay = || Script::Relay { login: None };
    let login = || Script::Relay { login: Some(("anna", "secret")) };
    let stopped = |code: &str| {
        vec![code.to_owned(), "tls_version.skipped".to_owned(), "certificate.skipped".to_owned()]
    };
    for (proxy, keyring, expected) in [
        (TestProxy::http(relay()).await, Keyring::Open, Vec::new()),
        (TestProxy::socks(relay()).await, Keyring::Open, Vec::new()),
        (TestProxy::http(login()).await, Keyring::Open, Vec::new()),
        // Nobody is asked for the password of the keyring.
        (TestProxy::http(login()).await, Keyring::Locked, stopped("tcp.proxy_authentication")),
        (TestProxy::http(Script::HangUp).await, Keyring::Open, stopped("tcp.proxy_refuses")),
    ] {
        let mut around = computer(&certificates);
        let bus: Arc<dyn MessageBus> =
            Arc::new(ScriptedBus { keyring: Some(keyring), ..ScriptedBus::default() });
        around.bus = Some(Arc::clone(&bus));
        let address: ProxyAddress = proxy.url.parse().unwrap();
        let credentials = ProxyCredentials::new(Arc::clone(&around.keychain));
        let [user, password] = ["anna", "secret"].map(|text| Secret::new(text.to_owned()));
        credentials.store(&address, &ProxyLogin::new(user, password).unwrap()).await.unwrap();
        let settings = ProxySettings::Configured { address, exceptions: Exceptions::default() };
        let keychain = Arc::clone(&around.keychain);
        let route =
            Arc::new(SettingsRoute::new(settings, Arc::new(DesktopProxies), None, keychain, Some(bus)));
        around.route = Arc::clone(&route) as _;
        let destination = target(1).server;
        let passwords = route.passwords(&destination).await;
        let passwords: Vec<&str> = passwords.iter().map(Secret::expose).collect();
        match keyring {
            // “anna:secret” in Base64.
            Keyring::Open => assert_eq!(passwords, ["secret", "YW5uYTpzZWNyZXQ="]),
            Keyring::Locked | Keyring::None => assert!(passwords.is_empty()),
        }
        let named = route.first_proxy(&destination).await.unwrap().unwrap();
        assert_eq!(named.to_string(), proxy.url);
        let report = look(Ok(target(server.address.port())), &around).await;
        let found: Vec<_> = codes(&report).into_iter().filter(|code| !code.starts_with("keychain")).collect();
        let mut all = vec!["dns.not_applicable".to_owned()];
        all.extend(expected);
        assert_eq!(found, all, "{proxy:?} {keyring:?}");
        assert_eq!(json(&report, Check::Proxy)["outcome"], "ok");
    }
}
