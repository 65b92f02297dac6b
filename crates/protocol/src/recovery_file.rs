//! The recovery file: how a server helps endpoints that refuse it, where no session can.
//!
//! It is signed with the server's identity key, which its endpoints have pinned, and travels by any way: opened by the person, or
//! put in place by whoever looks after the computer. What it loosens it loosens for one server, in bounds and for a time.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_trust::{InvalidCertificateAction, ProblemKind, ServerAddress};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::identity::{IdentityKeyPair, IdentityPublicKey};
use crate::instance_uid::InstanceUid;

/// The version of the document's form that this crate writes and reads.
const SCHEMA: u32 = 1;
/// Goes before every signed document, so that no signature made for another purpose fits.
const SIGNATURE_CONTEXT: &[u8] = b"countersign recovery file v1\0";
/// What the names of such files end with: desktops know them by it.
pub const FILE_EXTENSION: &str = "countersign-recovery";
/// The type of such files, as it is registered with desktops.
pub const MEDIA_TYPE: &str = "application/vnd.countersign.recovery+json";
/// A longer file is none.
pub const MAXIMUM_RECOVERY_BYTES: usize = 64 * 1024;
/// The most endpoints that are named.
pub const MAXIMUM_ENDPOINTS: usize = 500;
/// The largest certificate, in bytes.
const MAXIMUM_CERTIFICATE_BYTES: usize = 16 * 1024;
/// Nothing that a file loosens lasts longer, counted from when it was made.
pub const LONGEST_RECOVERY: Duration = Duration::days(90);

/// What a recovery file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryDocument {
    /// Always 1 in this version.
    pub schema: u32,
    /// Told from every other file; an agent takes it once.
    pub id: Uuid,
    /// The server, as its endpoints reach it.
    pub server: ServerAddress,
    /// When it was made, by the clock of the server.
    #[serde(with = "time::serde::rfc3339")]
    pub issued_at: OffsetDateTime,
    /// Higher than that of every file that the server has signed before, whatever its clock has said. Absent in files of servers
    /// that did not count yet. See [`RecoveryDocument::order`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Until when it is taken.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// Which endpoints it is for.
    pub endpoints: RecoveredEndpoints,
    /// A certificate that is let through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<RecoveryCertificate>,
    /// A looser action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<RecoveryAction>,
    /// Where the server is from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_address: Option<ServerAddress>,
}

/// Which endpoints a file is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveredEndpoints {
    /// Every endpoint of the server.
    All,
    /// These.
    Named(BTreeSet<InstanceUid>),
}

/// Lets exactly one certificate through, as if the person had allowed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryCertificate {
    /// The certificate in DER form; in the document base64.
    #[serde(with = "der")]
    pub certificate: Vec<u8>,
    /// The kinds of problem that are accepted. Never [`ProblemKind::Revoked`].
    pub accepted: BTreeSet<ProblemKind>,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// Loosens what to do about an invalid certificate. An action that is looser already stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryAction {
    /// *Warn* or *Allow*.
    pub action: InvalidCertificateAction,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// A recovery file: JSON with the document and its signature, both in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryFile {
    recovery: String,
    signature: String,
}

/// Why a recovery file is not accepted, or cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecoveryFileError {
    /// It is none.
    #[error("This is no recovery file: {reason}.")]
    Malformed {
        /// What does not fit.
        reason: String,
    },
    /// Somebody else signed it, or it was changed.
    #[error(
        "The signature of this recovery file is not that of the server: it was changed, or is of another server."
    )]
    BadSignature,
    /// A later version wrote it.
    #[error("This recovery file has schema {schema}; this version reads schema {SCHEMA}.")]
    Schema {
        /// The schema of the document.
        schema: u32,
    },
}

fn malformed(reason: &impl ToString) -> RecoveryFileError {
    RecoveryFileError::Malformed { reason: reason.to_string() }
}

impl RecoveryDocument {
    /// A document that does nothing yet, for all endpoints, to be taken within a time.
    #[must_use]
    pub fn new(server: ServerAddress, issued_at: OffsetDateTime, valid_for: Duration) -> Self {
        Self {
            schema: SCHEMA,
            id: Uuid::now_v7(),
            server,
            issued_at,
            number: None,
            expires_at: issued_at.saturating_add(valid_for),
            endpoints: RecoveredEndpoints::All,
            allow: None,
            action: None,
            new_address: None,
        }
    }

    /// Signs it.
    ///
    /// # Errors
    /// When it is out of bounds.
    pub fn sign(&self, identity: &IdentityKeyPair) -> Result<RecoveryFile, RecoveryFileError> {
        self.check()?;
        let document = serde_json::to_vec(self).map_err(|error| malformed(&error))?;
        let signature = identity.sign(&signed_bytes(&document));
        let file = RecoveryFile { recovery: BASE64.encode(&document), signature: BASE64.encode(signature) };
        match file.to_text().len() {
            length if length > MAXIMUM_RECOVERY_BYTES => Err(too_long(length)),
            _ => Ok(file),
        }
    }

    /// The place of the file among those of its server: an agent takes none that does not come after the last that it has taken.
    ///
    /// Numbers decide, since a server whose clock was in the future once could not help anybody for that long otherwise. Files
    /// without a number are in the order of their times, and come before those with one.
    #[must_use]
    pub fn order(&self) -> (Option<u64>, OffsetDateTime) {
        (self.number, self.issued_at)
    }

    /// Whether it is for this endpoint.
    #[must_use]
    pub fn is_for(&self, endpoint: &InstanceUid) -> bool {
        match &self.endpoints {
            RecoveredEndpoints::All => true,
            RecoveredEndpoints::Named(named) => named.contains(endpoint),
        }
    }

    fn check(&self) -> Result<(), RecoveryFileError> {
        let latest = self.issued_at.saturating_add(LONGEST_RECOVERY);
        let fits = |until: OffsetDateTime| self.issued_at < until && until <= latest;
        let days = LONGEST_RECOVERY.whole_days();
        if self.allow.is_none() && self.action.is_none() && self.new_address.is_none() {
            return Err(malformed(&"it does nothing"));
        }
        if !fits(self.expires_at) {
            return Err(malformed(&format!("it is taken for a time of up to {days} days")));
        }
        if let RecoveredEndpoints::Named(named) = &self.endpoints
            && !(1..=MAXIMUM_ENDPOINTS).contains(&named.len())
        {
            return Err(malformed(&format!("it names 1 to {MAXIMUM_ENDPOINTS} endpoints, or is for all")));
        }
        if let Some(action) = &self.action {
            if action.action == InvalidCertificateAction::Deny {
                return Err(malformed(&"its action is Warn or Allow"));
            }
            if !fits(action.until) {
                return Err(malformed(&format!("its action holds for a time of up to {days} days")));
            }
        }
        if let Some(allow) = &self.allow {
            if !(1..=MAXIMUM_CERTIFICATE_BYTES).contains(&allow.certificate.len()) {
                return Err(malformed(&format!(
                    "its certificate has 1 to {MAXIMUM_CERTIFICATE_BYTES} bytes"
                )));
            }
            if allow.accepted.is_empty() || allow.accepted.contains(&ProblemKind::Revoked) {
                return Err(malformed(
                    &"it names the problems of its certificate that are accepted, and nobody can accept that it was revoked",
                ));
            }
            if !fits(allow.until) {
                return Err(malformed(&format!("its certificate is allowed for up to {days} days")));
            }
        }
        Ok(())
    }
}

impl RecoveryFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(text: &str) -> Result<Self, RecoveryFileError> {
        if text.len() > MAXIMUM_RECOVERY_BYTES {
            return Err(too_long(text.len()));
        }
        serde_json::from_str(text).map_err(|error| malformed(&error))
    }

    /// The text of the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Two texts always can be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The server that the file is for, before anything shows that it is true: to find the key under which to
    /// [`RecoveryFile::verify`].
    ///
    /// # Errors
    /// When the document cannot be read.
    pub fn claimed_server(&self) -> Result<ServerAddress, RecoveryFileError> {
        Ok(read_document(&self.document()?)?.server)
    }

    /// Checks the signature, and reads what is signed.
    ///
    /// # Errors
    /// When `server` did not sign it, or it is out of bounds.
    pub fn verify(&self, server: &IdentityPublicKey) -> Result<RecoveryDocument, RecoveryFileError> {
        let document = self.document()?;
        let signature = BASE64.decode(&self.signature).map_err(|error| malformed(&error))?;
        server.verify(&signed_bytes(&document), &signature).map_err(|_| RecoveryFileError::BadSignature)?;
        read_document(&document)
    }

    fn document(&self) -> Result<Vec<u8>, RecoveryFileError> {
        BASE64.decode(&self.recovery).map_err(|error| malformed(&error))
    }
}

fn read_document(text: &[u8]) -> Result<RecoveryDocument, RecoveryFileError> {
    // The schema is read first: a later one may have fields that this version would call unknown.
    let SchemaOnly { schema } = serde_json::from_slice(text).map_err(|error| malformed(&error))?;
    if schema != SCHEMA {
        return Err(RecoveryFileError::Schema { schema });
    }
    let document: RecoveryDocument = serde_json::from_slice(text).map_err(|error| malformed(&error))?;
    document.check()?;
    Ok(document)
}

fn too_long(length: usize) -> RecoveryFileError {
    malformed(&format!("it has {length} bytes; at most {MAXIMUM_RECOVERY_BYTES} are possible"))
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: u32,
}

fn signed_bytes(document: &[u8]) -> Vec<u8> {
    [SIGNATURE_CONTEXT, document].concat()
}

mod der {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(der: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(der))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
