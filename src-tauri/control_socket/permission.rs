//! What a client may ask for. Pure.

use super::protocol::{Client, Request, WindowName};

/// Whether a request is for this kind of client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It is.
    Granted,
    /// It is not.
    Refused,
}

/// Windows read, and do what their buttons say. None of them answers the question: only the dialog does, and the
/// command line where the machine's configuration lets it, which the agent knows.
#[must_use]
pub fn permission(client: Client, request: &Request) -> Permission {
    let window = match client {
        Client::CommandLine => return Permission::Granted,
        Client::Window { window } => window,
    };
    let granted = match request {
        Request::Status | Request::Question | Request::Subscribe { .. } | Request::Open { .. } => true,
        Request::History => matches!(window, WindowName::History | WindowName::Status),
        Request::Connect { .. } | Request::Disconnect | Request::Review => window == WindowName::Status,
        Request::Remembered | Request::Forget { .. } | Request::ForgetAll => window == WindowName::Remembered,
        // A page could otherwise bring up questions of its own choosing.
        Request::Answer { .. } | Request::Recover { .. } | Request::OpenRecoveryFile { .. } => false,
    };
    if granted { Permission::Granted } else { Permission::Refused }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::ValueEnum as _;
    use countersign_trust::Fingerprint;

    use super::*;
    use crate::control_socket::protocol::{PersonsAnswer, Presentation};

    fn requests() -> Vec<(Request, &'static [WindowName])> {
        use WindowName::{History, Remembered, Status};
        let server = || "localhost".parse().unwrap();
        let fingerprint = Fingerprint::of(b"certificate");
        let all = WindowName::value_variants();
        vec![
            (Request::Status, all),
            (Request::Question, all),
            (Request::History, &[Status, History]),
            (Request::Remembered, &[Remembered]),
            (Request::Subscribe { topics: BTreeSet::new() }, all),
            (Request::Connect { server: None }, &[Status]),
            (Request::Connect { server: Some(server()) }, &[Status]),
            (Request::Disconnect, &[Status]),
            (Request::Review, &[Status]),
            (Request::Answer { fingerprint, answer: PersonsAnswer::Allow { remember: None } }, &[]),
            (Request::Answer { fingerprint, answer: PersonsAnswer::Deny }, &[]),
            (Request::Forget { server: server() }, &[Remembered]),
            (Request::ForgetAll, &[Remembered]),
            (Request::Recover { file: String::new() }, &[]),
            (Request::OpenRecoveryFile { file: String::new(), activation: None }, &[]),
            (Request::Open { window: Status, presentation: Presentation::default() }, all),
        ]
    }

    #[test]
    fn windows_do_what_they_are_for() {
        for (request, windows) in requests() {
            for window in WindowName::value_variants() {
                let expected =
                    if windows.contains(window) { Permission::Granted } else { Permission::Refused };
                let client = Client::Window { window: *window };
                assert_eq!(permission(client, &request), expected, "{request:?} by {window:?}");
            }
            assert_eq!(permission(Client::CommandLine, &request), Permission::Granted);
        }
    }
}
