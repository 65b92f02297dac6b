//! The fingerprint by which people and programs compare certificates.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// SHA-256 of a certificate's DER encoding (RFC 4387 calls it the certificate's hash).
///
/// Shown as 32 pairs of upper-case hexadecimal digits with colons between them; read with or without colons and
/// in either case. Not a secret: two fingerprints may be compared in the ordinary way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint([u8; 32]);

/// Text that is not a SHA-256 fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    /// The wrong number of digits, or a character that is not a hexadecimal digit.
    #[error(
        "The text is not a SHA-256 fingerprint. Give 64 hexadecimal digits, with or without colons between the pairs."
    )]
    NotSixtyFourHexadecimalDigits,
}

impl Fingerprint {
    /// The fingerprint of a certificate in DER encoding.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }

    /// The 32 bytes of the digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Bytes as pairs of upper-case hexadecimal digits with colons between them.
pub(crate) fn colon_separated(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'A' + value - 10 });
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if !text.is_empty() {
            text.push(':');
        }
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xF));
    }
    text
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&colon_separated(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = FingerprintError::NotSixtyFourHexadecimalDigits;
        let mut bytes = [0; 32];
        let text = text.trim();
        let width = match text.len() {
            64 => 2,
            95 => 3,
            _ => return Err(wrong),
        };
        let mut pairs = text.as_bytes().chunks(width);
        for (position, byte) in bytes.iter_mut().enumerate() {
            let pair = pairs.next().ok_or(wrong)?;
            if width == 3 && position < 31 && pair.get(2) != Some(&b':') {
                return Err(wrong);
            }
            let digits = pair.get(..2).ok_or(wrong)?;
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return Err(wrong);
            }
            let digits = std::str::from_utf8(digits).map_err(|_| wrong)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMPTY: &str =
        "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";

    #[test]
    fn is_sha_256_in_pairs() {
        assert_eq!(Fingerprint::of(b"").to_string(), EMPTY);
        assert_eq!(EMPTY.len(), 95);
    }

    #[test]
    fn reads_every_usual_form() {
        let expected = Fingerprint::of(b"");
        for text in [EMPTY.to_owned(), EMPTY.to_lowercase(), EMPTY.replace(':', ""), format!(" {EMPTY}\n")] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_other_text() {
        let spaced = EMPTY.replace(':', " ");
        let signed = EMPTY.replace("E3", "+3");
        for text in ["", "E3", &EMPTY[1..], &spaced, &signed, "é", &"é".repeat(32)] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(bytes in any::<[u8; 32]>()) {
            let fingerprint = Fingerprint(bytes);
            prop_assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        }

        #[test]
        fn no_text_panics(text in ".{0,100}") {
            let _ = text.parse::<Fingerprint>();
        }
    }
}
