//! Which endpoint has which profile.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Running;

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_gets_the_profile_that_it_is_given_at_once() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let mut other = running.agent("other desk").await;
    let first = agent.profile(&running.server.identity).await;
    other.profile(&running.server.identity).await;
    let body = json!({"name": "Strict", "invalid_certificate_action": "deny", "heartbeat_seconds": 9});
    let strict = running.api.change("POST", "/profiles", &body).await;
    let path = format!("/endpoints/{}/profile", agent.uid);
    let given = running.api.change("PUT", &path, &json!({"profile_id": strict["id"]})).await;
    assert_eq!((&given["profile"]["id"], &given["profile"]["status"]), (&strict["id"], &json!("pending")));

    let second = agent.profile(&running.server.identity).await;
    assert_eq!((json!(second.id), second.heartbeat_seconds), (strict["id"].clone(), 9));
    let endpoint = running.endpoint(other.uid, |endpoint| endpoint["online"] == true).await;
    assert_eq!(endpoint["profile"]["id"], json!(first.id), "the other endpoint keeps its own");
    let audit = running.api.get("/audit").await;
    assert_eq!(
        (&audit[0]["action"], &audit[0]["subject"], &audit[0]["detail"]["profile"]),
        (&json!("endpoint.profile_assigned"), &json!(agent.uid), &strict["id"])
    );

    // What does not fit changes nothing.
    let nobody = format!("/endpoints/{}/profile", Uuid::now_v7());
    let unknown = json!({"profile_id": Uuid::now_v7()});
    for (path, body, status) in [
        (&path, unknown, 422),
        (&path, json!({"profile_id": "x"}), 422),
        (&path, json!({}), 422),
        (&nobody, json!({"profile_id": first.id}), 404),
    ] {
        let answer = running.api.send("PUT", path, Some(&body.to_string())).await;
        assert_eq!(answer.status, status, "{body} {}", answer.body);
    }
    let endpoint = running.api.get(&format!("/endpoints/{}", agent.uid)).await;
    assert_eq!(endpoint["profile"]["id"], strict["id"]);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_removed_once_nobody_needs_it() {
    let running = Running::start().await;
    let agent = running.agent("desk").await;
    let default = running.api.get("/profiles").await[0]["id"].clone();
    let body = json!({"name": "Strict", "invalid_certificate_action": "deny"});
    let strict = running.api.change("POST", "/profiles", &body).await["id"].clone();
    let path = |id: &Value| format!("/profiles/{}", id.as_str().unwrap());
    let assign = format!("/endpoints/{}/profile", agent.uid);
    running.api.change("PUT", &assign, &json!({"profile_id": strict})).await;
    for (id, status, expected) in [
        (&default, 409, "“Default” is the default endpoint profile"),
        (&strict, 409, "“Strict” is that of 1 endpoint. Give them another one first"),
        (&json!(Uuid::now_v7()), 404, "There is no endpoint profile"),
    ] {
        let answer = running.api.send("DELETE", &path(id), None).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.contains(expected), "{}", answer.body);
    }
    running.api.change("PUT", &assign, &json!({"profile_id": default})).await;
    assert_eq!(running.api.send("DELETE", &path(&strict), None).await.status, 204);
    assert_eq!(running.api.send("GET", &path(&strict), None).await.status, 404);
    assert_eq!(running.api.get("/audit").await[0]["action"], "profile.removed");
    let described = running.api.get("/openapi.json").await;
    assert!(described["paths"]["/api/v1/profiles/{id}"]["delete"].is_object());
    assert!(described["paths"]["/api/v1/endpoints/{id}/profile"]["put"].is_object());
    running.server.stop().await;
}
