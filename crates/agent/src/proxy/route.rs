//! How a connection came about.

use serde::{Deserialize, Serialize};

use super::ProxyAddress;
use crate::status::BackOffReason;

/// How a connection reaches the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum Route {
    /// Without a proxy.
    Direct,
    /// Through this proxy.
    Proxy {
        /// The proxy.
        proxy: ProxyAddress,
    },
    /// Without a proxy, because none let through and the endpoint profile permits it.
    DirectAfterProxyFailed {
        /// What went wrong with the proxy.
        reason: Box<BackOffReason>,
    },
}

impl Route {
    /// The proxy that relays, if one does.
    #[must_use]
    pub fn proxy(&self) -> Option<&ProxyAddress> {
        match self {
            Self::Proxy { proxy } => Some(proxy),
            Self::Direct | Self::DirectAfterProxyFailed { .. } => None,
        }
    }
}
