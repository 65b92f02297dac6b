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
mod enrolment;
mod foresight;
mod frames;
#[cfg(target_os = "linux")]
mod limits;
mod operating;
mod other_agents;
mod packaging;
mod people;
mod profiles;
mod starting;
mod support;
mod takeover;
mod words;
