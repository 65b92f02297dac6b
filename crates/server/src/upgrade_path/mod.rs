//! The way from "Allow", with agents that do not validate certificates, to "Warn" or "Deny" with a valid one: the recommended
//! upgrade path of the specification, step by step. Pure: what this installation is like is given, where it stands follows.

mod actions;
mod automation;
mod certificate;
mod consequences;
mod steps;
#[cfg(test)]
mod tests;

use countersign_trust::InvalidCertificateAction;
use serde::Serialize;
use utoipa::ToSchema;

use crate::counted::{endpoints, not_back};
pub(crate) use automation::{Attempts, AutomationFacts, CheckFact, RequestFact, Terms};
pub(crate) use certificate::{CertificateFact, FoundHere, How, Verdicts};
pub(crate) use consequences::{of_action, of_switch};
pub(crate) use steps::standing;

/// What this installation is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) server_version: String,
    /// The first version of agents that validate certificates.
    pub(crate) first_validating_version: String,
    /// *Use SSL certificate for Endpoint Control*.
    pub(crate) switch: Switch,
    pub(crate) profiles: Vec<ProfileFact>,
    pub(crate) observed: Observed,
    pub(crate) endpoints: EndpointFacts,
    pub(crate) certificate: CertificateFact,
    pub(crate) automation: AutomationFacts,
}

/// For how long the profiles have been as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observed {
    /// At least a heartbeat, so that agents which have applied them have been heard of since.
    ForAHeartbeat,
    /// Less.
    TooShort,
}

/// *Use SSL certificate for Endpoint Control*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    On,
    Off,
}

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProfileFact {
    pub(crate) name: String,
    pub(crate) action: InvalidCertificateAction,
}

/// The endpoints, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndpointFacts {
    pub(crate) all: u64,
    pub(crate) connected: u64,
    /// Their agents are Countersign's, of a version that does not validate certificates.
    pub(crate) legacy: u64,
    /// Their agents are other programs, of which nobody knows whether they do.
    pub(crate) foreign: u64,
    /// Connected, and have not said yet what became of their profile.
    pub(crate) applying: u64,
    /// Connected, and could not apply their profile.
    pub(crate) failed: u64,
    /// Their people were asked about the certificate and have not allowed it.
    pub(crate) asked: u64,
    /// They do not connect because of the certificate.
    pub(crate) refused: u64,
    /// They have not come back since the server's certificate was changed, though there was time.
    pub(crate) not_back: u64,
    /// The server's certificate was changed a moment ago, and they may yet come back.
    pub(crate) coming_back: u64,
    /// They are connected, and the certificate that is served is not valid there.
    pub(crate) invalid: u64,
}

/// How a part of the path stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartState {
    /// It is as it should be, or was once and need not be any more.
    Done,
    /// It can be done now.
    Next,
    /// Something else has to come first.
    Blocked,
    /// It can be done, and need not be.
    Optional,
}

/// A part of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Part {
    /// Tells it from the others, for programs.
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) state: PartState,
    /// How things are, in whole sentences.
    pub(crate) situation: String,
    /// What it leads to, in whole sentences; none where nothing is to be done.
    pub(crate) effect: Option<&'static str>,
    /// What has to come first, in whole sentences.
    pub(crate) blocked_by: Vec<String>,
    /// Where in the console it is done; none where it is not done in the console.
    pub(crate) place: Option<&'static str>,
}

/// One of the four steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Step {
    pub(crate) title: &'static str,
    pub(crate) state: PartState,
    pub(crate) parts: Vec<Part>,
}

impl EndpointFacts {
    fn not_validating(&self) -> u64 {
        self.legacy + self.foreign
    }
}

impl Facts {
    /// Whether agents are shown a certificate that somebody finds valid, so that what was set for the time before is over. Single
    /// agents that do not find it valid are no reason to begin again.
    fn serves_usable(&self) -> bool {
        self.switch == Switch::On && self.certificate.is_valid_somewhere()
    }

    /// Whether there is an SSL certificate that agents would find valid.
    fn has_valid(&self) -> bool {
        self.certificate.is_valid()
    }

    /// Whether agents are shown the SSL certificate, and those that have judged it find it valid.
    fn agents_find_valid(&self) -> bool {
        self.switch == Switch::On && self.certificate.is_valid() && self.certificate.is_valid_to_agents()
    }

    /// Whether no agent has to be upgraded, be it that there is none.
    fn none_to_upgrade(&self) -> bool {
        self.endpoints.not_validating() == 0
    }

    /// The names of the profiles with an action that does not fit.
    fn profiles_where(&self, fits: impl Fn(InvalidCertificateAction) -> bool) -> Vec<&str> {
        let found = self.profiles.iter().filter(|profile| fits(profile.action));
        found.map(|profile| profile.name.as_str()).collect()
    }
}
