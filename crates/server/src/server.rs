//! Puts the server together, and ends it in good order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::{IdentityPublicKey, Secret};
use countersign_trust::Host;
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::administration::Administration;
use crate::clock::{Clock, SystemClock};
use crate::configuration::ServerConfiguration;
use crate::data_directory::{DataDirectory, PrivateFile};
use crate::first_start::{Announcement, SecretFiles};
use crate::housekeeping::Housekeeping;
use crate::keys::{Keys, NewTokens, Tokens};
use crate::licences::Licences;
use crate::metrics::Metrics;
use crate::nodes::Nodes;
use crate::open_files;
use crate::people::{Passwords, SetUpLink};
use crate::rehearsals::{Rehearsals, Rehearsing};
use crate::served_certificate::{CertificateSwitch, ServerCertificate};
use crate::server_error::ServerError;
use crate::store::{DatabaseLocation, Setting, Store};
use crate::telemetry::{self, CloseReason, EndpointLimits, Listener, Newcomers, Presence, Telemetry};
use crate::tightening::Tightenings;
use crate::web::{self, WebLimits};

/// How many connections may wait until they are accepted; the system may allow fewer. When all agents come at once, those for which
/// there is no place would try again only after a second, then after two more, and so on.
const MOST_WAITING: u32 = 4096;
/// How long open connections may take to end.
const TO_END: Duration = Duration::from_secs(8);

/// A running server.
pub struct Server {
    /// Where it listens for telemetry.
    pub telemetry: SocketAddr,
    /// Where it listens for the console and the API.
    pub console: SocketAddr,
    /// Its identity, for installers.
    pub identity: IdentityPublicKey,
    /// Tokens that were made at this start. They are shown this once.
    pub new_tokens: Option<NewTokens>,
    /// Where the first administrator makes an account, as long as there is none.
    pub set_up_link: Option<Secret>,
    shared: Arc<Telemetry>,
    listener: Listener,
    nodes: Nodes,
    tightenings: Tightenings,
    rehearsing: Rehearsing,
    housekeeping: Housekeeping,
    web: axum_server::Handle<SocketAddr>,
    web_task: JoinHandle<std::io::Result<()>>,
    secret_files: SecretFiles,
    _directory: DataDirectory,
}

impl Server {
    /// Starts the server; when this returns, both addresses are served.
    pub async fn start(configuration: ServerConfiguration) -> Result<Self, ServerError> {
        Self::start_with(configuration, Arc::new(SystemClock)).await
    }

    /// Starts the server with another clock.
    pub async fn start_with(
        configuration: ServerConfiguration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServerError> {
        let directory = DataDirectory::open(&configuration.data_directory)?;
        // What can fail comes before the tokens are kept.
        let (telemetry_socket, telemetry_address) = bind(configuration.telemetry_address)?;
        let (console_socket, console_address) = bind(configuration.console_address)?;
        let ready_file = configuration.ready_file.as_deref().map(ReadyFile::prepare).transpose()?;
        let location = DatabaseLocation::of(directory.path(), configuration.database_url.as_ref());
        let store = Store::open(location).await?.sealed_with(&configuration.key_file()).await?;
        let store = store.of_node(directory.node()?);
        // Other servers of the same database that start now wait: one of them makes the keys.
        let alone = store.alone().await?;
        store.forget_gone().await?;
        store.forget_moves().await?;
        store.forget_sessions().await?;
        let address = address_to_show(console_address);
        store.enter(&address).await?;
        // Before anything is read that others may change.
        let seen = store.latest_revision().await?;
        let keys = Keys::load_or_make(&store, clock.now()).await?;
        let tokens = Tokens::load_or_make(&store, configuration.administrator_token).await?;
        let secret_files = SecretFiles::of(directory.path());
        let (set_up_link, link) = SetUpLink::prepare(&store, secret_files.link.clone()).await?;
        let set_up_link_address =
            link.map(|token| set_up_address(configuration.server_name.as_ref(), console_address, &token));
        let identity = keys.identity.public_key();
        let default_profile = store.default_profile(clock.now()).await?.document.id;
        let [for_agents, for_console] = first_certificates(&store, &keys.built_in).await?;
        let certificates = Arc::new(CertificateSwitch::new(for_agents));
        let console_certificates = Arc::new(CertificateSwitch::new(for_console));
        let tls = telemetry::configuration(Arc::clone(&certificates), &keys.authority)
            .map_err(|error| ServerError::Key(error.to_string()))?;
        let web_tls = web::tls(&console_certificates).map_err(|error| ServerError::Key(error.to_string()))?;
        let shared = Arc::new(Telemetry {
            store: store.clone(),
            presence: Presence::default(),
            metrics: Metrics::default(),
            newcomers: Newcomers::new(configuration.enrolments_per_minute),
            endpoint_limits: EndpointLimits::default(),
            identity: keys.identity,
            authority: keys.authority,
            licences: Licences::signed_by(configuration.licence_publisher),
            rehearsals: Rehearsals::default(),
            certificates: Arc::clone(&certificates),
            default_profile,
            clock: Arc::clone(&clock),
        });
        if let Some(file) = ready_file {
            let link = set_up_link_address.as_ref();
            file.write(telemetry_address, console_address, &identity, tokens.new.as_ref(), link)?;
        }
        tokens.keep(&store, clock.now()).await?;
        alone.end().await?;
        let listener = telemetry::listen(
            telemetry_socket,
            TlsAcceptor::from(Arc::new(tls)),
            Arc::clone(&shared),
            open_files::on_their_way(),
        );
        let administration = Arc::new(Administration {
            telemetry: Arc::clone(&shared),
            certificates,
            console_certificates,
            built_in: keys.built_in,
            server_name: configuration.server_name.clone(),
            address,
            started_at: clock.now(),
            passwords: Passwords::default(),
            set_up_link,
            roots: Arc::new(countersign_trust::OperatingSystemRoots::new()),
            changing_certificate: tokio::sync::Mutex::default(),
            walks: tokio::sync::Semaphore::new(crate::administration::pre_flight::WALKS),
        });
        let nodes = Nodes::begin(&administration, seen);
        let tightenings = Tightenings::begin(&administration);
        let rehearsing = Rehearsing::begin(&shared);
        let housekeeping = Housekeeping::begin(Arc::clone(&shared), configuration.keep_history_days);
        let routes = web::router(administration);
        let (web, web_task) = web::serve(console_socket, web_tls, routes, &WebLimits::in_force());
        Ok(Self {
            telemetry: telemetry_address,
            console: console_address,
            identity,
            new_tokens: tokens.new,
            set_up_link: set_up_link_address,
            shared,
            listener,
            nodes,
            tightenings,
            rehearsing,
            housekeeping,
            secret_files,
            web,
            web_task,
            _directory: directory,
        })
    }

    /// What whoever starts the server has to know.
    #[must_use]
    pub fn announcement(&self) -> Announcement<'_> {
        Announcement { server: self, files: &self.secret_files }
    }

    /// Ends the server: tells the agents to come back, answers what is being asked, closes the database.
    pub async fn stop(self) {
        self.shared.presence.send_all_away(CloseReason::Shutdown);
        self.web.graceful_shutdown(Some(TO_END));
        self.listener.stop(TO_END).await;
        match tokio::time::timeout(TO_END, self.web_task).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the HTTPS port ended with an error"),
            Ok(Err(error)) => tracing::warn!(%error, "the HTTPS port ended with an error"),
            Err(_) => tracing::warn!("the HTTPS port did not end in time"),
        }
        self.tightenings.stop(TO_END).await;
        self.nodes.stop(TO_END).await;
        self.rehearsing.stop(TO_END).await;
        self.housekeeping.stop(TO_END).await;
        let store = self.shared.store.clone();
        if let Err(error) = store.leave().await {
            tracing::warn!(%error, "it could not be kept that this server has ended");
        }
        store.close().await;
    }
}

/// What agents, and the console, were shown before the server was stopped.
async fn first_certificates(
    store: &Store,
    built_in: &ServerCertificate,
) -> Result<[ServerCertificate; 2], ServerError> {
    let Some(kept) = store.ssl_certificate().await? else { return Ok([built_in.clone(), built_in.clone()]) };
    let ssl = ServerCertificate::from_pem(&kept.chain_pem, &store.private_key(&kept)?)?;
    let use_ssl_certificate = store.setting(Setting::UseSslCertificate).await?;
    Ok([if use_ssl_certificate { ssl.clone() } else { built_in.clone() }, ssl])
}

/// Takes an address; connections wait until they are accepted.
fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let take = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A server that is started again has its address at once. On Windows, this would give it to two at a time.
        socket.set_reuseaddr(cfg!(unix))?;
        socket.bind(address)?;
        let listener = socket.listen(MOST_WAITING)?;
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    };
    take().map_err(|source| ServerError::Listen { address, source })
}

/// By which administrators tell this server from others of the same database: all may listen on “all addresses”.
fn address_to_show(console: SocketAddr) -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    match name.as_deref().map(str::trim).filter(|name| !name.is_empty() && console.ip().is_unspecified()) {
        Some(name) => format!("{name}:{}", console.port()),
        None => console.to_string(),
    }
}

/// Where the first administrator makes an account. Nobody connects to “all addresses of this computer”.
fn set_up_address(name: Option<&Host>, console: SocketAddr, token: &Secret) -> Secret {
    let host = match name {
        Some(name) => name.to_string(),
        None if console.ip().is_unspecified() => "localhost".to_owned(),
        None => console.ip().to_string(),
    };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Secret::new(format!("https://{host}:{}/set-up/{}", console.port(), token.expose()))
}

/// The file that tells others that the server is ready.
struct ReadyFile {
    path: PathBuf,
    file: PrivateFile,
}

impl ReadyFile {
    fn prepare(path: &Path) -> Result<Self, ServerError> {
        let file = PrivateFile::prepare(path)
            .map_err(|source| ServerError::ReadyFile { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    fn write(
        self,
        telemetry: SocketAddr,
        console: SocketAddr,
        identity: &IdentityPublicKey,
        tokens: Option<&NewTokens>,
        set_up_link: Option<&Secret>,
    ) -> Result<(), ServerError> {
        let mut content = json!({
            "telemetry": telemetry.to_string(),
            "console": console.to_string(),
            "identity": identity.to_string(),
        });
        if let Some(tokens) = tokens {
            content["administrator_token"] = tokens.administrator.expose().into();
            if let Some(enrolment) = &tokens.enrolment {
                content["enrolment_token"] = enrolment.expose().into();
            }
        }
        if let Some(link) = set_up_link {
            content["set_up_link"] = link.expose().into();
        }
        let Self { path, file } = self;
        file.write(content.to_string().as_bytes()).map_err(|source| ServerError::ReadyFile { path, source })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use countersign_protocol::InstanceUid;
    use tokio::net::TcpStream;
    use uuid::Uuid;

    use super::*;
    use crate::configuration::CommandLine;
    use crate::store::StoreError;
    use crate::telemetry::Wake;

    #[tokio::test(flavor = "multi_thread")]
    async fn sessions_look_for_themselves_when_a_change_may_not_have_reached_them() {
        let directory = tempfile::tempdir().unwrap();
        let arguments =
            ["countersign-server", "--telemetry-address=127.0.0.1:0", "--console-address=127.0.0.1:0"];
        let mut command_line = CommandLine::parse_from(arguments);
        command_line.data_directory = Some(directory.path().join("data"));
        let server = Server::start(ServerConfiguration::load(command_line).unwrap()).await.unwrap();
        let shared = &server.shared;
        let place = shared.presence.enter(InstanceUid::generate(), Uuid::now_v7(), shared.clock.now());
        // Whoever has told them leaves no doubt: the first thing that the session sees comes of the second.
        shared.store.untold().told();
        let failed = || -> Result<(), StoreError> {
            let _untold = shared.store.untold();
            Err(StoreError::NotFound("anything".to_owned()))
        };
        assert!(failed().is_err());
        let soon = Duration::from_secs(10);
        let woken = tokio::time::timeout(soon, place.next_wake()).await.expect("nobody tells the session");
        assert_eq!(woken, Wake::Profile);
        shared.presence.leave(&place);
        server.stop().await;
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn many_connections_wait_until_they_are_accepted() {
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let many = allowed.trim().parse::<usize>().unwrap().min(400);
        let (_listener, address) = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let mut waiting = Vec::new();
        for _ in 0..many {
            let connecting = tokio::time::timeout(Duration::from_millis(900), TcpStream::connect(address));
            waiting.push(connecting.await.expect("there was no place to wait").unwrap());
        }
        // Where somebody listens, nobody else does.
        assert!(matches!(bind(address), Err(ServerError::Listen { .. })));
    }
}
