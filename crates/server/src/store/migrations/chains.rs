//! Rehearsals and their answers are about a chain, and not only about its first certificate.

use super::Step;

pub(super) const STEP: Step = Step { name: "m0026_chains", statements: CHAINS };

/// Rows of before do not say about which chain an agent was asked: what they hold is not known any more, and is asked again.
/// `asked_as` is the identifier of the last question, which its answer repeats.
const CHAINS: &[&str] = &[
    "DROP TABLE rehearsal_answers",
    "DROP TABLE rehearsals",
    "CREATE TABLE rehearsals (
        chain_digest TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        chain TEXT NOT NULL,
        opened_at BIGINT NOT NULL,
        closes_at BIGINT NOT NULL,
        announced_at BIGINT,
        announced_until BIGINT
    )",
    "CREATE TABLE rehearsal_answers (
        endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
        chain_digest TEXT NOT NULL REFERENCES rehearsals (chain_digest) ON DELETE CASCADE,
        asked_as TEXT,
        asked_at BIGINT,
        judged_at BIGINT,
        outcome TEXT,
        document TEXT,
        announced_at BIGINT,
        announcement TEXT,
        PRIMARY KEY (endpoint_id, chain_digest)
    )",
    "CREATE INDEX rehearsal_answers_by_chain ON rehearsal_answers (chain_digest, asked_at, outcome, announcement)",
];
