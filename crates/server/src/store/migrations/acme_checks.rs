//! What the last pre-check of a certificate from an authority has found.

use super::Step;

pub(super) const STEP: Step = Step { name: "m0028_acme_checks", statements: ACME_CHECKS };

/// There is one row at most. `document` is JSON.
const ACME_CHECKS: &[&str] = &["CREATE TABLE acme_checks (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    document TEXT NOT NULL
)"];
