//! The profile decides, at once.

use serde_json::json;

use crate::support::app::{App, Setup};
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::wait_for;

#[test]
fn a_changed_profile_is_applied_to_the_live_session() {
    let desktop = Desktop::start();
    let server = Server::start();
    server.set_action("allow");
    let setup = Setup { action: Some("allow"), ..server.setup("localhost") };
    let app = App::start(&desktop, &setup);
    app.wait_for_state("Connected without a valid certificate");
    server.wait_for_endpoint("the profile", |endpoint| endpoint["profile"]["status"] == "applied");
    assert!(!desktop.had_a_window());

    server.set_action("warn");
    app.dialog();
    app.wait_for_state("Your answer is needed");
    server.wait_for_endpoint("the end of the session", |endpoint| endpoint["online"] == false);
    app.press("Allow");
    app.wait_for_state("Connected without a valid certificate");
    server.wait_for_endpoint("the decision", |endpoint| {
        endpoint["certificate"]["decision"] == "allowed_by_person"
    });

    server.set_action("deny");
    app.wait_for_state("Connection refused");
    app.watch_for_no_dialog();
    app.stop();

    // The profile is kept: the next start denies without having been told again.
    let app = App::start(&desktop, &setup);
    app.wait_for_state("Connection refused");
}

#[test]
fn inventory_licence_and_commands_reach_the_other_side() {
    let desktop = Desktop::start();
    let server = Server::start();
    server.set_action("allow");
    let app = App::start(&desktop, &Setup { action: Some("allow"), ..server.setup("localhost") });
    app.wait_for_state("Connected without a valid certificate");
    let endpoint = server.wait_for_endpoint("the inventory", |endpoint| !endpoint["inventory"].is_null());
    assert_eq!(endpoint["agent_version"], env!("CARGO_PKG_VERSION"));
    assert!(endpoint["inventory"]["memory_bytes"].as_u64().unwrap() > 0);
    let id = endpoint["id"].as_str().unwrap().to_owned();

    let path = format!("/endpoints/{id}/commands");
    server.post(
        &path,
        &json!({"kind": "notify_user", "title": "Restart", "text": "Tonight at nine <b>sharp</b>."}),
    );
    let notification = wait_for("the message", || {
        desktop.notifications().into_iter().find(|notification| notification.title.contains("Restart"))
    });
    assert!(notification.body.contains("&lt;b&gt;sharp"), "{notification:?}");
    server.post(&path, &json!({"kind": "collect_diagnostics"}));
    let diagnostics = wait_for("the diagnostics", || {
        let commands = server.get(&path);
        let outcome =
            commands.as_array()?.iter().find(|command| command["kind"] == "collect_diagnostics")?["outcome"]
                .clone();
        (outcome["status"] == "succeeded").then_some(outcome)
    });
    assert_eq!(diagnostics["output"]["configuration"]["has_enrolment_token"], true);
    assert!(!diagnostics.to_string().contains(&server.token), "the token stays where it is");

    server.post(&path, &json!({"kind": "deregister"}));
    app.wait_for_state("Disconnected");
    server.wait_for_endpoint("the end of the enrolment", |endpoint| endpoint["deregistered"] == true);
    assert!(desktop.kept(&format!("client-identity:localhost:{}", server.telemetry.port())).is_none());
    app.watch_for_no_dialog();
    assert_eq!(app.state(), "Disconnected");
}
