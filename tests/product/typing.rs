//! Whoever types while the dialog opens, again and again, allows nothing.

use crate::support::app::App;
use crate::support::desktop::{Desktop, Presence};
use crate::support::letter::Letter;
use crate::support::server::Server;
use crate::support::wait_for;

const TITLE: &str = "This may not be your company";

/// How often the dialog opens over another window.
const OPENINGS: usize = 200;
/// Each of these stays until *Allow* can be chosen.
const LONG: usize = 40;
/// How often it opens and is given the focus.
const FOCUSED: usize = 25;

/// The answers that the agent got.
fn answers(app: &App<'_>, answer: &str) -> usize {
    let log = app.log();
    log.lines().filter(|line| line.contains("the question was answered") && line.contains(answer)).count()
}

#[test]
fn typed_into_another_window_nothing_is_answered_however_often_the_dialog_opens() {
    let desktop = Desktop::start();
    let server = Server::start();
    let letter = Letter::open(&desktop);
    // Nobody sees a locked screen, so the question is withdrawn and asked anew.
    desktop.condition("locked", true);
    let app = App::start(&desktop, &server.setup("localhost"));
    app.wait_for_log("the question waits");
    let typed = letter.type_during(|| {
        for opening in 1..=OPENINGS {
            desktop.condition("locked", false);
            desktop.wait_for_window(TITLE, Presence::Shown);
            letter.wait_for_more();
            if opening % LONG == 0 {
                wait_for("Allow", || app.dialogs().pop()?.button("Allow").sensitive.then_some(()));
                letter.wait_for_more();
            }
            desktop.condition("locked", true);
            desktop.wait_for_window(TITLE, Presence::Absent);
            assert_eq!(answers(&app, ""), 0, "nothing is answered");
        }
    });
    wait_for("every key in the letter", || (letter.text() == typed).then_some(()));
    assert!(server.endpoint().is_none(), "the server knows no endpoint");
    assert_eq!(app.state(), "Your answer is needed");
}

#[test]
fn where_the_dialog_is_given_the_focus_typing_never_allows() {
    let desktop = Desktop::start();
    let server = Server::start();
    let letter = Letter::open(&desktop);
    let app = App::start(&desktop, &server.setup("localhost"));
    letter.type_during(|| {
        for opening in 1..=FOCUSED {
            desktop.wait_for_window(TITLE, Presence::Shown);
            // As window managers do that give it to every new window.
            desktop.give_focus(TITLE);
            wait_for("the answer", || (answers(&app, "") == opening).then_some(()));
            desktop.wait_for_window(TITLE, Presence::Absent);
            assert_eq!(answers(&app, "answer=Allow"), 0, "nothing is allowed");
            if opening < FOCUSED {
                app.choose("Connect");
            }
        }
    });
    assert_eq!(answers(&app, "answer=Deny"), FOCUSED);
    assert!(server.endpoint().is_none(), "the server knows no endpoint");
    app.wait_for_state("Connection refused");
}
