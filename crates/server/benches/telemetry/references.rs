//! Servers of others that hold many TLS connections, each in processes of its own, on a port and in a directory of its own.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long one may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(25);
/// Files beside the connections.
const MORE_FILES: usize = 256;

/// A server; it ends with this value.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    child: Child,
    directory: TempDir,
}

/// A kind of server.
pub(crate) trait Reference {
    /// The name of its program.
    const PROGRAM: &'static str;

    /// Its configuration, for so many connections to this address.
    fn configuration(address: SocketAddr, directory: &Path, connections: usize) -> String;

    /// How it is told to stay in the foreground with that configuration.
    fn arguments(file: &Path, directory: &Path) -> Vec<PathBuf>;

    /// Nothing when it is not installed.
    async fn start(connections: usize) -> Option<Running> {
        let program = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
            .map(|place| Path::new(place).join(Self::PROGRAM))
            .into_iter()
            .find(|program| program.exists())?;
        let directory = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(directory.path().join("certificate.pem"), made.cert.pem()).unwrap();
        std::fs::write(directory.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        // It is told a port, and does not say which one it has got.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let file = directory.path().join("configuration");
        std::fs::write(&file, Self::configuration(address, directory.path(), connections)).unwrap();
        let log = std::fs::File::create(directory.path().join("log")).unwrap();
        let child = Command::new(program)
            .args(Self::arguments(&file, directory.path()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut running = Running { address, child, directory };
        let mut waited = Duration::ZERO;
        while TcpStream::connect(address).is_err() {
            let ended = running.child.try_wait().unwrap().is_some();
            let log = || std::fs::read_to_string(running.directory.path().join("log")).unwrap_or_default();
            assert!(!ended && waited < PATIENCE, "{} did not start: {}", Self::PROGRAM, log());
            tokio::time::sleep(STEP).await;
            waited += STEP;
        }
        Some(running)
    }
}

/// A broker of MQTT.
pub(crate) struct Mosquitto;

impl Reference for Mosquitto {
    const PROGRAM: &'static str = "mosquitto";

    fn configuration(address: SocketAddr, directory: &Path, _connections: usize) -> String {
        let directory = directory.display();
        // The account matters only to root, who would give its rights away and then not be able to read the key.
        format!(
            "user root\nper_listener_settings false\npersistence false\nlog_dest stderr\nlog_type error\n\
             connection_messages false\nset_tcp_nodelay true\nallow_anonymous true\nmax_connections -1\n\
             listener {} 127.0.0.1\ntls_version tlsv1.3\ncertfile {directory}/certificate.pem\n\
             keyfile {directory}/key.pem\n",
            address.port()
        )
    }

    fn arguments(file: &Path, _directory: &Path) -> Vec<PathBuf> {
        vec!["-c".into(), file.into()]
    }
}

/// A web server. It takes the memory for the connections that its configuration allows before there is any; that is not counted.
pub(crate) struct Nginx;

impl Reference for Nginx {
    const PROGRAM: &'static str = "nginx";

    fn configuration(address: SocketAddr, directory: &Path, connections: usize) -> String {
        let directory = directory.display();
        let files = connections + MORE_FILES;
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {directory}/{kind};"))
            .join("\n");
        format!(
            "user root;\nworker_processes auto;\nworker_rlimit_nofile {files};\npid {directory}/pid;\n\
             error_log stderr crit;\nevents {{ worker_connections {files}; }}\n\
             http {{\naccess_log off;\n{temporary}keepalive_timeout 3600s;\ntcp_nodelay on;\nserver {{\n\
             listen {address} ssl;\nssl_protocols TLSv1.3;\nssl_session_cache off;\nssl_session_tickets off;\n\
             ssl_certificate {directory}/certificate.pem;\nssl_certificate_key {directory}/key.pem;\n\
             location / {{ return 200 \"here\\n\"; }}\n}}\n}}\n"
        )
    }

    fn arguments(file: &Path, directory: &Path) -> Vec<PathBuf> {
        vec!["-g".into(), "daemon off;".into(), "-p".into(), directory.into(), "-c".into(), file.into()]
    }
}

impl Running {
    /// The process that was started, and those that it has started.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let main = self.child.id();
        let others = std::fs::read_dir("/proc").unwrap().flatten();
        let others = others.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        std::iter::once(main).chain(others.filter(|process| parent(*process) == Some(main))).collect()
    }
}

impl Drop for Running {
    /// In good order: nginx would leave its workers behind.
    fn drop(&mut self) {
        if let Some(process) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(process, Signal::TERM);
        }
        let mut waited = Duration::ZERO;
        while matches!(self.child.try_wait(), Ok(None)) && waited < PATIENCE {
            std::thread::sleep(STEP);
            waited += STEP;
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process that has started another one, as long as that is there.
fn parent(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything; state and parent come after it.
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(1)?.parse().ok()
}
