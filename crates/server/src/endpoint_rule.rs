//! The rule by which endpoints belong to a group. Pure: what is known of an endpoint is given.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest text of a condition, in characters.
const MAXIMUM_TEXT: usize = 200;
/// The most networks of a rule.
const MAXIMUM_NETWORKS: usize = 100;

/// Which endpoints belong to a group. All conditions that are given must hold; at least one has to be given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EndpointRule {
    /// The whole host name, in which `*` stands for any characters and `?` for one. Case does not matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host_name: Option<String>,
    /// `linux`, `windows` or `darwin`, or a part of the name and version of the system, such as `Debian`. Case does not
    /// matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) os: Option<String>,
    /// Addresses and networks, such as `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`: one of them has the address from which
    /// the endpoint connects, or one that it has itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) addresses: Vec<String>,
    /// This version of the agent or a later one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent_version_from: Option<String>,
    /// An earlier version of the agent than this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent_version_below: Option<String>,
}

/// What a rule looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndpointFacts {
    pub(crate) host_name: String,
    pub(crate) os: String,
    pub(crate) os_type: String,
    pub(crate) agent_version: String,
    /// From which it connects, and which it has itself.
    pub(crate) addresses: Vec<IpAddr>,
}

/// A rule that was read, ready to be applied.
#[derive(Clone, Debug)]
pub(crate) struct ReadRule {
    host_name: Option<Vec<char>>,
    os: Option<String>,
    networks: Vec<IpNet>,
    from: Option<Version>,
    below: Option<Version>,
}

impl EndpointRule {
    /// Without what is around the texts, and without conditions that say nothing.
    pub(crate) fn trimmed(&self) -> Self {
        let text = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let addresses = self.addresses.iter().map(|address| address.trim());
        Self {
            host_name: text(&self.host_name),
            os: text(&self.os),
            addresses: addresses.filter(|address| !address.is_empty()).map(str::to_owned).collect(),
            agent_version_from: text(&self.agent_version_from),
            agent_version_below: text(&self.agent_version_below),
        }
    }

    /// Reads the conditions. The error is a whole sentence.
    pub(crate) fn read(&self) -> Result<ReadRule, String> {
        if *self == Self::default() {
            return Err("A rule needs at least one condition.".to_owned());
        }
        let texts = [&self.host_name, &self.os, &self.agent_version_from, &self.agent_version_below];
        for text in texts.into_iter().flatten() {
            if text.chars().count() > MAXIMUM_TEXT || text.chars().any(char::is_control) {
                return Err(format!("A condition must have 1 to {MAXIMUM_TEXT} printable characters."));
            }
        }
        if self.addresses.len() > MAXIMUM_NETWORKS {
            return Err(format!("A rule can name {MAXIMUM_NETWORKS} addresses and networks."));
        }
        let version = |text: &Option<String>| text.as_deref().map(Version::read).transpose();
        Ok(ReadRule {
            host_name: self.host_name.as_deref().map(|text| text.to_lowercase().chars().collect()),
            os: self.os.as_deref().map(str::to_lowercase),
            networks: self.addresses.iter().map(|text| network(text)).collect::<Result<_, _>>()?,
            from: version(&self.agent_version_from)?,
            below: version(&self.agent_version_below)?,
        })
    }
}

impl ReadRule {
    /// Whether an endpoint fits.
    pub(crate) fn fits(&self, facts: &EndpointFacts) -> bool {
        let host_name = || facts.host_name.to_lowercase().chars().collect::<Vec<_>>();
        let version = Version::read(&facts.agent_version).ok();
        self.host_name.as_ref().is_none_or(|pattern| pattern_fits(pattern, &host_name()))
            && self.os.as_ref().is_none_or(|os| {
                facts.os_type.to_lowercase() == *os || facts.os.to_lowercase().contains(os.as_str())
            })
            && (self.networks.is_empty()
                || facts.addresses.iter().any(|address| {
                    let address = address.to_canonical();
                    self.networks.iter().any(|network| network.contains(&address))
                }))
            && self.from.as_ref().is_none_or(|from| version.as_ref().is_some_and(|version| version >= from))
            && self.below.as_ref().is_none_or(|below| version.as_ref().is_some_and(|version| version < below))
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    network.ok_or_else(|| {
        let text: String = text.chars().take(60).collect();
        format!("“{text}” is neither an address nor a network such as 192.0.2.0/24.")
    })
}

/// Whether a text fits a pattern with `*` and `?`.
fn pattern_fits(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    // The latest `*`, and how far it has been tried.
    let mut star: Option<(usize, usize)> = None;
    while next < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, next));
                at += 1;
            }
            Some(expected) if *expected == '?' || *expected == text[next] => {
                at += 1;
                next += 1;
            }
            Some(_) | None => match star {
                Some((before, tried)) => {
                    star = Some((before, tried + 1));
                    at = before + 1;
                    next = tried + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// A version: numbers with dots between, of which missing ones are zero. One with a `-` is from before its release, as
/// Semantic Versioning has it.
#[derive(Clone, Debug)]
struct Version {
    numbers: Vec<u64>,
    release: Release,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Release {
    Before,
    Final,
}

impl Version {
    fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let known = text.split('+').next().unwrap_or_default();
        let (numbers, release) = match known.split_once('-') {
            Some((numbers, _)) => (numbers, Release::Before),
            None => (known, Release::Final),
        };
        let numbers: Result<Vec<u64>, _> = numbers.split('.').map(str::parse).collect();
        numbers.map(|numbers| Self { numbers, release }).map_err(|_| {
            let text: String = text.chars().take(60).collect();
            format!("“{text}” is no version such as 1.2.0.")
        })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        let number = |version: &Self, index: usize| version.numbers.get(index).copied().unwrap_or_default();
        (0..length)
            .map(|index| number(self, index).cmp(&number(other, index)))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| self.release.cmp(&other.release))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> EndpointFacts {
        EndpointFacts {
            host_name: "Desk-07.example".to_owned(),
            os: "Linux (Debian GNU/Linux 12)".to_owned(),
            os_type: "linux".to_owned(),
            agent_version: "1.10.0".to_owned(),
            addresses: vec!["::ffff:192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()],
        }
    }

    fn rule(set: impl FnOnce(&mut EndpointRule)) -> EndpointRule {
        let mut rule = EndpointRule::default();
        set(&mut rule);
        rule
    }

    #[expect(clippy::unnecessary_wraps, reason = "conditions are optional")]
    fn text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn all_conditions_must_hold() {
        let cases = [
            (rule(|rule| rule.host_name = text("desk-*.EXAMPLE")), true),
            (rule(|rule| rule.host_name = text("desk-??.example")), true),
            (rule(|rule| rule.host_name = text("*7*ple")), true),
            (rule(|rule| rule.host_name = text("desk")), false),
            (rule(|rule| rule.host_name = text("desk-?.example")), false),
            (rule(|rule| rule.host_name = text("*")), true),
            (rule(|rule| rule.os = text("LINUX")), true),
            (rule(|rule| rule.os = text("debian gnu")), true),
            (rule(|rule| rule.os = text("windows")), false),
            (rule(|rule| rule.addresses = vec!["192.0.2.0/24".to_owned()]), true),
            (rule(|rule| rule.addresses = vec!["192.0.2.7".to_owned()]), true),
            (rule(|rule| rule.addresses = vec!["192.0.2.8".to_owned(), "2001:db8::/32".to_owned()]), true),
            (rule(|rule| rule.addresses = vec!["198.51.100.0/24".to_owned()]), false),
            (rule(|rule| rule.agent_version_from = text("1.9")), true),
            (rule(|rule| rule.agent_version_from = text("1.10")), true),
            (rule(|rule| rule.agent_version_from = text("1.10.1")), false),
            (rule(|rule| rule.agent_version_below = text("1.10")), false),
            (rule(|rule| rule.agent_version_below = text("2")), true),
            (
                rule(|rule| {
                    rule.host_name = text("desk*");
                    rule.os = text("windows");
                }),
                false,
            ),
        ];
        for (rule, expected) in cases {
            assert_eq!(rule.read().unwrap().fits(&facts()), expected, "{rule:?}");
        }
        let odd = EndpointFacts { agent_version: "unknown".to_owned(), ..facts() };
        for rule in [
            rule(|rule| rule.agent_version_from = text("0")),
            rule(|rule| rule.agent_version_below = text("9")),
        ] {
            assert!(!rule.read().unwrap().fits(&odd), "{rule:?}");
        }
    }

    #[test]
    fn versions_are_ordered_as_numbers() {
        let order = ["0.9", "1.2.0-rc.1", "1.2", "1.2.0+build", "1.10", "2.0.0-beta", "2"];
        let versions: Vec<_> = order.iter().map(|text| Version::read(text).unwrap()).collect();
        assert!(versions.is_sorted());
        assert_eq!(versions[2], versions[3]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (rule, expected) in [
            (EndpointRule::default(), "at least one condition"),
            (rule(|rule| rule.addresses = vec!["192.0.2.0/99".to_owned()]), "“192.0.2.0/99” is neither"),
            (rule(|rule| rule.agent_version_from = text("one")), "“one” is no version"),
            (rule(|rule| rule.host_name = text(&"x".repeat(201))), "1 to 200 printable characters"),
            (rule(|rule| rule.os = text("a\u{7}")), "1 to 200 printable characters"),
        ] {
            let error = rule.read().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let padded = rule(|rule| {
            rule.host_name = text("  ");
            rule.os = text(" linux ");
            rule.addresses = vec![String::new()];
        });
        assert_eq!(padded.trimmed(), rule(|rule| rule.os = text("linux")));
    }

    #[test]
    fn patterns_end() {
        let pattern: Vec<char> = "*a".repeat(40).chars().collect();
        let text: Vec<char> = "a".repeat(200).chars().chain(['b']).collect();
        assert!(!pattern_fits(&pattern, &text));
    }
}
