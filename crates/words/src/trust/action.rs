//! The words for invalid certificate actions.

use countersign_trust::InvalidCertificateAction;

use crate::{Text, Words};

impl Words {
    /// What an administrator wants to happen when the certificate is not valid.
    #[must_use]
    pub fn action(&self, action: InvalidCertificateAction) -> Text {
        match action {
            InvalidCertificateAction::Allow => self.action_allow(),
            InvalidCertificateAction::Warn => self.action_warn(),
            InvalidCertificateAction::Deny => self.action_deny(),
        }
    }
}
