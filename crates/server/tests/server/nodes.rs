//! Several servers on one PostgreSQL database.

mod roaming;

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_protocol::custom::ServerCustomMessage;
use countersign_protocol::{InstanceUid, Secret};
use countersign_server::{DatabaseUrl, Server, ServerConfiguration};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use self::roaming::{Event, Roaming, TO_TRY_AGAIN};
use crate::certificates::{CONFIRMED, made};
use crate::enrolment::enrol;
use crate::support::agent::{Agent, Connection, SOON};
use crate::support::http::ApiClient;
use crate::support::postgresql;
use crate::support::process::Installation;
use crate::support::tls::ClientIdentity;
use crate::support::{Running, configuration};

/// Half of them at each server.
const AGENTS: usize = 200;
/// How long a change may take to reach all of them.
const TO_REACH_ALL: Duration = Duration::from_secs(2);
/// How long a server that has gone is taken for one that may still be there, and how often the others look.
const TO_BE_MISSED: Duration = Duration::from_secs(15 + 4);

/// Waits until so many agents have told of something, each of them once or more often.
async fn each_tells(
    events: &mut mpsc::UnboundedReceiver<Event>,
    agents: usize,
    wanted: impl Fn(&Event) -> Option<InstanceUid>,
) -> BTreeSet<InstanceUid> {
    let mut found = BTreeSet::new();
    while found.len() < agents {
        let event = timeout(SOON, events.recv()).await;
        let event = event.unwrap_or_else(|_| panic!("only {} of {agents} agents", found.len())).unwrap();
        found.extend(wanted(&event));
    }
    found
}

async fn change_heartbeat(api: &ApiClient, seconds: u64) {
    let path = format!("/profiles/{}", api.get("/profiles").await[0]["id"].as_str().unwrap());
    let body = json!({"name": "Default", "invalid_certificate_action": "warn", "heartbeat_seconds": seconds});
    api.change("PUT", &path, &body).await;
}

/// That all are online, each of them once.
async fn assert_all_online(api: &ApiClient) {
    let endpoints = api.get("/endpoints?size=500").await;
    let endpoints = endpoints.as_array().unwrap();
    let online = endpoints.iter().filter(|endpoint| endpoint["online"] == true);
    let hosts: BTreeSet<&str> = online.map(|endpoint| endpoint["host_name"].as_str().unwrap()).collect();
    assert_eq!((endpoints.len(), hosts.len()), (AGENTS, AGENTS));
    assert_eq!(api.get("/overview").await["online"], AGENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_are_one_to_two_hundred_agents() {
    let mut installation = Installation::on(&postgresql::new_database());
    let first = installation.start().await;
    let mut beside = installation.beside();
    let second = beside.start().await;
    let (events, mut told) = mpsc::unbounded_channel();
    let mut enrolling = JoinSet::new();
    for number in 0..AGENTS {
        let mut servers = [first.telemetry, second.telemetry];
        servers.rotate_left(number % 2);
        let token = first.enrolment_token.clone();
        enrolling.spawn(Roaming::enrolled(servers, token, format!("desk-{number:03}"), events.clone()));
    }
    let mut staying = JoinSet::new();
    let mut others = BTreeSet::new();
    for roaming in enrolling.join_all().await {
        if roaming.servers[0] == second.telemetry {
            others.insert(roaming.agent.uid);
        }
        staying.spawn(roaming.stay());
    }
    let with = |seconds: u64| {
        move |event: &Event| match event {
            Event::Profile(uid, heartbeat) if *heartbeat == seconds => Some(*uid),
            Event::Profile(..) | Event::Command(_) | Event::Back(_) => None,
        }
    };
    each_tells(&mut told, AGENTS, with(30)).await;
    for api in [&first.api, &second.api] {
        assert_all_online(api).await;
    }

    let begin = Instant::now();
    change_heartbeat(&first.api, 31).await;
    each_tells(&mut told, AGENTS, with(31)).await;
    let taken = begin.elapsed();
    println!("a profile reached {AGENTS} agents of two servers in {taken:?}");
    assert!(taken < TO_REACH_ALL, "{taken:?}");

    let other = others.first().unwrap();
    let path = format!("/endpoints/{other}/commands");
    first.api.change("POST", &path, &json!({"kind": "refresh_inventory"})).await;
    let commanded = |event: &Event| match event {
        Event::Command(uid) => Some(*uid),
        Event::Profile(..) | Event::Back(_) => None,
    };
    assert!(each_tells(&mut told, 1, commanded).await.contains(other));

    // One server ends without a word: its agents go to the other one.
    let begin = Instant::now();
    first.kill();
    let back = |event: &Event| match event {
        Event::Back(uid) => Some(*uid),
        Event::Profile(..) | Event::Command(_) => None,
    };
    let returned = each_tells(&mut told, AGENTS / 2, back).await;
    println!("{} agents were back after {:?}", returned.len(), begin.elapsed());
    assert!(returned.is_disjoint(&others), "only those of the server that has ended");
    assert_all_online(&second.api).await;
    change_heartbeat(&second.api, 32).await;
    each_tells(&mut told, AGENTS, with(32)).await;

    // What is then taken from the server that has gone is nothing that is still there.
    let deadline = begin + TO_BE_MISSED + SOON;
    while second.logged("another server has gone without saying so") == 0 {
        assert!(Instant::now() < deadline, "it was not missed");
        tokio::time::sleep(TO_TRY_AGAIN).await;
    }
    assert_all_online(&second.api).await;
    staying.abort_all();
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_may_be_started_for_the_first_time_together() {
    let url = DatabaseUrl::new(Secret::new(postgresql::new_database())).unwrap();
    let directories: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let starts = directories.iter().map(|directory| {
        let (database_url, key_file) = (Some(url.clone()), Some(directories[0].path().join("key")));
        Server::start(ServerConfiguration { database_url, key_file, ..configuration(directory.path()) })
    });
    let servers: Vec<Server> = join_all(starts).await.into_iter().map(Result::unwrap).collect();
    let identities: BTreeSet<String> = servers.iter().map(|server| server.identity.to_string()).collect();
    assert_eq!(identities.len(), 1);
    let tokens: Vec<_> = servers.iter().filter_map(|server| server.new_tokens.as_ref()).collect();
    assert_eq!(tokens.len(), 1, "one of them makes the tokens");
    for server in &servers {
        let api = ApiClient { address: server.console, token: tokens[0].administrator.expose().to_owned() };
        assert_eq!(api.get("/profiles").await.as_array().unwrap().len(), 1);
        assert_eq!(api.get("/enrolment-tokens").await.as_array().unwrap().len(), 1);
    }
    for server in servers {
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_nobody_tells_of_are_looked_for() {
    let (first, second) = Running::start_two().await;
    let mut agent = second.agent("desk").await;
    agent.profile(&second.server.identity).await;
    let begin = Instant::now();
    let url = std::fs::read_to_string(second.directory.path().join("database")).unwrap();
    postgresql::execute(
        &url,
        "UPDATE endpoint_profiles SET heartbeat_seconds = 8, revision = revision + 1;
         INSERT INTO revisions SELECT COALESCE(MAX(number), 0) + 1, 'another server', 'profiles', 0 FROM revisions",
    );
    assert_eq!(agent.profile(&second.server.identity).await.heartbeat_seconds, 8);
    assert!(begin.elapsed() < TO_REACH_ALL, "{:?}", begin.elapsed());
    first.server.stop().await;
    second.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_agents_even_when_something_fails_after_it() {
    let (first, second) = Running::start_two().await;
    let mut agent = first.agent("desk").await;
    agent.profile(&first.server.identity).await;
    agent.settled().await;
    let strict = json!({"name": "Strict", "invalid_certificate_action": "deny", "heartbeat_seconds": 8});
    let strict = first.api.change("POST", "/profiles", &strict).await["id"].clone();
    // Where the installation stands can no longer be read, which the answer to the administrator needs after the change.
    let url = std::fs::read_to_string(first.directory.path().join("database")).unwrap();
    postgresql::execute(&url, "ALTER TABLE acme_checks RENAME TO something_else");
    let group = json!({"name": "Desks", "rule": {"host_name": "desk"}, "profile_id": strict});
    assert_eq!(first.api.send("POST", "/groups", Some(&group.to_string())).await.status, 500);
    assert_eq!(agent.profile(&first.server.identity).await.heartbeat_seconds, 8);
    first.server.stop().await;
    second.server.stop().await;
}

/// A session with the certificate of an endpoint.
async fn session(running: &Running, uid: InstanceUid, identity: &ClientIdentity) -> Agent {
    let connection = Connection::open(running.server.telemetry, Some(identity)).await;
    let mut agent = connection.upgrade(uid, None).await.unwrap();
    agent.introduce("desk").await;
    agent
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_changes_servers_is_online_all_the_time() {
    let (first, second) = Running::start_two().await;
    let mut agent = first.agent("desk").await;
    let (uid, identity) = (agent.uid, enrol(&mut agent).await);
    for round in 0..4 {
        let (from, to) = if round % 2 == 0 { (&first, &second) } else { (&second, &first) };
        let mut next = session(to, uid, &identity).await;
        // The session before is ended by its server, which cannot take the endpoint for offline.
        assert_eq!(agent.ending().await.1, Some(1008), "round {round}");
        next.settled().await;
        for api in [&from.api, &to.api] {
            let endpoint = api.get(&format!("/endpoints/{uid}")).await;
            assert_eq!((&endpoint["online"], &endpoint["offline_reason"]), (&json!(true), &Value::Null));
            assert_eq!(api.get("/overview").await["online"], 1);
        }
        agent = next;
    }
    // With a token alone nobody takes its place, at whichever server.
    for running in [&first, &second] {
        let connection = Connection::open(running.server.telemetry, None).await;
        let mut stranger = connection.upgrade(uid, Some(&running.enrolment_token)).await.unwrap();
        stranger.send(crate::support::agent::introduction("stranger")).await;
        stranger.until(|message| message.agent_identification.clone()).await;
    }
    drop(agent);
    for running in [&first, &second] {
        running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    }
    first.server.stop().await;
    second.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_changes_the_other_carries_out() {
    let (first, second) = Running::start_two().await;
    let (mut desk, mut other) = (second.agent("desk").await, second.agent("other desk").await);
    desk.profile(&second.server.identity).await;
    other.profile(&second.server.identity).await;
    assert_eq!(first.server.identity, second.server.identity);

    let strict = json!({"name": "Strict", "invalid_certificate_action": "deny", "heartbeat_seconds": 9});
    let strict = first.api.change("POST", "/profiles", &strict).await;
    let begin = Instant::now();
    let path = format!("/endpoints/{}", desk.uid);
    let given =
        first.api.change("PUT", &format!("{path}/profile"), &json!({"profile_id": strict["id"]})).await;
    let warnings = given["warnings"].to_string();
    assert!(warnings.contains("1 connected endpoint whose profile says deny will disconnect"), "{warnings}");
    assert_eq!(desk.profile(&second.server.identity).await.heartbeat_seconds, 9);
    first.api.change("POST", &format!("{path}/commands"), &json!({"kind": "collect_diagnostics"})).await;
    desk.command().await;
    let to = json!({"address": "other.example", "enrolment_token": "of-the-other"});
    first.api.change("POST", &format!("{path}/server"), &to).await;
    let offer = desk.until(|message| message.connection_settings.clone()).await.opamp.unwrap();
    assert_eq!(offer.destination_endpoint, "wss://other.example:8013/v1/opamp");
    assert_eq!(offer.headers.unwrap().headers[0].value, "Bearer of-the-other");
    assert!(begin.elapsed() < TO_REACH_ALL, "{:?}", begin.elapsed());

    // The certificate, too; and agents connect again to judge it.
    let before = Connection::open(second.server.telemetry, None).await.certificate();
    first.api.change("PUT", CONFIRMED, &made(30).upload()).await;
    let switch = json!({"use_ssl_certificate_for_endpoint_control": true});
    first.api.change("PUT", "/settings", &switch).await;
    assert_eq!(other.ending().await.1, Some(1012));
    assert_eq!(desk.ending().await.1, Some(1012));
    let [first_shows, second_shows] = [&first, &second].map(|running| running.server.telemetry);
    let shown = Connection::open(second_shows, None).await.certificate();
    assert_ne!(shown, before);
    assert_eq!(shown, Connection::open(first_shows, None).await.certificate());

    second.endpoint(other.uid, |endpoint| endpoint["online"] == false).await;
    let connection = Connection::open(second.server.telemetry, None).await;
    let mut other = connection.upgrade(other.uid, Some(&second.enrolment_token)).await.unwrap();
    other.introduce("other desk").await;
    assert_eq!(first.api.send("DELETE", &format!("/endpoints/{}", other.uid), None).await.status, 204);
    assert_eq!(other.ending().await.1, Some(1008));
    second.server.stop().await;
    // A server that has ended in good order leaves nothing behind.
    assert_eq!(first.api.get("/overview").await["online"], 0);
    first.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_their_commands_and_the_licence_reach_endpoints_of_the_other_server() {
    let (first, second) = Running::start_two().await;
    let mut desk = second.agent("desk-1").await;
    desk.profile(&second.server.identity).await;
    let strict = json!({"name": "Strict", "invalid_certificate_action": "warn", "heartbeat_seconds": 9});
    let strict = first.api.change("POST", "/profiles", &strict).await;
    let group = json!({"name": "Desks", "rule": {"host_name": "desk-*"}, "profile_id": strict["id"]});
    let group = first.api.change("POST", "/groups", &group).await;
    assert_eq!(group["reassigned"], 1);
    assert_eq!(desk.profile(&second.server.identity).await.heartbeat_seconds, 9);

    let path = format!("/groups/{}", group["id"].as_str().unwrap());
    let command = json!({"kind": "collect_diagnostics"});
    first.api.change("POST", &format!("{path}/commands"), &command).await;
    desk.command().await;

    let licence = crate::licences::file(crate::support::publisher(), 7);
    assert_eq!(first.api.send("PUT", "/licence", Some(&licence)).await.status, 200);
    let seats = desk.until_custom(|message| match message {
        ServerCustomMessage::Licence(licence) if !licence.evaluation => Some(licence.seats),
        ServerCustomMessage::Command(_)
        | ServerCustomMessage::Licence(_)
        | ServerCustomMessage::RequestEnrolmentToken
        | ServerCustomMessage::DecisionsKept(_)
        | ServerCustomMessage::RequestInventory
        | ServerCustomMessage::Judge(_)
        | ServerCustomMessage::NextCertificate(_) => None,
    });
    assert_eq!(seats.await, 7);

    // Without the group its endpoint has the default again.
    assert_eq!(first.api.send("DELETE", &path, None).await.status, 200);
    assert_ne!(desk.profile(&second.server.identity).await.heartbeat_seconds, 9);
    first.server.stop().await;
    second.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_come_while_the_groups_of_all_of_them_change() {
    const COMING: usize = 24;
    let (first, second) = Running::start_two().await;
    let strict = json!({"name": "Strict", "invalid_certificate_action": "warn"});
    let strict = first.api.change("POST", "/profiles", &strict).await;
    let changes = async {
        for number in 0..12 {
            let running = if number % 2 == 0 { &first } else { &second };
            let group = json!({"name": format!("Group {number}"), "rule": {"host_name": "desk-*"},
                "profile_id": strict["id"]});
            let made = running.api.change("POST", "/groups", &group).await;
            if number < 11 {
                let path = format!("/groups/{}", made["id"].as_str().unwrap());
                assert_eq!(running.api.send("DELETE", &path, None).await.status, 200);
            }
        }
    };
    let coming = join_all((0..COMING).map(|number| {
        let running = if number % 2 == 0 { &first } else { &second };
        async move {
            let mut agent = running.agent(&format!("desk-{number}")).await;
            agent.settled().await;
            agent
        }
    }));
    let ((), agents) = tokio::join!(changes, coming);
    // Whoever came before the last group and whoever came after it belongs to it.
    for agent in &agents {
        first.endpoint(agent.uid, |endpoint| endpoint["profile"]["id"] == strict["id"]).await;
    }
    first.server.stop().await;
    second.server.stop().await;
}
