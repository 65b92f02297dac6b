//! What people have decided at endpoints, and commands to groups.

use super::Step;

pub(super) const STEP: Step =
    Step { name: "m0009_decisions_and_group_commands", statements: DECISIONS_AND_GROUP_COMMANDS };

/// What people at endpoints decided, and commands to whole groups.
const DECISIONS_AND_GROUP_COMMANDS: &[&str] = &[
    "CREATE TABLE endpoint_decisions (
        endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
        id TEXT NOT NULL,
        at BIGINT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (endpoint_id, id)
    )",
    "CREATE INDEX endpoint_decisions_by_time ON endpoint_decisions (endpoint_id, at)",
    "ALTER TABLE endpoints ADD COLUMN custom_capabilities TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE endpoints ADD COLUMN remembered TEXT",
    "ALTER TABLE endpoints ADD COLUMN remembered_at BIGINT",
    "CREATE TABLE command_batches (
        id TEXT PRIMARY KEY,
        group_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        left_out BIGINT NOT NULL
    )",
    "CREATE INDEX command_batches_by_group ON command_batches (group_id, created_at)",
    "ALTER TABLE commands ADD COLUMN batch_id TEXT",
    "ALTER TABLE commands ADD COLUMN result TEXT",
    "UPDATE commands SET result = CASE
        WHEN outcome LIKE '{\"status\":\"succeeded\"%' THEN 'succeeded'
        WHEN outcome LIKE '{\"status\":\"failed\"%' THEN 'failed'
        ELSE 'refused' END
        WHERE outcome IS NOT NULL",
    "CREATE INDEX commands_by_batch ON commands (batch_id)",
];
