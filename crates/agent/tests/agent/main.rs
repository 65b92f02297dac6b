//! The agent with a desktop, a clock and a keychain that do what the test says, and a server that it really connects to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod answers;
mod continuity;
mod doctor;
mod elsewhere;
mod forgetting;
mod issuers;
mod man_in_the_middle;
mod permissions;
mod proxies;
mod real_proxies;
mod record;
mod recovery;
mod recovery_files;
mod rehearsals;
mod reports;
mod requests;
mod support;
mod trials;
mod waiting;
