//! *Use SSL certificate for Endpoint Control*: while it is on, only agents that validate certificates may connect.
//!
//! An agent is known to validate when it is Countersign's, of [`FIRST_VALIDATING_VERSION`] or later, and says that it reports
//! what it finds out about the certificate. Of any other one nobody knows whom it would take for this server.

use std::sync::atomic::{AtomicBool, Ordering};

use countersign_protocol::{attributes, custom};
use thiserror::Error;

/// The first version of Countersign's agent that validates the server's certificate: major, minor, patch. Earlier ones looked
/// at its subject name only.
pub(crate) const FIRST_VALIDATING_VERSION: [u64; 3] = [0, 1, 0];

/// Why an agent is not known to validate certificates.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum NotValidating {
    /// It says that it is of an earlier version.
    #[error(
        "the agent is too old: version {version} does not validate certificates, and the SSL certificate is used for endpoint \
         control; upgrade it to version {} or later",
        first_version()
    )]
    TooOld { version: String },
    /// It is another program, or says nothing that tells.
    #[error(
        "the agent does not say that it validates certificates, and the SSL certificate is used for endpoint control; install \
         Countersign {} or later",
        first_version()
    )]
    Unknown,
}

/// That version, in words.
pub(crate) fn first_version() -> String {
    FIRST_VALIDATING_VERSION.map(|number| number.to_string()).join(".")
}

/// Major, minor and patch of a version; what comes after them says nothing about what it can do.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let version = version.trim().trim_start_matches('v');
    let numbers = version.split(['-', '+', ' ']).next()?;
    let mut read = numbers.split('.').map(str::parse);
    let first = read.next()?.ok()?;
    let mut next = || read.next().map_or(Some(0), Result::ok);
    Some([first, next()?, next()?])
}

/// Whether an agent validates certificates, by how it has introduced itself: its program, its version, and the custom messages
/// that it understands, with spaces between.
pub(crate) fn validates(
    service_name: &str,
    agent_version: &str,
    custom_capabilities: &str,
) -> Result<(), NotValidating> {
    if service_name != attributes::AGENT_SERVICE_NAME {
        return Err(NotValidating::Unknown);
    }
    match numbers(agent_version) {
        Some(version) if version < FIRST_VALIDATING_VERSION => {
            Err(NotValidating::TooOld { version: agent_version.to_owned() })
        }
        Some(_) if custom_capabilities.split(' ').any(|known| known == custom::CERTIFICATE) => Ok(()),
        Some(_) | None => Err(NotValidating::Unknown),
    }
}

/// Which agents may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// All: agents are shown the built-in certificate, which none of them finds valid.
    All,
    /// Those that validate certificates.
    Validating,
}

/// Which agents may connect now. Changed before the certificate is, so that whoever is sent away because of it is judged by it.
#[derive(Debug)]
pub(crate) struct Admission(AtomicBool);

impl Admission {
    pub(crate) fn new(admitted: Admitted) -> Self {
        Self(AtomicBool::new(admitted == Admitted::Validating))
    }

    pub(crate) fn admit(&self, admitted: Admitted) {
        self.0.store(admitted == Admitted::Validating, Ordering::SeqCst);
    }

    pub(crate) fn admitted(&self) -> Admitted {
        if self.0.load(Ordering::SeqCst) { Admitted::Validating } else { Admitted::All }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_told_apart_by_what_they_say() {
        let (ours, all) = (attributes::AGENT_SERVICE_NAME, custom::CAPABILITIES.join(" "));
        let too_old = |version: &str| Err(NotValidating::TooOld { version: version.to_owned() });
        for (service, version, capabilities, expected) in [
            (ours, "0.1.0", all.as_str(), Ok(())),
            (ours, "0.1.0-rc.1", &all, Ok(())),
            (ours, "0.1", &all, Ok(())),
            (ours, "1", &all, Ok(())),
            (ours, "v7.0.2+build", &all, Ok(())),
            (ours, "0.0.9", &all, too_old("0.0.9")),
            (ours, "0.0.99999", "", too_old("0.0.99999")),
            (ours, "0", &all, too_old("0")),
            (ours, "0.1.0", "", Err(NotValidating::Unknown)),
            (ours, "0.1.0", "com.countersign.certificates", Err(NotValidating::Unknown)),
            (ours, "", &all, Err(NotValidating::Unknown)),
            (ours, "new", &all, Err(NotValidating::Unknown)),
            (ours, "1.x", &all, Err(NotValidating::Unknown)),
            (ours, "99999999999999999999999.0.0", &all, Err(NotValidating::Unknown)),
            ("collector", "0.1.0", &all, Err(NotValidating::Unknown)),
            ("", "9.9.9", &all, Err(NotValidating::Unknown)),
        ] {
            assert_eq!(
                validates(service, version, capabilities),
                expected,
                "{service} {version} {capabilities}"
            );
        }
        let said = too_old("0.0.9").unwrap_err().to_string();
        assert!(
            said.contains("version 0.0.9 does not validate") && said.contains("version 0.1.0 or later"),
            "{said}"
        );
    }
}
