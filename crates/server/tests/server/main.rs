//! The server from outside: agents on the telemetry address, an administrator on the API.

mod certificates;
mod enrolment;
mod frames;
#[cfg(target_os = "linux")]
mod limits;
mod other_agents;
mod profiles;
mod support;
