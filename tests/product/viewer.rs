//! The window with the certificates that the server presented.

use crate::support::app::App;
use crate::support::certificates::{Authority, Pair, Wish};
use crate::support::desktop::{Desktop, Window};
use crate::support::letter::Letter;
use crate::support::server::Server;
use crate::support::wait_for;

const TITLE: &str = "Certificate of";
const OWN: &str = "The server’s own certificate";

fn viewer(app: &App<'_>) -> Option<Window> {
    app.windows().into_iter().find(|window| window.name.starts_with(TITLE))
}

#[track_caller]
fn open(app: &App<'_>) -> Window {
    app.dialog();
    app.press("View certificate…");
    wait_for("the window with the certificates", || viewer(app).filter(|window| window.says(OWN)))
}

/// A chain with a problem in each of three fields.
fn three_problems(authority: &Authority) -> Pair {
    Wish::new(&["other.example.test"]).expired().signed_by(authority).followed_by(authority)
}

/// The text between the lines of the first certificate in PEM.
fn first(pem: &str) -> String {
    let from = pem.find("-----BEGIN CERTIFICATE-----").expect("a beginning");
    let until = pem.find("-----END CERTIFICATE-----").expect("an end");
    pem[from..until].split_whitespace().collect()
}

#[test]
fn each_problem_stands_beside_the_field_that_it_concerns() {
    let desktop = Desktop::start();
    let server = Server::start();
    server.show(&three_problems(&Authority::new("Unknown authority")));
    let app = App::start(&desktop, &server.setup("localhost"));
    let window = open(&app);
    let second = "Certificate 2 of the chain";
    for text in [second, &format!("Issuer of: {OWN}")] {
        assert!(window.says(text), "{text}: {window:?}");
    }
    let fields = app.controls();
    let problems_of = |label: &str| -> Vec<String> {
        let labelled = fields.iter().filter(|field| field.label == label);
        labelled.flat_map(|field| field.described_by.clone()).collect()
    };
    let table = [
        ("Valid until", Some("expired on")),
        ("Names", Some("is not for “localhost”")),
        ("Issued by", Some("whom this computer does not trust")),
        ("Issued to", None),
        ("Public key", None),
        ("Fingerprint (SHA-256)", None),
    ];
    for (label, problem) in table {
        assert!(fields.iter().any(|field| field.label == label), "{label} is there: {fields:?}");
        let found = problems_of(label);
        match problem {
            Some(problem) => {
                assert!(found.len() == 1 && found[0].contains(problem), "{label}: {found:?}");
            }
            None => assert!(found.is_empty(), "{label}: {found:?}"),
        }
    }
}

#[test]
fn a_certificate_is_copied_and_saved_in_pem() {
    let desktop = Desktop::start();
    let server = Server::start();
    let authority = Authority::new("Unknown authority");
    let pair = three_problems(&authority);
    server.show(&pair);
    let app = App::start(&desktop, &server.setup("localhost"));
    let letter = Letter::open(&desktop);
    let window = open(&app);

    app.press_in(&window.role, &format!("Copy as PEM: {OWN}"));
    wait_for("the outcome", || viewer(&app)?.says("Copied as PEM").then_some(()));
    desktop.give_focus("Letter");
    wait_for("the certificate in the letter", || {
        desktop.key(&["ctrl+a", "ctrl+v"]);
        letter.text().contains("END CERTIFICATE").then_some(())
    });
    assert_eq!(first(&letter.text()), first(&pair.chain));

    let file = desktop.home().join("saved.pem");
    app.press_in(&window.role, "Save as PEM: Certificate 2 of the chain");
    desktop.wait_for_window("Save as PEM", crate::support::desktop::Presence::Shown);
    desktop.give_focus("Save as PEM");
    desktop.wait_for_active_window(|name| name.contains("Save as PEM"));
    desktop.key(&["ctrl+a"]);
    desktop.enter(&file.display().to_string());
    desktop.key(&["Return"]);
    let saved = wait_for("the file", || {
        std::fs::read_to_string(&file).ok().filter(|text| text.contains("END CERTIFICATE"))
    });
    assert_eq!(first(&saved), first(authority.pem()));
    wait_for("the outcome", || viewer(&app)?.says("Saved as").then_some(()));
}

/// Reads all windows as a screen reader does that is started now.
const READER: &str = r#"
import gi
gi.require_version("Atspi", "2.0")
from gi.repository import Atspi
def read(item, depth):
    item.get_name()
    for index in range(item.get_child_count() if depth < 20 else 0):
        child = item.get_child_at_index(index)
        if child is not None:
            read(child, depth + 1)
Atspi.init()
desktop = Atspi.get_desktop(0)
for index in range(desktop.get_child_count()):
    try:
        read(desktop.get_child_at_index(index), 0)
    except Exception:
        pass
"#;

#[test]
fn while_connected_it_opens_from_the_menu_and_closes_by_key() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    app.press("Allow");
    app.wait_for_state("Connected without a valid certificate");
    for _ in 0..2 {
        app.choose("Review certificate…");
        wait_for("the window with the certificates", || viewer(&app));
        desktop.give_focus(TITLE);
        desktop.wait_for_active_window(|name| name.starts_with(TITLE));
        desktop.key(&["Escape"]);
        wait_for("its end", || viewer(&app).is_none().then_some(()));
        // Whoever comes now gets no object of a window that is gone.
        let status = desktop.command("/usr/bin/python3").args(["-c", READER]).status().unwrap();
        assert!(status.success());
        assert_eq!(app.state(), "Connected without a valid certificate");
    }
}
