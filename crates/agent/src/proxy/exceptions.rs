//! The hosts that are connected to without a proxy.

use countersign_trust::{DnsName, Host, display_text};
use ipnet::IpNet;
use thiserror::Error;

/// Hosts that need no proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions(Vec<Exception>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    Everything,
    Name(DnsName),
    /// All names below this one, and not the name itself.
    Below(DnsName),
    Network(IpNet),
}

/// Text that says no exception.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "“{text}” is no exception. Give a host name, *.example.com for all names below it, an IP address, a network like \
     10.0.0.0/8, or * for everything."
)]
pub struct ExceptionError {
    /// What was given, fit to be shown.
    text: String,
}

impl Exceptions {
    /// Reads exceptions as a configuration lists them: `server.example.com` is that host alone, `*.example.com` the names
    /// below, `10.0.0.0/8` a network, `*` everything.
    pub fn parse(texts: &[String]) -> Result<Self, ExceptionError> {
        texts.iter().map(|text| Exception::parse(text.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// Reads the variable `no_proxy` as curl does: separated by commas or spaces, and a name stands for itself and all
    /// below it. What cannot be read counts for nothing.
    pub(crate) fn from_no_proxy(text: &str) -> Self {
        let mut exceptions = Vec::new();
        for item in text.split([',', ' ', '\t']).filter(|item| !item.is_empty()) {
            let name = item.strip_prefix("*.").or_else(|| item.strip_prefix('.')).unwrap_or(item);
            match Exception::parse(name) {
                Ok(Exception::Name(name)) => {
                    exceptions.extend([Exception::Name(name.clone()), Exception::Below(name)]);
                }
                Ok(other) => exceptions.push(other),
                Err(_) => tracing::debug!(item = display_text(item), "this part of no_proxy says nothing"),
            }
        }
        Self(exceptions)
    }

    /// Whether this host is connected to without a proxy. Names are not resolved: a network covers addresses alone.
    #[must_use]
    pub fn cover(&self, host: &Host) -> bool {
        self.0.iter().any(|exception| exception.covers(host))
    }
}

impl Exception {
    fn parse(text: &str) -> Result<Self, ExceptionError> {
        let wrong = || ExceptionError { text: display_text(text) };
        if text == "*" {
            return Ok(Self::Everything);
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network));
        }
        if let Some(above) = text.strip_prefix("*.") {
            return DnsName::new(above).map(Self::Below).map_err(|_| wrong());
        }
        match Host::new(text) {
            Ok(Host::Address(address)) => Ok(Self::Network(IpNet::from(address.to_canonical()))),
            Ok(Host::Name(name)) => Ok(Self::Name(name)),
            Err(_) => Err(wrong()),
        }
    }

    fn covers(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Everything, _) => true,
            (Self::Name(excepted), Host::Name(name)) => excepted == name,
            (Self::Below(above), Host::Name(name)) => {
                name.as_str().strip_suffix(above.as_str()).is_some_and(|rest| rest.ends_with('.'))
            }
            (Self::Network(network), Host::Address(address)) => network.contains(&address.to_canonical()),
            (Self::Name(_) | Self::Below(_), Host::Address(_)) | (Self::Network(_), Host::Name(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(text: &str) -> Host {
        Host::new(text).unwrap()
    }

    #[test]
    fn what_is_covered() {
        let table = [
            ("localhost", "localhost", true),
            ("localhost", "127.0.0.1", false),
            ("Server.Example.com.", "server.example.com", true),
            ("example.com", "server.example.com", false),
            ("*.example.com", "server.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "badexample.com", false),
            ("*.example.com", "example.com.evil.net", false),
            ("*", "anything.example", true),
            ("*", "192.0.2.7", true),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("10.0.0.0/8", "ten.example", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.70", false),
            ("2001:db8::/32", "2001:db8::7", true),
            ("[2001:db8::7]", "2001:db8::7", true),
            ("::1", "::1", true),
            ("bücher.example", "xn--bcher-kva.example", true),
        ];
        for (exception, asked, covered) in table {
            let exceptions = Exceptions::parse(&[exception.to_owned()]).unwrap();
            assert_eq!(exceptions.cover(&host(asked)), covered, "{exception} and {asked}");
        }
        assert!(!Exceptions::default().cover(&host("localhost")));
    }

    #[test]
    fn no_proxy_is_read_as_curl_reads_it() {
        let table = [
            ("example.com", "example.com", true),
            ("example.com", "server.example.com", true),
            (".example.com", "example.com", true),
            (".example.com", "server.example.com", true),
            ("*.example.com", "server.example.com", true),
            ("example.com", "badexample.com", false),
            ("a.example, b.example", "b.example", true),
            ("a.example b.example", "b.example", true),
            (",,a.example,", "a.example", true),
            ("10.0.0.0/8,192.0.2.7", "192.0.2.7", true),
            ("10.0.0.0/8,192.0.2.7", "10.1.1.1", true),
            ("*", "server.example.com", true),
            ("", "server.example.com", false),
            ("!!,a.example", "a.example", true),
        ];
        for (no_proxy, asked, covered) in table {
            assert_eq!(
                Exceptions::from_no_proxy(no_proxy).cover(&host(asked)),
                covered,
                "{no_proxy} {asked}"
            );
        }
    }

    #[test]
    fn what_says_nothing_is_an_error() {
        for text in ["", "a b", "*.*.example", "10.0.0.0/33", "http://x", "server:8013", "foo*"] {
            let error = Exceptions::parse(&[text.to_owned()]).expect_err(text).to_string();
            assert!(error.contains(&format!("“{text}” is no exception")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_covers_what_is_below_it_and_nothing_else(
            above in "[a-z]{1,8}\\.[a-z]{2,4}",
            label in "[a-z0-9]{1,8}",
            stranger in "[a-z]{1,8}\\.[a-z]{2,4}",
        ) {
            let exceptions = Exceptions::parse(&[format!("*.{above}")]).unwrap();
            let below = host(&format!("{label}.{above}"));
            let glued = host(&format!("{label}{above}"));
            prop_assert!(exceptions.cover(&below));
            prop_assert!(!exceptions.cover(&glued));
            prop_assert!(!exceptions.cover(&host(&above)));
            prop_assert_eq!(exceptions.cover(&host(&stranger)), stranger.ends_with(&format!(".{above}")));
        }

        #[test]
        fn a_network_covers_the_addresses_with_its_first_bits(
            network in any::<u32>(), asked in any::<u32>(), bits in 0_u8..=32,
        ) {
            let exceptions =
                Exceptions::parse(&[format!("{}/{bits}", std::net::Ipv4Addr::from(network))]).unwrap();
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            let address = Host::Address(std::net::Ipv4Addr::from(asked).into());
            prop_assert_eq!(exceptions.cover(&address), network & mask == asked & mask);
        }

        #[test]
        fn no_text_of_the_environment_is_too_strange(text in any::<String>()) {
            let _ = Exceptions::from_no_proxy(&text).cover(&host("server.example.com"));
        }
    }
}
