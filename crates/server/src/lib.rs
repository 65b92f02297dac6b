//! The management server: telemetry connections, endpoints, profiles, certificates, and the API and console over them.

mod acme;
mod administration;
mod api;
mod audit_file;
mod authority;
pub mod certificate_upload;
mod clock;
mod configuration;
mod console;
mod counted;
mod data_directory;
mod database_url;
mod endpoint_control;
mod endpoint_rule;
mod first_start;
mod forecast;
mod housekeeping;
mod key_file;
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
mod recovery;
mod rehearsals;
mod sealing;
mod served_certificate;
mod server;
mod server_error;
mod store;
mod tasks;
mod telemetry;
mod tightening;
mod upgrade_path;
mod web;

pub use clock::{Clock, SystemClock};
pub use configuration::{
    Action, AdministratorToken, CommandLine, ConfigurationError, LogFormat, ServerConfiguration,
};
pub use data_directory::DataDirectoryError;
pub use database_url::{DatabaseUrl, DatabaseUrlError};
pub use first_start::{Announcement, Reader};
pub use keys::NewTokens;
pub use maintenance::{MaintenanceError, back_up, make_recovery_file, prune_audit, restore, rotate_key};
pub use open_files::raise_open_files;
pub use people::{OpenIdConnectConfiguration, OpenIdConnectSettingsError, RoleClaims};
pub use recovery::{LooserAction, RecoveryArguments};
pub use server::Server;
pub use server_error::ServerError;
