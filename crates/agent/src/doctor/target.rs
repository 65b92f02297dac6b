//! Whom the checks are about.

use std::net::SocketAddr;
use std::path::PathBuf;

use countersign_trust::{InvalidCertificateAction, RememberOptions, RememberedCertificate, ServerAddress};

use super::facts::ConfigurationFault;
use crate::clock::{Clock as _, SystemClock};
use crate::configuration::{AgentConfiguration, ConfigurationError};
use crate::kept_profile::kept_profile;
use crate::status::Status;
use crate::store::Store;
use crate::trial;

/// The server, and the rules by which an attempt to connect to it would be judged.
#[derive(Clone, Debug)]
pub struct Target {
    /// The server.
    pub server: ServerAddress,
    /// Where to open the TCP connection instead of resolving the server's name.
    pub connect_to: Option<SocketAddr>,
    /// The action in force.
    pub action: InvalidCertificateAction,
    /// What was allowed for the server before.
    pub remembered: Remembered,
}

/// What was allowed for a server before.
#[derive(Clone, Debug, PartialEq)]
pub enum Remembered {
    /// What the keychain says, if it can be read.
    InKeychain {
        /// Where the agent keeps its notes on what is in the keychain.
        state_directory: PathBuf,
        /// For how long the profile permits people to allow a certificate.
        permitted: RememberOptions,
    },
    /// Nothing, as a running agent knows.
    Nothing,
    /// This, as a running agent knows. It includes answers that hold for this run only.
    Certificate(Box<RememberedCertificate>),
}

impl Target {
    /// From the configuration and what an earlier run has kept. Reads a file; changes none.
    pub fn of_configuration(configuration: &AgentConfiguration) -> Result<Self, ConfigurationFault> {
        let kept = Store::new(&configuration.state_directory).look();
        let server = match &kept {
            Some(kept) => kept.server(configuration),
            None => configuration.server.as_ref(),
        };
        let server = server.ok_or(ConfigurationFault::NoServer)?.clone();
        let profile = kept.as_ref().and_then(|kept| kept_profile(configuration, kept));
        let (profile, record) = profile.unzip();
        let now = SystemClock.now();
        Ok(Self {
            connect_to: configuration.connect_to.filter(|_| configuration.server.as_ref() == Some(&server)),
            server,
            action: profile.as_ref().map_or(configuration.invalid_certificate_action, |profile| {
                trial::action(profile, record.flatten().as_ref(), now)
            }),
            remembered: Remembered::InKeychain {
                state_directory: configuration.state_directory.clone(),
                permitted: profile.map_or_else(RememberOptions::default, |profile| profile.remember),
            },
        })
    }

    /// From a running agent, which knows best. What was allowed before is `remembered`, as the agent knows it.
    pub fn of_status(
        configuration: &AgentConfiguration,
        status: &Status,
        remembered: Remembered,
    ) -> Result<Self, ConfigurationFault> {
        let server = status.server.clone().ok_or(ConfigurationFault::NoServer)?;
        let configured = configuration.server.as_ref() == Some(&server);
        Ok(Self {
            connect_to: configuration.connect_to.filter(|_| configured),
            server,
            action: status.profile.action,
            remembered,
        })
    }
}

impl From<&ConfigurationError> for ConfigurationFault {
    fn from(error: &ConfigurationError) -> Self {
        Self::Wrong { detail: error.to_string() }
    }
}
