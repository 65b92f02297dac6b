//! What happened to the connection, in its window.

use crate::support::app::App;
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::web_window::WebWindow;
use crate::support::{wait_for, watch};

const ENTER: &str = "\u{e007}";

#[test]
fn the_newest_comes_first_and_what_repeats_is_counted() {
    let desktop = Desktop::start();
    let mut server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = WebWindow::open(&desktop, "history");
    window.wait_for_text("#list li", "Question asked");
    app.press("Allow");
    window.wait_for_text("#list li", "Connected, certificate allowed");
    let fingerprint = server.get("/built-in-certificate")["fingerprint"].as_str().unwrap().to_owned();
    let newest = window.text("#list li").unwrap();
    let address = format!("localhost:{}", server.telemetry.port());
    assert!(newest.contains(&format!("Certificate {}…", &fingerprint[..23])), "{newest}");
    assert!(newest.contains(&address), "{newest}");
    // The whole of it is shown when somebody asks for it, by keyboard too.
    let is_open = || window.run("return document.querySelector('#list li details').open") == true;
    assert!(!is_open());
    window.run("document.querySelector('#list li summary').focus()");
    window.key(ENTER);
    wait_for("the whole fingerprint", || is_open().then_some(()));
    window.wait_for_text("#list li .fingerprint", &fingerprint);
    app.choose("Disconnect");
    window.wait_for_text("#list li", "Disconnected");
    let rows = window.texts("#list li");
    assert!(rows.last().is_some_and(|oldest| oldest.contains("Question asked")), "{rows:?}");
    server.stop();
    app.choose("Connect");
    window.wait_for_text("#list li", "The server cannot be reached");
    // However many attempts there were before somebody looked.
    window.wait_for_text("#list li", " times, the last time on");
    let times = || -> Option<u32> {
        let newest = window.text("#list li")?;
        newest.split(" times").next()?.rsplit(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
    };
    let first = wait_for("the number of times", times);
    let rows = || window.run("return document.querySelectorAll('#list li').length");
    let before = rows();
    watch("what repeats is no new row", || rows() == before);
    wait_for("the next time", || times().filter(|times| *times > first));
    assert_eq!(window.complaints("history.js"), Vec::<String>::new());
}
