//! Custom messages: JSON in OpAMP's `CustomMessage`, each under the reverse domain name of what it is for.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::opamp::CustomMessage;
use crate::{
    CertificateReport, Command, CommandResult, Decisions, DecisionsKept, Inventory, InventoryChanges, Judge,
    Judgement, Licence, NextCertificate, NextCertificateKept, NextCertificateRefused, RememberedReport,
};

/// Commands and their results.
pub const COMMANDS: &str = "com.countersign.commands";
/// What the agent found out about the server's certificate.
pub const CERTIFICATE: &str = "com.countersign.certificate";
/// The licence of the endpoint.
pub const LICENCE: &str = "com.countersign.licence";
/// What the endpoint is: hardware, system, people, addresses.
pub const INVENTORY: &str = "com.countersign.inventory";
/// The enrolment token, asked for within a session.
pub const ENROLMENT: &str = "com.countersign.enrolment";

/// What people decided about certificates, and what is allowed because of it; also the command to forget it.
pub const DECISIONS: &str = "com.countersign.decisions";
/// What has changed in the inventory.
pub const INVENTORY_CHANGES: &str = "com.countersign.inventory-changes";
/// Endpoint profiles whose action is on trial. No messages: it says that the agent understands such profiles.
pub const TRIALS: &str = "com.countersign.trials";

/// What the agent would do if the server showed another certificate.
pub const REHEARSAL: &str = "com.countersign.rehearsal";

/// The certificate that the server will show next. Also: permissions that do not come from a person's answer.
pub const CONTINUITY: &str = "com.countersign.continuity";

/// All of them, as both sides announce them.
pub const CAPABILITIES: &[&str] = &[
    COMMANDS,
    CERTIFICATE,
    LICENCE,
    INVENTORY,
    ENROLMENT,
    DECISIONS,
    INVENTORY_CHANGES,
    REHEARSAL,
    CONTINUITY,
    TRIALS,
];

/// A custom message that is not what its capability and type say.
#[derive(Debug, Error)]
pub enum CustomMessageError {
    /// A capability or type that this version does not know. The receiver leaves the message alone.
    #[error("the custom message {capability:?} of type {kind:?} is not known to this version")]
    Unknown {
        /// The capability of the message.
        capability: String,
        /// The type of the message.
        kind: String,
    },
    /// The JSON does not fit.
    #[error("the custom message {capability:?} of type {kind:?} is malformed: {source}")]
    Malformed {
        /// The capability of the message.
        capability: String,
        /// The type of the message.
        kind: String,
        /// What does not fit, and where.
        source: serde_json::Error,
    },
}

/// What a server sends to an agent.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerCustomMessage {
    /// Do something and report the result.
    Command(Command),
    /// The licence under which the endpoint is managed.
    Licence(Licence),
    /// Asks for the enrolment token, for agents that are not enrolled.
    RequestEnrolmentToken,
    /// Decisions arrived and were kept.
    DecisionsKept(DecisionsKept),
    /// Asks for the whole inventory, because changes do not fit what the server has.
    RequestInventory,
    /// Asks what the agent would do if the server showed another certificate.
    Judge(Judge),
    /// Announces the certificate that the server will show next.
    NextCertificate(NextCertificate),
}

/// What an agent sends to a server.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentCustomMessage {
    /// The outcome of a command.
    CommandResult(CommandResult),
    /// What the agent found out about the certificate that this server presented.
    CertificateReport(Box<CertificateReport>),
    /// What the endpoint is.
    Inventory(Box<Inventory>),
    /// What has changed in it since it was sent.
    InventoryChanges(InventoryChanges),
    /// What people decided.
    Decisions(Decisions),
    /// What is allowed because of it.
    Remembered(RememberedReport),
    /// What the agent would do if the server showed another certificate.
    Judgement(Box<Judgement>),
    /// The next certificate is let through when it is shown.
    NextCertificateKept(NextCertificateKept),
    /// It is not.
    NextCertificateRefused(NextCertificateRefused),
}

impl ServerCustomMessage {
    /// As it goes into a `ServerToAgent`.
    ///
    /// # Errors
    /// Only if a value cannot be written as JSON.
    pub fn to_message(&self) -> Result<CustomMessage, CustomMessageError> {
        match self {
            Self::Command(command) => write(COMMANDS, "command", command),
            Self::Licence(licence) => write(LICENCE, "licence", licence),
            Self::RequestEnrolmentToken => write(ENROLMENT, "request_token", &serde_json::Map::new()),
            Self::DecisionsKept(kept) => write(DECISIONS, "kept", kept),
            Self::RequestInventory => write(INVENTORY_CHANGES, "request_whole", &serde_json::Map::new()),
            Self::Judge(judge) => write(REHEARSAL, "judge", judge),
            Self::NextCertificate(next) => write(CONTINUITY, "next_certificate", next),
        }
    }

    /// From a `ServerToAgent`.
    ///
    /// # Errors
    /// When the message is unknown or malformed.
    pub fn from_message(message: &CustomMessage) -> Result<Self, CustomMessageError> {
        match (message.capability.as_str(), message.r#type.as_str()) {
            (COMMANDS, "command") => read(message).map(Self::Command),
            (LICENCE, "licence") => read(message).map(Self::Licence),
            (ENROLMENT, "request_token") => Ok(Self::RequestEnrolmentToken),
            (DECISIONS, "kept") => read(message).map(Self::DecisionsKept),
            (INVENTORY_CHANGES, "request_whole") => Ok(Self::RequestInventory),
            (REHEARSAL, "judge") => read(message).map(Self::Judge),
            (CONTINUITY, "next_certificate") => read(message).map(Self::NextCertificate),
            _ => Err(unknown(message)),
        }
    }
}

impl AgentCustomMessage {
    /// As it goes into an `AgentToServer`.
    ///
    /// # Errors
    /// Only if a value cannot be written as JSON.
    pub fn to_message(&self) -> Result<CustomMessage, CustomMessageError> {
        match self {
            Self::CommandResult(result) => write(COMMANDS, "result", result),
            Self::CertificateReport(report) => write(CERTIFICATE, "report", report),
            Self::Inventory(inventory) => write(INVENTORY, "inventory", inventory),
            Self::InventoryChanges(changes) => write(INVENTORY_CHANGES, "changes", changes),
            Self::Decisions(decisions) => write(DECISIONS, "decisions", decisions),
            Self::Remembered(report) => write(DECISIONS, "remembered", report),
            Self::Judgement(judgement) => write(REHEARSAL, "judgement", judgement),
            Self::NextCertificateKept(kept) => write(CONTINUITY, "kept", kept),
            Self::NextCertificateRefused(refused) => write(CONTINUITY, "refused", refused),
        }
    }

    /// From an `AgentToServer`.
    ///
    /// # Errors
    /// When the message is unknown or malformed.
    pub fn from_message(message: &CustomMessage) -> Result<Self, CustomMessageError> {
        match (message.capability.as_str(), message.r#type.as_str()) {
            (COMMANDS, "result") => read(message).map(Self::CommandResult),
            (CERTIFICATE, "report") => read(message).map(Box::new).map(Self::CertificateReport),
            (INVENTORY, "inventory") => read(message).map(Box::new).map(Self::Inventory),
            (INVENTORY_CHANGES, "changes") => read(message).map(Self::InventoryChanges),
            (DECISIONS, "decisions") => read(message).map(Self::Decisions),
            (DECISIONS, "remembered") => read(message).map(Self::Remembered),
            (REHEARSAL, "judgement") => read(message).map(Box::new).map(Self::Judgement),
            (CONTINUITY, "kept") => read(message).map(Self::NextCertificateKept),
            (CONTINUITY, "refused") => read(message).map(Self::NextCertificateRefused),
            _ => Err(unknown(message)),
        }
    }
}

fn write(capability: &str, kind: &str, value: &impl Serialize) -> Result<CustomMessage, CustomMessageError> {
    match serde_json::to_vec(value) {
        Ok(data) => Ok(CustomMessage { capability: capability.to_owned(), r#type: kind.to_owned(), data }),
        Err(source) => Err(CustomMessageError::Malformed {
            capability: capability.to_owned(),
            kind: kind.to_owned(),
            source,
        }),
    }
}

fn read<T: DeserializeOwned>(message: &CustomMessage) -> Result<T, CustomMessageError> {
    serde_json::from_slice(&message.data).map_err(|source| CustomMessageError::Malformed {
        capability: message.capability.clone(),
        kind: message.r#type.clone(),
        source,
    })
}

fn unknown(message: &CustomMessage) -> CustomMessageError {
    CustomMessageError::Unknown { capability: message.capability.clone(), kind: message.r#type.clone() }
}

#[cfg(test)]
mod tests;
