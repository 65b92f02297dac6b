//! The SSL certificate that an authority issues by ACME (RFC 8555): what is asked of which authority, the account there, how far
//! the order is, and the answers to its challenges, which every server of the database gives. Secrets are sealed.

use super::Step;

/// There is at most one row of settings and one of the order. Documents are JSON that this server writes.
pub(super) const STEP: Step = Step {
    name: "m0016_automated_certificate",
    statements: &[
        "CREATE TABLE acme_settings (
            id TEXT PRIMARY KEY,
            settings TEXT NOT NULL,
            binding_key TEXT
        )",
        "CREATE TABLE acme_accounts (
            directory_url TEXT PRIMARY KEY,
            email TEXT NOT NULL,
            binding_key_id TEXT,
            credentials TEXT NOT NULL
        )",
        "CREATE TABLE acme_orders (
            id TEXT PRIMARY KEY,
            attempt TEXT NOT NULL,
            progress TEXT NOT NULL,
            private_key TEXT
        )",
        "CREATE TABLE acme_challenges (
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            answer TEXT NOT NULL,
            expires_at BIGINT NOT NULL,
            PRIMARY KEY (kind, name)
        )",
    ],
};
