//! What an endpoint is.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The endpoint as the agent sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The name that the operating system has for the computer.
    pub host_name: String,
    /// `linux`, `windows`, `darwin`.
    pub os_type: String,
    /// Name and version of the system, for people.
    pub os_description: String,
    /// The kernel's version.
    pub kernel_version: String,
    /// `amd64`, `arm64`.
    pub architecture: String,
    /// The name of the person's account.
    pub user: String,
    /// Addresses of the network interfaces, without loopback.
    pub addresses: Vec<IpAddr>,
    /// The agent's version.
    pub agent_version: String,
    /// Seconds since the system started.
    pub uptime_seconds: u64,
    /// Main memory in bytes.
    pub memory_bytes: u64,
    /// Number of logical processors.
    pub processors: u32,
}
