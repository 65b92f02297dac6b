//! The server's own keys. All are sealed.

use countersign_protocol::Secret;
use sea_orm::{ActiveModelTrait as _, ConnectionTrait, EntityTrait as _, Set};

use super::entity::key_material;
use super::{SealedColumn, Store, StoreError};

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyName {
    /// The identity key: PKCS#8 in base64.
    Identity,
    /// Certificate and key of the authority for endpoints: JSON.
    EndpointAuthority,
    /// Certificate and key of the built-in certificate: JSON.
    BuiltInCertificate,
    /// SHA-256 of the administrator token, in hexadecimal.
    AdministratorTokenHash,
    /// By which the key is known with which all of them are sealed.
    SealingCheck,
}

impl KeyName {
    /// As it is named in the database.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::EndpointAuthority => "endpoint_authority",
            Self::BuiltInCertificate => "built_in_certificate",
            Self::AdministratorTokenHash => "administrator_token_hash",
            Self::SealingCheck => "sealing_check",
        }
    }
}

impl Store {
    /// A key, if it has been made.
    pub(crate) async fn key(&self, name: KeyName) -> Result<Option<Secret>, StoreError> {
        let row = key_material::Entity::find_by_id(name.as_str()).one(&self.database).await?;
        row.map(|row| self.unseal(SealedColumn::KEY, name.as_str(), &row.value)).transpose()
    }

    /// Keeps a key that was made.
    pub(crate) async fn keep_key(&self, name: KeyName, value: &Secret) -> Result<(), StoreError> {
        let row = key_material::ActiveModel {
            name: Set(name.as_str().to_owned()),
            value: Set(self.seal(SealedColumn::KEY, name.as_str(), value)?),
        };
        row.insert(&self.database).await?;
        self.make_durable().await
    }

    /// Puts another value in the place of a key, within the transaction of the change.
    pub(super) async fn replace_key(
        &self,
        transaction: &impl ConnectionTrait,
        name: KeyName,
        value: &Secret,
    ) -> Result<(), StoreError> {
        key_material::Entity::delete_by_id(name.as_str()).exec(transaction).await?;
        let row = key_material::ActiveModel {
            name: Set(name.as_str().to_owned()),
            value: Set(self.seal(SealedColumn::KEY, name.as_str(), value)?),
        };
        row.insert(transaction).await?;
        Ok(())
    }
}
