//! The processes of a certificate authority for tests: `pebble` from the distribution, with a DNS of its own in which every name
//! leads to this computer. Also included by the tests of the whole product: nothing here is of this package.

use std::collections::HashSet;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// Two customers of the authority, with the HMAC keys that it has handed out: those of the package's example.
pub(crate) const CUSTOMERS: [(&str, &str); 2] = [
    ("kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"),
    ("kid-2", "b10lLJs8l1GPIzsLP0s6pMt8O0XVGnfTaCeROxQM0BIt2XrJMDHJZBM5NuQmQJQH"),
];
/// A name for which it issues nothing.
pub(crate) const REJECTED: &str = "rejected.example";

/// How the authority is.
pub(crate) struct PebbleOptions {
    /// Where it looks for the server.
    pub(crate) http_port: u16,
    pub(crate) tls_port: u16,
    /// How long its certificates are valid.
    pub(crate) validity: Duration,
    /// So many of a hundred good values against replays it refuses.
    pub(crate) refused_nonces: u8,
    /// Whether it serves its customers only.
    pub(crate) customers_only: bool,
}

impl PebbleOptions {
    pub(crate) fn for_ports(http_port: u16, tls_port: u16) -> Self {
        let validity = Duration::from_hours(90 * 24);
        Self { http_port, tls_port, validity, refused_nonces: 0, customers_only: false }
    }
}

/// The certificate with which the authority answers, for `localhost`.
pub(crate) struct DirectoryCertificate {
    /// PEM.
    pub(crate) chain: String,
    /// PEM.
    pub(crate) key: String,
}

/// The running processes; they end with this value.
pub(crate) struct Processes {
    /// Where its directory is, at `/dir`.
    pub(crate) listen: SocketAddr,
    /// Where it hands out its root, at `/roots/0`.
    pub(crate) management: SocketAddr,
    /// Resolves names.
    _names: Ended,
    _authority: Ended,
    files: TempDir,
}

/// A process that ends with this value.
struct Ended(Child);

impl Drop for Ended {
    // It may have ended already.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port of this computer that nobody has, and that no other test is given.
pub(crate) fn free_port() -> u16 {
    static GIVEN: OnceLock<Mutex<HashSet<u16>>> = OnceLock::new();
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if GIVEN.get_or_init(Mutex::default).lock().unwrap().insert(port) {
            return port;
        }
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

impl Processes {
    /// Starts them. They answer a moment later.
    pub(crate) fn start(options: &PebbleOptions, certificate: &DirectoryCertificate) -> Self {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("certificate.pem"), &certificate.chain).unwrap();
        std::fs::write(files.path().join("key.pem"), &certificate.key).unwrap();
        let (dns, listen, management) = (local(free_port()), local(free_port()), local(free_port()));
        let configuration = configuration(options, files.path(), listen, management);
        std::fs::write(files.path().join("pebble.json"), configuration.to_string()).unwrap();

        let log = |name: &str| File::create(files.path().join(name)).unwrap();
        let mut names = Command::new("pebble-challtestsrv");
        names.args(["-dns01", &dns.to_string(), "-management", &local(free_port()).to_string()]);
        // It only resolves names: the server answers the challenges.
        names.args(["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]);
        let names = names.stdout(log("names.log")).stderr(log("names.error")).stdin(Stdio::null()).spawn();
        let names = Ended(names.expect("pebble-challtestsrv is needed: scripts/install-packages test"));

        let mut authority = Command::new("pebble");
        authority.args(["-strict", "-dnsserver", &dns.to_string(), "-config"]);
        authority.arg(files.path().join("pebble.json"));
        authority.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_AUTHZREUSE", "0");
        authority.env_remove("PEBBLE_VA_ALWAYS_VALID");
        authority.env("PEBBLE_WFE_NONCEREJECT", options.refused_nonces.to_string());
        let log_file = log("authority.log");
        let authority = authority.stdout(log_file.try_clone().unwrap()).stderr(log_file).stdin(Stdio::null());
        let authority = Ended(authority.spawn().expect("pebble is needed: scripts/install-packages test"));
        Self { listen, management, _names: names, _authority: authority, files }
    }

    /// How many lines of what the authority has written down hold this text.
    pub(crate) fn logged(&self, text: &str) -> usize {
        let log = std::fs::read_to_string(self.files.path().join("authority.log")).unwrap();
        log.lines().filter(|line| line.contains(text)).count()
    }

    /// The address of its directory.
    pub(crate) fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.listen.port())
    }
}

fn configuration(options: &PebbleOptions, files: &Path, listen: SocketAddr, management: SocketAddr) -> Value {
    let keys: serde_json::Map<String, Value> =
        CUSTOMERS.iter().map(|(id, key)| ((*id).to_owned(), json!(key))).collect();
    json!({"pebble": {
        "listenAddress": listen.to_string(),
        "managementListenAddress": management.to_string(),
        "certificate": files.join("certificate.pem"),
        "privateKey": files.join("key.pem"),
        "httpPort": options.http_port,
        "tlsPort": options.tls_port,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": options.customers_only,
        "externalAccountMACKeys": keys,
        "domainBlocklist": [REJECTED],
        "certificateValidityPeriod": options.validity.as_secs(),
    }})
}
