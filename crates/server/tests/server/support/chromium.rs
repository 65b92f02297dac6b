//! Chromium, driven through WebDriver (W3C recommendation), for what only a browser shows: which cookies it sends where.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, sleep, timeout};

use super::http::exchange;

/// The name under which the protocol hands over an element (WebDriver, section 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// A browser on a computer that has much else to do.
const IN_TIME: Duration = Duration::from_mins(1);

/// A browser; it ends with this value.
pub(crate) struct Chromium {
    driver: Child,
    address: SocketAddr,
    session: String,
}

impl Chromium {
    /// One that takes any certificate.
    pub(crate) async fn start() -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(driver.stdout.take().unwrap());
        let port = tokio::task::spawn_blocking(move || {
            let ports = said.lines().map_while(Result::ok).filter(|line| line.contains("successfully"));
            let port = ports.filter_map(|line| line.trim_end_matches('.').rsplit(' ').next()?.parse().ok());
            port.take(1).next()
        });
        let port: u16 = timeout(IN_TIME, port).await.unwrap().unwrap().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut browser = Self { driver, address, session: String::new() };
        // Tests may run as root and in small containers, where its sandbox and shared memory are not to be had.
        // A page that still scrolls to what is clicked is not clicked.
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
        let begun = browser.ask("POST", "", &json!({"capabilities": {"alwaysMatch": capabilities}})).await;
        browser.session = format!("/{}", begun["sessionId"].as_str().unwrap());
        browser
    }

    /// Asks the driver; null stands for what is not there.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/session{}{path}", self.session);
        let body = (method == "POST").then(|| body.to_string());
        let asked = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            exchange(&mut stream, method, &path, &[("Content-Type", "application/json")], body.as_deref())
                .await
        };
        let answer = timeout(IN_TIME, asked).await.unwrap();
        if answer.status == 404 {
            return Value::Null;
        }
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        answer.json()["value"].take()
    }

    pub(crate) async fn go(&self, address: &str) {
        self.ask("POST", "/url", &json!({"url": address})).await;
    }

    pub(crate) async fn address(&self) -> String {
        self.ask("GET", "/url", &Value::Null).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a page is open whose address contains this.
    pub(crate) async fn until_at(&self, part: &str) {
        let deadline = Instant::now() + IN_TIME;
        loop {
            let address = self.address().await;
            if address.contains(part) {
                return;
            }
            assert!(Instant::now() < deadline, "the browser is at {address}, not at {part}");
            sleep(Duration::from_millis(25)).await;
        }
    }

    async fn element(&self, css: &str) -> String {
        let deadline = Instant::now() + IN_TIME;
        loop {
            let found = self.ask("POST", "/element", &json!({"using": "css selector", "value": css})).await;
            if let Some(element) = found[ELEMENT].as_str() {
                return format!("/element/{element}");
            }
            assert!(Instant::now() < deadline, "there is no {css} at {}", self.address().await);
            sleep(Duration::from_millis(25)).await;
        }
    }

    pub(crate) async fn click(&self, css: &str) {
        let element = self.element(css).await;
        self.ask("POST", &format!("{element}/click"), &json!({})).await;
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        let element = self.element(css).await;
        let text = self.ask("GET", &format!("{element}/text"), &Value::Null).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// What the browser has complained about since it was asked last.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.ask("POST", "/se/log", &json!({"type": "browser"})).await;
        let message = |entry: &Value| entry["message"].as_str().unwrap_or_default().to_owned();
        entries.as_array().unwrap().iter().map(message).collect()
    }

    /// Ends it in good order.
    pub(crate) async fn end(self) {
        self.ask("DELETE", "", &Value::Null).await;
    }
}

impl Drop for Chromium {
    // The driver takes its browser with it when it is asked to end.
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.driver.id().to_string()).status();
        let _ = self.driver.wait();
    }
}
