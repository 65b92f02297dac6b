//! Where a connection is to end.

use std::net::SocketAddr;

use countersign_trust::{Host, ServerAddress};

use super::Exceptions;

/// The server, and where its name is not to be resolved, the address to connect to instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) server: ServerAddress,
    pub(crate) connect_to: Option<SocketAddr>,
}

impl Destination {
    /// The host to connect to.
    pub(super) fn host(&self) -> Host {
        match self.connect_to {
            Some(address) => Host::Address(address.ip()),
            None => self.server.host().clone(),
        }
    }

    /// The port to connect to.
    pub(super) fn port(&self) -> u16 {
        self.connect_to.map_or(self.server.port(), |address| address.port())
    }

    /// Both, as HTTP writes them (RFC 9110, section 7.2).
    pub(super) fn authority(&self) -> String {
        self.connect_to.map_or_else(|| self.server.to_string(), |address| address.to_string())
    }

    /// Both, as the settings of the desktop are asked about them.
    pub(super) fn address(&self) -> ServerAddress {
        match self.connect_to {
            // The port 0, which no server has, is the only thing that is refused here.
            Some(address) => ServerAddress::new(&address.ip().to_string(), address.port())
                .unwrap_or_else(|_| self.server.clone()),
            None => self.server.clone(),
        }
    }

    /// Whether it is connected to without a proxy, be it for its name or for its address.
    pub(super) fn is_among(&self, exceptions: &Exceptions) -> bool {
        exceptions.cover(self.server.host()) || exceptions.cover(&self.host())
    }
}
