//! What happened to the connection, in its window.

use crate::support::app::App;
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::web_window::WebWindow;
use crate::support::{wait_for, watch};

#[test]
fn the_newest_comes_first_and_what_repeats_is_counted() {
    let desktop = Desktop::start();
    let mut server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = WebWindow::open(&desktop, "history");
    window.wait_for_text("#list li", "Question asked");
    app.press("Allow");
    window.wait_for_text("#list li", "Connected, certificate allowed by you");
    let fingerprint = server.get("/built-in-certificate")["fingerprint"].as_str().unwrap().to_owned();
    let newest = window.text("#list li").unwrap();
    let address = format!("localhost:{}", server.telemetry.port());
    assert!(newest.contains(&format!("Certificate {}…", &fingerprint[..23])), "{newest}");
    assert!(newest.contains(&address), "{newest}");
    assert_eq!(window.attribute("#list li [title]", "title").as_deref(), Some(&*fingerprint));
    app.choose("Disconnect");
    window.wait_for_text("#list li", "Disconnected");
    let rows = window.texts("#list li");
    assert!(rows.last().is_some_and(|oldest| oldest.contains("Question asked")), "{rows:?}");
    server.stop();
    app.choose("Connect");
    window.wait_for_text("#list li", "The server cannot be reached");
    window.wait_for_text("#list li", "2 times, the last time on");
    let rows = || window.run("return document.querySelectorAll('#list li').length");
    let before = rows();
    watch("what repeats is no new row", || rows() == before);
    wait_for("the next time", || {
        window.text("#list li").is_some_and(|newest| !newest.contains("2 times")).then_some(())
    });
    assert_eq!(window.complaints("history.js"), Vec::<String>::new());
}
