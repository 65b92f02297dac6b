//! The management server: telemetry connections, endpoints, profiles, certificates, and the API over them.

mod api;
mod authority;
mod clock;
mod configuration;
mod data_directory;
mod keys;
mod open_files;
mod pem_text;
mod places;
mod served_certificate;
mod server;
mod server_error;
mod store;
mod telemetry;

pub use clock::{Clock, SystemClock};
pub use configuration::{AdministratorToken, CommandLine, ConfigurationError, ServerConfiguration};
pub use data_directory::DataDirectoryError;
pub use keys::NewTokens;
pub use open_files::raise_open_files;
pub use server::Server;
pub use server_error::ServerError;
