//! The server's program in a process of its own, whose memory can be measured.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use super::agent::SOON;
use super::http::ApiClient;

/// The variable that says how much is logged.
const LOG: &str = "COUNTERSIGN_LOG";
const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-server");

/// Where a server keeps everything; it can be started again and again.
pub(crate) struct Installation {
    pub(crate) directory: TempDir,
    database: Option<String>,
    /// Of another server, whose secrets this one reads.
    key_file: Option<PathBuf>,
    /// The administrator token and the enrolment token.
    tokens: Option<(String, String)>,
}

impl Installation {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), database: None, key_file: None, tokens: None }
    }

    /// On PostgreSQL.
    pub(crate) fn on(database: &str) -> Self {
        Self { database: Some(database.to_owned()), ..Self::new() }
    }

    /// Of another server of the same database.
    pub(crate) fn beside(&self) -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            database: self.database.clone(),
            key_file: Some(self.key_file()),
            tokens: self.tokens.clone(),
        }
    }

    /// Those of the server whose database this one has.
    pub(crate) fn tokens(&mut self, administrator: &str, enrolment: &str) {
        self.tokens = Some((administrator.to_owned(), enrolment.to_owned()));
    }

    /// Takes over the key file of another server.
    pub(crate) fn take_key_of(&mut self, other: &Self) {
        self.key_file = Some(other.key_file());
    }

    /// Where the key is with which secrets are sealed.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(|| self.data().join("sealing-key"))
    }

    /// Where the server has its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Where what the server prints is kept, as the journal of the system does.
    pub(crate) fn printed(&self) -> PathBuf {
        self.directory.path().join("printed")
    }

    /// Changes something in the database behind the server's back.
    pub(crate) async fn execute(&self, statement: &str) {
        if let Some(url) = &self.database {
            super::postgresql::execute(url, statement);
            return;
        }
        let file = format!("sqlite://{}", self.data().join("countersign.sqlite").display());
        let database = sea_orm::Database::connect(file).await.unwrap();
        database.execute_unprepared(statement).await.unwrap();
        database.close().await.unwrap();
    }

    /// The program with the options that say where the database is, and these.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let mut program = Command::new(PROGRAM);
        self.prepare(&mut program);
        program.args(arguments);
        program
    }

    fn prepare(&self, program: &mut Command) {
        program.arg("--data-directory").arg(self.data());
        if !program.get_envs().any(|(name, _)| name == LOG) {
            program.env_remove(LOG);
        }
        // Tests come from one network, all at once.
        program.env("COUNTERSIGN_SERVER_ENROLMENTS_PER_MINUTE", "1000000");
        if let Some(key_file) = &self.key_file {
            program.env("COUNTERSIGN_SERVER_KEY_FILE", key_file);
        }
        if let Some(database) = &self.database {
            program.env("COUNTERSIGN_SERVER_DATABASE_URL", database);
        }
    }

    pub(crate) async fn start(&mut self) -> ServerProcess {
        self.start_as(Command::new(PROGRAM)).await
    }

    /// With these options.
    pub(crate) async fn start_with(&mut self, arguments: &[&str]) -> ServerProcess {
        let mut program = Command::new(PROGRAM);
        program.args(arguments);
        self.start_as(program).await
    }

    /// Logging as much as this says.
    pub(crate) async fn start_logging(&mut self, filter: &str) -> ServerProcess {
        let mut program = Command::new(PROGRAM);
        program.env(LOG, filter);
        self.start_as(program).await
    }

    async fn start_as(&mut self, mut program: Command) -> ServerProcess {
        let (ready_file, log) = (self.directory.path().join("ready.json"), self.directory.path().join("log"));
        let _ = std::fs::remove_file(&ready_file);
        self.prepare(&mut program);
        let child = program
            .args(["--telemetry-address", "127.0.0.1:0", "--console-address", "127.0.0.1:0"])
            .arg("--ready-file")
            .arg(&ready_file)
            .stdout(File::create(self.printed()).unwrap())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + SOON;
        let ready: Value = loop {
            match std::fs::read(&ready_file).ok().and_then(|ready| serde_json::from_slice(&ready).ok()) {
                Some(ready) => break ready,
                None => assert!(Instant::now() < deadline, "{}", std::fs::read_to_string(&log).unwrap()),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let text = |key: &str| ready[key].as_str().map(str::to_owned);
        let tokens = text("administrator_token").zip(text("enrolment_token"));
        self.tokens = tokens.or(self.tokens.take());
        let (token, enrolment_token) = self.tokens.clone().unwrap();
        ServerProcess {
            telemetry: text("telemetry").unwrap().parse().unwrap(),
            api: ApiClient { address: text("console").unwrap().parse().unwrap(), token },
            enrolment_token,
            child,
            log,
            owned: None,
        }
    }
}

/// A running program; it ends with this value.
pub(crate) struct ServerProcess {
    pub(crate) telemetry: SocketAddr,
    pub(crate) api: ApiClient,
    pub(crate) enrolment_token: String,
    child: Child,
    log: PathBuf,
    /// It is removed with the process.
    owned: Option<Installation>,
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

    async fn start_as(program: Command) -> Self {
        let mut installation = Installation::new();
        let mut process = installation.start_as(program).await;
        process.owned = Some(installation);
        process
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as the system does, and waits until it has.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let terminated = Command::new("kill").arg(self.process().to_string()).status().unwrap();
        assert!(terminated.success());
        self.child.wait().unwrap()
    }

    /// Its number, by which the system knows it.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it has in use, in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        resident_bytes(self.process())
    }

    /// Waits until a text is in so many lines of its log. Where a connection ends, the log says so a moment later.
    pub(crate) async fn until_logged(&self, text: &str, times: usize) {
        let deadline = Instant::now() + SOON;
        while self.logged(text) < times {
            assert!(Instant::now() < deadline, "“{text}” was logged {} times", self.logged(text));
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert_eq!(self.logged(text), times, "{text}");
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// How many lines of its log hold a text.
    pub(crate) fn logged(&self, text: &str) -> usize {
        std::fs::read_to_string(&self.log).unwrap().lines().filter(|line| line.contains(text)).count()
    }
}

impl Drop for ServerProcess {
    // It may have ended already.
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
