//! A certificate authority for the console: `pebble` from the distribution, and a server in this process that trusts it.

use std::net::SocketAddr;
use std::sync::Arc;

use countersign_server::{CommandLine, ServerConfiguration, SystemClock};
use countersign_trust::{OperatingSystemRoots, ServerAddress, TrustedRoots};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

pub(crate) use self::processes::{CUSTOMERS, REJECTED, free_port};
use self::processes::{DirectoryCertificate, PebbleOptions, Processes};
use super::certificates::{Authority, Wish};
use super::{server, wait_for};

#[allow(dead_code, reason = "the tests of the server use all of it")]
#[path = "../../../crates/server/tests/server/support/authority.rs"]
mod processes;

/// The name by which the authority and agents reach the server.
pub(crate) const DOMAIN: &str = "server.example";

/// A running authority, and a server that it finds. Both end with this value.
pub(crate) struct Site {
    pub(crate) directory: String,
    /// Who vouches for the directory, as PEM.
    pub(crate) directory_root: String,
    /// Answers, and is no directory: who vouches for it is the same.
    pub(crate) no_directory: String,
    pub(crate) console: SocketAddr,
    pub(crate) set_up_link: String,
    _authority: Processes,
    server: Option<countersign_server::Server>,
    runtime: tokio::runtime::Runtime,
    _data: tempfile::TempDir,
}

impl Site {
    /// An authority that serves its customers only.
    pub(crate) fn start() -> Self {
        let (http_port, tls_port) = (free_port(), free_port());
        let vouches = Authority::new("Directory");
        let pair = Wish::new(&["localhost"]).signed_by(&vouches);
        let certificate = DirectoryCertificate { chain: pair.chain, key: pair.key };
        let options = PebbleOptions { customers_only: true, ..PebbleOptions::for_ports(http_port, tls_port) };
        let authority = Processes::start(&options, &certificate);
        let agent = server::agent();
        let ask = |address: SocketAddr, path: &str| {
            let mut answer = agent.get(format!("https://{address}{path}")).call().ok()?;
            answer.status().is_success().then(|| answer.body_mut().read_to_string().ok())?
        };
        wait_for("the directory of the authority", || ask(authority.listen, "/dir"));
        let root = wait_for("the root of the authority", || ask(authority.management, "/roots/0"));
        let root = CertificateDer::from_pem_slice(root.as_bytes()).expect("a certificate");
        let roots = OperatingSystemRoots::fixed(TrustedRoots::from_der([root]).0);

        let data = tempfile::tempdir().expect("a directory");
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let command_line = CommandLine {
            data_directory: Some(data.path().join("data")),
            telemetry_address: Some(local(0)),
            console_address: Some(local(tls_port)),
            ..CommandLine::default()
        };
        let mut configuration = ServerConfiguration::load(command_line).expect("a configuration");
        configuration.http_address = Some(local(http_port));
        configuration.server_name = ServerAddress::new(DOMAIN, 8013).ok().map(|name| name.host().clone());
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let started = countersign_server::Server::start_among(configuration, Arc::new(SystemClock), roots);
        let server = runtime.block_on(started).expect("the server");
        Self {
            directory: authority.directory(),
            directory_root: vouches.pem().to_owned(),
            no_directory: format!("https://localhost:{}/roots/0", authority.management.port()),
            console: server.console,
            set_up_link: server.set_up_link.as_ref().expect("a link").expose().to_owned(),
            _authority: authority,
            server: Some(server),
            runtime,
            _data: data,
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }
}
