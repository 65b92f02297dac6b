//! What API tokens are limited to, who signs in elsewhere, and how often what there is once was changed.

/// A token without scopes is not limited. Somebody whose password is the empty text has none: they sign in at the provider that is
/// named, where they are the subject.
pub(super) const STATEMENTS: &[&str] = &[
    "ALTER TABLE api_tokens ADD COLUMN scopes TEXT",
    "ALTER TABLE administrators ADD COLUMN revision BIGINT NOT NULL DEFAULT 1",
    "ALTER TABLE administrators ADD COLUMN issuer TEXT",
    "ALTER TABLE administrators ADD COLUMN subject TEXT",
    "CREATE UNIQUE INDEX administrators_by_subject ON administrators (issuer, subject)",
    "CREATE TABLE document_revisions (
        name TEXT PRIMARY KEY,
        revision BIGINT NOT NULL
    )",
];
