//! Certificates of all sorts, and servers that speak something else.

use std::process::Stdio;

use crate::support::app::{App, Setup};
use crate::support::certificates::{Authority, Pair, Wish};
use crate::support::desktop::Desktop;
use crate::support::listener::{Listener, Speaks};
use crate::support::process::Process;
use crate::support::server::Server;
use crate::support::wait_for;

/// What a person sees.
enum Expected {
    Connected,
    /// A dialog with these words, and with as many problems.
    Asked(&'static [&'static str]),
}

#[test]
fn certificates_are_judged_as_the_specification_says() {
    use Expected::{Asked, Connected};
    let authority = Authority::new("Test authority");
    let unknown = Authority::new("Unknown authority");
    let valid = |names: &[&str]| Wish::new(names).signed_by(&authority);
    let host = "host.example.test";
    let table: Vec<(&str, &str, Pair, Expected)> = vec![
        ("expired", host, Wish::new(&[host]).expired().signed_by(&authority), Asked(&["expired on"])),
        (
            "not yet valid",
            host,
            Wish::new(&[host]).not_yet_valid().signed_by(&authority),
            Asked(&["not valid before"]),
        ),
        (
            "other name",
            host,
            valid(&["other.example.test"]),
            Asked(&["is not for “host.example.test”, but for “other.example.test”"]),
        ),
        ("wildcard, one label", host, valid(&["*.example.test"]), Connected),
        (
            "wildcard, two labels",
            "a.host.example.test",
            valid(&["*.example.test"]),
            Asked(&["is not for “a.host.example.test”"]),
        ),
        ("common name only", host, Wish::new(&[]).common_name(host).signed_by(&authority), Connected),
        (
            "common name beside a name",
            host,
            Wish::new(&["other.example.test"]).common_name(host).signed_by(&authority),
            Asked(&["other.example.test"]),
        ),
        ("address", "127.0.0.1", valid(&["127.0.0.1"]), Connected),
        (
            "address in the common name",
            "127.0.0.1",
            Wish::new(&[]).common_name("127.0.0.1").signed_by(&authority),
            Asked(&["127.0.0.1"]),
        ),
        (
            "unknown authority",
            host,
            Wish::new(&[host]).signed_by(&unknown),
            Asked(&["whom this computer does not trust"]),
        ),
    ];
    let desktop = Desktop::start();
    let server = Server::start();
    for (what, host, pair, expected) in table {
        eprintln!("{what}");
        server.show(&pair);
        let setup = Setup { roots: Some(authority.as_roots(desktop.home())), ..server.setup(host) };
        let app = App::start(&desktop, &setup);
        match expected {
            Connected => {
                app.wait_for_state("Connected");
                assert!(app.dialogs().is_empty(), "{what}");
            }
            Asked(words) => {
                let dialog = app.dialog();
                for word in words {
                    assert!(dialog.says(word), "{what}: {word}: {dialog:?}");
                }
                assert!(dialog.says("has a problem"), "{what}: there is one problem: {dialog:?}");
            }
        }
        app.stop();
    }
}

fn setup(port: u16) -> Setup {
    Setup { address: format!("localhost:{port}"), ..Setup::default() }
}

#[test]
fn a_server_without_tls_is_not_a_management_server() {
    let desktop = Desktop::start();
    let listener = Listener::start(&Wish::new(&["localhost"]).self_signed(), Speaks::PlainText);
    let app =
        App::start(&desktop, &Setup { connect_to: Some(listener.address), ..setup(listener.address.port()) });
    app.wait_for_state("Waiting to connect again");
    app.wait_for_shape("offline");
    app.wait_for_log("no connection");
    assert!(!desktop.had_a_window());
    assert_eq!(listener.given().application_bytes, 0);
}

#[test]
fn a_server_with_tls_1_2_only_is_too_old() {
    let desktop = Desktop::start();
    let pair = Wish::new(&["localhost"]).self_signed();
    let path = |name: &str| desktop.home().join(name);
    std::fs::write(path("chain.pem"), &pair.chain).unwrap();
    std::fs::write(path("key.pem"), &pair.key).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = desktop.command("openssl");
    command.args(["s_server", "-tls1_2", "-quiet", "-accept", &format!("127.0.0.1:{port}"), "-cert"]);
    command.arg(path("chain.pem")).arg("-key").arg(path("key.pem"));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(desktop.log("openssl"));
    let _openssl = Process::start(&mut command);
    wait_for("the old server", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    let connect_to = Some(std::net::SocketAddr::from(([127, 0, 0, 1], port)));
    let app = App::start(&desktop, &Setup { connect_to, ..setup(port) });
    app.wait_for_state("Waiting to connect again");
    let window = app.open_window();
    wait_for("the reason in the window", || {
        let shown = window.shown(&app)?;
        shown.says("does not offer TLS 1.3").then_some(())
    });
}

#[test]
fn the_switch_decides_which_certificate_is_shown() {
    let desktop = Desktop::start();
    let authority = Authority::new("Test authority");
    let server = Server::start();
    server.show(&Wish::new(&["localhost"]).signed_by(&authority));
    let setup = Setup { roots: Some(authority.as_roots(desktop.home())), ..server.setup("localhost") };
    let app = App::start(&desktop, &setup);
    app.wait_for_state("Connected");
    server.use_ssl_certificate(false);
    assert!(app.dialog().says("does not say which server it belongs to"));
    server.use_ssl_certificate(true);
    app.press("Deny");
    app.wait_for_no_dialog();
    app.choose("Connect");
    app.wait_for_state("Connected");
}
