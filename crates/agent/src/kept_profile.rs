//! The profile of an earlier run, or of an earlier time with this server.

use countersign_protocol::EndpointProfile;

use crate::configuration::AgentConfiguration;
use crate::store::Kept;
use crate::trial::TrialRecord;

/// The profile of the present server, and how the trial of its action stands. Its signature is checked again: the file is not secret, but it must be the
/// server's. That of another server says nothing about this one.
pub(crate) fn kept_profile(
    configuration: &AgentConfiguration,
    kept: &Kept,
) -> Option<(EndpointProfile, Option<TrialRecord>)> {
    let server = kept.server(configuration)?;
    let stored = kept.profile_of(server)?;
    // The configured identity is that of the configured server.
    let configured = configuration.server.as_ref() == Some(server);
    if configured && configuration.server_identity.is_some_and(|pinned| pinned != stored.identity) {
        tracing::warn!(%server, "the kept endpoint profile is by another identity than the configured one and not used");
        return None;
    }
    match stored.signed().map(|signed| signed.verify(&stored.identity)) {
        Some(Ok(profile)) => Some((profile, stored.trial.clone())),
        Some(Err(error)) => {
            tracing::error!(%error, "the kept endpoint profile cannot be used");
            None
        }
        None => {
            tracing::error!("the kept endpoint profile cannot be read");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use countersign_protocol::IdentityKeyPair;
    use countersign_trust::InvalidCertificateAction;
    use uuid::Uuid;

    use super::*;
    use crate::configuration::{CommandLineAnswers, ServerChoice};
    use crate::store::{KeptProfile, Move, Store};

    fn configuration(server: &str, identity: Option<&IdentityKeyPair>) -> AgentConfiguration {
        AgentConfiguration {
            server: Some(server.parse().unwrap()),
            connect_to: None,
            enrolment_token: None,
            server_identity: identity.map(IdentityKeyPair::public_key),
            invalid_certificate_action: InvalidCertificateAction::Warn,
            proxy: crate::proxy::ProxySettings::None,
            state_directory: Path::new("unused").to_owned(),
            keychain_service: "unused".to_owned(),
            server_choice: ServerChoice::Free,
            command_line_answers: CommandLineAnswers::Forbidden,
            recovery_directory: None,
        }
    }

    #[test]
    fn a_kept_profile_counts_for_its_server_only() {
        let (own, _) = IdentityKeyPair::generate().unwrap();
        let (other, _) = IdentityKeyPair::generate().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut kept = Store::new(directory.path()).load().unwrap();
        let allow = InvalidCertificateAction::Allow;
        let profile = EndpointProfile::new(Uuid::from_u128(1), "Kept".to_owned(), allow).sign(&own).unwrap();
        kept.profile = Some(KeptProfile::new("a.example".parse().unwrap(), &profile, own.public_key()));
        let moved =
            |from: &str, to: &str| Some(Move { from: from.parse().unwrap(), to: to.parse().unwrap() });
        let table = [
            ("its server", "a.example", None, None, true),
            ("its server, identity pinned", "a.example", Some(&own), None, true),
            ("another server", "b.example", None, None, false),
            ("another identity pinned", "a.example", Some(&other), None, false),
            (
                "moved there, identity of the former",
                "b.example",
                Some(&other),
                moved("b.example", "a.example"),
                true,
            ),
            ("moved away", "a.example", Some(&own), moved("a.example", "b.example"), false),
            ("a move that is over", "a.example", Some(&other), moved("c.example", "d.example"), false),
        ];
        for (what, server, pinned, moved, counts) in table {
            kept.moved = moved;
            let found = kept_profile(&configuration(server, pinned), &kept);
            assert_eq!(found.is_some(), counts, "{what}");
        }
    }
}
