//! The server's program in a process of its own, whose memory can be measured.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use super::agent::SOON;
use super::http::ApiClient;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-server");

/// A running program; it ends with this value.
pub(crate) struct ServerProcess {
    pub(crate) telemetry: SocketAddr,
    pub(crate) api: ApiClient,
    pub(crate) enrolment_token: String,
    child: Child,
    log: PathBuf,
    _directory: TempDir,
}

impl ServerProcess {
    pub(crate) async fn start() -> Self {
        Self::start_as(Command::new(PROGRAM)).await
    }

    /// A program that can have no more than so many files open, whatever it asks for.
    pub(crate) async fn start_with_open_files(hard_limit: u64) -> Self {
        let mut limited = Command::new("sh");
        limited.arg("-c").arg(format!("ulimit -n {hard_limit} && exec \"$0\" \"$@\"")).arg(PROGRAM);
        Self::start_as(limited).await
    }

    async fn start_as(mut program: Command) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (ready_file, log) = (directory.path().join("ready.json"), directory.path().join("log"));
        let child = program
            .args([
                "--telemetry-address",
                "127.0.0.1:0",
                "--console-address",
                "127.0.0.1:0",
                "--data-directory",
            ])
            .arg(directory.path().join("data"))
            .arg("--ready-file")
            .arg(&ready_file)
            .env_remove("COUNTERSIGN_LOG")
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + SOON;
        let ready: Value = loop {
            match std::fs::read(&ready_file).ok().and_then(|ready| serde_json::from_slice(&ready).ok()) {
                Some(ready) => break ready,
                None => assert!(Instant::now() < deadline, "{}", std::fs::read_to_string(&log).unwrap()),
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        };
        let text = |key: &str| ready[key].as_str().unwrap().to_owned();
        Self {
            telemetry: text("telemetry").parse().unwrap(),
            api: ApiClient { address: text("console").parse().unwrap(), token: text("administrator_token") },
            enrolment_token: text("enrolment_token"),
            child,
            log,
            _directory: directory,
        }
    }

    /// Its number, by which the system knows it.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it has in use, in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        resident_bytes(self.process())
    }

    /// How many lines of its log hold a text.
    pub(crate) fn logged(&self, text: &str) -> usize {
        std::fs::read_to_string(&self.log).unwrap().lines().filter(|line| line.contains(text)).count()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The memory that a process has in use, in bytes (`VmRSS`).
pub(crate) fn resident_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Whether a test may go on in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenFiles {
    Enough,
    /// It was run by another process, which may open as many as the system allows, and it passed.
    WereEnoughElsewhere,
}

/// Makes sure that a test may open so many files. Many systems allow 1,024 unless a program asks for more.
pub(crate) fn open_files(needed: u64, test: &str) -> OpenFiles {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let allowed = line.split_whitespace().next().unwrap();
    if allowed.parse().map_or(allowed == "unlimited", |allowed: u64| allowed >= needed) {
        return OpenFiles::Enough;
    }
    let raise = format!("ulimit -S -n {needed} && exec \"$0\" --exact {test} --nocapture");
    let status =
        Command::new("sh").arg("-c").arg(raise).arg(std::env::current_exe().unwrap()).status().unwrap();
    assert!(status.success(), "{test} needs {needed} open files and failed in a process that asked for them");
    OpenFiles::WereEnoughElsewhere
}
