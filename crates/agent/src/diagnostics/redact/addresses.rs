//! IP and hardware addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use regex::{Error, Regex};

use super::pieces::{Numbered, Numbers, Pieces};

/// The longest text form of an IPv6 address (RFC 4291, section 2.2).
const LONGEST: usize = 45;

/// What may be addresses. Whether they are one is looked at afterwards.
pub(super) struct AddressPatterns {
    hexadecimal: Regex,
    dotted: Regex,
}

impl AddressPatterns {
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self {
            hexadecimal: Regex::new(r"[0-9A-Fa-f:.]*[:\-][0-9A-Fa-f:.\-]*")?,
            dotted: Regex::new(r"[0-9]+(?:\.[0-9]+)+")?,
        })
    }

    pub(super) fn hardware(&self, pieces: &mut Pieces<'_>, numbers: &mut Numbers) {
        pieces.replace(|open| {
            self.hexadecimal
                .find_iter(open)
                .filter(|run| !touches_word(open, &run.range()))
                .filter_map(|run| {
                    let range = trimmed(run.as_str(), run.start(), &['.', ':', '-']);
                    let canonical = hardware_address(open.get(range.clone())?)?;
                    Some((range, numbers.placeholder(Numbered::HardwareAddress, canonical)))
                })
                .collect()
        });
    }

    pub(super) fn internet(&self, pieces: &mut Pieces<'_>, numbers: &mut Numbers) {
        pieces.replace(|open| {
            self.hexadecimal
                .find_iter(open)
                .flat_map(|run| sixes(open, run.range()))
                .map(|(range, address)| {
                    let scoped = range.start..range.end + scope(open.get(range.end..).unwrap_or_default());
                    (scoped, numbers.placeholder(Numbered::Address, address.to_string()))
                })
                .collect()
        });
        pieces.replace(|open| {
            self.dotted
                .find_iter(open)
                .filter(|found| !touches_word(open, &found.range()))
                .filter_map(|found| {
                    let address = four(found.as_str()).filter(|address| identifies(IpAddr::V4(*address)))?;
                    Some((found.range(), numbers.placeholder(Numbered::Address, address.to_string())))
                })
                .collect()
        });
    }
}

/// Six pairs of hexadecimal digits with the same sign between all of them.
fn hardware_address(text: &str) -> Option<String> {
    let sign = text.chars().nth(2).filter(|sign| matches!(sign, ':' | '-'))?;
    let pairs: Vec<&str> = text.split(sign).collect();
    let is_pair = |pair: &&str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    (pairs.len() == 6 && pairs.iter().all(is_pair)).then(|| pairs.concat().to_lowercase())
}

/// The IPv6 addresses within a run of their characters. Addresses begin and end where a word does; a port or a full
/// stop may follow.
fn sixes(open: &str, run: Range<usize>) -> Vec<(Range<usize>, Ipv6Addr)> {
    let mut found = Vec::new();
    let mut begin = run.start;
    while begin < run.end {
        let longest = longest_six(open, begin, run.end);
        if let Some((end, address)) = longest
            && identifies(IpAddr::V6(address))
            && !open.get(begin..end).is_some_and(is_serial_number)
        {
            found.push((begin..end, address));
        }
        begin = longest.map_or(begin + 1, |(end, _)| end);
    }
    found
}

/// The longest address that begins here and ends with the run at the latest.
fn longest_six(open: &str, begin: usize, run_end: usize) -> Option<(usize, Ipv6Addr)> {
    if open.get(..begin)?.ends_with(is_word) {
        return None;
    }
    (begin + 2..=run_end.min(begin + LONGEST)).rev().find_map(|end| {
        let after = open.get(end..)?;
        let goes_on = after.starts_with(is_word)
            || after.strip_prefix('.').is_some_and(|after| after.starts_with(is_word));
        let address = open.get(begin..end).filter(|_| !goes_on)?.parse().ok()?;
        Some((end, address))
    })
}

/// Eight pairs of digits and nothing left out: a serial number or a part of a fingerprint.
fn is_serial_number(text: &str) -> bool {
    text.split(':').all(|group| group.len() == 2)
}

/// The length of the interface that follows an address (RFC 4007, section 11).
fn scope(after: &str) -> usize {
    let Some(interface) = after.strip_prefix('%') else { return 0 };
    let length = interface.find(|character| !is_word(character)).unwrap_or(interface.len());
    if length == 0 { 0 } else { length + 1 }
}

/// An IPv4 address, leading zeros or not. The object identifiers of X.509 are none.
fn four(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.split('.').collect();
    let octets: [u8; 4] =
        parts.iter().map(|part| part.parse().ok()).collect::<Option<Vec<u8>>>()?.try_into().ok()?;
    let is_object_identifier = matches!(octets, [2, 5, 4 | 29, _]);
    (!is_object_identifier).then(|| Ipv4Addr::from(octets))
}

/// Whether an address says something about somebody.
fn identifies(address: IpAddr) -> bool {
    let address = address.to_canonical();
    !(address.is_loopback() || address.is_unspecified() || address == IpAddr::V4(Ipv4Addr::BROADCAST))
}

fn trimmed(run: &str, start: usize, signs: &[char]) -> Range<usize> {
    let begin = run.len() - run.trim_start_matches(signs).len();
    start + begin..start + run.trim_end_matches(signs).len().max(begin)
}

/// Whether a word goes on before or after.
fn touches_word(text: &str, range: &Range<usize>) -> bool {
    text.get(..range.start).is_some_and(|before| before.ends_with(is_word))
        || text.get(range.end..).is_some_and(|after| after.starts_with(is_word))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
