//! The audit is filtered by who, what and to what, each the newest first; and what happens to endpoints is kept.

/// `endpoint_events` is a ring for each endpoint: `number` counts its events, and the slot is what is left of the number when it is
/// divided by how many are kept. `since` is when the session began that an event ended. `judgement` is what of a certificate report makes another event when it changes.
pub(super) const STATEMENTS: &[&str] = &[
    "DROP INDEX audit_by_time",
    "CREATE INDEX audit_by_time ON audit (at, id)",
    "CREATE INDEX audit_by_actor ON audit (actor, at, id)",
    "CREATE INDEX audit_by_action ON audit (action, at, id)",
    "CREATE INDEX audit_by_subject ON audit (subject, at, id)",
    "ALTER TABLE endpoints ADD COLUMN connected_at BIGINT",
    "ALTER TABLE endpoints ADD COLUMN judgement TEXT",
    "CREATE TABLE endpoint_events (
        endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
        slot BIGINT NOT NULL,
        number BIGINT NOT NULL,
        at BIGINT NOT NULL,
        since BIGINT,
        profile_id TEXT,
        profile_revision BIGINT,
        detail TEXT NOT NULL,
        PRIMARY KEY (endpoint_id, slot)
    )",
];
