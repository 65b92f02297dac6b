-- The tables after m0001_first_tables, with rows as a server of that time has written them. Never changed: servers may have such tables.
CREATE TABLE seaql_migrations (version VARCHAR NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL);
CREATE TABLE key_material (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE endpoint_profiles (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    revision BIGINT NOT NULL,
    invalid_certificate_action TEXT NOT NULL,
    heartbeat_seconds BIGINT NOT NULL,
    is_default BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE endpoints (
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
);
CREATE TABLE enrolment_tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE TABLE commands (
    id TEXT PRIMARY KEY,
    endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    outcome TEXT,
    finished_at BIGINT
);
CREATE INDEX commands_by_endpoint ON commands (endpoint_id, created_at);
CREATE TABLE ssl_certificates (
    id BIGINT PRIMARY KEY,
    chain_pem TEXT NOT NULL,
    private_key_pem TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL
);
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0001_first_tables', 1767225600);
INSERT INTO key_material (name, value) VALUES ('administrator_token_hash', '4194d1706ed1f408d5e02d672777019f4d5385c766a8c6ca8acba3167d36a7b9');
INSERT INTO settings (name, value) VALUES ('use_ssl_certificate_for_endpoint_control', 'on');
INSERT INTO endpoint_profiles (id, name, revision, invalid_certificate_action, heartbeat_seconds, is_default, changed_at) VALUES ('01900000-0000-7000-8000-00000000000a', 'Default', 3, 'warn', 60, TRUE, 1767225600000000);
INSERT INTO endpoint_profiles (id, name, revision, invalid_certificate_action, heartbeat_seconds, is_default, changed_at) VALUES ('01900000-0000-7000-8000-00000000000b', 'Zoë''s “strict” one', 7, 'deny', 60, FALSE, 1767225600000000);
INSERT INTO endpoints (id, profile_id, service_name, host_name, agent_version, os, capabilities, inventory, certificate_report, certificate_reported_at, profile_status, profile_error, health, settings_error, enrolled_at, last_seen, offline_reason, deregistered) VALUES ('01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-00000000000a', 'io.countersign.agent', 'desk-1', '0.1.0', 'linux', -1, NULL, NULL, NULL, 'applied', NULL, 'connected', NULL, 1767225600000000, 1767225600000001, 'the connection was lost', FALSE);
INSERT INTO endpoints (id, profile_id, service_name, host_name, agent_version, os, capabilities, inventory, certificate_report, certificate_reported_at, profile_status, profile_error, health, settings_error, enrolled_at, last_seen, offline_reason, deregistered) VALUES ('01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-00000000000b', 'io.countersign.agent', 'desk-2', '0.1.0', 'linux', -1, NULL, NULL, NULL, 'applied', NULL, 'connected', NULL, 1767225600000000, 1767225600000001, 'the connection was lost', TRUE);
INSERT INTO enrolment_tokens (id, name, token_hash, created_at, expires_at, revoked_at) VALUES ('01900000-0000-7000-8000-0000000000aa', 'First token', '10b54f11faba109883647c9048461ed9a5bfaf76ea69c22feaa3e35d5a5fe12d', 1767225600000000, NULL, NULL);
INSERT INTO commands (id, endpoint_id, kind, created_at, expires_at, outcome, finished_at) VALUES ('01900000-0000-7000-8000-0000000000bb', '01900000-0000-7000-8000-000000000001', '{"kind":"refresh_inventory"}', 1767225600000000, 4102444800000000, NULL, NULL);
INSERT INTO ssl_certificates (id, chain_pem, private_key_pem, fingerprint, uploaded_at) VALUES (1, 'chain', 'key', 'abababababababababababababababababababababababababababababababab', 1767225600000000);
INSERT INTO audit (id, at, actor, action, subject, detail) VALUES ('01900000-0000-7000-8000-0000000000cc', 1767225600000000, 'administrator token', 'profile.changed', '01900000-0000-7000-8000-00000000000b', '{"name":"a"}');
