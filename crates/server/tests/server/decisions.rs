//! What people at endpoints decided, as it comes from their agents; and inventories of which only the changes come.

use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::decision::{Asked, DecidedAnswer, DecidedQuestion, Lasting};
use countersign_protocol::{
    CommandKind, Decision, Decisions, Inventory, InventoryChanges, RememberedAtEndpoint, RememberedReport,
};
use countersign_trust::{Fingerprint, PermissionOrigin, ProblemKind};
use serde_json::json;
use time::macros::datetime;
use uuid::Uuid;

use crate::support::Running;
use crate::support::agent::Agent;

fn decision(id: Uuid, answer: DecidedAnswer) -> Decision {
    Decision {
        id,
        at: datetime!(2027-01-01 12:00 UTC),
        fingerprint: Fingerprint::of(b"certificate"),
        problems: [ProblemKind::SelfSigned].into(),
        question: DecidedQuestion::First,
        answer,
        asked: Asked::Dialog,
    }
}

fn remembered() -> RememberedAtEndpoint {
    RememberedAtEndpoint {
        fingerprint: Fingerprint::of(b"certificate"),
        subject: "CN=server\u{202e}".to_owned(),
        issuer: "CN=server".to_owned(),
        accepted: [ProblemKind::SelfSigned].into(),
        since: datetime!(2027-01-01 12:00 UTC),
        until: None,
        lasting: Lasting::Kept,
        origin: PermissionOrigin::Person,
        announced: Vec::new(),
    }
}

async fn kept(agent: &mut Agent) -> Vec<Uuid> {
    agent
        .until_custom(|message| match message {
            ServerCustomMessage::DecisionsKept(kept) => Some(kept.ids),
            ServerCustomMessage::Command(_)
            | ServerCustomMessage::Licence(_)
            | ServerCustomMessage::RequestEnrolmentToken
            | ServerCustomMessage::RequestInventory
            | ServerCustomMessage::Judge(_)
            | ServerCustomMessage::NextCertificate(_) => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_kept_once_and_acknowledged() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let path = format!("/endpoints/{}/decisions", agent.uid);
    assert_eq!(running.api.get(&path).await, json!({"reported": true, "decisions": []}));
    let allowed = DecidedAnswer::Allowed { until: None, lasting: Lasting::Kept };
    let sent = |decisions: Vec<Decision>| AgentCustomMessage::Decisions(Decisions { decisions });
    agent.send_custom(&sent(vec![decision(first, DecidedAnswer::Denied)])).await;
    assert_eq!(kept(&mut agent).await, [first]);
    // The agent did not hear of it, and sends it again.
    agent.send_custom(&sent(vec![decision(first, DecidedAnswer::Denied), decision(second, allowed)])).await;
    assert_eq!(kept(&mut agent).await, [first, second]);
    let shown = running.api.get(&path).await;
    let answers: Vec<_> =
        shown["decisions"].as_array().unwrap().iter().map(|found| &found["answer"]["name"]).collect();
    assert_eq!(answers, [&json!("allowed"), &json!("denied")]);
    assert_eq!(shown["decisions"][0]["problems"], json!(["self_signed"]));

    agent.send_custom(&sent((0..101).map(|_| decision(Uuid::now_v7(), allowed)).collect())).await;
    let (error, _) = agent.ending().await;
    assert!(error.unwrap().contains("too many decisions"));
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_is_listed_and_revoked_by_a_command() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let report = RememberedReport { certificates: vec![remembered()] };
    agent.send_custom(&AgentCustomMessage::Remembered(report)).await;
    agent.settled().await;
    let path = format!("/endpoints/{}/remembered-certificates", agent.uid);
    let shown = running.api.get(&path).await;
    assert_eq!(shown["certificates"][0]["subject"], "CN=server", "fit to be shown");
    let fingerprint = Fingerprint::of(b"certificate");
    let other = running.api.send("DELETE", &format!("{path}/{}", Fingerprint::of(b"other")), None).await;
    assert_eq!(other.status, 404, "{}", other.body);
    assert_eq!(running.api.send("DELETE", &format!("{path}/x"), None).await.status, 400);
    let given = running.api.send("DELETE", &format!("{path}/{fingerprint}"), None).await;
    assert_eq!(given.status, 202, "{}", given.body);
    let command = agent.command().await;
    assert_eq!(
        (json!(command.id), command.kind),
        (given.json()["id"].clone(), CommandKind::ForgetCertificate { fingerprint })
    );
    let audit = running.api.get("/audit").await;
    assert_eq!(
        (&audit[0]["action"], &audit[0]["detail"]["fingerprint"]),
        (&json!("remembered_certificate.revoked"), &json!(fingerprint))
    );
    agent.send_custom(&AgentCustomMessage::Remembered(RememberedReport::default())).await;
    agent.settled().await;
    assert_eq!(running.api.get(&path).await["certificates"], json!([]));
    running.server.stop().await;
}

fn inventory(processors: u32) -> Inventory {
    Inventory {
        host_name: "desk".to_owned(),
        os_type: "linux".to_owned(),
        os_description: "Linux".to_owned(),
        kernel_version: "6.1".to_owned(),
        architecture: "amd64".to_owned(),
        user: "anna".to_owned(),
        addresses: Vec::new(),
        agent_version: "1.2.3".to_owned(),
        uptime_seconds: 1,
        memory_bytes: 1,
        processors,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_an_inventory_are_applied_or_the_whole_is_asked_for() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let asked = |message| matches!(message, ServerCustomMessage::RequestInventory).then_some(());
    let changes = |from, to| {
        AgentCustomMessage::InventoryChanges(InventoryChanges::between(&inventory(from), &inventory(to)))
    };
    // The server has nothing yet.
    agent.send_custom(&changes(1, 2)).await;
    agent.until_custom(asked).await;
    agent.send_custom(&AgentCustomMessage::Inventory(Box::new(inventory(2)))).await;
    agent.send_custom(&changes(2, 3)).await;
    let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["inventory"]["processors"] == 3).await;
    assert_eq!(endpoint["inventory"], json!(inventory(3)));
    // One was lost on the way.
    agent.send_custom(&changes(4, 5)).await;
    agent.until_custom(asked).await;
    assert_eq!(running.api.get(&format!("/endpoints/{}", agent.uid)).await["inventory"], json!(inventory(3)));
    running.server.stop().await;
}
