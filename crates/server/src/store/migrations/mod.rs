//! The tables, one migration per step. Written for SQLite and PostgreSQL alike: text, 64-bit numbers and booleans only.

mod acme_checks;
mod audit_and_history;
mod automated_certificate;
mod certificate_changes;
mod certificate_inventory;
mod chains;
mod decisions_and_group_commands;
mod history_age;
mod rehearsals;
mod scopes_and_providers;
pub(super) mod shortened_reports;
mod tightenings;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sea_orm_migration::prelude::*;

/// All migrations, in their order.
pub(super) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Step { name: "m0001_first_tables", statements: FIRST_TABLES }),
            Box::new(Step { name: "m0002_certificate_keys", statements: CERTIFICATE_KEYS }),
            Box::new(Step { name: "m0003_remembering_and_proxy", statements: REMEMBERING_AND_PROXY }),
            Box::new(Step { name: "m0004_people", statements: PEOPLE }),
            Box::new(Step { name: "m0005_standing", statements: STANDING }),
            Box::new(Step { name: "m0006_nodes", statements: NODES }),
            Box::new(Step { name: "m0007_profile_versions", statements: PROFILE_VERSIONS }),
            Box::new(Step { name: "m0008_endpoint_groups", statements: ENDPOINT_GROUPS }),
            Box::new(decisions_and_group_commands::STEP),
            Box::new(Step { name: "m0010_licence", statements: LICENCE }),
            Box::new(Step { name: "m0011_failed_sign_ins", statements: FAILED_SIGN_INS }),
            Box::new(Step { name: "m0012_endpoint_lists", statements: ENDPOINT_LISTS }),
            Box::new(Step {
                name: "m0013_scopes_and_providers",
                statements: scopes_and_providers::STATEMENTS,
            }),
            Box::new(Step { name: "m0014_history_age", statements: history_age::HISTORY_AGE }),
            Box::new(Step { name: "m0015_audit_and_history", statements: audit_and_history::STATEMENTS }),
            Box::new(automated_certificate::STEP),
            Box::new(certificate_inventory::STEP),
            Box::new(rehearsals::STEP),
            Box::new(Step { name: "m0020_tightenings", statements: tightenings::TIGHTENINGS }),
            Box::new(shortened_reports::ShortenedReports),
            Box::new(chains::STEP),
            Box::new(acme_checks::STEP),
            Box::new(certificate_changes::STEP),
        ]
    }
}

/// The names of all migrations, in their order.
pub(super) fn names() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

/// A migration that runs statements.
struct Step {
    name: &'static str,
    statements: &'static [&'static str],
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in self.statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    /// A server that is ended in the middle leaves no half of a step behind.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Moments are microseconds since 1970 in UTC, the finest that both databases keep.
const FIRST_TABLES: &[&str] = &[
    "CREATE TABLE key_material (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    )",
    "CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    )",
    "CREATE TABLE endpoint_profiles (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        revision BIGINT NOT NULL,
        invalid_certificate_action TEXT NOT NULL,
        heartbeat_seconds BIGINT NOT NULL,
        is_default BOOLEAN NOT NULL,
        changed_at BIGINT NOT NULL
    )",
    "CREATE TABLE endpoints (
        id TEXT PRIMARY KEY,
        profile_id TEXT NOT NULL REFERENCES endpoint_profiles (id),
        service_name TEXT NOT NULL,
        host_name TEXT NOT NULL,
        agent_version TEXT NOT NULL,
        os TEXT NOT NULL,
        capabilities BIGINT NOT NULL,
        inventory TEXT,
        certificate_report TEXT,
        certificate_reported_at BIGINT,
        profile_status TEXT NOT NULL,
        profile_error TEXT,
        health TEXT,
        settings_error TEXT,
        enrolled_at BIGINT NOT NULL,
        last_seen BIGINT NOT NULL,
        offline_reason TEXT,
        deregistered BOOLEAN NOT NULL
    )",
    "CREATE TABLE enrolment_tokens (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        token_hash TEXT NOT NULL UNIQUE,
        created_at BIGINT NOT NULL,
        expires_at BIGINT,
        revoked_at BIGINT
    )",
    "CREATE TABLE commands (
        id TEXT PRIMARY KEY,
        endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        outcome TEXT,
        finished_at BIGINT
    )",
    "CREATE INDEX commands_by_endpoint ON commands (endpoint_id, created_at)",
    "CREATE TABLE ssl_certificates (
        id BIGINT PRIMARY KEY,
        chain_pem TEXT NOT NULL,
        private_key_pem TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        uploaded_at BIGINT NOT NULL
    )",
    "CREATE TABLE audit (
        id TEXT PRIMARY KEY,
        at BIGINT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL
    )",
    "CREATE INDEX audit_by_time ON audit (at)",
];

/// The key of the client certificate that was issued last, and the one before it until the new one is used. Which keys
/// the endpoints have that are there already is not known: the empty text stands for that.
const CERTIFICATE_KEYS: &[&str] = &[
    "ALTER TABLE endpoints ADD COLUMN certificate_key TEXT",
    "ALTER TABLE endpoints ADD COLUMN previous_certificate_key TEXT",
    "UPDATE endpoints SET certificate_key = ''",
];

/// Profiles that are there already permit what agents did before.
const REMEMBERING_AND_PROXY: &[&str] = &[
    "ALTER TABLE endpoint_profiles ADD COLUMN remember_longest TEXT NOT NULL DEFAULT 'until_changed'",
    "ALTER TABLE endpoint_profiles ADD COLUMN remember_days BIGINT NOT NULL DEFAULT 30",
    "ALTER TABLE endpoint_profiles ADD COLUMN proxy_fallback TEXT NOT NULL DEFAULT 'none'",
];

/// People, and the programs that act for them. `name_key` is the name in lower case: two people are not told apart by case.
const PEOPLE: &[&str] = &[
    "CREATE TABLE administrators (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        name_key TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        one_time_secret TEXT,
        one_time_step BIGINT NOT NULL,
        enabled BOOLEAN NOT NULL,
        created_at BIGINT NOT NULL,
        signed_in_at BIGINT
    )",
    "CREATE TABLE administrator_sessions (
        token_hash TEXT PRIMARY KEY,
        administrator_id TEXT NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
        created_at BIGINT NOT NULL,
        used_at BIGINT NOT NULL
    )",
    "CREATE INDEX sessions_by_administrator ON administrator_sessions (administrator_id)",
    "CREATE TABLE failed_sign_ins (
        name_key TEXT NOT NULL,
        origin TEXT NOT NULL,
        failures BIGINT NOT NULL,
        failed_at BIGINT NOT NULL,
        PRIMARY KEY (name_key, origin)
    )",
    "CREATE TABLE api_tokens (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        token_hash TEXT NOT NULL UNIQUE,
        created_at BIGINT NOT NULL,
        expires_at BIGINT,
        used_at BIGINT,
        revoked_at BIGINT
    )",
];

/// The session that an endpoint has, and how far its server is trusted: lists are filtered and sorted by both.
const STANDING: &[&str] = &[
    "ALTER TABLE endpoints ADD COLUMN session TEXT",
    "ALTER TABLE endpoints ADD COLUMN standing TEXT NOT NULL DEFAULT 'unknown'",
    "CREATE INDEX endpoints_by_host_name ON endpoints (host_name, id)",
    "CREATE INDEX endpoints_by_profile ON endpoints (profile_id)",
    "CREATE INDEX endpoints_by_standing ON endpoints (standing, session)",
    "CREATE INDEX endpoints_by_last_seen ON endpoints (last_seen)",
];

/// The servers that use the database, which of them has the session of an endpoint, and what they tell each other.
const NODES: &[&str] = &[
    "CREATE TABLE nodes (
        id TEXT PRIMARY KEY,
        address TEXT NOT NULL,
        started_at BIGINT NOT NULL,
        renewed_at BIGINT NOT NULL
    )",
    "CREATE TABLE revisions (
        number BIGINT PRIMARY KEY,
        node TEXT NOT NULL,
        notice TEXT NOT NULL,
        at BIGINT NOT NULL
    )",
    "CREATE TABLE moves (
        endpoint_id TEXT PRIMARY KEY REFERENCES endpoints (id) ON DELETE CASCADE,
        server TEXT NOT NULL,
        enrolment_token TEXT,
        created_at BIGINT NOT NULL
    )",
    "ALTER TABLE endpoints ADD COLUMN node TEXT",
    "CREATE INDEX endpoints_by_node ON endpoints (node)",
];

/// Of profiles that are there already, the content of now is the first version that is known; who saved it is not.
const PROFILE_VERSIONS: &[&str] = &[
    "CREATE TABLE endpoint_profile_versions (
        profile_id TEXT NOT NULL REFERENCES endpoint_profiles (id) ON DELETE CASCADE,
        revision BIGINT NOT NULL,
        at BIGINT NOT NULL,
        actor TEXT NOT NULL,
        name TEXT NOT NULL,
        invalid_certificate_action TEXT NOT NULL,
        heartbeat_seconds BIGINT NOT NULL,
        remember_longest TEXT NOT NULL,
        remember_days BIGINT NOT NULL,
        proxy_fallback TEXT NOT NULL,
        PRIMARY KEY (profile_id, revision)
    )",
    "INSERT INTO endpoint_profile_versions
        SELECT id, revision, changed_at, '', name, invalid_certificate_action, heartbeat_seconds, remember_longest,
            remember_days, proxy_fallback
        FROM endpoint_profiles",
];

/// Groups of endpoints, who belongs to them, and why an endpoint has the profile that it has. Those that have another one
/// than the default have it by hand: there was no other way. `rule` is JSON; groups without one have members by hand.
const ENDPOINT_GROUPS: &[&str] = &[
    "CREATE TABLE endpoint_groups (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        revision BIGINT NOT NULL,
        precedence BIGINT NOT NULL,
        rule TEXT,
        profile_id TEXT REFERENCES endpoint_profiles (id),
        changed_at BIGINT NOT NULL
    )",
    "CREATE TABLE endpoint_group_members (
        group_id TEXT NOT NULL REFERENCES endpoint_groups (id) ON DELETE CASCADE,
        endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
        PRIMARY KEY (group_id, endpoint_id)
    )",
    "CREATE INDEX endpoint_groups_by_endpoint ON endpoint_group_members (endpoint_id)",
    "ALTER TABLE endpoints ADD COLUMN os_type TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE endpoints ADD COLUMN address TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE endpoints ADD COLUMN profile_reason TEXT NOT NULL DEFAULT 'default'",
    "ALTER TABLE endpoints ADD COLUMN profile_group_id TEXT",
    "UPDATE endpoints SET profile_reason = 'by_hand'
        WHERE profile_id NOT IN (SELECT id FROM endpoint_profiles WHERE is_default)",
];

/// The licence file that was uploaded.
const LICENCE: &[&str] =
    &["CREATE TABLE licences (id BIGINT PRIMARY KEY, text TEXT NOT NULL, uploaded_at BIGINT NOT NULL)"];

/// Old failures are looked for at each sign-in, by anybody who likes.
const FAILED_SIGN_INS: &[&str] = &["CREATE INDEX failed_sign_ins_by_time ON failed_sign_ins (failed_at)"];

/// One index for each order of the list of endpoints. It holds what the list is searched and filtered by, too, so that any page is
/// found without reading other endpoints, which are long because of what they have reported.
const ENDPOINT_LISTS: &[&str] = &[
    "DROP INDEX endpoints_by_host_name",
    "CREATE INDEX endpoints_by_host_name
        ON endpoints (host_name, id, session, standing, profile_id, profile_status)",
    "DROP INDEX endpoints_by_last_seen",
    "CREATE INDEX endpoints_by_last_seen
        ON endpoints ((session IS NULL), last_seen DESC, id, host_name, session, standing, profile_id, profile_status)",
    "CREATE INDEX endpoints_by_agent_version
        ON endpoints (agent_version, id, host_name, session, standing, profile_id, profile_status)",
    // With what the overview counts.
    "DROP INDEX endpoints_by_standing",
    "CREATE INDEX endpoints_by_standing
        ON endpoints (standing, id, host_name, session, profile_id, profile_status, deregistered)",
];

/// Rows of the audit are only ever added. SQLite and PostgreSQL write triggers differently, so each has its own.
const APPEND_ONLY_AUDIT_ON_SQLITE: &[&str] = &[
    "CREATE TRIGGER IF NOT EXISTS audit_is_not_changed BEFORE UPDATE ON audit
     BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END",
    "CREATE TRIGGER IF NOT EXISTS audit_is_not_deleted BEFORE DELETE ON audit
     BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END",
];
const APPEND_ONLY_AUDIT_ON_POSTGRESQL: &[&str] = &[
    "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'audit rows are never changed or deleted'; END $$",
    "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
     FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
];

/// Texts that are not compared byte by byte, as SQLite does. Lists would be in another order.
const COLLATED: &str = "SELECT c.table_name, c.column_name
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.data_type = 'text'
      AND c.collation_name IS DISTINCT FROM 'C'
    ORDER BY 1, 2";

/// What holds for the tables of every step, and each database has its own words for.
pub(super) async fn complete(database: &impl ConnectionTrait) -> Result<(), DbErr> {
    if database.get_database_backend() != DbBackend::Postgres {
        for trigger in APPEND_ONLY_AUDIT_ON_SQLITE {
            database.execute_unprepared(trigger).await?;
        }
        return Ok(());
    }
    let ask = |text: &str| Statement::from_string(DbBackend::Postgres, text);
    for column in database.query_all_raw(ask(COLLATED)).await? {
        let (table, column): (String, String) = (column.try_get_by_index(0)?, column.try_get_by_index(1)?);
        // Both are ours, and need no quotes within quotes.
        let change = format!("ALTER TABLE \"{table}\" ALTER COLUMN \"{column}\" TYPE TEXT COLLATE \"C\"");
        database.execute_unprepared(&change).await?;
    }
    let there =
        "SELECT 1 FROM pg_trigger WHERE tgrelid = 'audit'::regclass AND tgname = 'audit_is_append_only'";
    if database.query_one_raw(ask(there)).await?.is_none() {
        for statement in APPEND_ONLY_AUDIT_ON_POSTGRESQL {
            database.execute_unprepared(statement).await?;
        }
    }
    Ok(())
}
