//! A server that certificate authorities reach by its name, and the authority.

use std::sync::Arc;
use std::time::Duration;

use countersign_server::{Clock, Server, SystemClock};
use countersign_trust::{Assessment, ServerAddress, TrustedRoots, assess};
use rustls_pki_types::{CertificateDer, UnixTime};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::agent::Agent;
use super::fleet::{Member, Particulars, Place};
use super::http::ApiClient;
use super::pebble::{Pebble, PebbleOptions, free_port};
use super::{configuration, tls};

/// The name by which agents reach the server of the tests.
pub(crate) const DOMAIN: &str = "server.example";
/// How long a certificate may take on a busy computer.
pub(crate) const TO_ISSUE: Duration = Duration::from_secs(90);
pub(crate) const AUTOMATED: &str = "/ssl-certificate/automated";

/// A server, and an authority that finds it.
pub(crate) struct Site {
    pub(crate) server: Server,
    pub(crate) api: ApiClient,
    pub(crate) enrolment_token: String,
    pub(crate) directory: TempDir,
    pub(crate) pebble: Pebble,
    pub(crate) ports: (u16, u16),
    pub(crate) clock: Arc<dyn Clock>,
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}, Arc::new(SystemClock)).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut PebbleOptions), clock: Arc<dyn Clock>) -> Self {
        let ports = (free_port(), free_port());
        let mut options = PebbleOptions::for_ports(ports.0, ports.1);
        change(&mut options);
        let pebble = Pebble::start(&options).await;
        let directory = tempfile::tempdir().unwrap();
        let server = Self::serve(&directory, ports, &pebble, Arc::clone(&clock)).await;
        let tokens = server.new_tokens.clone().unwrap();
        let api = ApiClient { address: server.console, token: tokens.administrator.expose().to_owned() };
        let enrolment_token = tokens.enrolment.unwrap().expose().to_owned();
        Self { server, api, enrolment_token, directory, pebble, ports, clock }
    }

    pub(crate) async fn serve(
        directory: &TempDir,
        ports: (u16, u16),
        pebble: &Pebble,
        clock: Arc<dyn Clock>,
    ) -> Server {
        let mut configuration = configuration(directory.path());
        configuration.http_address = Some(([127, 0, 0, 1], ports.0).into());
        configuration.console_address = ([127, 0, 0, 1], ports.1).into();
        let name = ServerAddress::new(DOMAIN, 8013).unwrap().host().clone();
        configuration.server_name = Some(name);
        Server::start_among(configuration, clock, pebble.operating_system().await).await.unwrap()
    }

    /// Stops the server and starts another one over its data.
    pub(crate) async fn restarted(self) -> Self {
        self.server.stop().await;
        let clock = Arc::clone(&self.clock);
        let server = Self::serve(&self.directory, self.ports, &self.pebble, clock).await;
        let api = ApiClient { address: server.console, ..self.api };
        Self { server, api, ..self }
    }

    /// What is to be asked of the authority.
    pub(crate) fn wish(&self, challenge: &str) -> Value {
        json!({
            "domain": DOMAIN,
            "email": "admin@server.example",
            "directory_url": self.pebble.directory,
            "directory_root_pem": self.pebble.directory_root,
            "challenge": challenge,
            "agreed_terms": "data:text/plain,Do%20what%20thou%20wilt",
        })
    }

    /// How far it is, once it is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        until(&self.api, wanted).await
    }

    /// Asks for a certificate and waits for it.
    pub(crate) async fn issued(&self, wish: &Value) -> Value {
        self.api.change("PUT", AUTOMATED, wish).await;
        let automated = self.until(|automated| automated["stage"] == "resting").await;
        assert_eq!(automated["last_failure"], Value::Null, "{automated:#}");
        automated
    }

    pub(crate) async fn use_ssl_certificate(&self) {
        let on = json!({"use_ssl_certificate_for_endpoint_control": true});
        self.api.change("PUT", "/settings", &on).await;
    }

    /// Under this action, for all endpoints.
    pub(crate) async fn set_action(&self, action: &str) {
        let profile = self.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
        let body = json!({"name": "Default", "invalid_certificate_action": action, "heartbeat_seconds": 5});
        self.api.change("PUT", &format!("/profiles/{profile}"), &body).await;
    }

    /// An agent that people run; it knows the server by its name.
    pub(crate) fn member(&self, roots: Vec<CertificateDer<'static>>) -> Member {
        let particulars = Particulars { host: DOMAIN, roots, ahead: time::Duration::ZERO };
        Member::start(self, particulars)
    }

    /// What an agent that trusts the authority finds.
    pub(crate) async fn judged(&self, roots: &TrustedRoots, now: OffsetDateTime) -> Assessment {
        let chain = shown(self.server.telemetry).await;
        let server = ServerAddress::new(DOMAIN, self.server.telemetry.port()).unwrap();
        let seconds = u64::try_from(now.unix_timestamp()).unwrap();
        assess(&chain, &server, roots, UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }

    pub(crate) async fn agent(&self) -> Agent {
        Agent::with_token(self.server.telemetry, &self.enrolment_token, "desk").await
    }
}

/// The chain that agents are shown.
async fn shown(telemetry: std::net::SocketAddr) -> Vec<CertificateDer<'static>> {
    let stream = tls::connect(telemetry, None).await.unwrap();
    let (_, connection) = stream.get_ref();
    connection.peer_certificates().unwrap().iter().map(|one| one.clone().into_owned()).collect()
}

/// How far the certificate of a server is, once it is as wanted.
pub(crate) async fn until(api: &ApiClient, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + TO_ISSUE;
    loop {
        let automated = api.get(AUTOMATED).await;
        if wanted(&automated) {
            return automated;
        }
        assert!(Instant::now() < deadline, "not as wanted in time: {automated:#}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

impl<'site> From<&'site Site> for Place<'site> {
    fn from(site: &'site Site) -> Self {
        Self { server: &site.server, enrolment_token: &site.enrolment_token }
    }
}
