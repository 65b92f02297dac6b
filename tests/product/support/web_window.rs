//! A window of the app under WebDriver.
//!
//! WebKitWebDriver starts the window's process itself (`countersign window NAME`), which then talks to the running app
//! as every window does.

use std::ops::Deref;

use serde_json::{Value, json};

use super::desktop::Desktop;
use super::webdriver::Session;

/// An open window. Closed when dropped.
pub(crate) struct WebWindow(Session);

impl Deref for WebWindow {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

#[allow(dead_code, reason = "each test of a window uses what it needs")]
impl WebWindow {
    /// Opens the window of this name. The app has to run on the same desktop.
    #[track_caller]
    pub(crate) fn open(desktop: &Desktop, name: &str) -> Self {
        Self::open_with(desktop, &["window", name])
    }

    /// Opens a window with these arguments of the program.
    #[track_caller]
    pub(crate) fn open_with(desktop: &Desktop, arguments: &[&str]) -> Self {
        let mut driver = desktop.command("WebKitWebDriver");
        driver.env("TAURI_WEBVIEW_AUTOMATION", "true");
        driver.stdout(desktop.log("webdriver")).stderr(desktop.log("webdriver"));
        let options = json!({"binary": env!("CARGO_BIN_EXE_countersign"), "args": arguments});
        Self(Session::open(driver, &json!({"webkitgtk:browserOptions": options})))
    }

    /// Runs the scripts of the page once more, and returns what they, and the policy of the page, complain about. What
    /// they said when the page was opened, nobody has heard. The page is of no further use.
    #[track_caller]
    pub(crate) fn complaints(&self, script: &str) -> Vec<String> {
        let script = format!(
            "const done = arguments[0]; const found = []; const note = (what) => found.push(String(what));\
             window.addEventListener('error', (event) => note(event.message || event.target.src), true);\
             window.addEventListener('unhandledrejection', (event) => note(event.reason));\
             document.addEventListener('securitypolicyviolation', (event) => note(event.violatedDirective));\
             console.error = console.warn = (...words) => note(words.join(' '));\
             for (const sheet of document.querySelectorAll('link[rel=stylesheet]'))\
               if (!sheet.sheet || sheet.sheet.cssRules.length === 0) note(`${{sheet.href}} is not loaded`);\
             import(new URL('{script}?again', document.baseURI)).catch(note)\
               .then(() => setTimeout(() => done(found), 300));"
        );
        serde_json::from_value(self.run_until_done(&script)).expect("a list of texts")
    }

    /// What a request to the app is answered with on behalf of this window, past the page's own buttons.
    #[track_caller]
    pub(crate) fn request(&self, request: &Value) -> Result<Value, String> {
        let script = format!(
            "const done = arguments[0]; window.__TAURI__.core.invoke('request', {{ request: {request} }})\
             .then((answer) => done({{ answer }}), (error) => done({{ error: String(error) }}));"
        );
        let mut answer = self.run_until_done(&script);
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["answer"].take()),
        }
    }

    /// Whether the window is still there.
    pub(crate) fn is_open(&self) -> bool {
        self.get("title").is_ok()
    }
}
