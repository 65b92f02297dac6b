//! Saved revisions of endpoint profiles.

use serde_json::{Value, json};

use crate::support::Running;

fn profile(name: &str, action: &str, heartbeat: u64) -> Value {
    json!({"name": name, "invalid_certificate_action": action, "heartbeat_seconds": heartbeat})
}

#[tokio::test(flavor = "multi_thread")]
async fn every_revision_is_kept_compared_and_brought_back() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let first = agent.profile(&running.server.identity).await;
    let path = format!("/profiles/{}", first.id);
    running.api.change("PUT", &path, &profile("Default", "deny", 60)).await;
    agent.profile(&running.server.identity).await;
    running.api.change("PUT", &path, &profile("Renamed", "allow", 60)).await;
    agent.profile(&running.server.identity).await;

    let versions = running.api.get(&format!("{path}/versions")).await;
    let outline: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            let content = &version["content"];
            (
                version["revision"].as_u64().unwrap(),
                version["current"] == true,
                version["saved_by"].as_str().unwrap().to_owned(),
                content["invalid_certificate_action"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let by = "administrator token".to_owned();
    assert_eq!(
        outline,
        [
            (3, true, by.clone(), "allow".to_owned()),
            (2, false, by, "deny".to_owned()),
            (1, false, "the server".to_owned(), "warn".to_owned()),
        ]
    );
    assert_eq!(running.api.get(&format!("{path}/versions/2")).await, versions[1]);
    let compared = running.api.get(&format!("{path}/versions/1/differences?to=3")).await;
    assert_eq!(
        compared["differences"],
        json!([
            {"field": "heartbeat_seconds", "before": 30, "after": 60},
            {"field": "invalid_certificate_action", "before": "warn", "after": "allow"},
            {"field": "name", "before": "Default", "after": "Renamed"},
        ])
    );

    // First what it would lead to, and nothing else.
    let back = format!("{path}/versions/2/roll-back");
    let foreseen = running.api.change("POST", &format!("{back}?dry_run=true"), &json!({})).await;
    assert_eq!((&foreseen["revision"], &foreseen["name"]), (&json!(4), &json!("Default")));
    assert!(foreseen["warnings"][0].as_str().unwrap().contains("1 connected endpoint"), "{foreseen}");
    assert_eq!(running.api.get(&path).await["revision"], 3);

    let stale = running.api.send_with("POST", &back, &[("If-Match", "\"2\"")], None).await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    let rolled_back = running.api.send_with("POST", &back, &[("If-Match", "\"3\"")], None).await;
    assert_eq!((rolled_back.status, rolled_back.header("etag")), (200, "\"4\""), "{}", rolled_back.body);
    assert_eq!(rolled_back.json()["warnings"], foreseen["warnings"]);
    let fourth = agent.profile(&running.server.identity).await;
    assert_eq!((fourth.revision, fourth.name.as_str(), fourth.heartbeat_seconds), (4, "Default", 60));
    let audit = running.api.get("/audit").await;
    assert_eq!(
        (&audit[0]["action"], &audit[0]["detail"]["as_in_revision"]),
        (&json!("profile.rolled_back"), &json!(2))
    );

    for (method, path, status) in [
        ("POST", format!("{path}/versions/4/roll-back"), 409),
        ("POST", format!("{path}/versions/9/roll-back"), 404),
        ("GET", format!("{path}/versions/9"), 404),
        ("GET", format!("{path}/versions/x"), 400),
        ("GET", format!("{path}/versions/1/differences"), 400),
        ("POST", format!("{back}?dry_run=maybe"), 400),
    ] {
        let answer = running.api.send(method, &path, None).await;
        assert_eq!(answer.status, status, "{path} {}", answer.body);
        assert_eq!(answer.content_type, "application/problem+json");
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_action_of_several_profiles_are_revisions_too() {
    use crate::support::console::{Console, NAME, PASSWORD};
    let running = Running::start().await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let id = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
    let fields = [("action", "deny"), (id.as_str(), "on")];
    assert_eq!(console.post("/endpoint-profiles/action", &fields).await.status, 303);
    let versions = running.api.get(&format!("/profiles/{id}/versions")).await;
    assert_eq!(
        (versions.as_array().unwrap().len(), &versions[0]["saved_by"], &versions[0]["revision"]),
        (2, &json!(NAME), &json!(2))
    );
    let page = console.get(&format!("/endpoint-profiles/{id}/comparison?from=1&to=2")).await;
    assert!(page.body.contains("<del>Warn</del>") && page.body.contains("<ins>Deny</ins>"), "{}", page.body);
    let back = format!("/endpoint-profiles/{id}/roll-back");
    assert_eq!(console.post(&back, &[("to", "1"), ("revision", "2")]).await.status, 303);
    assert_eq!(running.api.get(&format!("/profiles/{id}")).await["invalid_certificate_action"], "warn");
    let clone = running.api.change("POST", &format!("/profiles/{id}/clone"), &json!({})).await;
    assert_eq!((&clone["name"], &clone["is_default"]), (&json!("Default (copy)"), &json!(false)));
    let body = json!({"profiles": [id, clone["id"]], "invalid_certificate_action": "allow"});
    assert_eq!(running.api.change("POST", "/profiles/action", &body).await["profiles"], 2);
    let audit = console.get("/system-settings/audit-log").await.body;
    for words in ["Changed an endpoint profile", "Default (copy)", "Invalid Certificate Action: Allow"] {
        assert!(audit.contains(words), "{words}: {audit}");
    }
    // Where only a form is sent, loading the address again shows the page of the form.
    assert_eq!(console.get(&back).await.header("location"), format!("/endpoint-profiles/{id}"));
    running.server.stop().await;
}
