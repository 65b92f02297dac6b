//! The switches of the server: turned together or not at all, and only when what they ask for can be done.

use countersign_trust::Fingerprint;
use serde_json::{Value, json};

use crate::certificates::{CONFIRMED, made};
use crate::support::Running;
use crate::support::agent::Connection;
use crate::support::http::ApiClient;
use crate::support::process::Installation;

/// Somebody has written over the key, so that it cannot be opened any more.
const KEY_LOST: &str = "UPDATE server_certificates SET private_key = 'lost'";

fn switch(on: bool) -> Value {
    json!({"use_ssl_certificate_for_endpoint_control": on})
}

/// The rows of the audit about settings, the latest first.
async fn changes(api: &ApiClient) -> Vec<Value> {
    let audit = api.get("/audit").await;
    let rows = audit.as_array().unwrap().iter().filter(|row| row["action"] == "settings.changed");
    rows.map(|row| row["detail"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_shown_is_not_turned_on_and_can_be_turned_off() {
    let mut installation = Installation::new();
    let server = installation.start().await;
    server.api.change("PUT", CONFIRMED, &made(30).upload()).await;
    let built_in = server.api.get("/built-in-certificate").await["fingerprint"].clone();
    let shown = async || {
        let connection = Connection::open(server.telemetry, None).await;
        json!(Fingerprint::of(&connection.certificate()))
    };
    installation.execute(KEY_LOST).await;
    let both = json!({"use_ssl_certificate_for_endpoint_control": true, "redirect_http_to_https": true});
    let refused = server.api.send("PUT", "/settings", Some(&both.to_string())).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let settings = server.api.get("/settings").await;
    assert_eq!(settings["use_ssl_certificate_for_endpoint_control"], false, "{settings}");
    assert_eq!(settings["redirect_http_to_https"], false, "{settings}");
    assert_eq!(shown().await, built_in);
    assert!(changes(&server.api).await.is_empty());

    // Turned on in time, and off when the key is lost: what is not shown any more need not be opened.
    let upload = made(30).upload();
    server.api.change("PUT", CONFIRMED, &upload).await;
    server.api.change("PUT", "/settings", &switch(true)).await;
    assert_ne!(shown().await, built_in);
    installation.execute(KEY_LOST).await;
    let off = server.api.change("PUT", "/settings", &switch(false)).await;
    assert_eq!(off["use_ssl_certificate_for_endpoint_control"], false);
    assert!(off["warnings"].to_string().contains("cannot be opened"), "{off:#}");
    assert_eq!(shown().await, built_in);
    server.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn switches_that_are_turned_together_are_one_change() {
    let running = Running::start().await;
    running.api.change("PUT", CONFIRMED, &made(30).upload()).await;
    let before = running.api.get("/settings").await["revision"].as_u64().unwrap();
    let all = json!({
        "use_ssl_certificate_for_endpoint_control": true,
        "remote_https_access": false,
        "redirect_http_to_https": true,
    });
    let settings = running.api.change("PUT", "/settings", &all).await;
    assert_eq!(settings["revision"], before + 1);
    assert_eq!(changes(&running.api).await, std::slice::from_ref(&all));
    for (name, on) in all.as_object().unwrap() {
        assert_eq!(settings[name], *on, "{name}");
    }
    running.server.stop().await;
}
