//! What an agent does when its proxy does not let it through.

use serde::{Deserialize, Serialize};

/// Whether an agent may connect directly when no proxy lets it through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyFallback {
    /// It may not: the connection waits for the proxy.
    #[default]
    None,
    /// It connects directly.
    Direct,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_in_snake_case_and_does_not_let_past_the_proxy_by_default() {
        for (fallback, written) in [(ProxyFallback::None, "\"none\""), (ProxyFallback::Direct, "\"direct\"")]
        {
            assert_eq!(serde_json::to_string(&fallback).unwrap(), written);
            assert_eq!(serde_json::from_str::<ProxyFallback>(written).unwrap(), fallback);
        }
        assert_eq!(ProxyFallback::default(), ProxyFallback::None);
    }
}
