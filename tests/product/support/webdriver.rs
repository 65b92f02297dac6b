//! WebDriver (W3C recommendation): what a page shows, and pressing what is on it.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::process::Process;
use super::wait_for;

/// The name under which the protocol hands over an element (WebDriver, section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A window or browser under a driver of its own. Both end when this is dropped.
pub(crate) struct Session {
    agent: ureq::Agent,
    address: String,
    _driver: Process,
}

#[allow(dead_code, reason = "each test of a page uses what it needs")]
impl Session {
    /// Starts a driver, which takes its port as `--port=`, and has it open what these capabilities say.
    #[track_caller]
    pub(crate) fn open(mut driver: Command, capabilities: &Value) -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let driver = Process::start(driver.arg(format!("--port={port}")));
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(1)))
            .build()
            .into();
        let base = format!("http://127.0.0.1:{port}");
        wait_for("the start of the driver", || agent.get(format!("{base}/status")).call().ok());
        let capabilities = json!({"capabilities": {"alwaysMatch": capabilities}});
        let answer = send(agent.post(format!("{base}/session")), &capabilities);
        let answer = answer.unwrap_or_else(|error| panic!("there is no session: {error}"));
        let session = answer["sessionId"].as_str().expect("a session").to_owned();
        Self { agent, address: format!("{base}/session/{session}"), _driver: driver }
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Value> {
        value(self.agent.get(format!("{}/{path}", self.address)).call())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Value> {
        send(self.agent.post(format!("{}/{path}", self.address)), body)
    }

    /// All elements, by their names.
    pub(crate) fn elements(&self, css: &str) -> Vec<String> {
        let found =
            self.post("elements", &json!({"using": "css selector", "value": css})).unwrap_or_default();
        let name = |element: &Value| element[ELEMENT].as_str().map(str::to_owned);
        found.as_array().map(|list| list.iter().filter_map(name).collect()).unwrap_or_default()
    }

    fn element(&self, css: &str) -> Option<String> {
        self.elements(css).into_iter().next()
    }

    /// The visible text of the first element, when there is one.
    pub(crate) fn text(&self, css: &str) -> Option<String> {
        let element = self.element(css)?;
        self.get(&format!("element/{element}/text")).ok()?.as_str().map(str::to_owned)
    }

    /// The visible texts of all elements.
    pub(crate) fn texts(&self, css: &str) -> Vec<String> {
        let text =
            |element: String| self.get(&format!("element/{element}/text")).ok()?.as_str().map(str::to_owned);
        self.elements(css).into_iter().filter_map(text).collect()
    }

    /// Waits until the first element says this, among other things.
    #[track_caller]
    pub(crate) fn wait_for_text(&self, css: &str, wanted: &str) {
        let mut seen = None;
        let deadline = std::time::Instant::now() + super::SOON;
        loop {
            if let Some(text) = self.text(css) {
                if text.contains(wanted) {
                    return;
                }
                seen = Some(text);
            }
            assert!(std::time::Instant::now() < deadline, "{css} says {seen:?}, not “{wanted}”");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// An attribute of the first element, when it has one.
    pub(crate) fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let element = self.element(css)?;
        self.get(&format!("element/{element}/attribute/{name}")).ok()?.as_str().map(str::to_owned)
    }

    /// Whether the first element can be used.
    pub(crate) fn is_enabled(&self, css: &str) -> bool {
        self.element(css)
            .is_some_and(|element| self.get(&format!("element/{element}/enabled")) == Ok(Value::Bool(true)))
    }

    /// Presses the first element, as soon as it can be used.
    #[track_caller]
    pub(crate) fn click(&self, css: &str) {
        let element = wait_for(&format!("{css} that can be used"), || {
            self.element(css).filter(|_| self.is_enabled(css))
        });
        if let Err(error) = self.post(&format!("element/{element}/click"), &json!({})) {
            panic!("{css} cannot be pressed: {error}");
        }
    }

    /// Types into the first element.
    #[track_caller]
    pub(crate) fn fill(&self, css: &str, text: &str) {
        let element = wait_for(css, || self.element(css));
        if let Err(error) = self.post(&format!("element/{element}/value"), &json!({"text": text})) {
            panic!("{css} takes no text: {error}");
        }
    }

    /// Puts a text in the place of what the first element holds.
    #[track_caller]
    pub(crate) fn refill(&self, css: &str, text: &str) {
        let element = wait_for(css, || self.element(css));
        let _ = self.post(&format!("element/{element}/clear"), &json!({}));
        if !text.is_empty() {
            self.fill(css, text);
        }
    }

    /// Whether the first element is there and can be seen.
    pub(crate) fn is_displayed(&self, css: &str) -> bool {
        self.element(css)
            .is_some_and(|element| self.get(&format!("element/{element}/displayed")) == Ok(Value::Bool(true)))
    }

    /// Presses a key, as it goes to whatever has the keyboard (WebDriver, section 17.4.2).
    #[track_caller]
    pub(crate) fn key(&self, key: &str) {
        let press = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": press}]});
        if let Err(error) = self.post("actions", &actions) {
            panic!("{key:?} cannot be pressed: {error}");
        }
    }

    /// What has the keyboard: its `id`, or else its name for screen readers.
    pub(crate) fn focused(&self) -> String {
        let script = "const it = document.activeElement; return it.id || it.getAttribute('aria-label') || it.nodeName;";
        self.run(script).as_str().unwrap_or_default().to_owned()
    }

    /// What a script of the test's own returns: `return …;` on the page.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Value {
        match self.post("execute/sync", &json!({"script": script, "args": []})) {
            Ok(value) => value,
            Err(error) => panic!("{script}: {error}"),
        }
    }

    /// What a script returns by calling its last argument: `arguments[0](…);` on the page.
    #[track_caller]
    pub(crate) fn run_until_done(&self, script: &str) -> Value {
        match self.post("execute/async", &json!({"script": script, "args": []})) {
            Ok(value) => value,
            Err(error) => panic!("{}: {error}", script.chars().take(200).collect::<String>()),
        }
    }

    /// Saves what the page shows as a PNG file.
    #[track_caller]
    pub(crate) fn save_picture(&self, file: &Path) {
        let picture = self.get("screenshot").expect("a picture");
        let mut command = std::process::Command::new("base64");
        command.arg("-d").stdin(std::process::Stdio::piped());
        command.stdout(std::fs::File::create(file).expect("a file"));
        let mut child = command.spawn().expect("base64");
        let mut stdin = child.stdin.take().expect("its input");
        std::io::Write::write_all(&mut stdin, picture.as_str().unwrap_or_default().as_bytes())
            .expect("a picture");
        drop(stdin);
        assert!(child.wait().expect("base64").success());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.address).call();
    }
}

fn send(request: ureq::RequestBuilder<ureq::typestate::WithBody>, body: &Value) -> Result<Value, Value> {
    value(request.send_json(body))
}

/// The value of the answer, or the error (WebDriver, section 6.6).
fn value(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Value> {
    let mut answer = answer.map_err(|error| Value::String(error.to_string()))?;
    let mut body: Value = answer.body_mut().read_json().map_err(|error| Value::String(error.to_string()))?;
    let value = body["value"].take();
    if answer.status().is_success() { Ok(value) } else { Err(value) }
}
