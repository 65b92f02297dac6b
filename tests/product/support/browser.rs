//! Chromium, as an administrator has it open on the console.

use std::ops::Deref;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::webdriver::Session;

/// Finds what people with a disability cannot use; `tests/product/data/README.md` says where it comes from.
const AXE: &str = include_str!("../data/axe.min.js");

/// The browser. Ends when dropped.
pub(crate) struct Browser {
    session: Session,
    /// Where the console is.
    base: String,
}

/// What the system of the person prefers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shade {
    Light,
    Dark,
}

impl Deref for Browser {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Browser {
    /// Starts it, for pages below an address such as `https://localhost:8443`.
    #[track_caller]
    pub(crate) fn start(base: String) -> Self {
        let mut driver = Command::new("chromedriver");
        driver.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Tests may run as root and in small containers, where its sandbox and shared memory are not to be had.
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--force-prefers-reduced-motion",
            "--window-size=1280,900",
            "--lang=en",
        ];
        let capabilities = json!({
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        });
        let browser = Self { session: Session::open(driver, &capabilities), base };
        // Past the policy of the pages, and before they begin.
        let script = json!({"source": format!("{AXE}\nwindow.axe = axe;")});
        browser.command("Page.addScriptToEvaluateOnNewDocument", &script);
        browser
    }

    /// Opens a page by its path.
    #[track_caller]
    pub(crate) fn go(&self, path: &str) {
        if let Err(error) = self.post("url", &json!({"url": format!("{}{path}", self.base)})) {
            panic!("{path} cannot be opened: {error}");
        }
    }

    /// The path of the page that is open, with its query.
    pub(crate) fn path(&self) -> String {
        let address = self.get("url").unwrap_or_default();
        address.as_str().unwrap_or_default().trim_start_matches(&self.base).to_owned()
    }

    /// The status that the page was answered with.
    pub(crate) fn status(&self) -> u64 {
        let entry = self.run("return performance.getEntriesByType('navigation')[0].responseStatus");
        entry.as_u64().unwrap_or_default()
    }

    fn command(&self, command: &str, parameters: &Value) {
        let done = self.post("goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
        if let Err(error) = done {
            panic!("{command}: {error}");
        }
    }

    /// Has the system prefer light or dark.
    pub(crate) fn prefer(&self, shade: Shade) {
        let value = match shade {
            Shade::Light => "light",
            Shade::Dark => "dark",
        };
        let features = json!([{"name": "prefers-color-scheme", "value": value}]);
        self.command("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// Looks at the page in a window of another width, in CSS pixels, that is as high as the page.
    pub(crate) fn at_width<T>(&self, width: u32, look: impl FnOnce() -> T) -> T {
        let resize = |height: u64| {
            let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
            self.command("Emulation.setDeviceMetricsOverride", &size);
        };
        resize(900);
        let height = self.run("return document.documentElement.scrollHeight");
        resize(height.as_u64().unwrap_or(900));
        let seen = look();
        self.command("Emulation.clearDeviceMetricsOverride", &json!({}));
        seen
    }

    /// How many CSS pixels of the page are beyond the edge of a window of this width.
    pub(crate) fn beyond(&self, width: u32) -> i64 {
        let beyond = self.at_width(width, || {
            self.run("const page = document.documentElement; return page.scrollWidth - page.clientWidth")
        });
        beyond.as_i64().unwrap_or(i64::MAX)
    }

    /// Has what is downloaded put into a directory, without asking.
    pub(crate) fn download_to(&self, directory: &Path) {
        let parameters = json!({"behavior": "allow", "downloadPath": directory});
        self.command("Browser.setDownloadBehavior", &parameters);
    }

    /// What the browser has complained about since it was asked last: errors of scripts, violations of the policy, and
    /// files that could not be loaded. A page that was answered with an error on purpose is none of them.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({"type": "browser"})).expect("the log of the browser");
        let entries = entries.as_array().cloned().unwrap_or_default();
        let pages_with_a_status =
            ["status of 403", "status of 404", "status of 409", "status of 412", "status of 422"];
        let text = |entry: &Value| {
            let message = entry["message"].as_str().unwrap_or_default();
            let is_page = !message.contains("/assets/")
                && pages_with_a_status.iter().any(|status| message.contains(status));
            let is_bad = matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING"));
            (is_bad && !is_page).then(|| message.to_owned())
        };
        entries.iter().filter_map(text).collect()
    }

    /// What axe finds on the page that is serious or critical.
    #[track_caller]
    pub(crate) fn findings(&self) -> Vec<String> {
        self.findings_in(Shade::Light)
    }

    /// The same; of a dark page only what depends on colours, because the rest is that of the light one.
    #[track_caller]
    pub(crate) fn findings_in(&self, shade: Shade) -> Vec<String> {
        let rules = match shade {
            Shade::Light => "",
            Shade::Dark => ", runOnly: ['color-contrast', 'link-in-text-block']",
        };
        let found = self.run_until_done(&format!(
            "const done = arguments[0]; axe.run(document, {{resultTypes: ['violations']{rules}}}).then(\
             ({{violations}}) => done(violations.filter(({{impact}}) => ['serious', 'critical'].includes(impact))\
               .map((found) => `${{found.id}}: ${{found.nodes.map((node) => node.target.join(' ')).join(', ')}}`)),\
             (error) => done([String(error)]));"
        ));
        serde_json::from_value(found).expect("a list of texts")
    }
}
