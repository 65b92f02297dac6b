//! The management server: telemetry connections, endpoints, profiles, certificates, and the API and console over them.

mod administration;
mod api;
mod authority;
pub mod certificate_upload;
mod clock;
mod configuration;
mod console;
mod data_directory;
mod database_url;
mod endpoint_rule;
mod keys;
mod licences;
mod maintenance;
mod metrics;
mod nodes;
mod open_files;
mod pem_text;
mod people;
mod places;
mod problem;
mod served_certificate;
mod server;
mod server_error;
mod store;
mod telemetry;
mod tightening;
mod web;

pub use clock::{Clock, SystemClock};
pub use configuration::{Action, AdministratorToken, CommandLine, ConfigurationError, ServerConfiguration};
pub use data_directory::DataDirectoryError;
pub use database_url::{DatabaseUrl, DatabaseUrlError};
pub use keys::NewTokens;
pub use maintenance::{MaintenanceError, back_up, restore};
pub use open_files::raise_open_files;
pub use server::Server;
pub use server_error::ServerError;
