//! The key with which secrets are sealed: what is in the files of a server, and what is said when the key is not there.

use std::path::Path;

use serde_json::json;

use crate::certificates::{CONFIRMED, made};
use crate::support::postgresql;
use crate::support::process::Installation;

/// All files of a data directory but the key, one after the other.
fn content(directory: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(directory).unwrap().flatten();
    let files = files.filter(|file| file.file_name() != "sealing-key");
    files.flat_map(|file| std::fs::read(file.path()).unwrap()).collect()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// What the program says and how it ends, when it is started with this key file.
fn said(installation: &Installation, key_file: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut program = installation.program(arguments);
    let output = program.env("COUNTERSIGN_SERVER_KEY_FILE", key_file).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_private_key_stands_in_the_files_of_the_database() {
    let mut installation = Installation::new();
    let server = installation.start().await;
    let upload = made(30).upload();
    server.api.change("PUT", CONFIRMED, &upload).await;
    server.terminate();
    let bytes = content(&installation.data());
    let certificate = upload["certificate_pem"].as_str().unwrap();
    let line = |pem: &str| pem.lines().nth(1).unwrap().to_owned();
    // That the search finds what is there.
    assert!(contains(&bytes, &line(certificate)) && contains(&bytes, "sealed:1:"));
    assert!(!contains(&bytes, &line(upload["private_key_pem"].as_str().unwrap())));
    for text in ["PRIVATE KEY", "private_key\":", "BEGIN EC"] {
        assert!(!contains(&bytes, text), "“{text}” stands in the files of the database");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = std::fs::metadata(installation.key_file()).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
    }
    // With the key it is all there again.
    let server = installation.start().await;
    assert_eq!(server.api.get("/ssl-certificate").await["in_use_by"], json!(["console"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_a_restored_server_says_which_file_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.backup");
    let mut origin = Installation::new();
    let server = origin.start().await;
    let identity = server.api.get("/identity").await;
    let (administrator, enrolment) = (server.api.token.clone(), server.enrolment_token.clone());
    let output = origin.program(&["backup"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    server.terminate();
    let mut restored = Installation::new();
    let output = restored.program(&["restore"]).arg(&file).output().unwrap();
    let said_then = String::from_utf8_lossy(&output.stdout).into_owned();
    let missing = format!("the key file {} is not there", restored.key_file().display());
    assert!(output.status.success() && said_then.contains("cannot be started yet"), "{said_then}");
    assert!(said_then.contains(&missing), "{said_then}");
    let (code, text) = said(&restored, &restored.key_file(), &[]);
    assert_eq!((code, text.contains(&missing)), (Some(1), true), "{text}");
    assert!(!restored.key_file().exists());
    restored.take_key_of(&origin);
    restored.tokens(&administrator, &enrolment);
    assert_eq!(restored.start().await.api.get("/identity").await, identity);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_same_database_needs_the_same_key() {
    let mut first = Installation::on(&postgresql::new_database());
    let running = first.start().await;
    let mut second = first.beside();
    let own = second.directory.path().join("own-key");
    let ports = ["--telemetry-address", "127.0.0.1:0", "--console-address", "127.0.0.1:0"];
    for expected in ["is not there", "sealed with another key than that of the key file"] {
        let (code, text) = said(&second, &own, &ports);
        assert_eq!((code, text.contains(expected)), (Some(1), true), "{text}");
        assert!(text.contains("the other servers of it"), "{text}");
        // With the key of somebody else.
        let mut stranger = Installation::new();
        stranger.start().await.terminate();
        std::fs::copy(stranger.key_file(), &own).unwrap();
    }
    let beside = second.start().await;
    assert_eq!(beside.api.get("/identity").await, running.api.get("/identity").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_exchanged_while_no_server_runs() {
    let mut installation = Installation::new();
    let server = installation.start().await;
    server.api.change("PUT", CONFIRMED, &made(30).upload()).await;
    let shown = server.api.get("/ssl-certificate").await["fingerprint"].clone();
    let rotate = |installation: &Installation| installation.program(&["rotate-key"]).output().unwrap();
    let refused = rotate(&installation);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), text.contains("Another server uses")), (Some(1), true), "{text}");
    server.terminate();
    let before = std::fs::read(installation.key_file()).unwrap();
    let done = rotate(&installation);
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    // Identity, authority, built-in certificate, administrator token, check, and the SSL certificate.
    assert!(done.status.success() && text.starts_with("6 secrets are sealed with a new key"), "{done:?}");
    assert_ne!(std::fs::read(installation.key_file()).unwrap(), before);
    let server = installation.start().await;
    assert_eq!(server.api.get("/ssl-certificate").await["fingerprint"], shown);
    server.terminate();
    let former = installation.directory.path().join("former");
    std::fs::write(&former, before).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&former, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let (code, text) = said(&installation, &former, &[]);
    assert_eq!(
        (code, text.contains("sealed with another key than that of the key file")),
        (Some(1), true),
        "{text}"
    );
}

#[test]
fn what_is_wrong_with_the_key_file_is_said_before_a_start() {
    let installation = Installation::new();
    std::fs::create_dir(installation.data()).unwrap();
    let (code, text) = said(&installation, &installation.key_file(), &["--check-config"]);
    assert!(
        code == Some(0) && text.contains("key_file = \"") && text.contains("made at the first start"),
        "{text}"
    );
    std::fs::write(installation.key_file(), "rubbish").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(installation.key_file(), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let (code, text) = said(&installation, &installation.key_file(), &["--check-config"]);
    assert!(code == Some(3) && text.contains("is no key file of a Countersign server"), "{text}");
}
