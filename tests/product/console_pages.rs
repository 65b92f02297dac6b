//! Looks at pages of the console as people have them before their eyes: light and dark, wide and narrow.

use std::cell::RefCell;
use std::path::Path;

use crate::support::browser::{Browser, Shade};
use crate::support::wait_for;

/// CSS pixels of a window, and the name of its pictures; the usual one first.
const WIDTHS: [(u32, &str); 2] = [(1280, ""), (420, "-narrow")];
/// A tablet that is held upright.
const TABLET: u32 = 820;

/// Looks at the page that is open, in both shades and in narrow windows. It is known in failures and pictures by its name.
#[track_caller]
pub(crate) fn is_sound(browser: &Browser, name: &str) {
    for (shade, code) in [(Shade::Light, "light"), (Shade::Dark, "dark")] {
        browser.prefer(shade);
        wait_for(&format!("{name}, {code}"), || {
            (browser.run("return document.documentElement.dataset.bsTheme") == code).then_some(())
        });
        assert_eq!(browser.findings_in(shade), [""; 0], "{name}, {code}");
        assert_eq!(browser.complaints(), [""; 0], "{name}, {code}");
        keep_pictures(browser, name, code);
    }
    browser.prefer(Shade::Light);
    for width in [TABLET, WIDTHS[1].0] {
        let beyond = browser.beyond(width);
        if beyond != 0 {
            TOO_WIDE.with_borrow_mut(|found| found.push(format!("{name} by {beyond} at {width}")));
        }
    }
}

/// Nothing of a page that this test has looked at was beyond the edge of a window.
#[track_caller]
pub(crate) fn all_fitted() {
    let found = TOO_WIDE.take();
    assert!(found.is_empty(), "too wide:\n{}", found.join("\n"));
}

thread_local! {
    /// The pages that did not fit, of all that this test has looked at.
    static TOO_WIDE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps pictures of the page, where somebody wants to look at all of them: scripts/screenshots --console.
fn keep_pictures(browser: &Browser, name: &str, shade: &str) {
    let Some(directory) = std::env::var_os("COUNTERSIGN_CONSOLE_PICTURES") else { return };
    let is_id = |part: &str| part.len() == 36 && part.contains('-');
    let parts = name.split(['/', '?', '&', '=', ' ']).filter(|part| !part.is_empty() && !is_id(part));
    let parts = parts.collect::<Vec<_>>().join("-");
    let parts = if parts.is_empty() { "dashboard" } else { &parts };
    let count = if name.split('/').any(is_id) { "one-" } else { "" };
    for (width, addition) in WIDTHS {
        let file = Path::new(&directory).join(format!("{count}{parts}{addition}-{shade}.png"));
        browser.at_width(width, || browser.save_picture(&file));
    }
}
