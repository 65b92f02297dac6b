//! What a recovery file says, in the showcase. Used like the other fixed data.

use countersign_protocol::{RecoveryAction, RecoveryCertificate, RecoveryDocument};
use countersign_trust::{InvalidCertificateAction, ProblemKind};
use time::Duration;

use super::data::{NOW, server};

/// A file that does everything that one can do.
pub(crate) fn everything() -> RecoveryDocument {
    let until = NOW + Duration::days(9);
    RecoveryDocument {
        allow: Some(RecoveryCertificate {
            certificate: b"certificate".to_vec(),
            accepted: [ProblemKind::SelfSigned, ProblemKind::NameMismatch].into(),
            until,
        }),
        action: Some(RecoveryAction { action: InvalidCertificateAction::Warn, until }),
        new_address: Some("new.example.com".parse().expect("the address is well-formed")),
        ..RecoveryDocument::new(server(), NOW, Duration::days(14))
    }
}
