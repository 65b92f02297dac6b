//! What the assessment finds in certificates of all sorts.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::type_complexity,
    reason = "a test ends where it cannot go on"
)]

mod advice;
mod announcing;
mod hostile;
mod inspection;
mod making;
mod names;
mod paths;
mod problems;
mod public_sites;
mod remembering;
mod renewal;
mod verdicts;
