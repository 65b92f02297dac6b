//! Makes the connection: chooses the way, passes the proxy, and falls back where that is permitted.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::ProxyFallback;
use countersign_trust::Host;
use thiserror::Error;
use tokio::net::TcpStream;

use super::{
    Destination, Failure, ProposedProxy, ProposedWay, ProxyAuthenticationProblem, ProxyCredentials,
    ProxyError, ProxyLogin, ProxyScheme, ProxySettings, ProxySource, Route, connect, socks,
};
use crate::status::BackOffReason;

/// Makes connections the way that the settings say.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub(crate) settings: ProxySettings,
    pub(crate) desktop: Arc<dyn ProxySource>,
    pub(crate) credentials: ProxyCredentials,
    pub(crate) limits: Limits,
}

/// How long it may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// To connect to the server without a proxy.
    pub(crate) to_connect: Duration,
    /// To connect to a proxy and to have it connect to the server. What a person needs to unlock the keychain does not
    /// count.
    pub(crate) to_pass_a_proxy: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { to_connect: Duration::from_secs(10), to_pass_a_proxy: Duration::from_secs(20) }
    }
}

/// Whether the proxy relays now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relayed {
    /// What comes next on the connection is the server's.
    Yes,
    /// It asks for a login, or does not accept the one that it was shown. The connection is of no more use.
    LoginWanted,
}

/// Why there is no connection to the server.
#[derive(Debug, Error)]
pub(crate) enum DialError {
    #[error("no TCP connection: {0}")]
    Tcp(#[from] io::Error),
    #[error("no answer in time")]
    TimedOut,
    #[error(transparent)]
    Proxy(Box<ProxyError>),
    #[error("the desktop’s settings name the proxy {proxy}, which cannot be used: {detail}")]
    UnusableProxy { proxy: String, detail: String },
}

impl Dialer {
    /// Connects to the destination, and says how.
    pub(crate) async fn dial(
        &self,
        destination: &Destination,
        fallback: ProxyFallback,
    ) -> Result<(TcpStream, Route), DialError> {
        let error = match self.way_to(destination).await {
            ProposedWay::Direct => {
                let stream = self.connect_directly(destination).await?;
                return Ok((stream, Route::Direct));
            }
            ProposedWay::Unusable { proxy, detail } => DialError::UnusableProxy { proxy, detail },
            ProposedWay::Through(proxies) => match self.connect_through_one(&proxies, destination).await {
                Ok((stream, proxy)) => return Ok((stream, Route::Proxy { proxy: proxy.address.clone() })),
                Err(error) => error,
            },
        };
        match fallback {
            ProxyFallback::None => Err(error),
            ProxyFallback::Direct => match self.connect_directly(destination).await {
                Ok(stream) => {
                    tracing::warn!(server = %destination.server, %error, "connected without the proxy, as the endpoint profile permits");
                    Ok((stream, Route::DirectAfterProxyFailed { reason: Box::new(error.reason()) }))
                }
                Err(direct) => {
                    tracing::info!(server = %destination.server, error = %direct, "no direct connection either");
                    Err(error)
                }
            },
        }
    }

    /// The way that the settings propose.
    pub(crate) async fn way_to(&self, destination: &Destination) -> ProposedWay {
        match &self.settings {
            ProxySettings::None => ProposedWay::Direct,
            ProxySettings::Desktop { exceptions } | ProxySettings::Configured { exceptions, .. }
                if destination.is_among(exceptions) =>
            {
                ProposedWay::Direct
            }
            ProxySettings::Desktop { .. } => self.desktop.way_to(&destination.address()).await,
            ProxySettings::Configured { address, .. } => {
                ProposedWay::Through(vec![ProposedProxy { address: address.clone(), login: None }])
            }
        }
    }

    async fn connect_directly(&self, destination: &Destination) -> Result<TcpStream, DialError> {
        match tokio::time::timeout(self.limits.to_connect, tcp(&destination.host(), destination.port())).await
        {
            Ok(connected) => Ok(connected?),
            Err(_) => Err(DialError::TimedOut),
        }
    }

    /// Tries the proxies one after the other. What went wrong at the first is what people are told.
    async fn connect_through_one<'a>(
        &self,
        proxies: &'a [ProposedProxy],
        destination: &Destination,
    ) -> Result<(TcpStream, &'a ProposedProxy), DialError> {
        let mut first = None;
        for proxy in proxies {
            match self.connect_through(proxy, destination).await {
                Ok(stream) => return Ok((stream, proxy)),
                Err(failure) => {
                    let error = ProxyError { proxy: proxy.address.clone(), failure };
                    tracing::info!(server = %destination.server, %error, "no connection through a proxy");
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.map_or(DialError::TimedOut, |error| DialError::Proxy(Box::new(error))))
    }

    /// Shows a login only to the proxy that it is for, and only after that has asked for it.
    pub(crate) async fn connect_through(
        &self,
        proxy: &ProposedProxy,
        destination: &Destination,
    ) -> Result<TcpStream, Failure> {
        if let Some(stream) = self.pass(proxy, destination, None).await? {
            return Ok(stream);
        }
        let login = self.login(proxy).await.map_err(Failure::Authentication)?;
        self.pass(proxy, destination, Some(&login))
            .await?
            .ok_or(Failure::Authentication(ProxyAuthenticationProblem::NotAccepted))
    }

    /// A connection to the destination, or nothing when the proxy wants another login.
    async fn pass(
        &self,
        proxy: &ProposedProxy,
        destination: &Destination,
        login: Option<&ProxyLogin>,
    ) -> Result<Option<TcpStream>, Failure> {
        let address = &proxy.address;
        let passing = async {
            let mut stream =
                tcp(address.host(), address.port()).await.map_err(|error| Failure::broken(&error))?;
            let relayed = match address.scheme() {
                ProxyScheme::Http => connect::connect(&mut stream, destination, login).await,
                ProxyScheme::Socks5 => socks::connect(&mut stream, destination, login).await,
            };
            Ok(match relayed? {
                Relayed::Yes => Some(stream),
                Relayed::LoginWanted => None,
            })
        };
        tokio::time::timeout(self.limits.to_pass_a_proxy, passing).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// The login for this proxy: that of the keychain, or else that of the settings that named the proxy.
    async fn login(&self, proxy: &ProposedProxy) -> Result<ProxyLogin, ProxyAuthenticationProblem> {
        match (self.credentials.load(&proxy.address).await, &proxy.login) {
            (Ok(Some(login)), _) => Ok(login),
            (Ok(None) | Err(_), Some(login)) => Ok(login.clone()),
            (Ok(None), None) => Err(ProxyAuthenticationProblem::NoLogin),
            (Err(error), None) => Err(ProxyAuthenticationProblem::KeychainFailed {
                detail: error.to_string().trim_end_matches('.').to_owned(),
            }),
        }
    }
}

async fn tcp(host: &Host, port: u16) -> io::Result<TcpStream> {
    let stream = match host {
        Host::Name(name) => TcpStream::connect((name.as_str(), port)).await,
        Host::Address(address) => TcpStream::connect((*address, port)).await,
    }?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl DialError {
    /// The same for people.
    pub(crate) fn reason(&self) -> BackOffReason {
        match self {
            Self::Tcp(error) => BackOffReason::Unreachable { detail: crate::tls::plain(error) },
            Self::TimedOut => BackOffReason::TimedOut,
            Self::Proxy(error) => error.reason(),
            Self::UnusableProxy { proxy, detail } => {
                BackOffReason::ProxyUnusable { proxy: proxy.clone(), detail: detail.clone() }
            }
        }
    }
}

#[cfg(test)]
mod tests;
