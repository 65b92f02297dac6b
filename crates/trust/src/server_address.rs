//! The address of a management server, as a person types it and as a certificate has to match it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use rustls_pki_types::ServerName;
use serde::{Deserialize, Serialize};

use crate::text::display_text;

/// The port on which a management server listens for telemetry when none is named.
pub const DEFAULT_TELEMETRY_PORT: u16 = 8013;

/// A DNS name has at most so many bytes (RFC 1035, section 2.3.4).
const MAXIMUM_NAME: usize = 253;

/// A DNS host name: valid, in lower-case ASCII, without a final dot.
///
/// International names are held in their ASCII form (`xn--…`, IDNA by UTS #46). Underscores, and hyphens at the ends of
/// labels, are no host name's (RFC 1123, section 2.1), but DNS has such names and a wildcard may stand for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(String);

impl DnsName {
    /// Checks and normalises a host name.
    pub fn new(name: &str) -> Result<Self, ServerAddressError> {
        let invalid = || ServerAddressError::InvalidName { name: display_text(name) };
        let ascii = Uts46::new()
            .to_ascii(name.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::VerifyAllowRootDot)
            .map_err(|_| invalid())?;
        let ascii = ascii.strip_suffix('.').unwrap_or(&ascii).to_ascii_lowercase();
        let labels_fit = ascii.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        });
        // Top-level domains are always well-formed, and one of digits alone would be read as an IP address by some
        // resolvers.
        let last_label = ascii.rsplit('.').next().unwrap_or_default();
        let last_fits = !last_label.bytes().all(|byte| byte.is_ascii_digit())
            && rustls_pki_types::DnsName::try_from(last_label).is_ok();
        if labels_fit && last_fits && ascii.len() <= MAXIMUM_NAME { Ok(Self(ascii)) } else { Err(invalid()) }
    }

    /// The name in lower-case ASCII, without a final dot.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a server is reached by: a DNS name or an IP address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A DNS name.
    Name(DnsName),
    /// An IP address.
    Address(IpAddr),
}

impl Host {
    /// Reads a DNS name or an IP address (IPv6 with or without brackets).
    pub fn new(text: &str) -> Result<Self, ServerAddressError> {
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(inner) = inner {
            let address: Ipv6Addr =
                inner.parse().map_err(|_| ServerAddressError::InvalidName { name: display_text(text) })?;
            return Ok(Self::Address(IpAddr::V6(address)));
        }
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(Self::Address(address)),
            Err(_) => DnsName::new(text).map(Self::Name),
        }
    }

    /// The host as the TLS library names it to the server (RFC 6066, section 3).
    ///
    /// An unspecified address, of which the server hears nothing, for a name with a hyphen at the end of a label: the
    /// extension carries well-formed host names only. Whoever uses it must judge the certificate by the host itself.
    #[must_use]
    pub fn to_server_name(&self) -> ServerName<'static> {
        match self {
            Self::Address(address) => ServerName::from(*address),
            Self::Name(name) => rustls_pki_types::DnsName::try_from(name.as_str().to_owned())
                .map_or_else(|_| ServerName::from(IpAddr::V6(Ipv6Addr::UNSPECIFIED)), ServerName::DnsName),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(formatter),
            Self::Address(address) => address.fmt(formatter),
        }
    }
}

/// Host and port of a management server.
///
/// Written `host:port`, with brackets around an IPv6 address; the port may be left out when read and is then
/// [`DEFAULT_TELEMETRY_PORT`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerAddress {
    host: Host,
    port: u16,
}

/// Text that is not the address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerAddressError {
    /// Nothing was given.
    #[error(
        "The server address is empty. Give a host name or an IP address, for example server.example.com:8013."
    )]
    Empty,
    /// A URL was given instead of an address.
    #[error(
        "The server address “{text}” looks like a web address. Give only the host name and, if needed, the port, for example server.example.com:8013."
    )]
    LooksLikeUrl {
        /// What was given, fit to be shown.
        text: String,
    },
    /// The part before the port is neither a host name nor an IP address.
    #[error(
        "“{name}” is not a host name or an IP address. Give one like server.example.com, 192.0.2.7 or [2001:db8::7]."
    )]
    InvalidName {
        /// What was given, fit to be shown.
        name: String,
    },
    /// The part after the colon is not a port.
    #[error("“{port}” is not a port. Give a number from 1 to 65535, for example 8013.")]
    InvalidPort {
        /// What was given, fit to be shown.
        port: String,
    },
}

impl ServerAddress {
    /// Puts an address together from a host and a port (1 to 65535; 0 is refused).
    pub fn new(host: &str, port: u16) -> Result<Self, ServerAddressError> {
        let host = host.trim();
        if host.is_empty() {
            return Err(ServerAddressError::Empty);
        }
        if port == 0 {
            return Err(ServerAddressError::InvalidPort { port: port.to_string() });
        }
        Ok(Self { host: Host::new(host)?, port })
    }

    /// Reads `host`, `host:port`, `[IPv6]:port` or a bare IPv6 address.
    pub fn parse(text: &str) -> Result<Self, ServerAddressError> {
        let text = text.trim();
        if text.contains("://") || text.contains('/') {
            return Err(ServerAddressError::LooksLikeUrl { text: display_text(text) });
        }
        if text.parse::<Ipv6Addr>().is_ok() {
            return Self::new(text, DEFAULT_TELEMETRY_PORT);
        }
        let (host, port) = match text.rsplit_once(':') {
            // The colon belongs to a bracketed IPv6 address without a port.
            Some(_) if text.ends_with(']') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        };
        let port = match port {
            None => DEFAULT_TELEMETRY_PORT,
            Some(digits) => Some(digits)
                .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|digits| digits.parse().ok())
                .ok_or_else(|| ServerAddressError::InvalidPort { port: display_text(digits) })?,
        };
        Self::new(host, port)
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(formatter, "[{address}]:{}", self.port),
            host @ (Host::Name(_) | Host::Address(IpAddr::V4(_))) => {
                write!(formatter, "{host}:{}", self.port)
            }
        }
    }
}

impl FromStr for ServerAddress {
    type Err = ServerAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ServerAddress {
    type Error = ServerAddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ServerAddress> for String {
    fn from(address: ServerAddress) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_type() {
        for (typed, shown) in [
            ("server.example.com", "server.example.com:8013"),
            ("Server.Example.COM.:443", "server.example.com:443"),
            ("  server ", "server:8013"),
            ("bücher.example:9000", "xn--bcher-kva.example:9000"),
            ("BÜCHER。example", "xn--bcher-kva.example:8013"),
            ("192.0.2.7", "192.0.2.7:8013"),
            ("192.0.2.7:1", "192.0.2.7:1"),
            ("2001:db8::7", "[2001:db8::7]:8013"),
            ("[2001:db8::7]", "[2001:db8::7]:8013"),
            ("[2001:DB8:0:0::7]:65535", "[2001:db8::7]:65535"),
            ("my_server.example", "my_server.example:8013"),
            ("-start.end-.example", "-start.end-.example:8013"),
        ] {
            let address = ServerAddress::parse(typed).unwrap();
            assert_eq!(address.to_string(), shown, "{typed}");
            assert_eq!(shown.parse(), Ok(address), "{shown}");
        }
    }

    #[test]
    fn refuses_what_is_not_an_address_and_says_what_would_be() {
        for (typed, part) in [
            ("", "empty"),
            ("   ", "empty"),
            (":8013", "empty"),
            ("https://server.example.com", "web address"),
            ("server.example.com/path", "web address"),
            ("server:0", "not a port"),
            ("server:65536", "not a port"),
            ("server:+80", "not a port"),
            ("server:", "not a port"),
            ("1.2.3", "not a host name"),
            ("256.1.1.1", "not a host name"),
            ("a..b", "not a host name"),
            ("-", "not a host name"),
            ("server.-example", "not a host name"),
            ("server.0x1f", "not a host name"),
            ("server!.example", "not a host name"),
            ("a b", "not a host name"),
            ("*.example.com", "not a host name"),
            ("[::1", "not a"),
            ("user@server", "not a host name"),
            ("[192.0.2.7]:80", "not a host name"),
        ] {
            let error = ServerAddress::parse(typed).expect_err(typed).to_string();
            assert!(error.contains(part), "{typed}: {error}");
        }
        let long = format!("{}.example", "a".repeat(64));
        assert!(ServerAddress::parse(&long).is_err());
    }

    #[test]
    fn is_a_string_in_documents() {
        let address = ServerAddress::parse("[::1]:8013").unwrap();
        let json = serde_json::to_string(&address).unwrap();
        assert_eq!(json, "\"[::1]:8013\"");
        assert_eq!(serde_json::from_str::<ServerAddress>(&json).unwrap(), address);
        assert!(serde_json::from_str::<ServerAddress>("\"a:b:c\"").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read_back(text in ".{0,80}") {
            if let Ok(address) = ServerAddress::parse(&text) {
                prop_assert_eq!(address.to_string().parse::<ServerAddress>(), Ok(address.clone()));
                let _ = address.host().to_server_name();
            }
        }
    }
}
