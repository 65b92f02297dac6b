//! Why the server cannot start.

use std::net::SocketAddr;
use std::path::PathBuf;

use countersign_protocol::IdentityError;
use thiserror::Error;

use crate::authority::AuthorityError;
use crate::data_directory::DataDirectoryError;
use crate::served_certificate::ServerCertificateError;
use crate::store::StoreError;

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDirectory(#[from] DataDirectoryError),
    /// The database cannot be used.
    #[error("{0}")]
    Store(String),
    /// A kept key or certificate cannot be used.
    #[error("A key or certificate of this server cannot be used: {0}")]
    Key(String),
    /// An address cannot be listened on.
    #[error("The server cannot listen on {address}: {source}. Perhaps another program does already.")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The ready file cannot be written.
    #[error("The ready file {} cannot be written: {source}.", path.display())]
    ReadyFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<StoreError> for ServerError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<AuthorityError> for ServerError {
    fn from(error: AuthorityError) -> Self {
        Self::Key(error.to_string())
    }
}

impl From<ServerCertificateError> for ServerError {
    fn from(error: ServerCertificateError) -> Self {
        Self::Key(error.to_string())
    }
}

impl From<IdentityError> for ServerError {
    fn from(error: IdentityError) -> Self {
        Self::Key(error.to_string())
    }
}
