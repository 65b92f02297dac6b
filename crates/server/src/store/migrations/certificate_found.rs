//! What of a certificate report a forecast rests on, beside the whole report.

use super::Step;

/// JSON. Where it is missing, the whole report is read until the agent reports again, which it does in each session.
pub(super) const STEP: Step = Step {
    name: "m0023_certificate_found",
    statements: &["ALTER TABLE endpoints ADD COLUMN certificate_found TEXT"],
};
