//! Endpoints that do not come back after the server's certificate was changed: who looks after the server is told.

use countersign_protocol::InstanceUid;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::certificates::{CONFIRMED, made};
use crate::support::Running;
use crate::support::agent::{Agent, Connection};
use crate::support::clock::ManualClock;
use crate::support::console::{Console, NAME, PASSWORD};

const PLACE: &str = "/endpoints?connection=certificate_changed";

async fn switch(running: &Running, on: bool) {
    let body = json!({"use_ssl_certificate_for_endpoint_control": on});
    running.api.change("PUT", "/settings", &body).await;
}

/// The session of an agent is ended by the server, which has kept that.
async fn sent_away(running: &Running, mut agent: Agent) {
    assert_eq!(agent.ending().await.1, Some(1012));
    running.endpoint(agent.uid, |endpoint| endpoint["online"] == false).await;
}

async fn comes_back(running: &Running, uid: InstanceUid, host: &str) -> Agent {
    let connection = Connection::open(running.server.telemetry, None).await;
    let mut agent = connection.upgrade(uid, Some(&running.enrolment_token)).await.unwrap();
    agent.introduce(host).await;
    agent.settled().await;
    agent
}

/// What the overview says of them: how many, and in words.
async fn overview(running: &Running) -> (Value, Vec<Value>) {
    let overview = running.api.get("/overview").await;
    let attention = overview["attention"].as_array().unwrap().iter();
    let said = attention.filter(|attention| attention["place"] == PLACE).cloned().collect();
    (overview["not_back"].clone(), said)
}

async fn observe(running: &Running) -> Value {
    let path = running.api.get("/upgrade-path").await;
    let mut parts = path["steps"][3]["parts"].as_array().unwrap().iter();
    parts.find(|part| part["code"] == "observe").unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_that_a_changed_certificate_took_away_need_attention() {
    let clock = ManualClock::at(OffsetDateTime::now_utc());
    let running = Running::start_with(clock.clone()).await;
    running.api.change("PUT", CONFIRMED, &made(30).upload()).await;
    let (mut trusting, mut asking) = (running.agent("trusting").await, running.agent("asking").await);
    for agent in [&mut trusting, &mut asking] {
        agent.settled().await;
    }
    let (trusting_uid, asking_uid) = (trusting.uid, asking.uid);

    switch(&running, true).await;
    sent_away(&running, trusting).await;
    sent_away(&running, asking).await;
    let back = comes_back(&running, trusting_uid, "trusting").await;

    // It may yet come back by itself.
    clock.advance(Duration::minutes(4));
    assert_eq!(overview(&running).await, (json!(0), vec![]));
    let situation = observe(&running).await["situation"].as_str().unwrap().to_owned();
    assert!(situation.contains("1 endpoint has yet to come back"), "{situation}");

    // It has not.
    clock.advance(Duration::minutes(2));
    let (number, said) = overview(&running).await;
    assert_eq!((number, said.len(), &said[0]["urgency"]), (json!(1), 1, &json!("now")));
    let text = said[0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("1 endpoint has not come back since the server's certificate was changed."),
        "{text}"
    );
    let part = observe(&running).await;
    assert_ne!(part["state"], "done");
    assert!(part["situation"].as_str().unwrap().contains(text), "{part:#}");
    let deny = json!({
        "change": "action", "profiles": [running.api.get("/profiles").await[0]["id"]], "invalid_certificate_action": "deny",
    });
    let foretold = running.api.change("POST", "/pre-flight", &deny).await;
    assert!(foretold["remarks"].to_string().contains(text), "{foretold:#}");
    let listed = running.api.get("/endpoints?away_since=certificate_changed").await;
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &json!(asking_uid.to_string())));
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let page = console.get("/").await.body;
    assert!(page.contains(&format!("href=\"{PLACE}\"")) && !page.contains("Nothing at the moment"), "{page}");
    let page = console.get(PLACE).await.body;
    assert!(page.contains(">1 endpoint<") && page.contains(">asking</a>"), "{page}");
    assert!(page.contains("value=\"certificate_changed\" selected"), "{page}");
    let page = console.get("/upgrade-path").await.body;
    assert!(page.contains("has not come back") && !page.contains("come to the end"), "{page}");

    // Neither a restart nor another change of the certificate makes it forgotten; the other one is away as well now.
    let running = running.restarted_with(clock.clone()).await;
    drop(back);
    let back = comes_back(&running, trusting_uid, "trusting").await;
    switch(&running, false).await;
    sent_away(&running, back).await;
    clock.advance(Duration::minutes(6));
    assert_eq!(overview(&running).await.0, 2);

    // Who comes back, or is removed, is not away.
    let _asked = comes_back(&running, asking_uid, "asking").await;
    assert_eq!(overview(&running).await.0, 1);
    running.api.send("DELETE", &format!("/endpoints/{trusting_uid}"), None).await;
    assert_eq!(overview(&running).await, (json!(0), vec![]));
    running.server.stop().await;
}
