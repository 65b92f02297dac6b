//! The words for what `countersign-trust` finds out.

mod action;
mod advice;
mod certificate;
mod diagnosis;
mod problem;
mod problem_kind;
mod server_address;

pub use certificate::CertificateField;
