//! What the agent and the management server say to each other: OpAMP messages (public specification
//! v0.18), their WebSocket framing and size limit, the endpoint profile document with its signature,
//! the proof of the server's identity, and the custom messages of Countersign.
//!
//! Pure: nothing here opens a socket or reads a clock.

pub mod attributes;
pub mod capabilities;
pub mod chain;
pub mod command;
pub mod continuity;
pub mod custom;
pub mod decision;
pub mod frame;
pub mod identity;
pub mod instance_uid;
pub mod inventory;
pub mod inventory_changes;
pub mod licence;
pub mod licence_file;
pub mod profile;
pub mod proxy_fallback;
pub mod recovery_file;
pub mod rehearsal;
pub mod report;
pub mod secret;
pub mod trial;

pub use chain::{CertificateChain, ChainError};
pub use command::{Command, CommandKind, CommandOutcome, CommandResult};
pub use continuity::{
    AnnouncedAtEndpoint, NextCertificate, NextCertificateKept, NextCertificateRefused, NotKept,
};
pub use decision::{Decision, Decisions, DecisionsKept, RememberedAtEndpoint, RememberedReport};
pub use frame::{FrameError, MAXIMUM_FRAME_BYTES};
pub use identity::{ChannelBinding, IdentityError, IdentityKeyPair, IdentityProof, IdentityPublicKey};
pub use instance_uid::InstanceUid;
pub use inventory::Inventory;
pub use inventory_changes::InventoryChanges;
pub use licence::Licence;
pub use licence_file::{LicenceDocument, LicenceError, LicenceFile, PublisherKeyPair, PublisherPublicKey};
pub use profile::{EndpointProfile, ProfileError, SignedProfile};
pub use proxy_fallback::ProxyFallback;
pub use recovery_file::{
    RecoveredEndpoints, RecoveryAction, RecoveryCertificate, RecoveryDocument, RecoveryFile,
    RecoveryFileError,
};
pub use rehearsal::{CannotJudge, Judge, Judgement, OutcomeByAction, RehearsalKind, RehearsedOutcome};
pub use report::{CertificateReport, ReportedDecision, SessionTrust};
pub use secret::Secret;
pub use trial::Trial;

/// The HTTP path at which a server proves its identity, asked on the connection that it is proved for.
pub const IDENTITY_PATH: &str = "/v1/identity";

/// The HTTP path of the OpAMP WebSocket (the default of the OpAMP specification).
pub const OPAMP_PATH: &str = "/v1/opamp";

/// The OpAMP messages, generated from `proto/opamp/v1/opamp.proto`.
#[allow(missing_docs, clippy::pedantic, unreachable_pub)]
pub mod opamp {
    include!(concat!(env!("OUT_DIR"), "/opamp.proto.v1.rs"));
}
