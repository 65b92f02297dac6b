//! The licence under which an endpoint is managed.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What the server tells an agent about the licence, for people to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// To whom it was given.
    pub customer: String,
    /// How many endpoints it covers.
    pub seats: u32,
    /// When it ends; `None` for one without an end.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub expires_at: Option<OffsetDateTime>,
    /// The parts of the product that it covers.
    pub features: Vec<String>,
    /// Whether it is the built-in one that needs no purchase.
    pub evaluation: bool,
}

impl Licence {
    /// The licence of a server that was given none.
    #[must_use]
    pub fn evaluation() -> Self {
        Self {
            customer: "Evaluation".to_owned(),
            seats: 25,
            expires_at: None,
            features: vec!["endpoint-control".to_owned()],
            evaluation: true,
        }
    }
}
