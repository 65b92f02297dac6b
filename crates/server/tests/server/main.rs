//! The server from outside: agents on the telemetry address, an administrator on the API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it cannot go on"
)]

mod answers;
mod assignment;
mod certificates;
mod decisions;
mod enrolment;
mod fleet_commands;
mod foresight;
mod frames;
mod groups;
mod licences;
#[cfg(target_os = "linux")]
mod limits;
mod operating;
mod other_agents;
mod people;
mod profiles;
mod starting;
mod support;
mod takeover;
mod versions;
mod words;
