//! Tables of every earlier version come up to the newest with what is in them, and so do backups of them.

use countersign_protocol::decision::DecidedAnswer;
use countersign_protocol::{CommandKind, InstanceUid, ProxyFallback};
use countersign_trust::{InvalidCertificateAction, RememberLimit};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, Statement};

use super::{Kind, NOW, TestDatabase, on_each_database};
use crate::acme::OrderStage;
use crate::people::{AdministratorName, Reach, Role, Scope};
use crate::store::archive::{back_up, restore};
use crate::store::connect::applied_steps;
use crate::store::entity::{endpoint_event, server_certificate};
use crate::store::migrations::names;
use crate::store::{
    BatchCounts, CertificateSource, CertificateState, Document, KeyName, Membership, Setting, Standing,
    Store, TokenStanding,
};
use crate::tightening::TighteningState;

on_each_database!(
    tables_of_every_version_come_up_to_the_newest,
    a_step_that_fails_changes_nothing,
    who_is_away_already_is_counted,
);

/// What servers have had, from the first step on.
const SCHEMAS: [&str; 19] = [
    include_str!("schemas/m0001_first_tables.sql"),
    include_str!("schemas/m0002_certificate_keys.sql"),
    include_str!("schemas/m0003_remembering_and_proxy.sql"),
    include_str!("schemas/m0004_people.sql"),
    include_str!("schemas/m0005_standing.sql"),
    include_str!("schemas/m0006_nodes.sql"),
    include_str!("schemas/m0007_profile_versions.sql"),
    include_str!("schemas/m0008_endpoint_groups.sql"),
    include_str!("schemas/m0009_decisions_and_group_commands.sql"),
    include_str!("schemas/m0010_licence.sql"),
    include_str!("schemas/m0011_failed_sign_ins.sql"),
    include_str!("schemas/m0012_endpoint_lists.sql"),
    include_str!("schemas/m0013_scopes_and_providers.sql"),
    include_str!("schemas/m0014_history_age.sql"),
    include_str!("schemas/m0015_audit_and_history.sql"),
    include_str!("schemas/m0016_automated_certificate.sql"),
    include_str!("schemas/m0017_certificate_inventory.sql"),
    include_str!("schemas/m0019_rehearsals.sql"),
    include_str!("schemas/m0020_tightenings.sql"),
];

/// The names and types of all columns.
async fn columns(store: &Store) -> Vec<(String, String, String)> {
    let backend = store.database.get_database_backend();
    let ask = if store.is_shared() {
        "SELECT table_name::TEXT, column_name::TEXT, data_type::TEXT || is_nullable || COALESCE(collation_name, '')
         FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2"
    } else {
        "SELECT m.name, c.name, c.type || c.\"notnull\" FROM sqlite_master m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name <> 'seaql_migrations' ORDER BY 1, 2"
    };
    let rows = store.database.query_all_raw(Statement::from_string(backend, ask)).await.unwrap();
    let text = |row: &sea_orm::QueryResult, place| row.try_get_by_index::<String>(place).unwrap();
    rows.iter().map(|row| (text(row, 0), text(row, 1), text(row, 2))).collect()
}

async fn assert_content(store: &Store, steps: usize) {
    let hash = store.key(KeyName::AdministratorTokenHash).await.unwrap().unwrap();
    assert_eq!(hash.expose(), crate::store::tokens::hash("administrator"));
    assert!(store.setting(Setting::UseSslCertificate).await.unwrap());
    let profiles = store.profiles().await.unwrap();
    let names: Vec<&str> = profiles.iter().map(|profile| profile.document.name.as_str()).collect();
    assert_eq!(names, ["Default", "Zoë's “strict” one"]);
    let strict = &profiles[1].document;
    assert_eq!((strict.revision, strict.heartbeat_seconds), (7, 60));
    assert_eq!(strict.invalid_certificate_action, InvalidCertificateAction::Deny);
    let (longest, days, fallback) = if steps < 3 {
        (RememberLimit::UntilChanged, 30, ProxyFallback::None)
    } else {
        (RememberLimit::Days, 7, ProxyFallback::Direct)
    };
    assert_eq!((strict.remember.longest, strict.remember.days.get()), (longest, days));
    assert_eq!(strict.proxy_fallback, fallback);
    assert_eq!(store.default_profile(NOW).await.unwrap().document.revision, 3);

    let first: InstanceUid = "01900000-0000-7000-8000-000000000001".parse().unwrap();
    let second: InstanceUid = "01900000-0000-7000-8000-000000000002".parse().unwrap();
    let row = store.endpoint(first).await.unwrap().unwrap();
    assert_eq!((row.host_name.as_str(), row.capabilities, row.session), ("desk-1", -1, None));
    let key = if steps < 2 { String::new() } else { "aa".repeat(32) };
    assert_eq!(row.certificate_key, Some(key));
    assert_eq!(Standing::of_code(&row.standing), if steps < 5 { Standing::Unknown } else { Standing::Valid });
    assert!(store.endpoint(second).await.unwrap().unwrap().deregistered);
    for endpoint in [first, second] {
        assert_eq!(store.token_standing(endpoint).await.unwrap(), TokenStanding::NeedsCertificate);
    }
    assert_eq!(store.open_commands(first, NOW).await.unwrap()[0].kind, CommandKind::RefreshInventory);
    assert!(store.accepts_enrolment_token("enrolment", NOW).await.unwrap());
    let certificate = store.ssl_certificate().await.unwrap().unwrap();
    assert_eq!(
        (certificate.source, certificate.state),
        (CertificateSource::Uploaded, CertificateState::Committed)
    );
    assert_eq!(store.private_key(&certificate).unwrap().expose(), "key");
    assert_eq!(store.audit(10).await.unwrap()[0].action, "profile.changed");
    if steps >= 4 {
        let anna =
            store.administrator_named(&AdministratorName::new("ANNA").unwrap()).await.unwrap().unwrap();
        assert_eq!((anna.role, anna.enabled, anna.revision), (Role::Administrator, true, 1));
        assert!(anna.password.is_some() && anna.provider.is_none());
        let token = store.use_api_token("api", NOW).await.unwrap();
        assert_eq!(token, Some(("Prometheus".to_owned(), Role::ReadOnly, Reach::Everything)));
    }
    assert_later_content(store, steps).await;
}

/// What there is from the seventh step on.
async fn assert_later_content(store: &Store, steps: usize) {
    let strict =
        store.profile_versions("01900000-0000-7000-8000-00000000000b".parse().unwrap()).await.unwrap();
    let saved: Vec<_> =
        strict.iter().map(|version| (version.document.revision, version.saved_by.as_deref())).collect();
    let known = [(7, Some("Anna")), (6, Some("administrator token"))];
    assert_eq!(saved, if steps < 7 { &[(7, None)][..] } else { &known });

    let first: InstanceUid = "01900000-0000-7000-8000-000000000001".parse().unwrap();
    let row = store.endpoint(first).await.unwrap().unwrap();
    let groups = store.groups().await.unwrap();
    let names: Vec<_> = groups.iter().map(|group| (group.content.name.as_str(), group.members)).collect();
    if steps < 8 {
        assert_eq!((row.profile_reason.as_str(), names.len()), ("default", 0));
        return;
    }
    assert_eq!(names, [("Desks", 1), ("Guests", 1)]);
    assert_eq!(
        (row.profile_reason.as_str(), row.profile_group_id),
        ("group", Some(groups[0].id.to_string()))
    );
    assert!(matches!(groups[0].content.membership, Membership::ByRule(_)));

    let decisions = store.decisions(first, 10).await.unwrap();
    let batches = store.group_commands(groups[0].id, 10, NOW).await.unwrap();
    if steps < 9 {
        assert_eq!((decisions.len(), batches.len()), (0, 0));
        return;
    }
    assert_eq!(decisions[0].answer, DecidedAnswer::Denied);
    let counts = BatchCounts { succeeded: 1, ..BatchCounts::default() };
    assert_eq!((batches[0].left_out, batches[0].counts), (3, counts));
    assert_eq!(row.custom_capabilities, "io.countersign.commands");
    let licence = store.licence_text().await.unwrap();
    assert_eq!(licence.as_deref(), (steps >= 10).then_some("licence"));
    assert_people_and_history(store, steps).await;
    assert_certificates(store, steps).await;
}

/// What there is from the thirteenth step on, about people and endpoints.
async fn assert_people_and_history(store: &Store, steps: usize) {
    let otto = store.administrator_named(&AdministratorName::new("otto").unwrap()).await.unwrap();
    let token = store.use_api_token("scoped", NOW).await.unwrap();
    let settings = store.document_revision(Document::Settings).await.unwrap();
    if steps < 13 {
        assert_eq!((otto.is_none(), token, settings), (true, None, 1));
        return;
    }
    let otto = otto.unwrap();
    let provider = otto.provider.map(|at| (at.issuer, at.subject));
    assert_eq!((otto.revision, otto.password.is_none()), (4, true));
    assert_eq!(provider, Some(("https://provider.example".to_owned(), "subject-1".to_owned())));
    let reach = Reach::Only([Scope::EndpointsRead].into());
    assert_eq!(token, Some(("Inventory".to_owned(), Role::ReadOnly, reach)));
    assert_eq!(settings, 5);
    if steps >= 15 {
        let events = endpoint_event::Entity::find().all(&store.database).await.unwrap();
        let kept =
            |event: &endpoint_event::Model| event.number == 1 && event.detail.contains("connection was lost");
        assert!(events.iter().any(kept), "{events:?}");
    }
}

/// What there is from the sixteenth step on, about certificates and the actions of profiles.
async fn assert_certificates(store: &Store, steps: usize) {
    let settings = store.acme_settings().await.unwrap();
    let account = store.acme_account("https://acme.example/directory").await.unwrap();
    if steps < 16 {
        assert!(settings.is_none() && account.is_none());
        return;
    }
    let (settings, key) = settings.unwrap();
    assert_eq!((settings.domain.as_str(), key.unwrap().expose()), ("server.example", "the hmac key"));
    assert_eq!(account.unwrap().credentials.expose(), "the account key");
    let order = store.acme_order().await.unwrap().unwrap();
    assert_eq!(
        (order.progress.stage, order.private_key.unwrap().expose()),
        (OrderStage::Ordered, "the ordered key")
    );

    let rows = server_certificate::Entity::find().all(&store.database).await.unwrap();
    assert_eq!(rows.len(), if steps < 17 { 1 } else { 2 });
    let rehearsals = store.rehearsals().await.unwrap();
    let tightenings = store.tightenings(None).await.unwrap();
    let first: InstanceUid = "01900000-0000-7000-8000-000000000001".parse().unwrap();
    let endpoint = store.endpoint(first).await.unwrap().unwrap();
    // There is no eighteenth step, so that the names are one ahead of their number from here on.
    assert_eq!(endpoint.action_in_force.as_deref(), (steps >= 18).then_some("warn"));
    // About which chain agents were asked was not kept.
    assert!(rehearsals.is_empty(), "{rehearsals:?}");
    let states: Vec<_> = tightenings.iter().map(|tightening| (tightening.state, tightening.ring)).collect();
    assert_eq!(states, if steps < 19 { vec![] } else { vec![(TighteningState::Halted, 1)] });
}

async fn tables_of_every_version_come_up_to_the_newest(kind: Kind) {
    let fresh = TestDatabase::new(kind).open().await;
    let newest = columns(&fresh).await;
    for (place, schema) in SCHEMAS.iter().enumerate() {
        let database = TestDatabase::new(kind);
        let earlier = Store::connect_only(&database.location).await.unwrap();
        earlier.database.execute_unprepared(schema).await.unwrap();
        assert_eq!(applied_steps(&earlier.database).await.unwrap(), names()[..=place]);
        earlier.close().await;
        // A backup by this version of what an earlier one has left behind.
        let file = database.directory.path().join("earlier.backup");
        back_up(&database.location, &file, NOW).await.unwrap();

        let store = database.open().await;
        store.forget_gone().await.unwrap();
        store.forget_sessions().await.unwrap();
        assert_content(&store, place + 1).await;
        assert_eq!(columns(&store).await, newest, "{}", names()[place]);
        assert!(store.database.execute_unprepared("DELETE FROM audit").await.is_err());
        store.close().await;
        // Once more, as at every later start.
        database.open().await.close().await;

        let other = if kind == Kind::Sqlite { Kind::PostgreSql } else { Kind::Sqlite };
        for kind in [kind, other] {
            let restored = TestDatabase::new(kind);
            restore(&restored.location, &file).await.unwrap();
            let store = restored.open().await;
            store.forget_sessions().await.unwrap();
            assert_content(&store, place + 1).await;
            store.close().await;
        }
    }
    fresh.close().await;
}

async fn a_step_that_fails_changes_nothing(kind: Kind) {
    let database = TestDatabase::new(kind);
    let earlier = Store::connect_only(&database.location).await.unwrap();
    earlier.database.execute_unprepared(SCHEMAS[3]).await.unwrap();
    // What the second half of the next step wants to make.
    let in_the_way = "CREATE INDEX endpoints_by_standing ON endpoints (id)";
    earlier.database.execute_unprepared(in_the_way).await.unwrap();
    for _ in 0..2 {
        assert!(Store::open(database.location.clone()).await.is_err());
        assert_eq!(applied_steps(&earlier.database).await.unwrap().len(), 4);
    }
    earlier.database.execute_unprepared("DROP INDEX endpoints_by_standing").await.unwrap();
    earlier.close().await;
    let store = database.open().await;
    store.forget_sessions().await.unwrap();
    assert_content(&store, 4).await;
    store.close().await;
}

async fn who_is_away_already_is_counted(kind: Kind) {
    let database = TestDatabase::new(kind);
    let earlier = Store::connect_only(&database.location).await.unwrap();
    earlier.database.execute_unprepared(SCHEMAS[SCHEMAS.len() - 1]).await.unwrap();
    let away = "UPDATE endpoints SET session = NULL, offline_reason = 'the server''s certificate was changed'
        WHERE id = '01900000-0000-7000-8000-000000000001'";
    earlier.database.execute_unprepared(away).await.unwrap();
    earlier.close().await;
    let store = database.open().await;
    let counts = store.count_away(NOW).await.unwrap();
    assert_eq!((counts.not_back, counts.coming_back), (1, 0));
    store.close().await;
}
