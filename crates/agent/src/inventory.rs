//! What this computer is: for the administrator's list of endpoints.

use countersign_protocol::attributes::{self, text};
use countersign_protocol::opamp::AgentDescription;
use countersign_protocol::{InstanceUid, Inventory};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// The version of the agent.
pub(crate) const AGENT_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Collects the inventory. Reads files of the system, so it is to be called outside of asynchronous code.
pub(crate) fn collect() -> Inventory {
    let system = System::new_with_specifics(
        RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram()),
    );
    let mut addresses: Vec<_> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .filter(|interface| !interface.is_loopback())
        .map(|interface| interface.ip())
        .collect();
    addresses.sort();
    addresses.dedup();
    Inventory {
        host_name: System::host_name().unwrap_or_default(),
        os_type: os_type().to_owned(),
        os_description: System::long_os_version().unwrap_or_default(),
        kernel_version: System::kernel_version().unwrap_or_default(),
        architecture: architecture().to_owned(),
        user: user(),
        addresses,
        agent_version: AGENT_VERSION.to_owned(),
        uptime_seconds: System::uptime(),
        memory_bytes: system.total_memory(),
        processors: std::thread::available_parallelism()
            .map_or(0, |number| u32::try_from(number.get()).unwrap_or(u32::MAX)),
    }
}

/// How the agent introduces itself, by the names of OpenTelemetry.
pub(crate) fn description(instance_uid: InstanceUid, inventory: &Inventory) -> AgentDescription {
    AgentDescription {
        identifying_attributes: vec![
            text(attributes::SERVICE_NAME, attributes::AGENT_SERVICE_NAME),
            text(attributes::SERVICE_VERSION, AGENT_VERSION),
            text(attributes::SERVICE_INSTANCE_ID, instance_uid.to_string()),
        ],
        non_identifying_attributes: vec![
            text(attributes::OS_TYPE, inventory.os_type.clone()),
            text(attributes::OS_DESCRIPTION, inventory.os_description.clone()),
            text(attributes::HOST_NAME, inventory.host_name.clone()),
            text(attributes::HOST_ARCH, inventory.architecture.clone()),
        ],
    }
}

/// The value of `os.type` (OpenTelemetry semantic conventions).
fn os_type() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

/// The value of `host.arch` (OpenTelemetry semantic conventions).
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn user() -> String {
    ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_essentials_are_there() {
        let inventory = collect();
        assert!(!inventory.host_name.is_empty() && inventory.memory_bytes > 0 && inventory.processors > 0);
        assert!(inventory.addresses.iter().all(|address| !address.is_loopback()));
        let uid = InstanceUid::generate();
        let description = description(uid, &inventory);
        assert_eq!(
            attributes::find_text(&description, attributes::SERVICE_INSTANCE_ID),
            Some(uid.to_string().as_str())
        );
    }
}
