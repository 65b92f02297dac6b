-- The tables after m0019_rehearsals, with rows as a server of that time has written them. Never changed: servers may have such tables.
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
, remember_longest TEXT NOT NULL DEFAULT 'until_changed', remember_days BIGINT NOT NULL DEFAULT 30, proxy_fallback TEXT NOT NULL DEFAULT 'none');
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
, certificate_key TEXT, previous_certificate_key TEXT, session TEXT, standing TEXT NOT NULL DEFAULT 'unknown', node TEXT, os_type TEXT NOT NULL DEFAULT '', address TEXT NOT NULL DEFAULT '', profile_reason TEXT NOT NULL DEFAULT 'default', profile_group_id TEXT, custom_capabilities TEXT NOT NULL DEFAULT '', remembered TEXT, remembered_at BIGINT, connected_at BIGINT, judgement TEXT, action_in_force TEXT);
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
, batch_id TEXT, result TEXT);
CREATE INDEX commands_by_endpoint ON commands (endpoint_id, created_at);
CREATE TABLE audit (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE TABLE administrators (
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
, revision BIGINT NOT NULL DEFAULT 1, issuer TEXT, subject TEXT);
CREATE TABLE administrator_sessions (
    token_hash TEXT PRIMARY KEY,
    administrator_id TEXT NOT NULL REFERENCES administrators (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_administrator ON administrator_sessions (administrator_id);
CREATE TABLE failed_sign_ins (
    name_key TEXT NOT NULL,
    origin TEXT NOT NULL,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    PRIMARY KEY (name_key, origin)
);
CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at BIGINT,
    revoked_at BIGINT
, scopes TEXT);
CREATE INDEX endpoints_by_profile ON endpoints (profile_id);
CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    renewed_at BIGINT NOT NULL
);
CREATE TABLE revisions (
    number BIGINT PRIMARY KEY,
    node TEXT NOT NULL,
    notice TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE TABLE moves (
    endpoint_id TEXT PRIMARY KEY REFERENCES endpoints (id) ON DELETE CASCADE,
    server TEXT NOT NULL,
    enrolment_token TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX endpoints_by_node ON endpoints (node);
CREATE TABLE endpoint_profile_versions (
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
);
CREATE TABLE endpoint_groups (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    revision BIGINT NOT NULL,
    precedence BIGINT NOT NULL,
    rule TEXT,
    profile_id TEXT REFERENCES endpoint_profiles (id),
    changed_at BIGINT NOT NULL
);
CREATE TABLE endpoint_group_members (
    group_id TEXT NOT NULL REFERENCES endpoint_groups (id) ON DELETE CASCADE,
    endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, endpoint_id)
);
CREATE INDEX endpoint_groups_by_endpoint ON endpoint_group_members (endpoint_id);
CREATE TABLE endpoint_decisions (
    endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (endpoint_id, id)
);
CREATE INDEX endpoint_decisions_by_time ON endpoint_decisions (endpoint_id, at);
CREATE TABLE command_batches (
    id TEXT PRIMARY KEY,
    group_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    left_out BIGINT NOT NULL
);
CREATE INDEX command_batches_by_group ON command_batches (group_id, created_at);
CREATE INDEX commands_by_batch ON commands (batch_id);
CREATE TABLE licences (id BIGINT PRIMARY KEY, text TEXT NOT NULL, uploaded_at BIGINT NOT NULL);
CREATE INDEX failed_sign_ins_by_time ON failed_sign_ins (failed_at);
CREATE INDEX endpoints_by_host_name
    ON endpoints (host_name, id, session, standing, profile_id, profile_status);
CREATE INDEX endpoints_by_last_seen
    ON endpoints ((session IS NULL), last_seen DESC, id, host_name, session, standing, profile_id, profile_status);
CREATE INDEX endpoints_by_agent_version
    ON endpoints (agent_version, id, host_name, session, standing, profile_id, profile_status);
CREATE INDEX endpoints_by_standing
    ON endpoints (standing, id, host_name, session, profile_id, profile_status, deregistered);
CREATE UNIQUE INDEX administrators_by_subject ON administrators (issuer, subject);
CREATE TABLE document_revisions (
    name TEXT PRIMARY KEY,
    revision BIGINT NOT NULL
);
CREATE INDEX commands_by_expiry ON commands (expires_at);
CREATE INDEX endpoint_decisions_by_age ON endpoint_decisions (at);
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_actor ON audit (actor, at, id);
CREATE INDEX audit_by_action ON audit (action, at, id);
CREATE INDEX audit_by_subject ON audit (subject, at, id);
CREATE TABLE endpoint_events (
    endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    slot BIGINT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    since BIGINT,
    profile_id TEXT,
    profile_revision BIGINT,
    detail TEXT NOT NULL,
    PRIMARY KEY (endpoint_id, slot)
);
CREATE TABLE acme_settings (
    id TEXT PRIMARY KEY,
    settings TEXT NOT NULL,
    binding_key TEXT
);
CREATE TABLE acme_accounts (
    directory_url TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    binding_key_id TEXT,
    credentials TEXT NOT NULL
);
CREATE TABLE acme_orders (
    id TEXT PRIMARY KEY,
    attempt TEXT NOT NULL,
    progress TEXT NOT NULL,
    private_key TEXT
);
CREATE TABLE acme_challenges (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    answer TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE TABLE server_certificates (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    chain_pem TEXT NOT NULL,
    private_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    committed_at BIGINT
);
CREATE TABLE rehearsals (
    fingerprint TEXT PRIMARY KEY,
    chain TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    announced_at BIGINT,
    announced_until BIGINT
);
CREATE TABLE rehearsal_answers (
    endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL REFERENCES rehearsals (fingerprint) ON DELETE CASCADE,
    asked_at BIGINT,
    judged_at BIGINT,
    outcome TEXT,
    document TEXT,
    announced_at BIGINT,
    announcement TEXT,
    PRIMARY KEY (endpoint_id, fingerprint)
);
CREATE INDEX rehearsal_answers_by_fingerprint ON rehearsal_answers (fingerprint, asked_at, outcome, announcement);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0001_first_tables', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0002_certificate_keys', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0003_remembering_and_proxy', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0004_people', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0005_standing', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0006_nodes', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0007_profile_versions', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0008_endpoint_groups', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0009_decisions_and_group_commands', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0010_licence', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0011_failed_sign_ins', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0012_endpoint_lists', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0013_scopes_and_providers', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0014_history_age', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0015_audit_and_history', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0016_automated_certificate', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0017_certificate_inventory', 1767225600);
INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0019_rehearsals', 1767225600);
INSERT INTO key_material (name, value) VALUES ('administrator_token_hash', '4194d1706ed1f408d5e02d672777019f4d5385c766a8c6ca8acba3167d36a7b9');
INSERT INTO settings (name, value) VALUES ('use_ssl_certificate_for_endpoint_control', 'on');
INSERT INTO endpoint_profiles (id, name, revision, invalid_certificate_action, heartbeat_seconds, is_default, changed_at, remember_longest, remember_days, proxy_fallback) VALUES ('01900000-0000-7000-8000-00000000000a', 'Default', 3, 'warn', 60, TRUE, 1767225600000000, 'days', 7, 'direct');
INSERT INTO endpoint_profiles (id, name, revision, invalid_certificate_action, heartbeat_seconds, is_default, changed_at, remember_longest, remember_days, proxy_fallback) VALUES ('01900000-0000-7000-8000-00000000000b', 'Zoë''s “strict” one', 7, 'deny', 60, FALSE, 1767225600000000, 'days', 7, 'direct');
INSERT INTO endpoints (id, profile_id, service_name, host_name, agent_version, os, capabilities, inventory, certificate_report, certificate_reported_at, profile_status, profile_error, health, settings_error, enrolled_at, last_seen, offline_reason, deregistered, certificate_key, previous_certificate_key, session, standing, node, os_type, address, profile_reason, profile_group_id, custom_capabilities, remembered, remembered_at, connected_at, judgement, action_in_force) VALUES ('01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-00000000000a', 'io.countersign.agent', 'desk-1', '0.1.0', 'linux', -1, NULL, NULL, NULL, 'applied', NULL, 'connected', NULL, 1767225600000000, 1767225600000001, 'the connection was lost', FALSE, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', NULL, '01900000-0000-7000-8000-0000000000ff', 'valid', '01900000-0000-7000-8000-0000000000ee', 'linux', '192.0.2.7', 'group', '01900000-0000-7000-8000-00000000000c', 'io.countersign.commands', '{"certificates":[]}', 1767225600000000, 1767225600000000, NULL, 'warn');
INSERT INTO endpoints (id, profile_id, service_name, host_name, agent_version, os, capabilities, inventory, certificate_report, certificate_reported_at, profile_status, profile_error, health, settings_error, enrolled_at, last_seen, offline_reason, deregistered, certificate_key, previous_certificate_key, session, standing, node, os_type, address, profile_reason, profile_group_id, custom_capabilities, remembered, remembered_at, connected_at, judgement, action_in_force) VALUES ('01900000-0000-7000-8000-000000000002', '01900000-0000-7000-8000-00000000000b', 'io.countersign.agent', 'desk-2', '0.1.0', 'linux', -1, NULL, NULL, NULL, 'applied', NULL, 'connected', NULL, 1767225600000000, 1767225600000001, 'the connection was lost', TRUE, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', NULL, NULL, 'valid', NULL, '', '', 'by_hand', NULL, '', NULL, NULL, NULL, NULL, NULL);
INSERT INTO enrolment_tokens (id, name, token_hash, created_at, expires_at, revoked_at) VALUES ('01900000-0000-7000-8000-0000000000aa', 'First token', '10b54f11faba109883647c9048461ed9a5bfaf76ea69c22feaa3e35d5a5fe12d', 1767225600000000, NULL, NULL);
INSERT INTO commands (id, endpoint_id, kind, created_at, expires_at, outcome, finished_at, batch_id, result) VALUES ('01900000-0000-7000-8000-0000000000bb', '01900000-0000-7000-8000-000000000001', '{"kind":"refresh_inventory"}', 1767225600000000, 4102444800000000, NULL, NULL, NULL, NULL);
INSERT INTO commands (id, endpoint_id, kind, created_at, expires_at, outcome, finished_at, batch_id, result) VALUES ('01900000-0000-7000-8000-0000000000b2', '01900000-0000-7000-8000-000000000001', '{"kind":"refresh_inventory"}', 1767225600000000, 4102444800000000, '{"status":"succeeded","output":null}', 1767225600000001, '01900000-0000-7000-8000-0000000000b1', 'succeeded');
INSERT INTO server_certificates (id, source, state, chain_pem, private_key, fingerprint, added_at, committed_at) VALUES ('00000000-0000-7000-8000-000000000001', 'uploaded', 'committed', 'chain', 'key', 'abababababababababababababababababababababababababababababababab', 1767225600000000, 1767225600000000);
INSERT INTO server_certificates (id, source, state, chain_pem, private_key, fingerprint, added_at, committed_at) VALUES ('01900000-0000-7000-8000-0000000000e3', 'acme', 'previous', 'former chain', 'former key', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 1767225600000000, 1767225600000000);
INSERT INTO audit (id, at, actor, action, subject, detail) VALUES ('01900000-0000-7000-8000-0000000000cc', 1767225600000000, 'administrator token', 'profile.changed', '01900000-0000-7000-8000-00000000000b', '{"name":"a"}');
INSERT INTO administrators (id, name, name_key, role, password_hash, one_time_secret, one_time_step, enabled, created_at, signed_in_at, revision, issuer, subject) VALUES ('01900000-0000-7000-8000-0000000000dd', 'Anna', 'anna', 'administrator', 'none', NULL, 0, TRUE, 1767225600000000, NULL, 1, NULL, NULL);
INSERT INTO administrators (id, name, name_key, role, password_hash, one_time_secret, one_time_step, enabled, created_at, signed_in_at, revision, issuer, subject) VALUES ('01900000-0000-7000-8000-0000000000df', 'Otto', 'otto', 'read_only', '', NULL, 0, TRUE, 1767225600000000, NULL, 4, 'https://provider.example', 'subject-1');
INSERT INTO administrator_sessions (token_hash, administrator_id, created_at, used_at) VALUES ('3f3af1ecebbd1410ab417ec0d27bbfcb5d340e177ae159b59fc8626c2dfd9175', '01900000-0000-7000-8000-0000000000dd', 1767225600000000, 1767225600000000);
INSERT INTO failed_sign_ins (name_key, origin, failures, failed_at) VALUES ('anna', '192.0.2.1', 2, 1767225600000000);
INSERT INTO api_tokens (id, name, role, token_hash, created_at, expires_at, used_at, revoked_at, scopes) VALUES ('01900000-0000-7000-8000-0000000000de', 'Prometheus', 'read_only', '14c2529eb4498c5d1ffd6915d05bf58a91bdda796af59f41d480d11c099d0479', 1767225600000000, NULL, NULL, NULL, NULL);
INSERT INTO api_tokens (id, name, role, token_hash, created_at, expires_at, used_at, revoked_at, scopes) VALUES ('01900000-0000-7000-8000-0000000000e1', 'Inventory', 'read_only', 'abc3d82314f3edc1385fc7b9b0b092c801b9db30cefdc11fe04ee4be9685cd6d', 1767225600000000, NULL, NULL, NULL, 'endpoints:read');
INSERT INTO nodes (id, address, started_at, renewed_at) VALUES ('01900000-0000-7000-8000-0000000000ee', '192.0.2.1:8443', 1767225600000000, 1767225600000000);
INSERT INTO revisions (number, node, notice, at) VALUES (41, '01900000-0000-7000-8000-0000000000ee', 'profiles', 1767225600000000);
INSERT INTO endpoint_profile_versions (profile_id, revision, at, actor, name, invalid_certificate_action, heartbeat_seconds, remember_longest, remember_days, proxy_fallback) VALUES ('01900000-0000-7000-8000-00000000000a', 3, 1767225600000000, '', 'Default', 'warn', 60, 'days', 7, 'direct');
INSERT INTO endpoint_profile_versions (profile_id, revision, at, actor, name, invalid_certificate_action, heartbeat_seconds, remember_longest, remember_days, proxy_fallback) VALUES ('01900000-0000-7000-8000-00000000000b', 7, 1767225600000000, 'Anna', 'Zoë''s “strict” one', 'deny', 60, 'days', 7, 'direct');
INSERT INTO endpoint_profile_versions (profile_id, revision, at, actor, name, invalid_certificate_action, heartbeat_seconds, remember_longest, remember_days, proxy_fallback) VALUES ('01900000-0000-7000-8000-00000000000b', 6, 1767225599999999, 'administrator token', 'Zoë''s', 'warn', 30, 'days', 7, 'direct');
INSERT INTO endpoint_groups (id, name, revision, precedence, rule, profile_id, changed_at) VALUES ('01900000-0000-7000-8000-00000000000c', 'Desks', 2, 5, '{"host_name":"desk-1"}', '01900000-0000-7000-8000-00000000000a', 1767225600000000);
INSERT INTO endpoint_groups (id, name, revision, precedence, rule, profile_id, changed_at) VALUES ('01900000-0000-7000-8000-00000000000d', 'Guests', 1, 6, NULL, NULL, 1767225600000000);
INSERT INTO endpoint_group_members (group_id, endpoint_id) VALUES ('01900000-0000-7000-8000-00000000000c', '01900000-0000-7000-8000-000000000001');
INSERT INTO endpoint_group_members (group_id, endpoint_id) VALUES ('01900000-0000-7000-8000-00000000000d', '01900000-0000-7000-8000-000000000002');
INSERT INTO endpoint_decisions (endpoint_id, id, at, document) VALUES ('01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-0000000000d1', 1767225600000000, '{"id":"01900000-0000-7000-8000-0000000000d1","at":"2026-01-01T00:00:00Z","fingerprint":"AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB","problems":["self_signed"],"question":"first","answer":{"name":"denied"},"asked":"dialog"}');
INSERT INTO command_batches (id, group_id, kind, created_at, expires_at, left_out) VALUES ('01900000-0000-7000-8000-0000000000b1', '01900000-0000-7000-8000-00000000000c', '{"kind":"refresh_inventory"}', 1767225600000000, 4102444800000000, 3);
INSERT INTO licences (id, text, uploaded_at) VALUES (1, 'licence', 1767225600000000);
INSERT INTO document_revisions (name, revision) VALUES ('settings', 5);
INSERT INTO endpoint_events (endpoint_id, slot, number, at, since, profile_id, profile_revision, detail) VALUES ('01900000-0000-7000-8000-000000000001', 1, 1, 1767225600000000, 1767225599000000, NULL, NULL, '{"kind":"disconnected","reason":"the connection was lost"}');
INSERT INTO acme_settings (id, settings, binding_key) VALUES ('only', '{"domain":"server.example","email":"admin@server.example","directory_url":"https://acme.example/directory","directory_root_pem":null,"challenge":"http-01","auto_renew":"on","agreed_terms":null,"binding_key_id":"kid-1"}', 'the hmac key');
INSERT INTO acme_accounts (directory_url, email, binding_key_id, credentials) VALUES ('https://acme.example/directory', 'admin@server.example', 'kid-1', 'the account key');
INSERT INTO acme_orders (id, attempt, progress, private_key) VALUES ('only', '01900000-0000-7000-8000-0000000000e2', '{"stage":"ordered"}', 'the ordered key');
INSERT INTO acme_challenges (kind, name, answer, expires_at) VALUES ('http-01', 'token', 'answer', 4102444800000000);
INSERT INTO rehearsals (fingerprint, chain, opened_at, closes_at, announced_at, announced_until) VALUES ('AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB', '["Y2hhaW4="]', 1767225600000000, 4102444800000000, 1767225600000000, 4102444800000000);
INSERT INTO rehearsal_answers (endpoint_id, fingerprint, asked_at, judged_at, outcome, document, announced_at, announcement) VALUES ('01900000-0000-7000-8000-000000000001', 'AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB:AB', 1767225600000000, 1767225600000000, 'not_trusted', NULL, 1767225600000000, 'kept');
