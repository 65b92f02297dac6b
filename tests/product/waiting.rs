//! A question does not come while nobody sees the screen, or while the person is busy.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::app::App;
use crate::support::certificates::{Authority, Wish};
use crate::support::desktop::Desktop;
use crate::support::process::Process;
use crate::support::server::Server;
use crate::support::wait_for;

/// A window that fills the screen until it reads a line.
const FILM: &str = r#"
import sys, gi
gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk
window = Gtk.Window(title="Film")
window.fullscreen()
window.show_all()
GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN, lambda *_: window.unfullscreen())
Gtk.main()
"#;

/// What stands in the way of a question, and goes away again.
enum Hindrance {
    /// By its name in `services.py`.
    Condition(&'static str),
    Inhibited,
    GnomeSetting,
    FullScreen(Option<Process>),
}

impl Hindrance {
    fn name(&self) -> &'static str {
        match self {
            Self::Condition(name) => name,
            Self::Inhibited => "inhibited",
            Self::GnomeSetting => "setting of GNOME",
            Self::FullScreen(_) => "full screen",
        }
    }

    fn begin(&mut self, desktop: &Desktop) {
        match self {
            Self::Condition(name) => desktop.condition(name, true),
            Self::Inhibited => desktop.inhibit_notifications(true),
            Self::GnomeSetting => {
                desktop.set_gnome("org.gnome.desktop.notifications", "show-banners", "false");
            }
            Self::FullScreen(film) => {
                let mut command = desktop.command("/usr/bin/python3");
                command.args(["-c", FILM]).stdin(Stdio::piped()).stderr(desktop.log("film"));
                *film = Some(Process::start(&mut command));
                wait_for_property(desktop, "_NET_WM_STATE_FULLSCREEN", true);
            }
        }
    }

    fn end(&mut self, desktop: &Desktop) {
        match self {
            Self::Condition(name) => desktop.condition(name, false),
            Self::Inhibited => desktop.inhibit_notifications(false),
            Self::GnomeSetting => {
                desktop.set_gnome("org.gnome.desktop.notifications", "show-banners", "true");
            }
            Self::FullScreen(film) => {
                let child = film.as_mut().unwrap().child();
                child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
                wait_for_property(desktop, "_NET_WM_STATE_FULLSCREEN", false);
            }
        }
    }
}

/// Waits for a state of the film's window.
fn wait_for_property(desktop: &Desktop, property: &str, expected: bool) {
    wait_for(property, || {
        let output = desktop.command("xprop").args(["-name", "Film", "_NET_WM_STATE"]).output().ok()?;
        let is = String::from_utf8_lossy(&output.stdout).contains(property);
        (output.status.success() && is == expected).then_some(())
    });
}

/// The notifications that ask for an answer.
fn asked(desktop: &Desktop) -> usize {
    let notifications = desktop.notifications();
    notifications.iter().filter(|notification| notification.title == "Your answer is needed").count()
}

fn waits_until_the_end_of(desktop: &Desktop, server: &Server, mut hindrance: Hindrance) {
    let asked_before = asked(desktop);
    hindrance.begin(desktop);
    let app = App::start(desktop, &server.setup("localhost"));
    app.wait_for_state("Your answer is needed");
    app.wait_for_shape("question");
    app.wait_for_log("the question waits");
    app.watch_for_no_dialog();
    let name = hindrance.name();
    assert_eq!(asked(desktop) - asked_before, 1, "{name}: one notification");
    hindrance.end(desktop);
    app.dialog();
    app.watch_for_one_dialog();
    assert_eq!(asked(desktop) - asked_before, 1, "{name}: one notification");
    assert_eq!(app.state(), "Your answer is needed");
    app.stop();
}

#[test]
fn a_question_waits_for_the_person_to_come_back() {
    let desktop = Desktop::start();
    let server = Server::start();
    for condition in ["locked", "asleep", "other_session", "screen_saver", "gnome_screen_saver"] {
        waits_until_the_end_of(&desktop, &server, Hindrance::Condition(condition));
    }
}

#[test]
fn a_question_waits_until_the_person_can_be_disturbed() {
    let mut desktop = Desktop::start();
    desktop.set("XDG_CURRENT_DESKTOP", "GNOME");
    let server = Server::start();
    for hindrance in [
        Hindrance::Condition("xfce_do_not_disturb"),
        Hindrance::Condition("dunst_paused"),
        Hindrance::Inhibited,
        Hindrance::GnomeSetting,
        Hindrance::FullScreen(None),
    ] {
        waits_until_the_end_of(&desktop, &server, hindrance);
    }
}

#[test]
fn an_open_dialog_goes_when_the_screen_is_locked_and_comes_back_anew() {
    let desktop = Desktop::start();
    let server = Server::start();
    desktop.condition("locked", false);
    let app = App::start(&desktop, &server.setup("localhost"));
    let first = app.dialog();
    wait_for("Allow", || app.dialog().button("Allow").sensitive.then_some(()));
    for condition in ["locked", "screen_saver", "asleep"] {
        desktop.condition(condition, true);
        app.wait_for_no_dialog();
        app.watch_for_no_dialog();
        assert!(server.endpoint().is_none(), "nothing was allowed");
        let unlocked = Instant::now();
        desktop.condition(condition, false);
        assert_eq!(app.dialog().texts, first.texts, "the same question");
        wait_for("Allow", || app.dialog().button("Allow").sensitive.then_some(()));
        assert!(unlocked.elapsed() >= Duration::from_secs(1), "{condition}: Allow waits again");
    }
    // What keeps a person busy leaves the dialog where they have seen it already.
    desktop.inhibit_notifications(true);
    app.watch_for_one_dialog();
    assert_eq!(asked(&desktop), 1);
    app.press("Allow");
    app.wait_for_state("Connected without a valid certificate");
}

#[test]
fn a_question_that_has_gone_away_never_comes() {
    let authority = Authority::new("Test authority");
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = crate::support::app::Setup {
        roots: Some(authority.as_roots(desktop.home())),
        ..server.setup("agents.example.test")
    };
    desktop.condition("locked", true);
    let app = App::start(&desktop, &setup);
    app.wait_for_log("the question waits");
    app.choose("Disconnect");
    app.wait_for_state("Disconnected");
    desktop.condition("locked", false);
    app.watch_for_no_dialog();
    app.stop();

    desktop.condition("locked", true);
    let app = App::start(&desktop, &setup);
    app.wait_for_log("the question waits");
    server.show(&Wish::new(&["agents.example.test"]).signed_by(&authority));
    // The agent looks again by itself while it waits.
    app.wait_for_state_within(Duration::from_secs(90), "Connected");
    desktop.condition("locked", false);
    app.watch_for_no_dialog();
    assert!(!desktop.had_a_window(), "no window was ever mapped");
}

#[test]
fn who_asks_for_the_question_gets_it_unless_nobody_sees_it() {
    let desktop = Desktop::start();
    let server = Server::start();
    desktop.condition("logind", true);
    desktop.inhibit_notifications(true);
    let app = App::start(&desktop, &server.setup("localhost"));
    app.wait_for_log("the question waits");
    app.choose("Review certificate…");
    app.dialog();
    app.press("Deny");
    app.wait_for_state("Connection refused");
    app.choose("Connect");
    app.dialog();
    desktop.condition("locked", true);
    app.wait_for_no_dialog();
    app.choose("Review certificate…");
    app.watch_for_no_dialog();
    desktop.condition("locked", false);
    app.dialog();
    app.watch_for_one_dialog();
}

#[test]
fn the_notification_leads_to_the_question_that_waits() {
    let desktop = Desktop::start();
    let server = Server::start();
    desktop.inhibit_notifications(true);
    let app = App::start(&desktop, &server.setup("localhost"));
    app.wait_for_log("the question waits");
    let notification = wait_for("the notification", || {
        desktop.notifications().into_iter().find(|notification| notification.title == "Your answer is needed")
    });
    assert_eq!(notification.urgency, 1, "it does not break through do-not-disturb");
    let action = notification.actions.iter().find(|action| *action != "default").unwrap();
    desktop.act(&notification, action);
    app.dialog();
}
