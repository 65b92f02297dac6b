//! What is over is removed after some time, for which it is looked for by its age.

/// Commands are over when they have expired, whatever has become of them.
pub(super) const HISTORY_AGE: &[&str] = &[
    "CREATE INDEX commands_by_expiry ON commands (expires_at)",
    "CREATE INDEX endpoint_decisions_by_age ON endpoint_decisions (at)",
];
