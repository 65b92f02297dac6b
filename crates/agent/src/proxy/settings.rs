//! Whether the agent uses a proxy, and which: the section `[proxy]` of its configuration.

use serde::Deserialize;

use super::{Exceptions, ProxyAddress};

/// Which proxy the agent uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxySettings {
    /// None, whatever the desktop says.
    None,
    /// What the desktop's settings say.
    Desktop {
        /// The hosts that are connected to directly, in addition to the desktop's own exceptions.
        exceptions: Exceptions,
    },
    /// This one, whatever the desktop says.
    Configured {
        /// The proxy.
        address: ProxyAddress,
        /// The hosts that are connected to directly.
        exceptions: Exceptions,
    },
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self::Desktop { exceptions: Exceptions::default() }
    }
}

/// The section as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProxySection {
    mode: Option<String>,
    address: Option<String>,
    exceptions: Option<Vec<String>>,
}

impl std::fmt::Debug for ProxySection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A wrong address may hold a password.
        formatter.debug_struct("ProxySection").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// A key of the section, with its name, and what is wrong with its value.
type Wrong = (&'static str, String);

impl ProxySection {
    /// What the section says; nothing when it is absent or empty.
    pub(crate) fn settings(self) -> Result<Option<ProxySettings>, Wrong> {
        let Self { mode, address, exceptions } = self;
        if mode.is_none() && address.is_none() && exceptions.is_none() {
            return Ok(None);
        }
        let exceptions = Exceptions::parse(&exceptions.unwrap_or_default())
            .map_err(|error| ("proxy.exceptions", error.to_string()))?;
        let address = address
            .map(|text| text.parse::<ProxyAddress>())
            .transpose()
            .map_err(|error| ("proxy.address", error.to_string()))?;
        match (mode.as_deref(), address) {
            (Some("configured") | None, Some(address)) => {
                Ok(Some(ProxySettings::Configured { address, exceptions }))
            }
            (Some("configured"), None) => Err((
                "proxy.address",
                "It is missing, and the mode “configured” needs it. Give one like http://proxy.example.com:3128."
                    .to_owned(),
            )),
            (Some("desktop") | None, None) => Ok(Some(ProxySettings::Desktop { exceptions })),
            (Some("none"), None) => Ok(Some(ProxySettings::None)),
            (Some("desktop" | "none"), Some(_)) => Err((
                "proxy.mode",
                "An address is given, and it counts only with the mode “configured”. Change the mode or take the \
                 address out."
                    .to_owned(),
            )),
            (Some(other), _) => Err((
                "proxy.mode",
                format!("“{}” is no mode. Give configured, desktop or none.", countersign_trust::display_text(other)),
            )),
        }
    }
}
