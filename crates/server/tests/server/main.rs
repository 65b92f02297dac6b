//! The server from outside: agents on the telemetry address, an administrator on the API.

mod enrolment;
mod frames;
mod other_agents;
mod profiles;
mod support;
