//! The telemetry connection of an endpoint, as a state machine: connect, judge the server, ask if needed, hold the
//! session, come back.
//!
//! Headless: everything that a person sees or answers goes through [`Desktop`], and everything that there is to show
//! is in [`Status`].

mod agent;
mod back_off;
mod client_identity;
mod clock;
mod command_record;
mod configuration;
mod decisions;
mod desktop;
pub mod diagnostics;
pub mod doctor;
mod handle;
mod history;
mod identity_exchange;
mod inventory;
mod kept_profile;
pub mod keychain;
mod profile;
pub mod proxy;
mod ratchet;
mod recovery;
mod recovery_directory;
mod recovery_watch;
mod remembered;
mod request_error;
mod seen_issuers;
mod session;
mod state;
mod state_file;
mod status;
mod store;
mod tls;
mod trial;

pub use agent::{Agent, Parts};
pub use clock::{Clock, Pause, SystemClock};
pub use command_record::{CommandName, CommandRecord, CommandRecordResult, MAXIMUM_COMMAND_RECORDS};
pub use configuration::{
    AgentConfiguration, CommandLineAnswers, ConfigurationError, KEYCHAIN_SERVICE, ServerChoice,
};
pub use countersign_protocol::Secret;
pub use desktop::{Answer, Desktop, Notice, Prompt};
pub use handle::AgentHandle;
pub use history::{ConnectionEvent, EventNote, MAXIMUM_EVENTS};
pub use keychain::{Keychain, KeychainError};
pub use recovery::{RecoveryRefusal, RecoveryTaken};
pub use remembered::{Keeping, RememberedEntry, RememberedList, RememberedStanding, RememberedSummary};
pub use request_error::RequestError;
pub use status::{BackOffReason, ConnectionState, Enrolment, ProfileStatus, RefusalReason, Status};
pub use store::StoreError;
