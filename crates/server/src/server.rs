//! Puts the server together, and ends it in good order.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_protocol::{IdentityError, IdentityKeyPair, IdentityPublicKey, Licence, Secret};
use serde_json::json;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::api::{self, Api};
use crate::authority::{AuthorityError, EndpointAuthority};
use crate::clock::{Clock, SystemClock};
use crate::configuration::ServerConfiguration;
use crate::data_directory::{DataDirectory, DataDirectoryError};
use crate::served_certificate::{CertificateSwitch, ServerCertificate, ServerCertificateError, provider};
use crate::store::tokens::{generate, hash};
use crate::store::{Actor, Change, KeyName, Setting, Store, StoreError};
use crate::telemetry::{self, CloseReason, Listener, Presence, Telemetry, Wake};

/// How long open connections may take to end.
const TO_END: Duration = Duration::from_secs(8);

/// Why the server cannot start.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDirectory(#[from] DataDirectoryError),
    /// The database cannot be used.
    #[error("{0}")]
    Store(String),
    /// A kept key or certificate cannot be used.
    #[error("A key or certificate of this server cannot be used: {0}")]
    Key(String),
    /// An address cannot be listened on.
    #[error("The server cannot listen on {address}: {source}. Perhaps another program does already.")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The ready file cannot be written.
    #[error("The ready file cannot be written: {0}.")]
    ReadyFile(std::io::Error),
}

impl From<StoreError> for ServerError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<AuthorityError> for ServerError {
    fn from(error: AuthorityError) -> Self {
        Self::Key(error.to_string())
    }
}

impl From<ServerCertificateError> for ServerError {
    fn from(error: ServerCertificateError) -> Self {
        Self::Key(error.to_string())
    }
}

impl From<IdentityError> for ServerError {
    fn from(error: IdentityError) -> Self {
        Self::Key(error.to_string())
    }
}

/// A running server.
pub struct Server {
    /// Where it listens for telemetry.
    pub telemetry: SocketAddr,
    /// Where it listens for the API.
    pub console: SocketAddr,
    /// Its identity, for installers.
    pub identity: IdentityPublicKey,
    /// Tokens that were made at this start, which is the first. They are shown this once.
    pub first_tokens: Option<FirstTokens>,
    shared: Arc<Telemetry>,
    listener: Listener,
    api: axum_server::Handle<SocketAddr>,
    api_task: JoinHandle<std::io::Result<()>>,
    _directory: DataDirectory,
}

/// The tokens of the first start.
#[derive(Clone, Debug)]
pub struct FirstTokens {
    /// Lets its holder administer the server.
    pub administrator: Secret,
    /// Lets endpoints enrol.
    pub enrolment: Secret,
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
        let store = Store::open(directory.path()).await?;
        let keys = Keys::load_or_make(&store, clock.as_ref()).await?;
        let identity = keys.identity.public_key();
        let default_profile = store.default_profile(clock.now()).await?.document.id;
        let certificates = Arc::new(CertificateSwitch::new(first_certificate(&store, &keys.built_in).await?));
        let tls = telemetry::configuration(Arc::clone(&certificates), &keys.authority)
            .map_err(|error| ServerError::Key(error.to_string()))?;
        let shared = Arc::new(Telemetry {
            store: store.clone(),
            presence: Presence::default(),
            identity: keys.identity,
            authority: keys.authority,
            licence: Licence::evaluation(),
            certificates: Arc::clone(&certificates),
            default_profile,
            clock: Arc::clone(&clock),
        });
        let address = configuration.telemetry_address;
        let listen = |source| ServerError::Listen { address, source };
        let tcp = TcpListener::bind(address).await.map_err(listen)?;
        let listener =
            telemetry::listen(tcp, TlsAcceptor::from(Arc::new(tls)), Arc::clone(&shared)).map_err(listen)?;
        let api = Api {
            telemetry: Arc::clone(&shared),
            certificates,
            built_in: keys.built_in,
            server_name: configuration.server_name.clone(),
            administrator_token_hash: keys.administrator_token_hash,
            roots: Arc::new(countersign_trust::OperatingSystemRoots::new()),
            changing_certificate: tokio::sync::Mutex::default(),
        };
        let (console, handle, api_task) = serve_api(configuration.console_address, api)?;
        let server = Self {
            telemetry: listener.address,
            console,
            identity,
            first_tokens: keys.first_tokens,
            shared,
            listener,
            api: handle,
            api_task,
            _directory: directory,
        };
        if let Some(path) = &configuration.ready_file {
            server.write_ready_file(path).map_err(ServerError::ReadyFile)?;
        }
        Ok(server)
    }

    fn write_ready_file(&self, path: &Path) -> std::io::Result<()> {
        let mut content = json!({
            "telemetry": self.telemetry.to_string(),
            "console": self.console.to_string(),
            "identity": self.identity.to_string(),
        });
        if let Some(tokens) = &self.first_tokens {
            content["administrator_token"] = tokens.administrator.expose().into();
            content["enrolment_token"] = tokens.enrolment.expose().into();
        }
        crate::data_directory::write_private_file(path, content.to_string().as_bytes())
    }

    /// Ends the server: tells the agents to come back, answers what is being asked, closes the database.
    pub async fn stop(self) {
        self.shared.presence.wake_all(&Wake::Close(CloseReason::Shutdown));
        self.api.graceful_shutdown(Some(TO_END));
        self.listener.stop(TO_END).await;
        match tokio::time::timeout(TO_END, self.api_task).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "the API ended with an error"),
            Ok(Err(error)) => tracing::warn!(%error, "the API ended with an error"),
            Err(_) => tracing::warn!("the API did not end in time"),
        }
        self.shared.store.clone().close().await;
    }
}

/// The keys and tokens of the server, made at the first start.
struct Keys {
    identity: IdentityKeyPair,
    authority: EndpointAuthority,
    built_in: ServerCertificate,
    administrator_token_hash: String,
    first_tokens: Option<FirstTokens>,
}

impl Keys {
    async fn load_or_make(store: &Store, clock: &dyn Clock) -> Result<Self, ServerError> {
        let now = clock.now();
        let identity = if let Some(kept) = store.key(KeyName::Identity).await? {
            let pkcs8 = BASE64.decode(kept.expose()).map_err(|error| ServerError::Key(error.to_string()))?;
            IdentityKeyPair::from_pkcs8(&pkcs8)?
        } else {
            let (pair, pkcs8) = IdentityKeyPair::generate()?;
            store.keep_key(KeyName::Identity, &Secret::new(BASE64.encode(pkcs8))).await?;
            pair
        };
        let authority = match store.key(KeyName::EndpointAuthority).await? {
            Some(kept) => kept,
            None => kept_new(store, KeyName::EndpointAuthority, EndpointAuthority::generate(now)?).await?,
        };
        let built_in = match store.key(KeyName::BuiltInCertificate).await? {
            Some(kept) => kept,
            None => {
                kept_new(store, KeyName::BuiltInCertificate, ServerCertificate::generate_built_in(now)?)
                    .await?
            }
        };
        let (administrator_token_hash, first_tokens) =
            if let Some(kept) = store.key(KeyName::AdministratorTokenHash).await? {
                (kept.expose().to_owned(), None)
            } else {
                let tokens = first_tokens(store, now).await?;
                (hash(tokens.administrator.expose()), Some(tokens))
            };
        Ok(Self {
            identity,
            authority: EndpointAuthority::from_kept(&authority)?,
            built_in: ServerCertificate::built_in(&built_in)?,
            administrator_token_hash,
            first_tokens,
        })
    }
}

async fn kept_new(store: &Store, name: KeyName, key: Secret) -> Result<Secret, ServerError> {
    store.keep_key(name, &key).await?;
    Ok(key)
}

async fn first_tokens(store: &Store, now: time::OffsetDateTime) -> Result<FirstTokens, ServerError> {
    let administrator = generate()?;
    let change = |id: uuid::Uuid| Change {
        actor: Actor::Server,
        at: now,
        action: "enrolment_token.created",
        subject: id.to_string(),
        detail: json!({"name": "First token"}),
    };
    let (_, enrolment) = store.create_enrolment_token("First token", None, change, now).await?;
    // Last, because its presence says that the first start is complete.
    store.keep_key(KeyName::AdministratorTokenHash, &Secret::new(hash(administrator.expose()))).await?;
    Ok(FirstTokens { administrator, enrolment })
}

/// What was served before the server was stopped.
async fn first_certificate(
    store: &Store,
    built_in: &ServerCertificate,
) -> Result<ServerCertificate, ServerError> {
    if !store.setting(Setting::UseSslCertificate).await? {
        return Ok(built_in.clone());
    }
    match store.ssl_certificate().await? {
        Some(kept) => Ok(ServerCertificate::from_pem(&kept.chain_pem, &kept.private_key_pem)?),
        None => Ok(built_in.clone()),
    }
}

type ServedApi = (SocketAddr, axum_server::Handle<SocketAddr>, JoinHandle<std::io::Result<()>>);

fn serve_api(address: SocketAddr, api: Api) -> Result<ServedApi, ServerError> {
    let listen = |source| ServerError::Listen { address, source };
    let mut tls = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| ServerError::Key(error.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(&api.certificates) as _);
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let socket = std::net::TcpListener::bind(address).map_err(listen)?;
    socket.set_nonblocking(true).map_err(listen)?;
    let bound = socket.local_addr().map_err(listen)?;
    let handle = axum_server::Handle::new();
    let service = api::router(api).into_make_service();
    let server = axum_server::from_tcp_rustls(socket, RustlsConfig::from_config(Arc::new(tls)))
        .map_err(listen)?
        .handle(handle.clone());
    let task = tokio::spawn(server.serve(service));
    Ok((bound, handle, task))
}
