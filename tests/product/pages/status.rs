//! The status window: another server, the next attempt, commands, and the way to the other windows.

use serde_json::json;

use crate::support::app::{App, SetUpBy, Setup};
use crate::support::desktop::{Desktop, Presence};
use crate::support::server::Server;
use crate::support::web_window::WebWindow;
use crate::support::{wait_for, watch};

const ESCAPE: &str = "\u{e00c}";

#[test]
fn another_server_is_chosen_in_the_form() {
    let desktop = Desktop::start();
    let (server, other) = (Server::start(), Server::start());
    let setup = Setup { set_up_by: SetUpBy::Person, ..server.setup("localhost") };
    let app = App::start(&desktop, &setup);
    app.dialog();
    app.press("Deny");
    let window = WebWindow::open(&desktop, "status");
    window.wait_for_text("#headline", "Connection refused");
    assert!(!window.is_displayed("#pinned") && !window.is_displayed("#choice"));
    window.click("#other-server");
    assert_eq!(window.attribute("#other-server", "aria-expanded").as_deref(), Some("true"));
    assert_eq!(window.focused(), "host");
    window.key(ESCAPE);
    assert_eq!((window.is_displayed("#choice"), window.focused().as_str()), (false, "other-server"));
    window.click("#other-server");
    let submit = "#choice-form button[type=submit]";
    for (host, port, field, says) in [
        ("", "", "host", "Enter the host name"),
        ("https://localhost/", "", "host", "is a web address"),
        ("two words", "", "host", "neither a host name nor an IP address"),
        ("localhost", "99999", "port", "“99999” is not a port"),
    ] {
        window.refill("#host", host);
        window.refill("#port", port);
        window.click(submit);
        window.wait_for_text(&format!("#{field}-error"), says);
        assert_eq!(window.attribute(&format!("#{field}"), "aria-invalid").as_deref(), Some("true"));
        assert_eq!(window.focused(), field);
    }
    let port = other.telemetry.port().to_string();
    window.refill("#host", "localhost");
    window.refill("#port", &port);
    window.click(submit);
    window.wait_for_text("#connection-facts", &format!("localhost:{port}"));
    wait_for("the end of the form", || (!window.is_displayed("#choice")).then_some(()));
    assert_eq!(window.focused(), "other-server");
    assert!(app.dialog().says(&format!("localhost:{port}")));
    assert_eq!(window.complaints("status.js"), Vec::<String>::new());
}

#[test]
fn where_the_computer_names_the_server_no_other_is_chosen() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = WebWindow::open(&desktop, "status");
    let address = format!("localhost:{}", server.telemetry.port());
    window.wait_for_text("#pinned", &format!("set up for {address} by its administrator"));
    assert!(!window.is_displayed("#other-server") && !window.is_displayed("#choice"));
    let refused = window.request(&json!({"request": "connect", "server": "localhost:1"})).unwrap_err();
    assert!(refused.contains("another server cannot be chosen"), "{refused}");
}

#[test]
fn the_way_and_the_permission_and_the_commands_are_shown() {
    let desktop = Desktop::start();
    let mut server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    app.press("Allow");
    let window = WebWindow::open(&desktop, "status");
    window.wait_for_text("#headline", "Connected without a valid certificate");
    window.wait_for_text("#connection-facts", "directly");
    window.wait_for_text("#certificate-facts", "Allowed until");
    assert!(window.is_displayed("#commands-none"));
    let endpoint = server.wait_for_endpoint("the endpoint", |endpoint| endpoint["online"] == true);
    let path = format!("/endpoints/{}/commands", endpoint["id"].as_str().unwrap());
    server.post(&path, &json!({"kind": "collect_diagnostics"}));
    window.wait_for_text("#command-list li", "Report the state of the agent: done");
    assert!(!window.is_displayed("#commands-none"));

    // It counts down where nobody is told of it without asking.
    server.stop();
    let timer = "#connection-facts [role=timer]";
    window.wait_for_text(timer, "in ");
    let live =
        format!("return document.querySelector('{timer}')?.closest('[aria-live], [role=status]') === null");
    wait_for("a countdown outside of what is announced", || (window.run(&live) == true).then_some(()));
    // Of one and the same attempt: the next one brings another row.
    let counted = format!(
        "const it = document.querySelector('{timer}'); return it && [it.dataset.until, it.textContent]"
    );
    let mut before = window.run(&counted);
    wait_for("another second", || {
        let now = window.run(&counted);
        let counts_down = !now.is_null() && now[0] == before[0] && now[1] != before[1];
        before = now;
        counts_down.then_some(())
    });
    // Nobody sees it, so nothing is written any more.
    let hidden = "Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });\
                  document.dispatchEvent(new Event('visibilitychange'));";
    window.run(hidden);
    let mark = format!(
        "const it = document.querySelector('{timer}'); if (it) it.textContent = 'still'; return it !== null"
    );
    wait_for("the mark", || (window.run(&mark) == true).then_some(()));
    // The next attempt may begin meanwhile, and with it another row.
    let shown = format!("return document.querySelector('{timer}')?.textContent ?? ''");
    watch("a window that nobody sees counts nothing down", || {
        let shown = window.run(&shown);
        shown == "still" || shown == ""
    });
}

#[test]
fn the_other_windows_open_from_here() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = WebWindow::open(&desktop, "status");
    window.wait_for_text("#headline", "Your answer is needed");
    for (button, title) in [
        ("remembered", "Remembered certificates"),
        ("history", "Connection history"),
        ("doctor", "Check of the connection"),
    ] {
        window.click(&format!("#{button}"));
        desktop.wait_for_window(&format!("^{title} – Countersign$"), Presence::Shown);
        let process = app.wait_for_window_process(button);
        // By its process: the window manager may not know a window yet that has just been shown.
        let status = desktop.command("kill").arg(process.to_string()).status();
        assert!(status.unwrap().success());
        wait_for("its end", || app.window_process(button).is_none().then_some(()));
    }
    assert!(app.window_process("status").is_none(), "WebDriver has started this one");
}

#[test]
fn the_page_is_as_dark_as_the_desktop() {
    let desktop = Desktop::start();
    desktop.condition("dark", true);
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = WebWindow::open(&desktop, "status");
    let is_dark = || window.run("return matchMedia('(prefers-color-scheme: dark)').matches") == true;
    for dark in [true, false, true] {
        desktop.condition("dark", dark);
        wait_for("the page's colours", || (is_dark() == dark).then_some(()));
    }
}
