//! For how long an answer holds is what the person has chosen.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::support::app::{App, Setup};
use crate::support::certificates::Wish;
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::{wait_for, watch};

const UNTIL_CHANGED: &str = "until it changes";
const DAYS: &str = "for 30 days";
const SESSION: &str = "only until you log out or quit Countersign";
const UNVERIFIED: &str = "Connected without a valid certificate";

fn entry(server: &Server) -> String {
    format!("remembered-certificate:localhost:{}", server.telemetry.port())
}

fn moment(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(value.as_str().unwrap(), &Rfc3339).unwrap()
}

#[test]
fn some_days_are_counted_from_the_answer() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    let dialog = app.dialog();
    assert_eq!(dialog.choices(), [UNTIL_CHANGED, DAYS, SESSION]);
    assert_eq!(dialog.chosen(), Some(UNTIL_CHANGED));
    app.choose_in_dialog(DAYS);
    app.press("Allow");
    app.wait_for_state(UNVERIFIED);
    let kept = wait_for("the keychain's entry", || desktop.kept(&entry(&server)));
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(moment(&kept["until"]) - moment(&kept["remembered_at"]), Duration::days(30), "{kept}");
}

#[test]
fn this_session_only_is_never_written_down() {
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = server.setup("localhost");
    let app = App::start(&desktop, &setup);
    app.dialog();
    app.choose_in_dialog(SESSION);
    app.press("Allow");
    app.wait_for_state(UNVERIFIED);
    watch("the keychain holds nothing", || desktop.kept(&entry(&server)).is_none());
    app.stop();
    let app = App::start(&desktop, &setup);
    assert_eq!(app.dialog().chosen(), Some(UNTIL_CHANGED), "asked again, and anew");
}

#[test]
fn the_profile_limits_what_is_offered() {
    let this_session: &[&str] = &["is allowed only until you log out or quit Countersign"];
    let week = Duration::days(7);
    let table: [(&str, Duration, &[&str], &[&str]); 3] = [
        ("session", Duration::days(365), &[], this_session),
        ("days", Duration::days(365), &["for 7 days", SESSION], &[]),
        // The certificate ends before the days do.
        ("days", Duration::days(3), &["for 7 days", SESSION], &["At the longest until"]),
    ];
    for (longest, lifetime, choices, sentences) in table {
        let desktop = Desktop::start();
        let server = Server::start();
        server.show(&Wish::new(&["other.example.test"]).ends_in(lifetime).self_signed());
        let remember = json!({"longest": longest, "days": 7});
        server.set_profile("allow", &remember);
        let app = App::start(&desktop, &Setup { action: Some("allow"), ..server.setup("localhost") });
        app.wait_for_state(UNVERIFIED);
        server.wait_for_endpoint("the profile", |endpoint| endpoint["profile"]["status"] == "applied");
        server.set_profile("warn", &remember);
        let dialog = app.dialog();
        assert_eq!(dialog.choices(), choices, "{longest}");
        for sentence in ["is allowed only until", "At the longest until"] {
            let expected = sentences.iter().any(|expected| expected.contains(sentence));
            assert_eq!(dialog.says(sentence), expected, "{longest} {lifetime}: {dialog:?}");
        }
        app.press("Allow");
        app.wait_for_state(UNVERIFIED);
        if longest == "session" {
            watch("the keychain holds nothing", || desktop.kept(&entry(&server)).is_none());
        } else {
            let kept = wait_for("the keychain's entry", || desktop.kept(&entry(&server)));
            let kept: Value = serde_json::from_str(&kept).unwrap();
            let length = moment(&kept["until"]) - moment(&kept["remembered_at"]);
            let expected = if lifetime < week { lifetime } else { week };
            assert!(length <= expected && length > expected - Duration::HOUR, "{kept}");
        }
        app.stop();
    }
}

#[test]
fn keys_among_the_choices_never_allow() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    wait_for("Allow", || app.dialog().button("Allow").sensitive.then_some(()));
    app.focus_dialog();
    wait_for("the focus on Deny", || app.dialog().button("Deny").focused.then_some(()));
    wait_for("the focus on a choice", || {
        desktop.key(&["Tab"]);
        app.dialog().choices.iter().any(|choice| choice.focused).then_some(())
    });
    desktop.key(&["Down"]);
    wait_for("the next choice", || (app.dialog().chosen() == Some(DAYS)).then_some(()));
    desktop.key(&["space"]);
    app.watch_for_one_dialog();
    assert_eq!(app.dialog().chosen(), Some(DAYS));
    desktop.key(&["Return"]);
    app.wait_for_no_dialog();
    app.wait_for_state("Connection refused");
    assert!(server.endpoint().is_none(), "the server knows no endpoint");
    assert!(desktop.kept(&entry(&server)).is_none(), "nothing was remembered");
}
