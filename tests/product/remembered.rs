//! What an answer is worth: for this certificate, with these problems, at this server, and for nothing else.

use crate::support::app::App;
use crate::support::app::Setup;
use crate::support::certificates::{Authority, Wish};
use crate::support::desktop::Desktop;
use crate::support::listener::{Listener, Speaks};
use crate::support::server::Server;
use crate::support::{wait_for, watch};

const UNVERIFIED: &str = "Connected without a valid certificate";

#[test]
fn an_answer_is_kept_until_the_certificate_changes() {
    let desktop = Desktop::start();
    let mut server = Server::start();
    let setup = server.setup("localhost");
    let app = App::start(&desktop, &setup);
    app.dialog();
    app.press("Allow");
    app.wait_for_state(UNVERIFIED);
    let name = format!("remembered-certificate:localhost:{}", server.telemetry.port());
    let kept = wait_for("the keychain's entry", || desktop.kept(&name));
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let fingerprint = server.get("/built-in-certificate")["fingerprint"].as_str().unwrap().to_owned();
    assert_eq!(kept["fingerprint"], fingerprint.as_str());
    assert_eq!(kept["server"], format!("localhost:{}", server.telemetry.port()));
    assert_eq!(kept["accepted"], serde_json::json!(["name_mismatch", "self_signed"]));
    app.stop();
    server.stop();
    server.start_again();

    let app = App::start(&desktop, &setup);
    app.wait_for_state(UNVERIFIED);
    app.watch_for_no_dialog();

    server.show(&Wish::new(&["localhost"]).common_name("Countersign built-in certificate").self_signed());
    let dialog = app.dialog();
    assert!(dialog.says("has changed"), "{dialog:?}");
    let new = server.get("/ssl-certificate")["fingerprint"].as_str().unwrap().to_owned();
    for own in [&fingerprint, &new] {
        let pairs = own.replace(':', "");
        let shown = dialog.texts.iter().any(|text| text.replace([':', '\n', ' '], "") == pairs);
        assert!(shown, "{own} is shown: {dialog:?}");
    }
    // What differs is marked in words, not by its look alone.
    for mark in ["Fingerprint (SHA-256) (different)", "Valid until (different)", "Issued to (the same)"] {
        assert!(dialog.says(mark), "{mark}: {dialog:?}");
    }
    app.press("Deny");
    app.wait_for_state("Connection refused");
    // What was allowed before is still allowed.
    server.use_ssl_certificate(false);
    app.choose("Connect");
    app.wait_for_state(UNVERIFIED);
}

#[test]
fn a_new_problem_is_a_new_question() {
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = server.setup("localhost");
    server.show(&Wish::new(&["localhost"]).ends_in(time::Duration::seconds(30)).self_signed());
    let app = App::start(&desktop, &setup);
    app.dialog();
    app.press("Allow");
    app.wait_for_state(UNVERIFIED);
    app.stop();
    // The clock is that of the computer, so the end has to be waited for.
    wait_for("the end of the certificate", || {
        let assessment = &server.get("/ssl-certificate")["assessment"];
        assessment["problems"].to_string().contains("expired").then_some(())
    });
    let app = App::start(&desktop, &setup);
    let dialog = app.dialog();
    assert!(dialog.says("has become worse") && dialog.says("expired on"), "{dialog:?}");
    // One problem is new, and the other was there when it was allowed.
    assert_eq!(dialog.texts.iter().filter(|text| *text == "New").count(), 1, "{dialog:?}");
}

#[test]
fn a_certificate_that_is_exchanged_behind_the_dialog_is_asked_about_anew() {
    let desktop = Desktop::start();
    let listener = Listener::start(&Wish::new(&["one.example.test"]).self_signed(), Speaks::Tls13);
    let setup = Setup {
        address: format!("localhost:{}", listener.address.port()),
        connect_to: Some(listener.address),
        ..Setup::default()
    };
    let app = App::start(&desktop, &setup);
    assert!(app.dialog().says("one.example.test"));
    listener.show(&Wish::new(&["two.example.test"]).self_signed());
    app.press("Allow");
    wait_for("the other question", || {
        app.dialogs().iter().any(|dialog| dialog.says("two.example.test")).then_some(())
    });
    let given = listener.given();
    assert_eq!((given.handshakes, given.application_bytes, given.client_certificates), (0, 0, 0));
}

#[test]
fn a_valid_certificate_makes_the_answer_superfluous() {
    let desktop = Desktop::start();
    let authority = Authority::new("Test authority");
    let server = Server::start();
    let setup = Setup { roots: Some(authority.as_roots(desktop.home())), ..server.setup("localhost") };
    let app = App::start(&desktop, &setup);
    app.dialog();
    app.press("Allow");
    app.wait_for_state(UNVERIFIED);
    server.show(&Wish::new(&["localhost"]).signed_by(&authority));
    app.wait_for_state("Connected");
    let name = format!("remembered-certificate:localhost:{}", server.telemetry.port());
    wait_for("the end of the entry", || desktop.kept(&name).is_none().then_some(()));
    // Off again: the built-in certificate has to be allowed again.
    server.use_ssl_certificate(false);
    app.dialog();
    app.press("Deny");
    app.wait_for_state("Connection refused");
    server.use_ssl_certificate(true);
    app.choose("Connect");
    app.wait_for_state("Connected");
    watch("it stays so", || app.dialogs().is_empty());
}
