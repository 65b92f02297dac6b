//! What a valid server certificate is, and what to do about one that is not.
//!
//! [`assess`] turns a presented chain into an [`Assessment`] that lists every [`Problem`]; [`decide`] turns that,
//! the administrator's [`InvalidCertificateAction`] and what a person has allowed before into a [`Decision`].
//! Both are pure: no sockets, no user interface, and time is a parameter. The one module with input is
//! [`operating_system`], which reads the operating system's trusted roots.

mod acceptance;
mod action;
mod advice;
mod advise;
mod algorithm;
mod announced;
mod assess;
mod assessment;
mod certificate;
mod certificate_summary;
mod chain_digest;
mod checks;
mod decide;
mod diagnose;
mod diagnose_inspection;
mod diagnosis;
mod explain;
mod fingerprint;
mod name_constraints;
mod names;
pub mod operating_system;
mod presented;
mod problem;
mod problem_kind;
mod public_suffix;
mod read;
mod remember;
mod remembered;
mod roots;
mod select;
mod server_address;
mod signature;
mod text;
mod unknown_issuer;

pub use action::{InvalidCertificateAction, UnknownActionError};
pub use advice::{Advice, AdviceKind};
pub use announced::{
    AnnouncedCertificate, AnnouncementRefusal, LONGEST_ANNOUNCEMENT, MAXIMUM_ANNOUNCED, ROLL_BACK, announce,
};
pub use assess::{Rules, assess, assess_by};
pub use assessment::Assessment;
pub use certificate_summary::CertificateSummary;
pub use chain_digest::ChainDigest;
pub use decide::{ConnectReason, Decision, Possession, Question, Refusal, decide};
pub use diagnose::{built_at, diagnose_renewal};
pub use diagnose_inspection::diagnose_inspection;
pub use diagnosis::{Diagnosis, IssuerEvidence};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use names::certificate_name_matches;
pub use operating_system::OperatingSystemRoots;
pub use presented::PresentedCertificate;
pub use problem::{CertificateReference, Problem};
pub use problem_kind::{ProblemKind, UnknownProblemCodeError};
pub use read::{subject_public_key_info, summarise};
pub use remember::{RememberFor, RememberLimit, RememberOptions};
pub use remembered::{Given, PermissionOrigin, RememberedCertificate};
pub use roots::TrustedRoots;
pub use server_address::{DEFAULT_TELEMETRY_PORT, DnsName, Host, ServerAddress, ServerAddressError};
pub use signature::{SignatureCheck, check_issuer};
pub use text::{MAXIMUM_DISPLAY_CHARACTERS, display_text};
pub use unknown_issuer::UnknownIssuer;

/// More presented certificates than this are not looked at: the server's own, and those nearest to it by name.
pub const MAXIMUM_CHAIN_CERTIFICATES: usize = 16;

/// More bytes of presented certificates than this are not looked at.
pub const MAXIMUM_CHAIN_BYTES: usize = 64 * 1024;

/// Authorities between a server's certificate and the root at most, as in webpki.
pub const MAXIMUM_DEPTH: usize = 6;
