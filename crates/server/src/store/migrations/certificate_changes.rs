//! Which endpoints have not come back since the server's certificate was changed, and when that was.

use super::Step;

pub(super) const STEP: Step = Step { name: "m0029_certificate_changes", statements: CERTIFICATE_CHANGES };

/// Of those that are away already, the reason was kept in words, and nothing nearer to the moment than when they were last heard of.
const CERTIFICATE_CHANGES: &[&str] = &[
    "ALTER TABLE endpoints ADD COLUMN certificate_changed_at BIGINT",
    "UPDATE endpoints SET certificate_changed_at = last_seen
        WHERE session IS NULL AND offline_reason = 'the server''s certificate was changed'",
    // Few are away at a time.
    "CREATE INDEX endpoints_by_certificate_change ON endpoints (certificate_changed_at)
        WHERE certificate_changed_at IS NOT NULL",
];
