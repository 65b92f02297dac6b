//! From a name to addresses.

use std::net::IpAddr;
use std::time::Instant;

use async_trait::async_trait;
use countersign_trust::{DnsName, display_text};
use dns_lookup::LookupErrorKind;

use super::blocking::in_own_thread;
use super::course::milliseconds;
use super::facts::{DnsFacts, DnsFault, NameHint};

/// Looks names up.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// The addresses of a name, in the order of preference.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, LookupFailure>;

    /// How this computer looks names up, as far as that is known.
    fn settings(&self) -> Option<ResolverSettings>;
}

/// Why a name has no addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupFailure {
    /// There is no such name, or it has no address.
    NoSuchName,
    /// The name servers do not answer, or have a fault.
    ResolverFails,
    /// Something else.
    Other {
        /// What the system said, fit to be shown.
        detail: String,
    },
}

/// How this computer looks names up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolverSettings {
    /// How many name servers it knows of.
    pub name_servers: usize,
    /// The domains with which it completes short names.
    pub search: Vec<String>,
}

/// The resolver of the operating system: hosts file, DNS and whatever else is set up.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, LookupFailure> {
        let name = name.to_owned();
        let looked_up = in_own_thread(move || match dns_lookup::lookup_host(&name) {
            Ok(addresses) => Ok(addresses.collect()),
            Err(error) => Err(match error.kind() {
                LookupErrorKind::NoName | LookupErrorKind::NoData => LookupFailure::NoSuchName,
                LookupErrorKind::Again | LookupErrorKind::Fail => LookupFailure::ResolverFails,
                LookupErrorKind::Badflags
                | LookupErrorKind::Family
                | LookupErrorKind::Socktype
                | LookupErrorKind::Service
                | LookupErrorKind::Memory
                | LookupErrorKind::System
                | LookupErrorKind::Unknown
                | LookupErrorKind::IO => {
                    LookupFailure::Other { detail: display_text(&std::io::Error::from(error).to_string()) }
                }
            }),
        });
        looked_up.await.unwrap_or(Err(LookupFailure::ResolverFails))
    }

    #[cfg(unix)]
    fn settings(&self) -> Option<ResolverSettings> {
        let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        Some(ResolverSettings::parse(&text))
    }

    #[cfg(not(unix))]
    fn settings(&self) -> Option<ResolverSettings> {
        None
    }
}

impl ResolverSettings {
    /// Reads the form of resolv.conf(5). The last `search` or `domain` counts.
    #[cfg(any(unix, test))]
    fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") if words.next().is_some() => settings.name_servers += 1,
                Some("search" | "domain") => {
                    settings.search = words.filter(|word| *word != ".").take(6).map(display_text).collect();
                }
                Some(_) | None => {}
            }
        }
        settings
    }
}

/// Looks the server's name up.
pub(super) async fn examine(resolver: &dyn Resolver, name: &DnsName) -> Result<DnsFacts, DnsFault> {
    let begun = Instant::now();
    let host = name.as_str().to_owned();
    match resolver.addresses(&host).await {
        Ok(addresses) if !addresses.is_empty() => {
            Ok(DnsFacts { host, addresses, milliseconds: milliseconds(begun.elapsed()) })
        }
        Ok(_) | Err(LookupFailure::NoSuchName) => {
            let hint = hint(&host, resolver.settings());
            Err(DnsFault::NoSuchName { host, hint })
        }
        Err(LookupFailure::ResolverFails) => {
            let none = resolver.settings().is_some_and(|settings| settings.name_servers == 0);
            Err(if none { DnsFault::NoResolver { host } } else { DnsFault::ResolverFails { host } })
        }
        Err(LookupFailure::Other { detail }) => Err(DnsFault::Other { host, detail }),
    }
}

fn hint(host: &str, settings: Option<ResolverSettings>) -> Option<NameHint> {
    if host.rsplit_once('.').is_some_and(|(_, last)| last == "local") {
        return Some(NameHint::LocalName);
    }
    let search = settings.map(|settings| settings.search).unwrap_or_default();
    (!host.contains('.')).then_some(NameHint::SingleLabel { search })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolver_settings_are_read() {
        let text = "# by a program\nnameserver 127.0.0.53\nnameserver\t::1\nnameserver\n\
                    search old.example\noptions edns0 trust-ad\nsearch corp.example lab.example .\n";
        let settings = ResolverSettings::parse(text);
        assert_eq!(settings.name_servers, 2);
        assert_eq!(settings.search, ["corp.example", "lab.example"]);
        assert_eq!(ResolverSettings::parse(""), ResolverSettings::default());
    }

    #[test]
    fn short_and_local_names_get_a_hint() {
        let search = vec!["corp.example".to_owned()];
        let settings = || Some(ResolverSettings { name_servers: 1, search: search.clone() });
        for (host, expected) in [
            ("printer.local", Some(NameHint::LocalName)),
            ("ems", Some(NameHint::SingleLabel { search: search.clone() })),
            ("ems.corp.example", None),
        ] {
            assert_eq!(hint(host, settings()), expected, "{host}");
        }
    }

    #[tokio::test]
    async fn the_system_knows_localhost_and_not_what_never_exists() {
        let found = SystemResolver.addresses("localhost").await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        // RFC 6761: never delegated. Without a network the name servers do not answer.
        let missing = SystemResolver.addresses("nowhere.invalid").await.unwrap_err();
        assert!(matches!(missing, LookupFailure::NoSuchName | LookupFailure::ResolverFails), "{missing:?}");
    }
}
