//! PostgreSQL for tests, from the distribution's package: one server for this test program, on a socket in a directory of its
//! own, and one database for each test. It ends with this program, however that ends, and leaves nothing behind.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// Where Debian has the programs of the server, in a directory for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Makes the server, and ends it once nothing can come from this program any more. What is written need not outlive the
/// computer. The language of the lists is one in which capital and small letters mix, as it is on many servers.
const SCRIPT: &str = r#"
set -eu
trap '' INT TERM HUP
programs=$1 directory=$2
"$programs/initdb" --pgdata="$directory/data" --username=countersign --auth=trust --no-sync --encoding=UTF8 \
  --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US >"$directory/log" 2>&1
"$programs/pg_ctl" --pgdata="$directory/data" --log="$directory/log" --wait --timeout=60 --options="-c listen_addresses='' \
  -c unix_socket_directories=$directory -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
  -c max_connections=500 -c shared_buffers=64MB" start >>"$directory/log" 2>&1
echo ready
cat >/dev/null
"$programs/pg_ctl" --pgdata="$directory/data" --mode=immediate stop >>"$directory/log" 2>&1
rm -rf "$directory"
"#;

struct Cluster {
    directory: PathBuf,
    next: AtomicU64,
    /// The server ends when this is closed.
    _end: ChildStdin,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// The address of a new, empty database.
pub(crate) fn new_database() -> String {
    let cluster = CLUSTER.get_or_init(Cluster::start);
    let name = format!("test_{}", cluster.next.fetch_add(1, Ordering::Relaxed));
    cluster.execute("postgres", format!("CREATE DATABASE {name} TEMPLATE template0"));
    cluster.url(&name)
}

/// Runs a statement as somebody who works on the database by hand.
pub(crate) fn execute(url: &str, statement: &str) {
    run(url.to_owned(), statement.to_owned());
}

impl Cluster {
    fn url(&self, name: &str) -> String {
        format!("postgres:///{name}?host={}&user=countersign", self.directory.display())
    }

    fn execute(&self, database: &str, statement: String) {
        run(self.url(database), statement);
    }

    fn start() -> Self {
        let programs = programs();
        let directory = tempfile::Builder::new().prefix("countersign-postgresql-").tempdir().unwrap().keep();
        let mut shell = Command::new("sh");
        if is_root() {
            // The server refuses to run as root.
            let owned = Command::new("chown").arg("postgres:").arg(&directory).status().unwrap();
            assert!(owned.success(), "there is no account “postgres”: scripts/install-packages test");
            shell = Command::new("setpriv");
            shell.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
        }
        #[expect(
            clippy::zombie_processes,
            reason = "it outlives every test, and ends when this process does"
        )]
        let mut shell = shell
            .args(["-c", SCRIPT, "sh"])
            .args([&programs, &directory])
            .current_dir(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let log = || std::fs::read_to_string(directory.join("log")).unwrap_or_default();
        assert_eq!(said.trim(), "ready", "PostgreSQL did not start: {}", log());
        let end = shell.stdin.take().unwrap();
        Self { directory, next: AtomicU64::new(0), _end: end }
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

/// The directory with the programs of the newest version.
fn programs() -> PathBuf {
    let of_debian = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = of_debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_unstable();
    let of_path = std::env::var_os("PATH").unwrap_or_default();
    let of_path: Vec<PathBuf> = std::env::split_paths(&of_path).collect();
    let complete =
        |directory: &Path| ["initdb", "pg_ctl", "postgres"].iter().all(|name| directory.join(name).exists());
    let found = versions
        .into_iter()
        .rev()
        .map(|(_, directory)| directory)
        .chain(of_path)
        .find(|directory| complete(directory));
    found.expect("there is no PostgreSQL to test with: scripts/install-packages test")
}

/// In a thread of its own, because the test may be within asynchronous code or not.
fn run(url: String, statement: String) {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            connection.execute(AssertSqlSafe(statement)).await.unwrap();
            connection.close().await.unwrap();
        });
    };
    std::thread::spawn(run).join().unwrap();
}
