//! A management server that is not one: it shows any certificate, proves any identity, and wants what it likes.
//!
//! For looking at what the agent makes of a bad certificate (`cargo run --package countersign-mock-server`), and for
//! tests. Nothing of it is shipped.
// Whoever uses this is a test or a developer: what cannot be made ends it, with its name.
#![allow(clippy::missing_panics_doc)]

pub mod catalogue;
pub mod certificates;
pub mod shown;
pub mod stranger;
