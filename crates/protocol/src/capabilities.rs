//! What each side says that it can do, as the bits of the OpAMP messages and as custom capabilities.

use crate::custom;
use crate::opamp::{AgentCapabilities, CustomCapabilities, ServerCapabilities};

/// The `capabilities` field of Countersign's agent.
#[must_use]
pub fn agent() -> u64 {
    [
        AgentCapabilities::ReportsStatus,
        AgentCapabilities::AcceptsRemoteConfig,
        AgentCapabilities::ReportsEffectiveConfig,
        AgentCapabilities::AcceptsOpampConnectionSettings,
        AgentCapabilities::ReportsHealth,
        AgentCapabilities::ReportsRemoteConfig,
        AgentCapabilities::ReportsHeartbeat,
        AgentCapabilities::ReportsConnectionSettingsStatus,
    ]
    .into_iter()
    .fold(0, |bits, capability| bits | bit(capability as i32))
}

/// The `capabilities` field of Countersign's management server.
#[must_use]
pub fn server() -> u64 {
    [
        ServerCapabilities::AcceptsStatus,
        ServerCapabilities::OffersRemoteConfig,
        ServerCapabilities::AcceptsEffectiveConfig,
        ServerCapabilities::OffersConnectionSettings,
        ServerCapabilities::AcceptsConnectionSettingsRequest,
    ]
    .into_iter()
    .fold(0, |bits, capability| bits | bit(capability as i32))
}

/// Whether an agent that reported `capabilities` said that it has `capability`.
#[must_use]
pub fn agent_has(capabilities: u64, capability: AgentCapabilities) -> bool {
    capabilities & bit(capability as i32) != 0
}

/// The custom capabilities that both sides of Countersign have.
#[must_use]
pub fn custom() -> CustomCapabilities {
    CustomCapabilities { capabilities: custom::CAPABILITIES.iter().map(ToString::to_string).collect() }
}

/// The generated enums are `i32`; every defined value is a positive bit.
fn bit(value: i32) -> u64 {
    u64::from(value.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_the_specification() {
        assert_eq!(agent(), 0x1 | 0x2 | 0x4 | 0x100 | 0x800 | 0x1000 | 0x2000 | 0x8000);
        assert_eq!(server(), 0x1 | 0x2 | 0x4 | 0x20 | 0x40);
        assert!(agent_has(agent(), AgentCapabilities::AcceptsRemoteConfig));
        assert!(!agent_has(agent(), AgentCapabilities::AcceptsPackages));
    }
}
