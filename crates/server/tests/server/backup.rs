//! Backups, made and restored with the program.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::http::ApiClient;
use crate::support::postgresql;
use crate::support::process::{Installation, ServerProcess};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn run(installation: &Installation, action: &str, file: &Path) -> Output {
    installation.program(&[action]).arg(file).output().unwrap()
}

fn done(installation: &Installation, action: &str, file: &Path) -> String {
    let output = run(installation, action, file);
    assert!(output.status.success(), "{action}: {}", said(&output));
    said(&output)
}

fn refused(installation: &Installation, action: &str, file: &Path, expected: &str) {
    let output = run(installation, action, file);
    assert_eq!(output.status.code(), Some(1), "{action}: {}", said(&output));
    assert!(said(&output).contains(expected), "{action}: “{expected}” is missing in: {}", said(&output));
}

/// What an administrator sees of everything.
async fn seen(api: &ApiClient) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        "/profiles",
        "/enrolment-tokens",
        "/administrators",
        "/identity",
        "/audit",
        "/settings",
        "/endpoints",
    ] {
        all.push(api.get(path).await);
    }
    all
}

async fn filled(server: &ServerProcess) {
    let api = &server.api;
    for name in ["Ümlaut “quoted” \\ back", "'; DROP TABLE audit; --", "a"] {
        api.change("POST", "/profiles", &json!({"name": name, "invalid_certificate_action": "deny"})).await;
    }
    let person = json!({"name": "anna", "role": "operator", "password": "correct horse battery"});
    api.change("POST", "/administrators", &person).await;
    let mut agent =
        crate::support::agent::Agent::with_token(server.telemetry, &server.enrolment_token, "desk").await;
    let path = format!("/endpoints/{}", agent.uid);
    api.change("POST", &format!("{path}/commands"), &json!({"kind": "collect_diagnostics"})).await;
    agent.settled().await;
    drop(agent);
    while api.get(&path).await["online"] == true {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_into_either_kind_of_database() {
    let directory = tempfile::tempdir().unwrap();
    let files: Vec<_> = (0..4).map(|number| directory.path().join(format!("{number}.backup"))).collect();
    let mut origin = Installation::new();
    let server = origin.start().await;
    filled(&server).await;
    // While it runs.
    let output = done(&origin, "backup", &files[0]);
    assert!(output.contains("keep it as safe as the server itself"), "{output}");
    assert!(output.contains(&format!("sealed with the key in {}", origin.key_file().display())), "{output}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }
    refused(&origin, "backup", &files[0], "exists");
    let expected = seen(&server.api).await;
    refused(&origin, "restore", &files[0], "Another server uses the data directory");
    let (administrator, enrolment) = (server.api.token.clone(), server.enrolment_token.clone());
    server.terminate();
    refused(&origin, "restore", &files[0], "holds a database already");

    // From SQLite to PostgreSQL, and back.
    let mut kinds = [
        Installation::on(&postgresql::new_database()),
        Installation::new(),
        Installation::on(&postgresql::new_database()),
    ];
    for (place, installation) in kinds.iter_mut().enumerate() {
        installation.take_key_of(&origin);
        let said = done(installation, "restore", &files[place]);
        assert!(said.contains("The server can be started."), "{said}");
        refused(installation, "restore", &files[place], "holds a database already");
        installation.tokens(&administrator, &enrolment);
        let server = installation.start().await;
        assert_eq!(seen(&server.api).await, expected, "{place}");
        let path = format!("/endpoints/{}/commands", expected[6][0]["id"].as_str().unwrap());
        assert_eq!(server.api.get(&path).await.as_array().unwrap().len(), 1);
        done(installation, "backup", &files[place + 1]);
        let content = |file: &Path| {
            let text = std::fs::read_to_string(file).unwrap();
            // Without when it was made.
            text.lines()
                .skip(1)
                .map(str::to_owned)
                .filter(|line| !line.contains("sha256"))
                .collect::<Vec<_>>()
        };
        assert_eq!(content(&files[place + 1]), content(&files[0]), "{place}");
        server.terminate();
    }
}

/// Under systemd the server has an account of its own, and whoever backs it up is root.
#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_of_the_computer_may_back_up_the_server_of_another_account() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let mut installation = Installation::new();
    let file = installation.directory.path().join("a.backup");
    let server = installation.start().await;
    let data = installation.data();
    if std::fs::metadata(&data).unwrap().uid() != 0 {
        // Nobody else can give files away.
        return;
    }
    server.kill();
    let give = |path: &Path| chown(path, Some(1), Some(1)).unwrap();
    give(&data);
    std::fs::read_dir(&data).unwrap().flatten().for_each(|entry| give(&entry.path()));
    done(&installation, "backup", &file);
    for entry in std::fs::read_dir(&data).unwrap().flatten() {
        assert_eq!(entry.metadata().unwrap().uid(), 1, "{:?}", entry.path());
    }
    std::fs::remove_file(data.join("countersign.sqlite")).unwrap();
    refused(&installation, "restore", &file, "belongs to another account");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_complete_backup_is_refused_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let good = directory.path().join("good.backup");
    let mut origin = Installation::new();
    let empty = Installation::new();
    refused(&origin, "backup", &good, "There is no database of a server");
    origin.start().await.terminate();
    done(&origin, "backup", &good);
    let text = std::fs::read_to_string(&good).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (last, row) = (lines.len() - 1, lines.iter().position(|line| line.starts_with('[')).unwrap());
    let other = |from: &str, to: &str| text.replacen(from, to, 1);
    let cases = [
        ("empty", String::new(), "no backup"),
        ("something else", "{\"a\": 1}\n".to_owned(), "no backup"),
        ("binary", "\0\u{1}\n".to_owned(), "no backup"),
        ("only its head", format!("{}\n", lines[0]), "its end is missing"),
        ("without its end", lines[..last].join("\n") + "\n", "its end is missing"),
        ("cut in a row", text[..text.len() / 2].to_owned(), "its end is missing"),
        ("cut in its end", text[..text.len() - 10].to_owned(), "its end is missing"),
        ("without a row", [&lines[..row], &lines[row + 1..]].concat().join("\n"), "rows"),
        ("changed", other("\"Default\"", "\"Defaulu\""), "checksum"),
        ("later format", other("\"version\":1", "\"version\":2"), "a later version of this server"),
        (
            "later steps",
            other("\"m0001_first_tables\"", "\"m0001_first_tables\",\"m9999_later\""),
            "m9999_later",
        ),
    ];
    for (name, content, expected) in cases {
        let file = directory.path().join("bad.backup");
        std::fs::write(&file, content).unwrap();
        let output = run(&empty, "restore", &file);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        assert!(said(&output).contains(expected), "{name}: {}", said(&output));
        let left = std::fs::read_dir(empty.data()).unwrap().flatten().map(|entry| entry.file_name());
        let left: Vec<_> = left.filter(|name| name != "lock").collect();
        assert!(left.is_empty(), "{name}: {left:?}");
    }
    refused(&empty, "restore", &directory.path().join("nowhere"), "cannot be read");
    let log = empty.data().join("countersign.sqlite-wal");
    std::fs::write(&log, "of an earlier database").unwrap();
    refused(&empty, "restore", &good, "countersign.sqlite-wal holds a database already");
    std::fs::remove_file(&log).unwrap();
    done(&empty, "restore", &good);

    let output = Command::new(env!("CARGO_BIN_EXE_countersign-server")).args(["backup"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}
