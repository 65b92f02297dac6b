//! Staged tightening: what was decided, where it is, and how each endpoint of its rings has done.

/// `rings` is a JSON array of per cents, `reason` a JSON object. `trial_id` tells agents one attempt from another.
pub(super) const TIGHTENINGS: &[&str] = &[
    "CREATE TABLE tightenings (
        id TEXT PRIMARY KEY,
        profile_id TEXT NOT NULL REFERENCES endpoint_profiles (id) ON DELETE CASCADE,
        group_id TEXT,
        from_action TEXT NOT NULL,
        to_action TEXT NOT NULL,
        rings TEXT NOT NULL,
        hold_minutes BIGINT NOT NULL,
        trial_minutes BIGINT NOT NULL,
        threshold_percent BIGINT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        ring BIGINT NOT NULL,
        ring_began_at BIGINT NOT NULL,
        trial_id TEXT NOT NULL,
        begun_at BIGINT NOT NULL,
        begun_by TEXT NOT NULL,
        changed_at BIGINT NOT NULL
    )",
    "CREATE INDEX tightenings_by_profile ON tightenings (profile_id, state)",
    "CREATE INDEX tightenings_by_state ON tightenings (state)",
    "CREATE TABLE tightening_members (
        tightening_id TEXT NOT NULL REFERENCES tightenings (id) ON DELETE CASCADE,
        endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
        ring BIGINT NOT NULL,
        connected_before BOOLEAN NOT NULL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (tightening_id, endpoint_id)
    )",
    "CREATE INDEX tightening_members_by_endpoint ON tightening_members (endpoint_id)",
];
