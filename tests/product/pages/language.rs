//! The windows in the person's language.

use crate::support::app::App;
use crate::support::desktop::{Desktop, Presence};
use crate::support::server::Server;
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
    for (entry, title) in [
        ("Zugelassene Zertifikate …", "Zugelassene Zertifikate"),
        ("Verbindungsverlauf …", "Verbindungsverlauf"),
    ] {
        app.choose(entry);
        let title = format!("^{title} – Countersign$");
        desktop.wait_for_window(&title, Presence::Shown);
        desktop.close_window(&title);
        desktop.wait_for_window(&title, Presence::Absent);
    }
    for (name, element, says) in [
        ("remembered", "#list li", "die Verbindung beruht darauf"),
        ("history", "#list li", "Verbunden, Zertifikat von Ihnen zugelassen"),
        ("status", "#pinned", "ein anderer Server kann nicht gewählt werden"),
        ("doctor", "#again", "Erneut prüfen"),
    ] {
        let window = WebWindow::open(&desktop, name);
        window.wait_for_text(element, says);
        assert_eq!(window.run("return document.documentElement.lang"), "de", "{name}");
    }
}
