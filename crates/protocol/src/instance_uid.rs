//! The identity of one running agent on the wire.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// The instance UID of OpAMP: 16 bytes, a UUID version 7 when we make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceUid(Uuid);

/// An instance UID on the wire or in a file that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InstanceUidError {
    /// Not sixteen bytes.
    #[error("the instance UID has {length} bytes; it must have 16")]
    Length {
        /// How many bytes there were.
        length: usize,
    },
    /// All zero, which the OpAMP specification reserves for "none".
    #[error("the instance UID is all zero; it must be a UUID")]
    Nil,
    /// Text that is no UUID.
    #[error(
        "{text:?} is not an instance UID; it must be a UUID such as 01960000-0000-7000-8000-000000000000"
    )]
    Text {
        /// What was found.
        text: String,
    },
}

impl InstanceUid {
    /// Makes a new one from the present time and random bits (UUID version 7).
    #[must_use]
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// Reads the `instance_uid` field of a message.
    ///
    /// # Errors
    /// Unless it has 16 bytes that are not all zero.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InstanceUidError> {
        let uuid = Uuid::from_slice(bytes).map_err(|_| InstanceUidError::Length { length: bytes.len() })?;
        if uuid.is_nil() { Err(InstanceUidError::Nil) } else { Ok(Self(uuid)) }
    }

    /// The `instance_uid` field of a message.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }

    /// The UUID itself, for stores that have a column type for it.
    #[must_use]
    pub fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for InstanceUid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

impl FromStr for InstanceUid {
    type Err = InstanceUidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uuid = Uuid::parse_str(text).map_err(|_| InstanceUidError::Text { text: text.to_owned() })?;
        if uuid.is_nil() { Err(InstanceUidError::Nil) } else { Ok(Self(uuid)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes() {
        let uid = InstanceUid::generate();
        assert_eq!(InstanceUid::from_bytes(&uid.to_bytes()), Ok(uid));
        assert_eq!(uid.to_string().parse(), Ok(uid));
    }

    #[test]
    fn refuses_what_is_none() {
        assert_eq!(InstanceUid::from_bytes(&[]), Err(InstanceUidError::Length { length: 0 }));
        assert_eq!(InstanceUid::from_bytes(&[1; 17]), Err(InstanceUidError::Length { length: 17 }));
        assert_eq!(InstanceUid::from_bytes(&[0; 16]), Err(InstanceUidError::Nil));
        assert!("desk-4".parse::<InstanceUid>().is_err());
        assert_eq!("00000000-0000-0000-0000-000000000000".parse::<InstanceUid>(), Err(InstanceUidError::Nil));
    }
}
