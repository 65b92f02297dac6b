//! The words for server addresses that are none.

use countersign_trust::ServerAddressError;

use crate::{Text, Words};

impl Words {
    /// Why what was entered is no server address, and what to enter.
    #[must_use]
    pub fn server_address_error(&self, error: &ServerAddressError) -> Text {
        match error {
            ServerAddressError::Empty => self.server_choice_empty(),
            ServerAddressError::LooksLikeUrl { text } => self.server_choice_url(text),
            ServerAddressError::InvalidName { name } => self.server_choice_invalid_name(name),
            ServerAddressError::InvalidPort { port } => self.server_choice_invalid_port(port),
        }
    }
}
