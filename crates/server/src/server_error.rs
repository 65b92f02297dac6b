//! Why the server cannot start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use countersign_protocol::IdentityError;
use thiserror::Error;

use crate::authority::AuthorityError;
use crate::data_directory::DataDirectoryError;
use crate::people::OpenIdConnectSettingsError;
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
    /// People cannot sign in at the provider that is configured.
    #[error("The section [openid_connect] of the configuration file does not fit: {0}")]
    OpenIdConnect(#[from] OpenIdConnectSettingsError),
    /// An address cannot be listened on.
    #[error("The server cannot listen on {address}: {source}.{}", hint(source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The ready file cannot be written.
    #[error("The ready file {} cannot be written: {source}.", path.display())]
    ReadyFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What would be right, as far as the error tells.
fn hint(error: &io::Error) -> &'static str {
    let hints = [
        (io::ErrorKind::AddrInUse, " Perhaps another program does already."),
        (
            io::ErrorKind::AddrNotAvailable,
            " This computer does not have that address. Give one that it has, or 0.0.0.0 for all of them.",
        ),
        (
            io::ErrorKind::PermissionDenied,
            " Many systems keep ports below 1024 to themselves. Give a higher one, or the server the right to it.",
        ),
    ];
    hints.into_iter().find(|(kind, _)| *kind == error.kind()).map_or("", |(_, hint)| hint)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_fit_the_error() {
        let address = SocketAddr::from(([192, 0, 2, 1], 80));
        for (kind, expected) in [
            (io::ErrorKind::AddrInUse, Some("Perhaps another program does already.")),
            (io::ErrorKind::AddrNotAvailable, Some("This computer does not have that address.")),
            (io::ErrorKind::PermissionDenied, Some("ports below 1024")),
            (io::ErrorKind::OutOfMemory, None),
        ] {
            let text = ServerError::Listen { address, source: kind.into() }.to_string();
            let beginning = format!("The server cannot listen on 192.0.2.1:80: {}.", io::Error::from(kind));
            let hint = text.strip_prefix(&beginning).unwrap();
            assert!(expected.map_or(hint.is_empty(), |expected| hint.contains(expected)), "{text}");
        }
        let path = PathBuf::from("/nowhere/ready.json");
        let text = ServerError::ReadyFile { path, source: io::ErrorKind::NotFound.into() }.to_string();
        assert!(text.starts_with("The ready file /nowhere/ready.json cannot be written: "), "{text}");
    }
}
