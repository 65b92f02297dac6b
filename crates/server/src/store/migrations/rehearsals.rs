//! What agents answer about certificates that are not shown yet, and the action that each has in force.

use super::Step;

pub(super) const STEP: Step = Step { name: "m0019_rehearsals", statements: REHEARSALS };

/// `chain` is JSON, a list of certificates in base64. A row of an answer is there from when the agent was asked; `document` is JSON.
/// Of endpoints that are there already, the action in force is known once they report it.
const REHEARSALS: &[&str] = &[
    "CREATE TABLE rehearsals (
        fingerprint TEXT PRIMARY KEY,
        chain TEXT NOT NULL,
        opened_at BIGINT NOT NULL,
        closes_at BIGINT NOT NULL,
        announced_at BIGINT,
        announced_until BIGINT
    )",
    "CREATE TABLE rehearsal_answers (
        endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
        fingerprint TEXT NOT NULL REFERENCES rehearsals (fingerprint) ON DELETE CASCADE,
        asked_at BIGINT,
        judged_at BIGINT,
        outcome TEXT,
        document TEXT,
        announced_at BIGINT,
        announcement TEXT,
        PRIMARY KEY (endpoint_id, fingerprint)
    )",
    "CREATE INDEX rehearsal_answers_by_fingerprint ON rehearsal_answers (fingerprint, asked_at, outcome, announcement)",
    "ALTER TABLE endpoints ADD COLUMN action_in_force TEXT",
];
