//! The management server under test.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::tls::{TlsConfig, TlsProvider};

use super::app::Setup;
use super::certificates::Pair;
use super::process::Process;
use super::wait_for;

/// The running server.
pub(crate) struct Server {
    process: Option<Process>,
    directory: tempfile::TempDir,
    pub(crate) telemetry: SocketAddr,
    pub(crate) console: SocketAddr,
    /// Where the first administrator makes their account.
    pub(crate) set_up_link: String,
    pub(crate) identity: String,
    pub(crate) token: String,
    administrator: String,
    agent: ureq::Agent,
}

impl Server {
    pub(crate) fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("countersign-server").tempdir().expect("a directory");
        let (process, ready) = spawn(&directory, "127.0.0.1:0", "127.0.0.1:0");
        let text = |name: &str| ready[name].as_str().expect(name).to_owned();
        Self {
            process: Some(process),
            telemetry: text("telemetry").parse().expect("an address"),
            console: text("console").parse().expect("an address"),
            identity: text("identity"),
            set_up_link: text("set_up_link"),
            token: text("enrolment_token"),
            administrator: text("administrator_token"),
            directory,
            agent: agent(),
        }
    }

    /// Ends it without a word.
    pub(crate) fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Ends it in good order.
    pub(crate) fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.terminate();
        }
    }

    /// Starts it again, on the same ports and with the same data.
    pub(crate) fn start_again(&mut self) {
        let (telemetry, console) = (self.telemetry.to_string(), self.console.to_string());
        let (process, _) = spawn(&self.directory, &telemetry, &console);
        self.process = Some(process);
    }

    /// The program with the data of this server, for what is done without it.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.arg("--data-directory").arg(self.directory.path().join("data")).args(arguments);
        command
    }

    /// The set-up of an app as an installer of this server makes it.
    pub(crate) fn setup(&self, host: &str) -> Setup {
        Setup {
            address: format!("{host}:{}", self.telemetry.port()),
            connect_to: Some(self.telemetry),
            identity: Some(self.identity.clone()),
            token: Some(self.token.clone()),
            ..Setup::default()
        }
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}/api/v1{path}", self.console)
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let bearer = format!("Bearer {}", self.administrator);
        let mut response =
            self.agent.get(self.url(path)).header("Authorization", bearer).call().expect("an answer");
        assert!(response.status().is_success(), "GET {path}: {}", response.status());
        response.body_mut().read_json().expect("JSON")
    }

    #[track_caller]
    pub(crate) fn put(&self, path: &str, body: &Value) {
        let bearer = format!("Bearer {}", self.administrator);
        let request = self.agent.put(self.url(path)).header("Authorization", bearer);
        let mut response = request.send_json(body).expect("an answer");
        let status = response.status();
        assert!(status.is_success(), "PUT {path}: {status} {:?}", response.body_mut().read_to_string());
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) {
        let bearer = format!("Bearer {}", self.administrator);
        let request = self.agent.post(self.url(path)).header("Authorization", bearer);
        let mut response = request.send_json(body).expect("an answer");
        let status = response.status();
        assert!(status.is_success(), "POST {path}: {status} {:?}", response.body_mut().read_to_string());
    }

    /// Makes something, and returns it.
    #[track_caller]
    pub(crate) fn make(&self, path: &str, body: &Value) -> Value {
        let bearer = format!("Bearer {}", self.administrator);
        let request = self.agent.post(self.url(path)).header("Authorization", bearer);
        let mut response = request.send_json(body).expect("an answer");
        assert!(response.status().is_success(), "POST {path}: {}", response.status());
        response.body_mut().read_json().expect("JSON")
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) {
        let bearer = format!("Bearer {}", self.administrator);
        let response = self.agent.delete(self.url(path)).header("Authorization", bearer).call();
        let status = response.expect("an answer").status();
        assert!(status.is_success(), "DELETE {path}: {status}");
    }

    /// Sets the action of the default profile.
    #[track_caller]
    pub(crate) fn set_action(&self, action: &str) {
        self.set_profile(action, &json!({}));
    }

    /// Sets the action of the default profile, and for how long people may allow a certificate.
    #[track_caller]
    pub(crate) fn set_profile(&self, action: &str, remember: &Value) {
        let profiles = self.get("/profiles");
        let id = profiles[0]["id"].as_str().expect("a profile").to_owned();
        let body = json!({
            "name": "Default",
            "invalid_certificate_action": action,
            "heartbeat_seconds": 5,
            "remember": remember,
        });
        self.put(&format!("/profiles/{id}"), &body);
    }

    /// Uploads an SSL certificate and has agents shown it.
    #[track_caller]
    pub(crate) fn show(&self, pair: &Pair) {
        let body = json!({"certificate_pem": pair.chain, "private_key_pem": pair.key});
        self.put("/ssl-certificate?if_not_valid=commit", &body);
        self.use_ssl_certificate(true);
    }

    #[track_caller]
    pub(crate) fn use_ssl_certificate(&self, on: bool) {
        self.put("/settings", &json!({"use_ssl_certificate_for_endpoint_control": on}));
    }

    /// The only endpoint.
    #[track_caller]
    pub(crate) fn endpoint(&self) -> Option<Value> {
        let mut endpoints = self.get("/endpoints");
        let list = endpoints.as_array_mut().expect("a list");
        assert!(list.len() <= 1, "there is one endpoint: {list:?}");
        list.pop()
    }

    /// Waits until the endpoint is as it shall be.
    #[track_caller]
    pub(crate) fn wait_for_endpoint(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        wait_for(what, || self.endpoint().filter(&is))
    }
}

pub(super) fn agent() -> ureq::Agent {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .disable_verification(true)
        .build();
    let configuration = ureq::Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)))
        .build();
    configuration.into()
}

fn program() -> PathBuf {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_countersign")).with_file_name("countersign-server");
    assert!(
        program.exists(),
        "{} is not built; run: cargo build --package countersign-server",
        program.display()
    );
    program
}

fn spawn(directory: &tempfile::TempDir, telemetry: &str, console: &str) -> (Process, Value) {
    let ready = directory.path().join("ready.json");
    let _ = std::fs::remove_file(&ready);
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(directory.path().join("server.log"))
        .expect("a log file");
    let mut command = Command::new(program());
    command.arg("--data-directory").arg(directory.path().join("data"));
    command.args([
        "--telemetry-address",
        telemetry,
        "--console-address",
        console,
        "--server-name",
        "localhost",
    ]);
    command.arg("--ready-file").arg(&ready);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let process = Process::start(&mut command);
    let text = wait_for("the server's start", || std::fs::read_to_string(&ready).ok());
    (process, serde_json::from_str(&text).expect("the ready file"))
}
