//! The way that the settings say, as the agent goes it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use countersign_trust::ServerAddress;

use super::bus::{Keyring, MessageBus};
use super::facts::ProxyKind;
use super::route::{BoxedStream, Proxy, Route, TunnelFailure};
use crate::Secret;
use crate::keychain::{Keychain, KeychainError};
use crate::proxy::{
    Destination, Dialer, Failure, Limits, ProposedProxy, ProposedWay, ProxyAddress, ProxyCredentials,
    ProxyScheme, ProxySettings, ProxySource,
};

/// A little less than a check may take, so that it can still tell what happened.
const TO_PASS_A_PROXY: Duration = Duration::from_secs(7);

/// Through the proxy that the configuration or the desktop names, if one applies.
///
/// A keyring that is known to be locked is left alone: reading would make the desktop ask the person for a password.
pub struct SettingsRoute {
    settings: ProxySettings,
    desktop: Arc<dyn ProxySource>,
    connect_to: Option<SocketAddr>,
    keychain: Arc<dyn Keychain>,
    bus: Option<Arc<dyn MessageBus>>,
}

impl SettingsRoute {
    /// By these settings; those of the desktop come from `desktop`. `connect_to` is where to connect to instead of
    /// resolving the server's name, and `bus` tells whether the keychain, which holds logins, is locked.
    #[must_use]
    pub fn new(
        settings: ProxySettings,
        desktop: Arc<dyn ProxySource>,
        connect_to: Option<SocketAddr>,
        keychain: Arc<dyn Keychain>,
        bus: Option<Arc<dyn MessageBus>>,
    ) -> Self {
        Self { settings, desktop, connect_to, keychain, bus }
    }

    fn destination(&self, server: &ServerAddress) -> Destination {
        Destination { server: server.clone(), connect_to: self.connect_to }
    }

    fn dialer(&self, keychain: Arc<dyn Keychain>) -> Dialer {
        Dialer {
            settings: self.settings.clone(),
            desktop: Arc::clone(&self.desktop),
            credentials: ProxyCredentials::new(keychain),
            limits: Limits { to_pass_a_proxy: TO_PASS_A_PROXY, ..Limits::default() },
        }
    }

    async fn usable_keychain(&self) -> Arc<dyn Keychain> {
        let keyring = match &self.bus {
            Some(bus) => bus.keyring().await,
            None => None,
        };
        match keyring {
            Some(Keyring::Locked) => Arc::new(LockedKeychain),
            Some(Keyring::Open | Keyring::None) | None => Arc::clone(&self.keychain),
        }
    }

    /// The proxy that the agent tries first. The error says, fit to be shown, why that is not clear.
    pub async fn first_proxy(&self, server: &ServerAddress) -> Result<Option<ProxyAddress>, String> {
        Ok(self.first(server).await?.map(|proxy| proxy.address))
    }

    /// The passwords for the proxies of the settings, in the forms in which they may be written, so that a report can be
    /// kept free of them. What the keychain does not give without asking somebody, or not in time, is not among them.
    pub async fn passwords(&self, server: &ServerAddress) -> Vec<Secret> {
        let found = async {
            let proxies = match &self.settings {
                ProxySettings::Configured { address, .. } => {
                    vec![ProposedProxy { address: address.clone(), login: None }]
                }
                ProxySettings::None | ProxySettings::Desktop { .. } => {
                    let dialer = self.dialer(Arc::clone(&self.keychain));
                    match dialer.way_to(&self.destination(server)).await {
                        ProposedWay::Through(proxies) => proxies,
                        ProposedWay::Direct | ProposedWay::Unusable { .. } => Vec::new(),
                    }
                }
            };
            let credentials = ProxyCredentials::new(self.usable_keychain().await);
            let mut logins = Vec::new();
            for ProposedProxy { address, login } in proxies {
                logins.extend(credentials.load(&address).await.ok().flatten());
                logins.extend(login);
            }
            logins
        };
        let logins = tokio::time::timeout(TO_PASS_A_PROXY, found).await.unwrap_or_default();
        logins.iter().flat_map(|login| [login.password().clone(), login.basic_credentials()]).collect()
    }

    async fn first(&self, server: &ServerAddress) -> Result<Option<ProposedProxy>, String> {
        let dialer = self.dialer(Arc::clone(&self.keychain));
        match dialer.way_to(&self.destination(server)).await {
            ProposedWay::Direct => Ok(None),
            ProposedWay::Unusable { proxy, detail } => Err(format!("{proxy} cannot be used: {detail}")),
            ProposedWay::Through(proxies) => Ok(proxies.into_iter().next()),
        }
    }
}

#[async_trait]
impl Route for SettingsRoute {
    async fn proxy(&self, server: &ServerAddress) -> Result<Option<Proxy>, String> {
        let Some(ProposedProxy { address, .. }) = self.first(server).await? else { return Ok(None) };
        let kind = match address.scheme() {
            ProxyScheme::Http => ProxyKind::HttpConnect,
            ProxyScheme::Socks5 => ProxyKind::Socks5,
        };
        let address = ServerAddress::new(&address.host().to_string(), address.port())
            .map_err(|error| error.to_string())?;
        Ok(Some(Proxy { kind, address }))
    }

    async fn tunnel(&self, _proxy: &Proxy, server: &ServerAddress) -> Result<BoxedStream, TunnelFailure> {
        let changed = || TunnelFailure::Refused { detail: "the proxy settings have changed".to_owned() };
        let proxy = self.first(server).await.ok().flatten().ok_or_else(changed)?;
        let dialer = self.dialer(self.usable_keychain().await);
        match dialer.connect_through(&proxy, &self.destination(server)).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(Failure::Authentication(problem)) => {
                Err(TunnelFailure::Authentication { detail: problem.to_string() })
            }
            Err(
                failure @ (Failure::Unreachable(_)
                | Failure::TimedOut
                | Failure::Closed
                | Failure::Refused(_)),
            ) => Err(TunnelFailure::Refused { detail: failure.to_string() }),
        }
    }
}

/// Gives nothing away and asks nobody.
struct LockedKeychain;

impl LockedKeychain {
    fn error() -> KeychainError {
        KeychainError::Locked { detail: "it is locked".to_owned() }
    }
}

impl Keychain for LockedKeychain {
    fn get(&self, _name: &str) -> Result<Option<Secret>, KeychainError> {
        Err(Self::error())
    }

    fn find(&self, _prefix: &str) -> Result<Vec<String>, KeychainError> {
        Err(Self::error())
    }

    fn set(&self, _name: &str, _secret: &Secret) -> Result<(), KeychainError> {
        Err(Self::error())
    }

    fn delete(&self, _name: &str) -> Result<(), KeychainError> {
        Err(Self::error())
    }
}
