//! The windows in the person's language.

use crate::support::app::App;
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::wait_for;
use crate::support::web_window::WebWindow;

#[test]
fn pages_titles_and_menu_speak_german() {
    let mut desktop = Desktop::start();
    desktop.set("LC_ALL", "de_DE.UTF-8");
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    app.press("Zulassen");
    app.wait_for_state("Ohne gültiges Zertifikat verbunden");
    for (entry, name, title) in [
        ("Zugelassene Zertifikate …", "remembered", "Zugelassene Zertifikate – Countersign"),
        ("Verbindungsverlauf …", "history", "Verbindungsverlauf – Countersign"),
    ] {
        app.choose(entry);
        let process = app.wait_for_window_process(name);
        // As assistive technology reads it: X11 tools do not know the locale either.
        wait_for(title, || desktop.windows(process).iter().any(|window| window.name == title).then_some(()));
        let status = desktop.command("kill").arg(process.to_string()).status();
        assert!(status.unwrap().success());
        wait_for("its end", || app.window_process(name).is_none().then_some(()));
    }
    for (name, element, says) in [
        ("remembered", "#list li", "die Verbindung beruht darauf"),
        ("history", "#list li", "Verbunden, Zertifikat zugelassen"),
        ("status", "#pinned", "ein anderer Server kann nicht gewählt werden"),
        ("doctor", "#again", "Erneut prüfen"),
    ] {
        let window = WebWindow::open(&desktop, name);
        window.wait_for_text(element, says);
        assert_eq!(window.run("return document.documentElement.lang"), "de", "{name}");
    }
}
