//! Which way leads to the server: directly, or through a proxy.

use async_trait::async_trait;
use countersign_trust::ServerAddress;
use tokio::io::{AsyncRead, AsyncWrite};

use super::facts::ProxyKind;

/// Finds the way to a server as the agent does.
#[async_trait]
pub trait Route: Send + Sync {
    /// The proxy that the connection to this server needs. The error says, fit to be shown, why that is not clear.
    async fn proxy(&self, server: &ServerAddress) -> Result<Option<Proxy>, String>;

    /// Opens a tunnel to the server through the proxy.
    async fn tunnel(&self, proxy: &Proxy, server: &ServerAddress) -> Result<BoxedStream, TunnelFailure>;
}

/// A proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// What kind of proxy it is.
    pub kind: ProxyKind,
    /// Its address.
    pub address: ServerAddress,
}

/// Why there is no tunnel. The details are fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelFailure {
    /// The proxy wants to know who asks, and what it was told was not enough.
    Authentication {
        /// What the proxy said.
        detail: String,
    },
    /// The proxy does not connect to the server.
    Refused {
        /// What the proxy said.
        detail: String,
    },
}

/// A connection, whatever it goes through.
pub type BoxedStream = Box<dyn Stream>;

/// What TLS is spoken over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// No proxy at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Direct;

#[async_trait]
impl Route for Direct {
    async fn proxy(&self, _server: &ServerAddress) -> Result<Option<Proxy>, String> {
        Ok(None)
    }

    async fn tunnel(&self, _proxy: &Proxy, _server: &ServerAddress) -> Result<BoxedStream, TunnelFailure> {
        Err(TunnelFailure::Refused { detail: "no proxy is set up".to_owned() })
    }
}
