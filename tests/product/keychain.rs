//! Without a keychain an answer holds for this run, and that is said once.

use crate::support::app::App;
use crate::support::desktop::{Desktop, KeychainState};
use crate::support::server::Server;
use crate::support::wait_for;

fn answer_holds_for_this_run(keychain: KeychainState) {
    let desktop = Desktop::start_with(keychain);
    let mut server = Server::start();
    let setup = server.setup("localhost");
    let app = App::start(&desktop, &setup);
    app.dialog();
    app.press("Allow");
    app.wait_for_state("Connected without a valid certificate");
    let said = || {
        let notifications = desktop.notifications();
        notifications.iter().filter(|notification| notification.title.contains("could not be saved")).count()
    };
    wait_for("the notice", || (said() == 1).then_some(()));
    // The same run: connected again without a question, and nothing is said again.
    server.stop();
    app.wait_for_state("Waiting to connect again");
    server.start_again();
    app.wait_for_state("Connected without a valid certificate");
    app.watch_for_no_dialog();
    assert_eq!(said(), 1);
    app.stop();
    // Another run: asked again.
    let app = App::start(&desktop, &setup);
    app.dialog();
}

#[test]
fn without_a_keychain_an_answer_holds_for_this_run() {
    answer_holds_for_this_run(KeychainState::Absent);
}

#[test]
fn with_a_locked_keychain_an_answer_holds_for_this_run() {
    answer_holds_for_this_run(KeychainState::Locked);
}
