//! The telemetry connection of an endpoint, as a state machine: connect, judge the server, ask if needed, hold the
//! session, come back.
//!
//! Headless: everything that a person sees or answers goes through [`Desktop`], and everything that there is to show
//! is in [`Status`].

mod agent;
mod back_off;
mod client_identity;
mod clock;
mod configuration;
mod desktop;
mod identity_exchange;
mod inventory;
pub mod keychain;
mod profile;
mod ratchet;
mod remembered;
mod session;
mod state;
mod status;
mod store;
mod tls;

pub use agent::{Agent, AgentHandle, Parts};
pub use clock::{Clock, Pause, SystemClock};
pub use configuration::{AgentConfiguration, ConfigurationError, KEYCHAIN_SERVICE};
pub use countersign_protocol::Secret;
pub use desktop::{Answer, Desktop, Notice, Prompt};
pub use keychain::{Keychain, KeychainError};
pub use status::{BackOffReason, ConnectionState, Enrolment, ProfileStatus, RefusalReason, Status};
pub use store::StoreError;
