//! Puts the server together, and ends it in good order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::{IdentityPublicKey, Secret};
use countersign_trust::{Host, OperatingSystemRoots};
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::acme::{AcmeBell, Challenges};
use crate::administration::Administration;
use crate::clock::{Clock, SystemClock};
use crate::configuration::ServerConfiguration;
use crate::data_directory::{DataDirectory, PrivateFile};
use crate::endpoint_control::{Admission, Admitted};
use crate::first_start::{Announcement, SecretFiles};
use crate::keys::{Keys, NewTokens, Tokens};
use crate::licences::Licences;
use crate::metrics::Metrics;
use crate::open_files;
use crate::people::{OpenIdConnect, OpenIdConnectSettingsError, Passwords, SetUpLink};
use crate::rehearsals::Rehearsals;
use crate::served_certificate::{CertificateSwitch, ServerCertificate};
use crate::server_error::ServerError;
use crate::store::{DatabaseLocation, Setting, Store};
use crate::tasks::Tasks;
use crate::telemetry::{self, CloseReason, EndpointLimits, Listener, Newcomers, Presence, Telemetry};
use crate::web::{self, AccessSwitches, HttpPort, HttpsAccess, PlainState, Served, WebLimits};

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
    /// Where it listens for HTTP, if it does.
    pub http: Option<SocketAddr>,
    /// Its identity, for installers.
    pub identity: IdentityPublicKey,
    /// Tokens that were made at this start. They are shown this once.
    pub new_tokens: Option<NewTokens>,
    /// Where the first administrator makes an account, as long as there is none.
    pub set_up_link: Option<Secret>,
    administration: Arc<Administration>,
    listener: Listener,
    tasks: Tasks,
    /// The HTTPS port, and the HTTP port if there is one.
    ports: Vec<Served>,
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
        Self::start_among(configuration, clock, OperatingSystemRoots::new()).await
    }

    /// Starts the server on a computer that trusts these roots.
    pub async fn start_among(
        configuration: ServerConfiguration,
        clock: Arc<dyn Clock>,
        roots: OperatingSystemRoots,
    ) -> Result<Self, ServerError> {
        let directory = DataDirectory::open(&configuration.data_directory)?;
        // What can fail comes before the tokens are kept.
        let (telemetry_socket, telemetry_address) = bind(configuration.telemetry_address)?;
        let (console_socket, console_address) = bind(configuration.console_address)?;
        let roots = Arc::new(roots);
        let openid_connect = openid_connect(&configuration, console_address, &roots, &clock)?;
        let (http, http_socket) = bind_http(configuration.http_address);
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
        let admitted = admitted(&for_agents, &keys.built_in);
        let certificates = Arc::new(CertificateSwitch::new(for_agents));
        let console_certificates = Arc::new(CertificateSwitch::new(for_console));
        let tls = telemetry::configuration(Arc::clone(&certificates), &keys.authority)
            .map_err(|error| ServerError::Key(error.to_string()))?;
        let web_tls = web::tls(&console_certificates).map_err(|error| ServerError::Key(error.to_string()))?;
        let access = AccessSwitches::new(HttpsAccess::read(&store).await?);
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
            admission: Admission::new(admitted),
            default_profile,
            clock: Arc::clone(&clock),
        });
        let addresses = (telemetry_address, console_address, http.address());
        if let Some(file) = ready_file {
            let link = set_up_link_address.as_ref();
            file.write(addresses, &identity, tokens.new.as_ref(), link)?;
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
            telemetry: shared,
            certificates,
            console_certificates,
            built_in: keys.built_in,
            server_name: configuration.server_name.clone(),
            address,
            started_at: clock.now(),
            passwords: Passwords::default(),
            set_up_link,
            openid_connect,
            roots,
            changing_certificate: tokio::sync::Mutex::default(),
            walks: tokio::sync::Semaphore::new(crate::administration::pre_flight::WALKS),
            acme: AcmeBell::default(),
            access,
            http,
            https: console_address,
            telemetry_port: telemetry_address.port(),
        });
        let ports = serve_ports(&administration, console_socket, web_tls, http_socket);
        // Certificate authorities may ask at once.
        let tasks = Tasks::begin(&administration, seen, configuration.keep_history_days);
        Ok(Self {
            telemetry: telemetry_address,
            console: console_address,
            http: addresses.2,
            identity,
            new_tokens: tokens.new,
            set_up_link: set_up_link_address,
            administration,
            listener,
            tasks,
            secret_files,
            ports,
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
        self.administration.telemetry.presence.send_all_away(CloseReason::Shutdown);
        for (handle, _) in &self.ports {
            handle.graceful_shutdown(Some(TO_END));
        }
        self.listener.stop(TO_END).await;
        for (_, task) in self.ports {
            ended(task).await;
        }
        self.tasks.stop(TO_END).await;
        let store = self.administration.telemetry.store.clone();
        if let Err(error) = store.leave().await {
            tracing::warn!(%error, "it could not be kept that this server has ended");
        }
        store.close().await;
    }
}

/// Whom the telemetry listener admits that shows a certificate.
fn admitted(shown: &ServerCertificate, built_in: &ServerCertificate) -> Admitted {
    if shown.fingerprint == built_in.fingerprint { Admitted::All } else { Admitted::Validating }
}

/// Serves the HTTPS port, and the HTTP port if there is one.
fn serve_ports(
    administration: &Arc<Administration>,
    https: TcpListener,
    tls: rustls::ServerConfig,
    http: Option<TcpListener>,
) -> Vec<Served> {
    let telemetry = &administration.telemetry;
    let challenges = Challenges::new(telemetry.store.clone(), Arc::clone(&telemetry.clock));
    let plain = http.map(|socket| {
        let state = PlainState {
            challenges: challenges.clone(),
            access: administration.access.clone(),
            https_port: administration.https.port(),
            server_name: administration.server_name.clone(),
        };
        web::serve_http(socket, state, &WebLimits::of_http())
    });
    let routes = web::router(Arc::clone(administration));
    let encrypted = web::serve(https, tls, Some(challenges), routes, &WebLimits::in_force());
    std::iter::once(encrypted).chain(plain).collect()
}

/// Waits until a port has ended.
async fn ended(task: JoinHandle<std::io::Result<()>>) {
    match tokio::time::timeout(TO_END, task).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::warn!(%error, "the HTTPS or HTTP port ended with an error"),
        Ok(Err(error)) => tracing::warn!(%error, "the HTTPS or HTTP port ended with an error"),
        Err(_) => tracing::warn!("the HTTPS or HTTP port did not end in time"),
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

/// Takes the HTTP port, if one is wanted. Everything else works without it, so that a server that the system does not give it
/// starts all the same, and says so.
fn bind_http(address: Option<SocketAddr>) -> (HttpPort, Option<TcpListener>) {
    let Some(address) = address else { return (HttpPort::Off, None) };
    match bind(address) {
        Ok((socket, bound)) => (HttpPort::Listening(bound), Some(socket)),
        Err(error) => {
            let reason = error.to_string();
            tracing::warn!("{reason} The server goes on without HTTP.");
            (HttpPort::Unavailable { address, reason }, None)
        }
    }
}

/// By which administrators tell this server from others of the same database: all may listen on “all addresses”.
fn address_to_show(console: SocketAddr) -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    match name.as_deref().map(str::trim).filter(|name| !name.is_empty() && console.ip().is_unspecified()) {
        Some(name) => format!("{name}:{}", console.port()),
        None => console.to_string(),
    }
}

/// Where people can sign in instead of with a password.
fn openid_connect(
    configuration: &ServerConfiguration,
    console: SocketAddr,
    roots: &Arc<OperatingSystemRoots>,
    clock: &Arc<dyn Clock>,
) -> Result<Option<OpenIdConnect>, ServerError> {
    let Some(settings) = &configuration.openid_connect else { return Ok(None) };
    let named = configuration.server_name.as_ref().map(|name| {
        let name = name.to_string();
        let name = if name.contains(':') { format!("[{name}]") } else { name };
        format!("https://{name}:{}", console.port())
    });
    let console = settings.console_url.clone().or(named).ok_or(OpenIdConnectSettingsError::NoConsole)?;
    let provider = OpenIdConnect::new(settings.clone(), &console, Arc::clone(roots), Arc::clone(clock))?;
    Ok(Some(provider))
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
        (telemetry, console, http): (SocketAddr, SocketAddr, Option<SocketAddr>),
        identity: &IdentityPublicKey,
        tokens: Option<&NewTokens>,
        set_up_link: Option<&Secret>,
    ) -> Result<(), ServerError> {
        let mut content = json!({
            "telemetry": telemetry.to_string(),
            "console": console.to_string(),
            "identity": identity.to_string(),
        });
        if let Some(http) = http {
            content["http"] = http.to_string().into();
        }
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
mod tests;
