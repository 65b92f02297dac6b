//! What the API says about requests that do not fit.

use serde_json::json;
use uuid::Uuid;

use crate::support::Running;
use crate::support::http::Response;

/// That the answer is a problem with this status and this sentence.
fn assert_said(name: &str, response: &Response, status: u16, expected: &str) {
    let detail = response.json()["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!((response.status, detail.as_str()), (status, expected), "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_named() {
    let running = Running::start().await;
    let id = Uuid::now_v7();
    // With the name of another profile, which is not what is wrong.
    let profile = json!({"name": "Default", "invalid_certificate_action": "warn"}).to_string();
    let choice = json!({"profile_id": running.api.get("/profiles").await[0]["id"]}).to_string();
    let (command, server) = ("{\"kind\": \"refresh_inventory\"}", "{\"address\": \"other.example\"}");
    let table = [
        ("GET", "/profiles/{}", None, "endpoint profile"),
        ("PUT", "/profiles/{}", Some(profile.as_str()), "endpoint profile"),
        ("DELETE", "/profiles/{}", None, "endpoint profile"),
        ("GET", "/endpoints/{}", None, "endpoint"),
        ("DELETE", "/endpoints/{}", None, "endpoint"),
        ("PUT", "/endpoints/{}/profile", Some(&choice), "endpoint"),
        ("GET", "/endpoints/{}/commands", None, "endpoint"),
        ("POST", "/endpoints/{}/commands", Some(command), "endpoint"),
        ("POST", "/endpoints/{}/server", Some(server), "endpoint"),
        ("DELETE", "/enrolment-tokens/{}", None, "enrolment token"),
    ];
    for (method, path, body, thing) in table {
        let answer = running.api.send(method, &path.replace("{}", &id.to_string()), body).await;
        assert_said(&format!("{method} {path}"), &answer, 404, &format!("There is no {thing} {id}."));
    }
    running.server.stop().await;
}
