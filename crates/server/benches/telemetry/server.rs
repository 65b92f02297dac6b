//! The server's program as it is measured: it can be ended and started again at the same addresses.

use std::fs::File;
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::support::http::ApiClient;
use super::support::process::Installation;

/// How long the server may take to start.
const TO_START: Duration = Duration::from_mins(1);

/// A running server; it ends with this value.
pub(crate) struct Server {
    pub(crate) telemetry: SocketAddr,
    pub(crate) api: ApiClient,
    pub(crate) enrolment_token: String,
    pub(crate) installation: Installation,
    child: Child,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let installation = Installation::new();
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let (child, ready) = launch(&installation, anywhere, anywhere).await;
        let text = |key: &str| ready[key].as_str().unwrap().to_owned();
        let address = |key: &str| text(key).parse().unwrap();
        Self {
            telemetry: address("telemetry"),
            api: ApiClient { address: address("console"), token: text("administrator_token") },
            enrolment_token: text("enrolment_token"),
            installation,
            child,
        }
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again after [`Server::kill`]. When this returns, it accepts connections.
    pub(crate) async fn start_again(&mut self) {
        (self.child, _) = launch(&self.installation, self.telemetry, self.api.address).await;
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the program, and waits until it says that it is ready.
async fn launch(installation: &Installation, telemetry: SocketAddr, console: SocketAddr) -> (Child, Value) {
    let ready_file = installation.directory.path().join("ready.json");
    let log = installation.directory.path().join("log");
    let _ = std::fs::remove_file(&ready_file);
    let (telemetry, console) = (telemetry.to_string(), console.to_string());
    let child = installation
        .program(&[
            "--telemetry-address",
            &telemetry,
            "--console-address",
            &console,
            "--server-name",
            "localhost",
        ])
        .arg("--ready-file")
        .arg(&ready_file)
        .stdout(Stdio::null())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + TO_START;
    loop {
        match std::fs::read(&ready_file).ok().and_then(|ready| serde_json::from_slice(&ready).ok()) {
            Some(ready) => return (child, ready),
            None => assert!(Instant::now() < deadline, "{}", std::fs::read_to_string(&log).unwrap()),
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
