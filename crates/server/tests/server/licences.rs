//! Licence files, and what is said when they are not enough.

use countersign_protocol::custom::ServerCustomMessage;
use countersign_protocol::{Licence, LicenceDocument, PublisherKeyPair};
use serde_json::{Value, json};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::support::agent::Agent;
use crate::support::clock::ManualClock;
use crate::support::console::{Console, NAME, PASSWORD};
use crate::support::{Running, publisher};

const NOW: OffsetDateTime = datetime!(2027-01-01 12:00 UTC);

fn document(seats: u32) -> LicenceDocument {
    let mut document = LicenceDocument::new("Example Ltd".to_owned(), seats, NOW);
    document.expires_at = Some(NOW + Duration::days(365));
    document
}

/// The text of a licence file that this publisher signed.
pub(crate) fn file(key: &PublisherKeyPair, seats: u32) -> String {
    key.sign(&document(seats)).unwrap().to_text()
}

async fn told(agent: &mut Agent) -> Licence {
    agent
        .until_custom(|message| match message {
            ServerCustomMessage::Licence(licence) => Some(licence),
            ServerCustomMessage::Command(_)
            | ServerCustomMessage::RequestEnrolmentToken
            | ServerCustomMessage::DecisionsKept(_)
            | ServerCustomMessage::RequestInventory
            | ServerCustomMessage::Judge(_)
            | ServerCustomMessage::NextCertificate(_) => None,
        })
        .await
}

fn places(overview: &Value) -> Vec<(&str, &str)> {
    let attention = overview["attention"].as_array().unwrap().iter();
    attention
        .filter(|attention| attention["place"] == "/system-settings/licence")
        .map(|attention| (attention["urgency"].as_str().unwrap(), attention["text"].as_str().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_licence_is_in_force_at_once_and_over_its_seats_nobody_is_cut_off() {
    let clock = ManualClock::at(NOW);
    let running = Running::start_with(clock.clone()).await;
    let mut agent = running.agent("desk").await;
    assert!(told(&mut agent).await.evaluation);
    let first = running.api.get("/licence").await;
    assert_eq!(
        (&first["evaluation"], &first["seats"], &first["used"]),
        (&json!(true), &json!(25), &json!(1))
    );

    let stranger = PublisherKeyPair::generate().unwrap().0;
    for (body, says) in [
        (file(&stranger, 5), "is not the publisher"),
        ("{}".to_owned(), "This is no licence file"),
        ("{\"licence\": \"?\", \"signature\": \"?\"}".to_owned(), "This is no licence file"),
    ] {
        let refused = running.api.send("PUT", "/licence", Some(&body)).await;
        assert!(refused.status == 422 && refused.body.contains(says), "{body} {}", refused.body);
    }
    assert_eq!(running.api.send("DELETE", "/licence", None).await.status, 404);

    let uploaded = running.api.send("PUT", "/licence", Some(&file(publisher(), 1))).await;
    assert_eq!(uploaded.status, 200, "{}", uploaded.body);
    let told_now = told(&mut agent).await;
    assert_eq!((told_now.customer.as_str(), told_now.seats, told_now.evaluation), ("Example Ltd", 1, false));
    assert!(places(&running.api.get("/overview").await).is_empty());

    // More than that can enrol, and stay.
    let mut more = Vec::new();
    for (number, urgency) in [(2, "soon"), (3, "now")] {
        more.push(running.agent(&format!("desk-{number}")).await);
        let overview = running.api.get("/overview").await;
        let said = places(&overview);
        assert_eq!(said[0].0, urgency, "{said:?}");
        assert!(said[0].1.contains("Nobody is cut off"), "{said:?}");
    }
    assert_eq!(running.api.get("/overview").await["online"], 3);
    assert_eq!(running.api.get("/licence").await["seats_state"], "over");

    // It outlasts a restart and its own end.
    clock.advance(Duration::days(366));
    let running = running.restarted_with(clock).await;
    let ended = running.api.get("/licence").await;
    assert_eq!((&ended["customer"], &ended["term_state"]), (&json!("Example Ltd"), &json!("ended")));
    let _agent = running.agent("one more").await;
    let removed = running.api.send("DELETE", "/licence", None).await;
    assert_eq!(removed.json()["evaluation"], true, "{}", removed.body);
    let audit = running.api.get("/audit").await;
    assert_eq!(
        (&audit[0]["action"], &audit[1]["action"]),
        (&json!("licence.removed"), &json!("licence.uploaded"))
    );
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_takes_a_licence_file() {
    let running = Running::start().await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let path = "/system-settings/licence";
    let refused = console.post(path, &[("licence", "rubbish")]).await;
    assert!(refused.status == 422 && refused.body.contains("no licence file"), "{}", refused.body);
    assert!(refused.body.contains(">rubbish</textarea>"), "{}", refused.body);
    let mut document = document(7);
    document.expires_at = None;
    let text = publisher().sign(&document).unwrap().to_text();
    assert_eq!(console.post(path, &[("licence", &text)]).await.status, 303);
    let page = console.get(path).await.body;
    assert!(page.contains("Example Ltd") && page.contains("Licence file"), "{page}");
    assert_eq!(console.post("/system-settings/licence/remove", &[]).await.status, 303);
    assert!(console.get(path).await.body.contains("Built-in evaluation licence"));
    running.server.stop().await;
}
