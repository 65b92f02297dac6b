//! What happens with a valid certificate, and with an invalid one under each action.

use crate::support::app::{App, Setup};
use crate::support::certificates::{Authority, Wish};
use crate::support::desktop::Desktop;
use crate::support::listener::{Given, Listener, Speaks};
use crate::support::server::Server;
use crate::support::wait_for;

const SELF_SIGNED: &str = "made by the server itself";

#[test]
fn a_valid_certificate_connects_without_a_dialog_whatever_the_action() {
    let authority = Authority::new("Test authority");
    let server = Server::start();
    server.show(&Wish::new(&["agents.example.test"]).signed_by(&authority));
    for action in ["allow", "warn", "deny"] {
        let desktop = Desktop::start();
        server.set_action(action);
        let setup = Setup {
            action: Some(action),
            roots: Some(authority.as_roots(desktop.home())),
            ..server.setup("agents.example.test")
        };
        let app = App::start(&desktop, &setup);
        app.wait_for_state("Connected");
        app.wait_for_shape("connected");
        app.watch_for_no_dialog();
        assert!(!desktop.had_a_window(), "no window was ever mapped");
        assert_eq!(app.state(), "Connected");
        app.stop();
    }
}

#[test]
fn what_asks_for_an_answer_goes_away_with_the_question() {
    let server = Server::start();
    for answer in ["Deny", "Allow"] {
        let desktop = Desktop::start();
        let app = App::start(&desktop, &server.setup("localhost"));
        app.dialog();
        let closed = || {
            let notifications = desktop.notifications();
            let asks =
                notifications.iter().find(|notification| notification.title == "Your answer is needed");
            asks.map(|notification| notification.closed)
        };
        assert!(!wait_for("the notification", closed), "it stays as long as the question");
        app.press(answer);
        wait_for("the end of the notification", || closed().filter(|closed| *closed));
        app.stop();
    }
}

#[test]
fn until_the_answer_nothing_leaves_the_endpoint() {
    let desktop = Desktop::start();
    let listener =
        Listener::start(&Wish::new(&["other.example.test"]).expired().self_signed(), Speaks::Tls13);
    let setup = Setup {
        address: format!("localhost:{}", listener.address.port()),
        connect_to: Some(listener.address),
        token: Some("a-secret-token".to_owned()),
        ..Setup::default()
    };
    let app = App::start(&desktop, &setup);
    let dialog = app.dialog();
    for reason in [SELF_SIGNED, "is not for “localhost”", "expired on", "has 3 problems"] {
        assert!(dialog.says(reason), "{reason}: {dialog:?}");
    }
    assert!(dialog.says(&format!("localhost:{}", listener.address.port())), "the dialog names the server");
    app.wait_for_state("Your answer is needed");
    app.wait_for_shape("question");
    let nothing = Given { connections: 1, ..Given::default() };
    crate::support::watch("nothing was given away", || listener.given() == nothing);
    app.press("Allow");
    // The listener never answers, but it was connected to, and only now.
    crate::support::wait_for("the connection", || {
        let given = listener.given();
        (given.handshakes == 1 && given.application_bytes > 0).then_some(())
    });
}

#[test]
fn an_enrolled_endpoint_shows_its_client_certificate_only_after_the_answer() {
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = server.setup("localhost");
    let app = App::start(&desktop, &setup);
    app.dialog();
    app.press("Allow");
    let client_certificate = format!("client-identity:localhost:{}", server.telemetry.port());
    crate::support::wait_for("the client certificate", || desktop.kept(&client_certificate));
    app.stop();
    // Somebody else answers at the same address.
    let listener = Listener::start(&Wish::new(&["localhost"]).self_signed(), Speaks::Tls13);
    let app = App::start(&desktop, &Setup { connect_to: Some(listener.address), ..setup });
    assert!(app.dialog().says("has changed"), "{:?}", app.dialog());
    let nothing = Given { connections: 1, ..Given::default() };
    crate::support::watch("nothing was given away", || listener.given() == nothing);
    app.press("Allow");
    crate::support::wait_for("the client certificate in the handshake", || {
        let given = listener.given();
        (given.handshakes == 1 && given.client_certificates == 1).then_some(())
    });
}

#[test]
fn every_way_to_say_no_is_a_no() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    let first = app.dialog();
    let ways: [(&str, &dyn Fn()); 5] = [
        ("the button", &|| app.press("Deny")),
        ("Escape", &|| desktop.key(&["Escape"])),
        ("Enter", &|| desktop.key(&["Return"])),
        ("Space", &|| desktop.key(&["space"])),
        ("closing", &|| close_dialog(&desktop)),
    ];
    for (way, deny) in ways {
        let dialog = app.dialog();
        assert_eq!(dialog.texts, first.texts, "{way}: the same question in the same words");
        assert!(dialog.button("Deny").default, "{dialog:?}");
        app.focus_dialog();
        crate::support::wait_for("the focus on Deny", || app.dialog().button("Deny").focused.then_some(()));
        deny();
        app.wait_for_no_dialog();
        app.wait_for_state("Connection refused");
        app.wait_for_shape("refused");
        app.watch_for_no_dialog();
        assert!(server.endpoint().is_none(), "{way}: the server knows no endpoint");
        app.choose("Connect");
    }
    app.dialog();
}

fn close_dialog(desktop: &Desktop) {
    let closed = desktop.command("wmctrl").args(["-c", "This may not be"]).status().unwrap();
    assert!(closed.success());
}

#[test]
fn allow_connects_and_marks_the_connection() {
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = Setup { action: Some("allow"), ..server.setup("localhost") };
    server.set_action("allow");
    let app = App::start(&desktop, &setup);
    app.wait_for_state("Connected without a valid certificate");
    app.wait_for_shape("unverified");
    assert!(!desktop.had_a_window(), "no window was ever mapped");
    let endpoint = server.wait_for_endpoint("the report", |endpoint| !endpoint["certificate"].is_null());
    assert_eq!(endpoint["certificate"]["trust"], "identified");
    assert_eq!(endpoint["certificate"]["decision"], "allowed_by_profile");
}

#[test]
fn deny_refuses_with_the_reason() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &Setup { action: Some("deny"), ..server.setup("localhost") });
    app.wait_for_state("Connection refused");
    app.wait_for_shape("refused");
    app.watch_for_no_dialog();
    assert!(!desktop.had_a_window(), "no window was ever mapped");
    assert!(server.endpoint().is_none());
}

#[test]
fn a_likely_cause_speaks_before_the_problems() {
    let desktop = Desktop::start();
    let server = Server::start();
    let proxy = Authority::new("Zscaler Root CA");
    server.show(&Wish::new(&["localhost"]).signed_by(&proxy));
    let app = App::start(&desktop, &server.setup("localhost"));
    let dialog = app.dialog();
    let place = |text: &str| {
        let found = dialog.texts.iter().position(|own| own.contains(text));
        found.unwrap_or_else(|| panic!("{text}: {dialog:?}"))
    };
    let cause = place("Zscaler probably inspects the connections of this computer");
    assert!(cause < place("has a problem"), "{dialog:?}");
    assert!(cause < place("whom this computer does not trust"), "{dialog:?}");
}
