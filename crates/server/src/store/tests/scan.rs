//! A walk through endpoints comes by each of them once, and counts together only those about which the same is known.

use std::collections::{BTreeMap, BTreeSet};

use countersign_protocol::decision::Lasting;
use countersign_protocol::{
    CertificateReport, InstanceUid, RememberedAtEndpoint, RememberedReport, ReportedDecision, SessionTrust,
};
use countersign_trust::{ChainDigest, Fingerprint, InvalidCertificateAction, PermissionOrigin, ProblemKind};
use sea_orm::ConnectionTrait as _;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::lists::nothing_shown;
use super::{Kind, NOW, TestDatabase, connected, on_each_database};
use crate::store::migrations::shortened_reports::shorten;
use crate::store::{
    AboutCertificate, AllowedNeeded, Concerned, Reassigned, Scan, Scanned, Since, Store, Stretch,
    microseconds,
};

on_each_database!(
    a_walk_comes_by_each_endpoint_once,
    what_differs_is_told_apart,
    reports_that_are_there_are_shortened,
);

/// Endpoints of which much is alike, and no two are the same.
const ENDPOINTS: usize = 24;

fn shown() -> Fingerprint {
    Fingerprint::of(b"shown")
}

fn about(not_after: Option<OffsetDateTime>) -> AboutCertificate {
    AboutCertificate { chain: ChainDigest::of(&[b"shown"]), not_before: None, not_after }
}

/// Half of them are connected; most have reported one of two things; some have answered; one is deregistered.
async fn filled(store: &Store) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..ENDPOINTS {
        let id = InstanceUid::generate();
        // Two of each name.
        connected(store, id, &format!("desk-{:02}", number * 7 % ENDPOINTS / 2)).await;
        ids.push(id.to_string());
    }
    let (now, chain) = (microseconds(NOW), ChainDigest::of(&[b"shown"]));
    let execute = async |statement: String| store.database.execute_unprepared(&statement).await.unwrap();
    execute(format!("INSERT INTO rehearsals VALUES ('{chain}', '', '[]', {now}, {now}, NULL, NULL)")).await;
    for (number, id) in ids.iter().enumerate() {
        let found = if number % 3 == 0 { "NULL".to_owned() } else { format!("'found {}'", number % 2) };
        let allowed = format!("'allowed by some {}'", number / 12);
        let session = if number % 4 < 2 { "session" } else { "NULL" };
        let status = if number % 8 == 1 { "failed" } else { "applied" };
        execute(format!(
            "UPDATE endpoints SET certificate_found = {found}, certificate_reported_at = {}, remembered = 'allowed {number}', \
             certificates_allowed = {allowed}, remembered_at = {now}, session = {session}, profile_status = '{status}', \
             deregistered = {} WHERE id = '{id}'",
            now + i64::try_from(number).unwrap(),
            number == 5,
        ))
        .await;
        if number % 6 == 2 {
            execute(format!(
                "INSERT INTO rehearsal_answers (endpoint_id, chain_digest, judged_at, document) \
                 VALUES ('{id}', '{chain}', {}, 'answer')",
                now + 12
            ))
            .await;
        }
    }
    ids
}

/// The stretches of a walk.
async fn stretches(store: &Store, scan: &Scan<'_>) -> Vec<Stretch> {
    let mut found = Vec::new();
    while let Some(stretch) = store.stretch_after(scan, found.last()).await.unwrap() {
        found.push(stretch);
    }
    found
}

/// What is known, but for which endpoint it is known of.
fn known(row: &Scanned) -> String {
    let nobody = Scanned {
        id: String::new(),
        host_name: String::new(),
        reported_at: None,
        permissions_at: None,
        answered_at: None,
        last_seen: 0,
        endpoints: 0,
        ..row.clone()
    };
    // Within the validity, and later than the answer.
    let at = row.reported_at.unwrap();
    format!(
        "{nobody:?} {} {}",
        at < microseconds(NOW) + 6,
        row.answered_at.is_some_and(|answered| at > answered)
    )
}

async fn a_walk_comes_by_each_endpoint_once(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let ids = filled(&store).await;
    let profile = store.default_profile(NOW).await.unwrap().document.id;
    let other = Uuid::now_v7();
    let moved = |(number, id): (usize, &String)| Reassigned {
        endpoint: id.clone(),
        from: profile.to_string(),
        profile: if number < 9 { profile.to_string() } else { other.to_string() },
    };
    let validity = Some(NOW + Duration::microseconds(5));
    let needed = |asking: &[Uuid], since| {
        let asking = asking.iter().map(ToString::to_string).collect();
        AllowedNeeded { asking, since }
    };
    for (concerned, expected) in [
        (Concerned::All, ENDPOINTS - 1),
        (Concerned::Profiles(vec![profile]), ENDPOINTS - 1),
        (Concerned::Profiles(vec![other]), 0),
        (Concerned::Profiles(Vec::new()), 0),
        (Concerned::Endpoints(ids.iter().enumerate().map(moved).collect()), ENDPOINTS - 1),
        (Concerned::Endpoints(Vec::new()), 0),
    ] {
        for (at_once, allowed) in [
            (1, needed(&[profile], Since::Matters)),
            (5, needed(&[], Since::Matters)),
            (5, needed(&[profile], Since::DoesNotMatter)),
            (1000, needed(&[], Since::DoesNotMatter)),
        ] {
            let scan = Scan::new(&concerned, about(validity), allowed).with_stretches_of(at_once);
            let mut names = Vec::new();
            for stretch in stretches(&store, &scan).await {
                let each = store.endpoints_in(&scan, &stretch, &[]).await.unwrap();
                assert!(each.len() <= at_once, "{} of {at_once}", each.len());
                let mut one_by_one: BTreeMap<String, u64> = BTreeMap::new();
                for row in &each {
                    *one_by_one.entry(known(row)).or_default() += row.number();
                }
                let alike = store.alike_in(&scan, &stretch).await.unwrap();
                let together: BTreeMap<String, u64> =
                    alike.iter().map(|row| (known(row), row.number())).collect();
                assert_eq!((together.len(), &together), (alike.len(), &one_by_one), "{stretch:?}");
                for like in &alike {
                    let some = store.endpoints_in(&scan, &stretch, std::slice::from_ref(like)).await.unwrap();
                    let number = some.iter().filter(|row| known(row) == known(like)).count();
                    assert_eq!(number as u64, like.number(), "{like:?}");
                }
                names.extend(each.into_iter().map(|row| (row.host_name, row.id)));
            }
            assert_eq!(names.len(), expected, "{concerned:?}");
            let by_name = !matches!(concerned, Concerned::Endpoints(_));
            assert!(!by_name || names.is_sorted(), "{names:?}");
            names.sort();
            names.dedup();
            assert_eq!(names.len(), expected, "nobody comes twice");
        }
    }
    store.close().await;
}

async fn what_differs_is_told_apart(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    filled(&store).await;
    let profile = store.default_profile(NOW).await.unwrap().document.id.to_string();
    // When people have allowed something differs from one to the next, and what they have allowed matters only where they would be
    // asked, or the agent goes by another profile than the one that it would have.
    for (asking, since, apart) in [
        (vec![profile.clone()], Since::Matters, ENDPOINTS - 1),
        (Vec::new(), Since::Matters, 20),
        (vec![profile], Since::DoesNotMatter, 18),
        (Vec::new(), Since::DoesNotMatter, 16),
    ] {
        let scan = Scan::new(&Concerned::All, about(None), AllowedNeeded { asking, since });
        let mut found = 0;
        for stretch in stretches(&store, &scan).await {
            found += store.alike_in(&scan, &stretch).await.unwrap().len();
        }
        assert_eq!(found, apart, "{scan:?}");
    }
    store.close().await;
}

async fn reports_that_are_there_are_shortened(kind: Kind) {
    let database = TestDatabase::new(kind);
    // The step of the migration has looked at columns that were completed after it; PostgreSQL keeps that for the connection.
    database.open().await.close().await;
    let store = database.open().await;
    let ids = [InstanceUid::generate(), InstanceUid::generate(), InstanceUid::generate()];
    for id in ids {
        connected(&store, id, "desk").await;
    }
    let allowed = RememberedAtEndpoint {
        fingerprint: shown(),
        subject: "CN=server".to_owned(),
        issuer: "CN=authority".to_owned(),
        accepted: BTreeSet::from([ProblemKind::SelfSigned]),
        since: NOW,
        until: None,
        lasting: Lasting::Kept,
        origin: PermissionOrigin::Person,
        announced: Vec::new(),
    };
    let report = CertificateReport {
        assessment: nothing_shown(),
        action: InvalidCertificateAction::Warn,
        trust: SessionTrust::Valid,
        decision: ReportedDecision::Valid,
        judged_at: None,
    };
    store.keep_certificate_report(ids[0], &report, NOW).await.unwrap();
    store.keep_remembered(ids[1], &RememberedReport { certificates: vec![allowed] }, NOW).await.unwrap();
    let execute = async |statement: String| store.database.execute_unprepared(&statement).await.unwrap();
    let kept = async || {
        let mut kept = Vec::new();
        for id in ids {
            let row = store.endpoint(id).await.unwrap().unwrap();
            kept.push((row.certificate_found, row.certificates_allowed));
        }
        kept
    };
    let before = kept().await;
    assert!(
        before[0].0.is_some() && before[1].1.as_ref().is_some_and(|text| !text.contains("CN=")),
        "{before:?}"
    );
    execute("UPDATE endpoints SET certificate_found = NULL, certificates_allowed = NULL".to_owned()).await;
    // What cannot be read was not said.
    execute(format!("UPDATE endpoints SET certificate_report = '{{}}' WHERE id = '{}'", ids[2])).await;
    shorten(&store.database).await.unwrap();
    assert_eq!(kept().await, before);
    store.close().await;
}
