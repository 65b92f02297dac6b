//! What the tests share: a server in this process, agents, and the API.

pub(crate) mod agent;
mod answers;
pub(crate) mod authority;
#[cfg(target_os = "linux")]
pub(crate) mod chromium;
pub(crate) mod clock;
pub(crate) mod console;
pub(crate) mod fleet;
pub(crate) mod gate;
pub(crate) mod http;
pub(crate) mod legacy;
pub(crate) mod log;
pub(crate) mod pebble;
pub(crate) mod postgresql;
#[cfg(target_os = "linux")]
pub(crate) mod process;
pub(crate) mod provider;
pub(crate) mod site;
pub(crate) mod tls;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use countersign_protocol::{PublisherKeyPair, Secret};
use countersign_server::{
    AdministratorToken, Clock, DatabaseUrl, LogFormat, Server, ServerConfiguration, SystemClock,
};
use sea_orm::{Database, DatabaseConnection};
use serde_json::Value;
use tempfile::TempDir;

use agent::SOON;
use http::ApiClient;

/// The environment variable that says on which kind of database the tests run.
const DATABASE: &str = "COUNTERSIGN_TEST_DATABASE";

/// The file in which a test notes where the database is.
const NOTE: &str = "database";

/// The file in which a test notes where the key file is, if it is that of another server.
const KEY_NOTE: &str = "key-file";

/// A server on ports of its own.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) directory: TempDir,
    pub(crate) api: ApiClient,
    /// The enrolment token of the first start.
    pub(crate) enrolment_token: String,
}

/// Who signs the licences of the tests.
pub(crate) fn publisher() -> &'static PublisherKeyPair {
    static PUBLISHER: OnceLock<PublisherKeyPair> = OnceLock::new();
    PUBLISHER.get_or_init(|| PublisherKeyPair::generate().unwrap().0)
}

pub(crate) fn configuration(directory: &Path) -> ServerConfiguration {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    ServerConfiguration {
        data_directory: directory.join("data"),
        database_url: database(directory),
        key_file: std::fs::read_to_string(directory.join(KEY_NOTE)).ok().map(Into::into),
        telemetry_address: any_port,
        console_address: any_port,
        http_address: None,
        server_name: Some(countersign_trust::ServerAddress::new("localhost", 8013).unwrap().host().clone()),
        // Tests come from one network, all at once.
        enrolments_per_minute: NonZeroU32::MAX,
        keep_history_days: NonZeroU32::MIN.saturating_add(89),
        log_format: LogFormat::Text,
        ready_file: None,
        administrator_token: AdministratorToken::Keep,
        openid_connect: None,
        licence_publisher: Some(publisher().public_key()),
    }
}

/// Where a server with this directory has its database, if not in it: every test can be run on PostgreSQL as well.
fn database(directory: &Path) -> Option<DatabaseUrl> {
    // A server that is started again finds its database again.
    let url = match std::fs::read_to_string(directory.join(NOTE)) {
        Ok(url) => url,
        Err(_) => match std::env::var(DATABASE).as_deref() {
            Ok("postgresql") => note(directory, postgresql::new_database()),
            Ok("sqlite") | Err(_) => return None,
            Ok(other) => panic!("{DATABASE} is “{other}”, neither “sqlite” nor “postgresql”"),
        },
    };
    Some(DatabaseUrl::new(Secret::new(url)).unwrap())
}

/// The database of a server with this directory that was started before, for somebody who works on it by hand.
pub(crate) async fn open_database(directory: &Path) -> DatabaseConnection {
    let url = std::fs::read_to_string(directory.join(NOTE))
        .unwrap_or_else(|_| format!("sqlite://{}", directory.join("data/countersign.sqlite").display()));
    Database::connect(url).await.unwrap()
}

fn note(directory: &Path, url: String) -> String {
    std::fs::write(directory.join(NOTE), &url).unwrap();
    url
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::start_with(Arc::new(SystemClock)).await
    }

    pub(crate) async fn start_with(clock: Arc<dyn Clock>) -> Self {
        log::keep();
        Self::start_in(tempfile::tempdir().unwrap(), clock).await
    }

    /// A server with other settings.
    pub(crate) async fn start_configured(
        clock: Arc<dyn Clock>,
        change: impl FnOnce(&mut ServerConfiguration),
    ) -> Self {
        log::keep();
        let directory = tempfile::tempdir().unwrap();
        let mut configuration = configuration(directory.path());
        change(&mut configuration);
        Self::start_as(configuration, directory, clock).await
    }

    async fn start_in(directory: TempDir, clock: Arc<dyn Clock>) -> Self {
        Self::start_as(configuration(directory.path()), directory, clock).await
    }

    async fn start_as(configuration: ServerConfiguration, directory: TempDir, clock: Arc<dyn Clock>) -> Self {
        let server = Server::start_with(configuration, clock).await.unwrap();
        let tokens = server.new_tokens.clone().unwrap();
        let api = ApiClient { address: server.console, token: tokens.administrator.expose().to_owned() };
        Self { server, directory, api, enrolment_token: tokens.enrolment.unwrap().expose().to_owned() }
    }

    /// A server on PostgreSQL, and another one beside it on the same database.
    pub(crate) async fn start_two() -> (Self, Self) {
        log::keep();
        let url = postgresql::new_database();
        let (directory, beside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        note(directory.path(), url.clone());
        note(beside.path(), url);
        let key_file = directory.path().join("data").join("sealing-key");
        std::fs::write(beside.path().join(KEY_NOTE), key_file.to_str().unwrap()).unwrap();
        let first = Self::start_in(directory, Arc::new(SystemClock)).await;
        let server = Server::start(configuration(beside.path())).await.unwrap();
        assert!(server.new_tokens.is_none());
        let api = ApiClient { address: server.console, ..first.api.clone() };
        let second = Self { server, directory: beside, api, enrolment_token: first.enrolment_token.clone() };
        (first, second)
    }

    /// Stops the server and starts another one over its data.
    pub(crate) async fn restarted(self) -> Self {
        self.restarted_with(Arc::new(SystemClock)).await
    }

    pub(crate) async fn restarted_with(self, clock: Arc<dyn Clock>) -> Self {
        self.server.stop().await;
        let server = Server::start_with(configuration(self.directory.path()), clock).await.unwrap();
        assert!(server.new_tokens.is_none());
        let api = ApiClient { address: server.console, ..self.api };
        Self { server, api, ..self }
    }

    /// An agent that was let in with the token of the first start, and has introduced itself.
    pub(crate) async fn agent(&self, host: &str) -> agent::Agent {
        agent::Agent::with_token(self.server.telemetry, &self.enrolment_token, host).await
    }

    /// An endpoint as the API shows it, once it is as wanted.
    pub(crate) async fn endpoint(&self, id: impl ToString, wanted: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/endpoints/{}", id.to_string());
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let endpoint = self.api.get(&path).await;
            if wanted(&endpoint) {
                return endpoint;
            }
            assert!(tokio::time::Instant::now() < deadline, "not as wanted in time: {endpoint:#}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}
