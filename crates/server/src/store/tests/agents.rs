//! What agents are, and what they have said of a certificate, counted.

use countersign_protocol::{
    CertificateReport, InstanceUid, ReportedDecision, SessionTrust, attributes, custom,
};
use countersign_trust::{Assessment, ChainDigest, InvalidCertificateAction};
use sea_orm::ConnectionTrait as _;
use time::Duration;
use uuid::Uuid;

use super::lists::nothing_shown;
use super::{Kind, NOW, TestDatabase, change, connected, on_each_database};
use crate::acme::ChallengeKind;
use crate::forecast::Found;
use crate::store::agent_kinds::AgentCounts;
use crate::store::{
    AcmeCheck, AgentFilter, Answer, EndpointFilter, EndpointQuery, Introduction, ProfileResult, Reports,
    Store, microseconds,
};
use crate::upgrade_path::Verdicts;

on_each_database!(
    other_programs_and_old_agents_are_told_apart,
    the_last_thing_that_each_agent_has_said_counts,
    the_last_pre_check_is_kept
);

async fn introduced(store: &Store, introduction: &Introduction, reports: &Reports) -> (InstanceUid, Uuid) {
    let (id, session) = (InstanceUid::generate(), Uuid::now_v7());
    let profile = store.default_profile(NOW).await.unwrap().document.id;
    store.introduce(id, session, introduction, reports, profile, NOW).await.unwrap();
    (id, session)
}

async fn other_programs_and_old_agents_are_told_apart(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let (ours, all) = (attributes::AGENT_SERVICE_NAME, custom::CAPABILITIES.join(" "));
    let applied = Reports { profile: Some(ProfileResult::Applied), ..Reports::default() };
    let failed = Reports { profile: Some(ProfileResult::Failed("no".to_owned())), ..Reports::default() };
    for (host, service, version, capabilities, reports) in [
        ("new", ours, "0.1.0", all.as_str(), &applied),
        ("newer", ours, "v1.2.3-rc.1", &all, &failed),
        ("newest", ours, "9", custom::CERTIFICATE, &Reports::default()),
        ("old", ours, "0.0.9", &all, &applied),
        ("silent", ours, "0.1.0", "", &failed),
        ("strange", ours, "x", &all, &Reports::default()),
        ("nearly", ours, "0.1.0", "com.countersign.certificates", &applied),
        ("collector", "otelcol", "0.1.0", &all, &Reports::default()),
        ("nameless", "", "", "", &failed),
    ] {
        let introduction = Introduction {
            service_name: service.to_owned(),
            host_name: host.to_owned(),
            agent_version: version.to_owned(),
            custom_capabilities: Some(capabilities.to_owned()),
            ..Introduction::default()
        };
        introduced(&store, &introduction, reports).await;
    }
    let counts = AgentCounts { not_validating: 4, foreign: 2, applying: 1, failed: 1 };
    assert_eq!(store.count_agents().await.unwrap(), counts);
    for (agent, search, expected) in [
        (AgentFilter::Validating, "", &["new", "newer", "newest"][..]),
        (AgentFilter::NotValidating, "", &["nearly", "old", "silent", "strange"]),
        (AgentFilter::NotValidating, "l", &["nearly", "old", "silent"]),
        (AgentFilter::Foreign, "", &["collector", "nameless"]),
    ] {
        let filter = EndpointFilter { agent: Some(agent), ..EndpointFilter::default() };
        let query = EndpointQuery { search: search.to_owned(), filter, size: 2, ..EndpointQuery::default() };
        let first = store.find_endpoints(&query).await.unwrap();
        let mut hosts: Vec<String> = first.rows.into_iter().map(|row| row.host_name).collect();
        let rest = store.find_endpoints(&EndpointQuery { page: 2, ..query }).await.unwrap();
        if first.total > 2 {
            hosts.extend(rest.rows.into_iter().map(|row| row.host_name));
        }
        assert_eq!(
            (first.total, hosts),
            (expected.len() as u64, expected.iter().map(ToString::to_string).collect())
        );
    }
    store.close().await;
}

/// What an agent finds out about the certificate.
fn found(chain: ChainDigest, valid: bool) -> Assessment {
    let mut found = nothing_shown();
    found.chain_digest = Some(chain);
    if valid {
        found.problems.clear();
    }
    found
}

async fn the_last_thing_that_each_agent_has_said_counts(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    let (wanted, other) = (ChainDigest::of(&[b"wanted"]), ChainDigest::of(&[b"other"]));
    let rehearsal = format!(
        "INSERT INTO rehearsals (chain_digest, fingerprint, chain, opened_at, closes_at) VALUES ('{wanted}', '', '[]', 0, 0)"
    );
    store.database.execute_unprepared(&rehearsal).await.unwrap();
    let expected = |valid, not_valid, silent| Verdicts { valid, not_valid, silent };
    // Whether it is connected; what it found when it was shown a certificate, and in a rehearsal, each with how many days ago; and
    // what that counts as.
    for (online, shown, rehearsed, verdict) in [
        (true, None, None, expected(0, 0, 1)),
        (false, None, None, expected(0, 0, 0)),
        (true, Some((wanted, true, 0)), None, expected(1, 0, 0)),
        (true, Some((wanted, false, 0)), None, expected(0, 1, 0)),
        (true, Some((other, false, 0)), None, expected(0, 0, 1)),
        (true, Some((other, false, 0)), Some((true, 1)), expected(1, 0, 0)),
        (true, None, Some((false, 13)), expected(0, 1, 0)),
        // It was said too long ago.
        (true, None, Some((false, 15)), expected(0, 0, 1)),
        (false, None, Some((true, 15)), expected(0, 0, 0)),
        (false, Some((wanted, false, 15)), None, expected(0, 0, 0)),
        (false, Some((wanted, false, 13)), None, expected(0, 1, 0)),
        // Its session rests on it.
        (true, Some((wanted, true, 90)), None, expected(1, 0, 0)),
        // The later counts.
        (true, Some((wanted, false, 1)), Some((true, 2)), expected(0, 1, 0)),
        (true, Some((wanted, false, 2)), Some((true, 1)), expected(1, 0, 0)),
        (true, Some((wanted, true, 90)), Some((false, 80)), expected(1, 0, 0)),
    ] {
        let introduction = Introduction {
            host_name: "desk".to_owned(),
            custom_capabilities: Some(custom::CAPABILITIES.join(" ")),
            ..Introduction::default()
        };
        let (id, session) = introduced(&store, &introduction, &Reports::default()).await;
        if let Some((chain, valid, days)) = shown {
            let report = CertificateReport {
                assessment: found(chain, valid),
                action: InvalidCertificateAction::Allow,
                trust: if valid { SessionTrust::Valid } else { SessionTrust::Identified },
                decision: ReportedDecision::Valid,
                judged_at: None,
            };
            store.keep_certificate_report(id, &report, NOW - Duration::days(days)).await.unwrap();
        }
        if let Some((valid, days)) = rehearsed {
            let at = NOW - Duration::days(days);
            let asked = format!(
                "INSERT INTO rehearsal_answers (endpoint_id, chain_digest, asked_at) VALUES ('{id}', '{wanted}', {})",
                microseconds(at)
            );
            store.database.execute_unprepared(&asked).await.unwrap();
            let document = serde_json::to_string(&Found::from(&found(wanted, valid))).unwrap();
            store.keep_answer(id, wanted, Answer::Judged { document }, at).await.unwrap();
        }
        if !online {
            store.went_offline(id, session, "gone", None, NOW, None).await.unwrap();
        }
        let verdicts = store.verdicts_on(wanted, NOW).await.unwrap();
        assert_eq!(verdicts, verdict, "{online} {shown:?} {rehearsed:?}");
        store.deregister(id).await.unwrap();
        assert_eq!(store.verdicts_on(wanted, NOW).await.unwrap(), Verdicts::default());
    }
    // One that cannot be asked is not waited for.
    connected(&store, InstanceUid::generate(), "old").await;
    assert_eq!(store.verdicts_on(wanted, NOW).await.unwrap(), Verdicts::default());
    store.close().await;
}

async fn the_last_pre_check_is_kept(kind: Kind) {
    let database = TestDatabase::new(kind);
    let store = database.open().await;
    assert_eq!(store.last_acme_check().await.unwrap(), None);
    for (day, code) in [(0, "no_http_port"), (1, "redirect_off")] {
        let check = AcmeCheck {
            domain: "server.example".to_owned(),
            challenge: ChallengeKind::Http,
            obstacles: vec![(code.to_owned(), "Something stands in the way.".to_owned())],
        };
        let at = NOW + Duration::days(day);
        store.keep_acme_check(&check, at).await.unwrap();
        assert_eq!(store.last_acme_check().await.unwrap(), Some((check, at)));
    }
    // A profile is observed for a heartbeat once that has passed since it was changed.
    store.default_profile(NOW).await.unwrap();
    let content = super::profile("Field");
    store.create_profile(Uuid::now_v7(), &content, change("profile.created")).await.unwrap();
    let longest = content.heartbeat_seconds.max(countersign_protocol::profile::DEFAULT_HEARTBEAT_SECONDS);
    let observed_at = store.profiles_observed_at().await.unwrap();
    assert_eq!(observed_at, Some(NOW + Duration::seconds(longest.into())));
    store.close().await;
}
