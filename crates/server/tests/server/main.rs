//! The server from outside: agents on the telemetry address, an administrator on the API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it cannot go on"
)]

mod absence;
mod answers;
mod assignment;
#[cfg(target_os = "linux")]
mod audit_pruning;
mod automated_certificate;
#[cfg(target_os = "linux")]
mod backup;
mod certificates;
mod chains;
mod chosen_by_hand;
mod conflicts;
mod decisions;
#[cfg(target_os = "linux")]
mod durability;
mod endpoint_control;
mod enrolment;
mod fleet_commands;
mod floods;
mod forecast;
mod foresight;
mod frames;
mod groups;
mod history;
mod http_port;
mod inventory;
mod issued_certificate;
mod licences;
#[cfg(target_os = "linux")]
mod limits;
mod logs;
mod monitoring;
#[cfg(target_os = "linux")]
mod nodes;
mod noise;
mod openid_connect;
mod operating;
mod other_agents;
mod packaging;
mod people;
mod pre_flight;
mod profiles;
mod provider_limits;
mod recovery;
mod refused_nonces;
mod rehearsals;
mod scopes;
#[cfg(target_os = "linux")]
mod sealing;
#[cfg(target_os = "linux")]
mod shutdown;
mod starting;
mod support;
#[cfg(target_os = "linux")]
mod switches;
mod takeover;
mod tightening;
mod upgrade_path;
mod upload;
mod versions;
mod words;
