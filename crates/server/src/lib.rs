//! The management server: telemetry connections, endpoints, profiles, certificates, and the API over them.

mod api;
mod authority;
mod clock;
mod configuration;
mod data_directory;
mod served_certificate;
mod server;
mod store;
mod telemetry;

pub use clock::{Clock, SystemClock};
pub use configuration::{CommandLine, ConfigurationError, ServerConfiguration};
pub use data_directory::DataDirectoryError;
pub use server::{FirstTokens, Server, ServerError};
