//! Where a proxy is, and what it speaks.

use std::fmt;
use std::str::FromStr;

use countersign_trust::{Host, ServerAddressError, display_text};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProxyScheme {
    /// HTTP CONNECT (RFC 9110, section 9.3.6).
    Http,
    /// SOCKS version 5 (RFC 1928). The proxy resolves the server's name.
    Socks5,
}

impl ProxyScheme {
    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Socks5 => "socks5",
        }
    }

    /// 80 for HTTP, 1080 for SOCKS (IANA).
    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Socks5 => 1080,
        }
    }
}

/// A proxy, written `http://host:port` or `socks5://host:port`. Never holds user or password.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProxyAddress {
    scheme: ProxyScheme,
    host: Host,
    port: u16,
}

/// Text that is not the address of a proxy. None of the texts repeats what was given in front of an “@”.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProxyAddressError {
    /// A kind of proxy that the agent does not speak.
    #[error(
        "Proxies of the kind “{scheme}” are not supported. Give one like http://proxy.example.com:3128 or socks5://proxy.example.com:1080."
    )]
    UnknownScheme {
        /// What was given, fit to be shown.
        scheme: String,
    },
    /// User or password in the address.
    #[error("The address holds a user or a password. Take them out and store them with “countersign proxy login”, which keeps them in the keychain, in the entry “{entry}” of the service “{service}”.", service = crate::KEYCHAIN_SERVICE)]
    Credentials {
        /// The name of the keychain's entry.
        entry: String,
    },
    /// Neither a host name nor an IP address.
    #[error(transparent)]
    Host(#[from] ServerAddressError),
    /// It is not of this form.
    #[error(
        "The address of a proxy is a kind, a host and a port, and ends there. Give one like http://proxy.example.com:3128."
    )]
    Form,
}

/// An address as desktops and environments write it.
pub(crate) struct ProxyUrl<'a> {
    pub(crate) address: ProxyAddress,
    /// What stands in front of the “@”, still percent-encoded.
    pub(crate) user_info: Option<&'a str>,
}

impl<'a> ProxyUrl<'a> {
    /// Reads `[scheme://][user[:password]@]host[:port][/]`. Without a scheme it is HTTP.
    pub(crate) fn parse(text: &'a str) -> Result<Self, ProxyAddressError> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (read_scheme(scheme)?, rest),
            None => (ProxyScheme::Http, text),
        };
        // A password may hold anything but a slash; a host never holds an “@”.
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user_info, host_and_port) = match authority.rsplit_once('@') {
            Some((user_info, host_and_port)) => (Some(user_info), host_and_port),
            None => (None, authority),
        };
        if !path.is_empty() {
            return Err(ProxyAddressError::Form);
        }
        let (host, port) = match host_and_port.rsplit_once(':') {
            // The colon belongs to a bracketed IPv6 address without a port.
            Some(_) if host_and_port.ends_with(']') => (host_and_port, scheme.default_port()),
            Some((host, port)) => (host, read_port(port)?),
            None => (host_and_port, scheme.default_port()),
        };
        if host.is_empty() {
            return Err(ServerAddressError::Empty.into());
        }
        Ok(Self { address: ProxyAddress { scheme, host: Host::new(host)?, port }, user_info })
    }
}

fn read_scheme(scheme: &str) -> Result<ProxyScheme, ProxyAddressError> {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(ProxyScheme::Http),
        // curl tells by the “h” who resolves the name, GIO writes “socks” when the version is open.
        "socks5" | "socks5h" | "socks" => Ok(ProxyScheme::Socks5),
        // RFC 3986, section 3.1. Anything else is no scheme, and may be part of a password.
        other if other.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) => {
            Err(ProxyAddressError::UnknownScheme { scheme: display_text(other) })
        }
        _ => Err(ProxyAddressError::Form),
    }
}

fn read_port(digits: &str) -> Result<u16, ProxyAddressError> {
    Some(digits)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .filter(|port| *port != 0)
        .ok_or_else(|| ServerAddressError::InvalidPort { port: display_text(digits) }.into())
}

impl ProxyAddress {
    /// What it speaks.
    #[must_use]
    pub fn scheme(&self) -> ProxyScheme {
        self.scheme
    }

    /// Its host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The name of the keychain's entry for it.
    pub(crate) fn keychain_entry(&self) -> String {
        format!("proxy:{self}")
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.as_str();
        match &self.host {
            Host::Address(address) if address.is_ipv6() => {
                write!(formatter, "{scheme}://[{address}]:{}", self.port)
            }
            host @ (Host::Name(_) | Host::Address(_)) => write!(formatter, "{scheme}://{host}:{}", self.port),
        }
    }
}

impl FromStr for ProxyAddress {
    type Err = ProxyAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ProxyUrl { address, user_info } = ProxyUrl::parse(text)?;
        match user_info {
            None => Ok(address),
            Some(_) => Err(ProxyAddressError::Credentials { entry: address.keychain_entry() }),
        }
    }
}

impl TryFrom<String> for ProxyAddress {
    type Error = ProxyAddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ProxyAddress> for String {
    fn from(address: ProxyAddress) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (written, shown) in [
            ("http://proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("HTTP://Proxy.Example.COM:3128/", "http://proxy.example.com:3128"),
            ("proxy.example.com:3128", "http://proxy.example.com:3128"),
            ("http://proxy", "http://proxy:80"),
            (" socks5://192.0.2.7 ", "socks5://192.0.2.7:1080"),
            ("socks5h://proxy:9050", "socks5://proxy:9050"),
            ("socks://proxy:9050", "socks5://proxy:9050"),
            ("http://[2001:db8::7]:3128", "http://[2001:db8::7]:3128"),
            ("http://[2001:db8::7]", "http://[2001:db8::7]:80"),
        ] {
            let address: ProxyAddress = written.parse().unwrap();
            assert_eq!(address.to_string(), shown, "{written}");
            assert_eq!(shown.parse(), Ok(address), "{shown}");
        }
    }

    #[test]
    fn refuses_what_is_no_proxy_and_says_why() {
        for (written, part) in [
            ("", "empty"),
            ("http://", "empty"),
            ("http://:3128", "empty"),
            ("https://proxy:443", "“https” are not supported"),
            ("socks4://proxy:1080", "“socks4” are not supported"),
            ("http://proxy:0", "not a port"),
            ("http://proxy:65536", "not a port"),
            ("http://proxy:", "not a port"),
            ("http://proxy:3128/proxy.pac", "ends there"),
            ("http://a..b:3128", "not a host name"),
            ("a b://proxy", "ends there"),
        ] {
            let error = written.parse::<ProxyAddress>().expect_err(written).to_string();
            assert!(error.contains(part), "{written}: {error}");
        }
    }

    #[test]
    fn says_where_credentials_belong_and_does_not_repeat_them() {
        for written in [
            "http://anna:hunter2@proxy:3128",
            "anna:hunter2@proxy:3128",
            "http://anna:hunter2@pro xy",
            "anna:hunter2://@proxy",
        ] {
            let error = written.parse::<ProxyAddress>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
        let error = "http://anna:hunter2@proxy:3128".parse::<ProxyAddress>().unwrap_err().to_string();
        assert!(error.contains("“proxy:http://proxy:3128” of the service “Countersign”"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read_back(text in "(http://|socks5://|)?[ -~é]{0,40}") {
            if let Ok(address) = text.parse::<ProxyAddress>() {
                prop_assert_eq!(address.to_string().parse::<ProxyAddress>(), Ok(address));
            }
        }

        #[test]
        fn no_error_repeats_a_password(password in "[a-z]{12}", rest in "[ -~]{0,20}") {
            let text = format!("http://user:{password}@{rest}");
            if let Err(error) = text.parse::<ProxyAddress>() {
                prop_assert!(!format!("{error} {error:?}").contains(&password), "{}", error);
            }
        }
    }
}
