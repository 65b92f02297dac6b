//! The inventory on its way to the server: the whole at first and when the server asks for it, otherwise what has changed
//! since what was sent before. Pure.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Inventory;

/// What has changed since the inventory with the hash `since`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryChanges {
    /// The hash of the inventory to which the changes belong (see [`hash`]).
    pub since: String,
    /// The fields that are different, with what they are now.
    pub changed: Map<String, Value>,
}

/// Why a server needs the whole inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedsWhole {
    /// The changes belong to an inventory that the server does not have.
    OtherBase,
    /// What comes out is no inventory.
    Unfit,
}

/// A short text that stands for an inventory: SHA-256 over its JSON, with the fields in the order of their names, in
/// hexadecimal.
#[must_use]
pub fn hash(inventory: &Inventory) -> String {
    use std::fmt::Write as _;
    // Sorted here: whether the map of serde_json is depends on how it was built.
    let sorted: BTreeMap<String, Value> = fields(inventory).into_iter().collect();
    let text = serde_json::to_string(&sorted).unwrap_or_default();
    digest(&SHA256, text.as_bytes()).as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn fields(inventory: &Inventory) -> Map<String, Value> {
    match serde_json::to_value(inventory) {
        Ok(Value::Object(fields)) => fields.into_iter().collect(),
        // An inventory is numbers and texts, which always can be written.
        Ok(_) | Err(_) => Map::new(),
    }
}

impl InventoryChanges {
    /// From one inventory to the next.
    #[must_use]
    pub fn between(before: &Inventory, now: &Inventory) -> Self {
        let old = fields(before);
        let changed = fields(now).into_iter().filter(|(name, value)| old.get(name) != Some(value)).collect();
        Self { since: hash(before), changed }
    }

    /// Whether something changed that matters: time passes always.
    #[must_use]
    pub fn matter(&self) -> bool {
        self.changed.keys().any(|name| name != "uptime_seconds")
    }

    /// The inventory of now, from what the server has.
    ///
    /// # Errors
    /// When the server has to ask for the whole inventory.
    pub fn apply(&self, kept: Option<&Inventory>) -> Result<Inventory, NeedsWhole> {
        let kept = kept.filter(|kept| hash(kept) == self.since).ok_or(NeedsWhole::OtherBase)?;
        let mut all = fields(kept);
        all.extend(self.changed.clone());
        serde_json::from_value(Value::Object(all)).map_err(|_| NeedsWhole::Unfit)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    use super::*;

    fn inventory() -> impl Strategy<Value = Inventory> {
        let addresses = prop::collection::vec(any::<u32>(), 0..3);
        ("[a-c]{0,2}", "[a-c]{0,2}", addresses, 0..4_u64, 0..3_u32).prop_map(
            |(host_name, user, addresses, uptime_seconds, processors)| Inventory {
                host_name,
                os_type: "linux".to_owned(),
                os_description: "Linux".to_owned(),
                kernel_version: "6.1".to_owned(),
                architecture: "amd64".to_owned(),
                user,
                addresses: addresses.into_iter().map(|bits| IpAddr::V4(Ipv4Addr::from(bits))).collect(),
                agent_version: "1.0.0".to_owned(),
                uptime_seconds,
                memory_bytes: 1,
                processors,
            },
        )
    }

    /// What happens at an endpoint and on the way.
    #[derive(Clone, Debug)]
    enum Step {
        /// The inventory is this one now, and is sent.
        Sent(Inventory),
        /// It is sent, and does not arrive.
        Lost(Inventory),
        /// The agent begins anew, and does not know what it sent.
        AgentRestarts,
        /// The server has forgotten the endpoint.
        ServerForgets,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            5 => inventory().prop_map(Step::Sent),
            2 => inventory().prop_map(Step::Lost),
            1 => Just(Step::AgentRestarts),
            1 => Just(Step::ServerForgets),
        ]
    }

    proptest! {
        #[test]
        fn the_server_has_what_the_agent_has_whatever_happens(steps in prop::collection::vec(step(), 1..40)) {
            let mut sent: Option<Inventory> = None;
            let mut kept: Option<Inventory> = None;
            for step in steps {
                match step {
                    Step::AgentRestarts => sent = None,
                    Step::ServerForgets => kept = None,
                    Step::Lost(now) => sent = Some(now),
                    Step::Sent(now) => {
                        kept = Some(match &sent {
                            None => now.clone(),
                            Some(before) => {
                                let changes = InventoryChanges::between(before, &now);
                                let wire = serde_json::to_string(&changes).unwrap();
                                let read: InventoryChanges = serde_json::from_str(&wire).unwrap();
                                // Asked for, the agent sends the whole.
                                read.apply(kept.as_ref()).unwrap_or_else(|_| now.clone())
                            }
                        });
                        prop_assert_eq!(kept.as_ref(), Some(&now));
                        sent = Some(now);
                    }
                }
            }
        }

        #[test]
        fn only_what_changed_is_sent(before in inventory(), now in inventory()) {
            let changes = InventoryChanges::between(&before, &now);
            prop_assert_eq!(changes.changed.contains_key("user"), before.user != now.user);
            prop_assert!(!changes.changed.contains_key("os_type"));
            prop_assert_eq!(changes.changed.is_empty(), before == now);
            let mut later = before.clone();
            later.uptime_seconds += 1;
            prop_assert!(!InventoryChanges::between(&before, &later).matter());
        }
    }

    #[test]
    fn what_does_not_fit_is_asked_for_as_a_whole() {
        let base = Inventory {
            host_name: "desk".to_owned(),
            os_type: "linux".to_owned(),
            os_description: String::new(),
            kernel_version: String::new(),
            architecture: String::new(),
            user: String::new(),
            addresses: Vec::new(),
            agent_version: String::new(),
            uptime_seconds: 0,
            memory_bytes: 0,
            processors: 0,
        };
        let mut changes = InventoryChanges::between(&base, &base);
        assert_eq!(changes.apply(None), Err(NeedsWhole::OtherBase));
        changes.changed.insert("processors".to_owned(), Value::String("many".to_owned()));
        assert_eq!(changes.apply(Some(&base)), Err(NeedsWhole::Unfit));
    }
}
