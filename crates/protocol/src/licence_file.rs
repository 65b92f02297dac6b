//! The licence file: what the publisher gives a customer, signed with a key that signs nothing else.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Licence;

/// The version of the document's form that this crate writes and reads.
const SCHEMA: u32 = 1;
/// Goes before every signed document, so that no signature made for another purpose fits.
const SIGNATURE_CONTEXT: &[u8] = b"countersign licence v1\0";
/// A longer file is none.
pub const MAXIMUM_LICENCE_BYTES: usize = 64 * 1024;
/// The most features of a licence.
const MAXIMUM_FEATURES: usize = 100;
/// The longest name, in characters.
const MAXIMUM_NAME: usize = 200;

/// What a licence says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceDocument {
    /// Always 1 in this version.
    pub schema: u32,
    /// Told from every other licence.
    pub id: Uuid,
    /// To whom it is given.
    pub holder: String,
    /// How many endpoints it covers.
    pub seats: u32,
    /// When it was given.
    #[serde(with = "time::serde::rfc3339")]
    pub issued_at: OffsetDateTime,
    /// When it ends; none for one without an end.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub expires_at: Option<OffsetDateTime>,
    /// The parts of the product that it covers.
    pub features: Vec<String>,
}

/// A licence as a file: JSON with the document and its signature, both in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LicenceFile {
    licence: String,
    signature: String,
}

/// Why a licence is not accepted.
#[derive(Debug, Error)]
pub enum LicenceError {
    /// It is no licence file.
    #[error("This is no licence file: {reason}. Upload the file as the publisher sent it.")]
    Malformed {
        /// What does not fit.
        reason: String,
    },
    /// Somebody else signed it, or it was changed.
    #[error(
        "The signature of this licence is not the publisher's: the file was changed, or is for another product."
    )]
    BadSignature,
    /// This version was built without the publisher's key.
    #[error(
        "This build of the server knows no publisher, so that it can accept no licence file. The evaluation licence holds."
    )]
    NoPublisher,
    /// A later version wrote it.
    #[error(
        "This licence has schema {schema}; this version reads schema {SCHEMA}. Upgrade the server first."
    )]
    Schema {
        /// The schema of the document.
        schema: u32,
    },
}

/// The public half of the publisher's key for licences. As text: 44 characters of base64.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublisherPublicKey([u8; 32]);

impl PublisherPublicKey {
    /// The key that this version was built with (`COUNTERSIGN_LICENCE_KEY` at build time), if it was built with one.
    #[must_use]
    pub fn built_in() -> Option<Self> {
        option_env!("COUNTERSIGN_LICENCE_KEY").and_then(|text| text.parse().ok())
    }
}

impl fmt::Debug for PublisherPublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublisherPublicKey({self})")
    }
}

impl fmt::Display for PublisherPublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64.encode(self.0))
    }
}

impl FromStr for PublisherPublicKey {
    type Err = LicenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = BASE64.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        let malformed =
            || LicenceError::Malformed { reason: "a public key has 44 characters of base64".to_owned() };
        bytes.map(Self).ok_or_else(malformed)
    }
}

/// The publisher's key for licences. Does not print.
pub struct PublisherKeyPair(Ed25519KeyPair);

impl fmt::Debug for PublisherKeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublisherKeyPair({}, private key [redacted])", self.public_key())
    }
}

impl PublisherKeyPair {
    /// Makes a key, and returns its PKCS#8 form (RFC 5958) beside it.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn generate() -> Result<(Self, Vec<u8>), LicenceError> {
        let failed = || LicenceError::Malformed { reason: "the system gave no random numbers".to_owned() };
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| failed())?;
        let pkcs8 = document.as_ref().to_vec();
        Ok((Self::from_pkcs8(&pkcs8)?, pkcs8))
    }

    /// Reads a kept key.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, LicenceError> {
        Ed25519KeyPair::from_pkcs8(pkcs8).map(Self).map_err(|error| LicenceError::Malformed {
            reason: format!("no Ed25519 key in PKCS#8 form ({error})"),
        })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublisherPublicKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublisherPublicKey(bytes)
    }

    /// Signs a licence.
    ///
    /// # Errors
    /// When the document is out of bounds.
    pub fn sign(&self, document: &LicenceDocument) -> Result<LicenceFile, LicenceError> {
        document.check()?;
        let text = serde_json::to_vec(document)
            .map_err(|error| LicenceError::Malformed { reason: error.to_string() })?;
        let signature = self.0.sign(&signed_bytes(&text));
        Ok(LicenceFile { licence: BASE64.encode(&text), signature: BASE64.encode(signature.as_ref()) })
    }
}

impl LicenceDocument {
    /// A licence of the form that this version writes.
    #[must_use]
    pub fn new(holder: String, seats: u32, issued_at: OffsetDateTime) -> Self {
        Self {
            schema: SCHEMA,
            id: Uuid::now_v7(),
            holder,
            seats,
            issued_at,
            expires_at: None,
            features: vec!["endpoint-control".to_owned()],
        }
    }

    fn check(&self) -> Result<(), LicenceError> {
        let fits = |text: &str| {
            (1..=MAXIMUM_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        };
        let reason = if !fits(&self.holder) {
            "its holder has no name"
        } else if self.features.len() > MAXIMUM_FEATURES || !self.features.iter().all(|name| fits(name)) {
            "its features have no names"
        } else {
            return Ok(());
        };
        Err(LicenceError::Malformed { reason: reason.to_owned() })
    }

    /// What agents are told of it.
    #[must_use]
    pub fn to_licence(&self) -> Licence {
        Licence {
            customer: self.holder.clone(),
            seats: self.seats,
            expires_at: self.expires_at,
            features: self.features.clone(),
            evaluation: false,
        }
    }
}

impl LicenceFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, LicenceError> {
        if text.len() > MAXIMUM_LICENCE_BYTES {
            let reason = format!("it has {} bytes; at most {MAXIMUM_LICENCE_BYTES} are possible", text.len());
            return Err(LicenceError::Malformed { reason });
        }
        serde_json::from_str(text).map_err(|error| LicenceError::Malformed { reason: error.to_string() })
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Two texts always can be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Checks the signature, and reads what is signed.
    ///
    /// # Errors
    /// When `publisher` did not sign it, or it is out of bounds.
    pub fn verify(&self, publisher: Option<&PublisherPublicKey>) -> Result<LicenceDocument, LicenceError> {
        let publisher = publisher.ok_or(LicenceError::NoPublisher)?;
        let malformed = |reason: String| LicenceError::Malformed { reason };
        let text = BASE64.decode(&self.licence).map_err(|error| malformed(error.to_string()))?;
        let signature = BASE64.decode(&self.signature).map_err(|error| malformed(error.to_string()))?;
        UnparsedPublicKey::new(&ED25519, publisher.0)
            .verify(&signed_bytes(&text), &signature)
            .map_err(|_| LicenceError::BadSignature)?;
        // The schema is read first: a later one may have fields that this version would call unknown.
        let schema: SchemaOnly =
            serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
        if schema.schema != SCHEMA {
            return Err(LicenceError::Schema { schema: schema.schema });
        }
        let document: LicenceDocument =
            serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
        document.check()?;
        Ok(document)
    }
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: u32,
}

fn signed_bytes(document: &[u8]) -> Vec<u8> {
    [SIGNATURE_CONTEXT, document].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> LicenceDocument {
        LicenceDocument::new("Example Ltd".to_owned(), 500, OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn only_the_publisher_makes_licences() {
        let (publisher, pkcs8) = PublisherKeyPair::generate().expect("random numbers");
        let file = publisher.sign(&document()).expect("in bounds");
        let read = LicenceFile::read(&file.to_text()).expect("a file");
        let again = PublisherKeyPair::from_pkcs8(&pkcs8).expect("a key").public_key();
        assert_eq!(read.verify(Some(&again)).expect("signed").to_licence().seats, 500);
        let key: PublisherPublicKey = again.to_string().parse().expect("a key");
        assert_eq!(key, again);

        let stranger = PublisherKeyPair::generate().expect("random numbers").0;
        assert!(matches!(read.verify(Some(&stranger.public_key())), Err(LicenceError::BadSignature)));
        assert!(matches!(read.verify(None), Err(LicenceError::NoPublisher)));
        let more = LicenceDocument { seats: 5000, ..document() };
        let forged = LicenceFile { licence: stranger.sign(&more).expect("in bounds").licence, ..read };
        assert!(matches!(forged.verify(Some(&again)), Err(LicenceError::BadSignature)));
        assert!(format!("{publisher:?}").contains("[redacted]"));
    }

    #[test]
    fn what_is_no_licence_is_named() {
        let (publisher, _) = PublisherKeyPair::generate().expect("random numbers");
        let signed = |text: &str| LicenceFile {
            licence: BASE64.encode(text),
            signature: BASE64.encode(publisher.0.sign(&signed_bytes(text.as_bytes())).as_ref()),
        };
        let verify = |file: LicenceFile| {
            file.verify(Some(&publisher.public_key())).expect_err("must be refused").to_string()
        };
        assert!(verify(signed(r#"{"schema":2,"more":1}"#)).contains("schema 2"));
        assert!(verify(signed(r#"{"schema":1}"#)).contains("missing field"));
        let mut nobody = document();
        nobody.holder = "\n".to_owned();
        assert!(publisher.sign(&nobody).is_err());
        for text in ["", "{}", "[1]", r#"{"licence":"?","signature":"?"}"#] {
            let error = LicenceFile::read(text).and_then(|file| file.verify(Some(&publisher.public_key())));
            assert!(error.expect_err("must be refused").to_string().contains("no licence file"), "{text}");
        }
        let long = "x".repeat(MAXIMUM_LICENCE_BYTES + 1);
        assert!(LicenceFile::read(&long).expect_err("must be refused").to_string().contains("65537 bytes"));
    }
}
