//! The surroundings of a whole-product test: a desktop, a server, the app, and whoever else is on the network.

pub(crate) mod app;
pub(crate) mod authority;
pub(crate) mod browser;
pub(crate) mod desktop;
pub(crate) mod headless;
pub(crate) mod letter;
pub(crate) mod listener;
pub(crate) mod panel;
pub(crate) mod process;
pub(crate) mod server;
pub(crate) mod web_window;
pub(crate) mod webdriver;

// What else may answer, and what it shows.
pub(crate) use countersign_mock_server::{certificates, stranger};

use std::time::{Duration, Instant};

/// How long anything may take that should happen at once. Generous: machines that test are busy.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// How long a test watches that something does not happen.
pub(crate) const FOR_A_WHILE: Duration = Duration::from_secs(3);

/// Asks again and again until there is an answer; fails the test with `what` when there is none in time.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} did not happen within {SOON:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Watches for a while that something stays true.
#[track_caller]
pub(crate) fn watch(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + FOR_A_WHILE;
    while Instant::now() < deadline {
        assert!(holds(), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
