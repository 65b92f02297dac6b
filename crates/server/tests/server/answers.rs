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

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_answered_with_what_would() {
    let running = Running::start().await;
    let profile =
        |name: &str, action: &str| format!("{{\"name\": {name}, \"invalid_certificate_action\": {action}}}");
    let fits = "The body does not fit what this address takes: ";
    let actions = format!(
        "{fits}invalid_certificate_action: null is not possible, expected one of `allow`, `warn`, `deny`."
    );
    let unknown = format!(
        "{fits}invalid_certificate_action: unknown variant `block`, expected one of `allow`, `warn`, `deny`."
    );
    let no_name = format!("{fits}name: invalid type: null, expected a string.");
    let no_switch =
        format!("{fits}use_ssl_certificate_for_endpoint_control: invalid type: null, expected a boolean.");
    let no_time = format!("{fits}expires_at: this is no time; give one such as 2027-01-01T00:00:00Z.");
    let switch = "{\"use_ssl_certificate_for_endpoint_control\": null}".to_owned();
    let token = |expires_at: &str| format!("{{\"name\": \"a\", \"expires_at\": {expires_at}}}");
    let (empty, object) = ("The body is empty; send a JSON object.", "Send a JSON object.");
    for (method, path, body, status, expected) in [
        ("POST", "/profiles", profile("null", "\"warn\""), 422, no_name.as_str()),
        ("POST", "/profiles", profile("\"a\"", "null"), 422, &actions),
        ("POST", "/profiles", profile("\"a\"", "\"block\""), 422, &unknown),
        ("PUT", "/settings", switch, 422, &no_switch),
        ("PUT", "/settings", String::new(), 400, empty),
        ("PUT", "/settings", " \n".to_owned(), 400, empty),
        ("PUT", "/settings", "[]".to_owned(), 422, object),
        ("PUT", "/settings", "null".to_owned(), 422, object),
        ("POST", "/enrolment-tokens", "\"a\"".to_owned(), 422, object),
        ("POST", "/enrolment-tokens", token("\"tomorrow\""), 422, &no_time),
        ("POST", "/enrolment-tokens", token("\"2027-01-01\""), 422, &no_time),
        ("POST", "/enrolment-tokens", token("1798761600"), 422, &no_time),
        (
            "GET",
            "/endpoints/foo",
            String::new(),
            400,
            "“foo” is not an id; GET /api/v1/endpoints lists them.",
        ),
        (
            "GET",
            "/endpoints/1/commands",
            String::new(),
            400,
            "“1” is not an id; GET /api/v1/endpoints lists them.",
        ),
        ("DELETE", "/profiles/x", String::new(), 400, "“x” is not an id; GET /api/v1/profiles lists them."),
        (
            "DELETE",
            "/enrolment-tokens/x",
            String::new(),
            400,
            "“x” is not an id; GET /api/v1/enrolment-tokens lists them.",
        ),
    ] {
        let answer = running.api.send(method, path, Some(&body)).await;
        assert_said(&format!("{method} {path} {body}"), &answer, status, expected);
    }
    let tokens =
        running.api.change("POST", "/enrolment-tokens", &json!({"name": "a", "expires_at": null})).await;
    assert!(tokens["token"].is_string());
    running.server.stop().await;
}
