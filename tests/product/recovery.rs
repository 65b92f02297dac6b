//! The way back for an endpoint that refuses its server.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::app::{App, Setup};
use crate::support::desktop::Desktop;
use crate::support::server::Server;
use crate::support::wait_for;

/// An app whose action is *Deny*, with a server that shows its built-in certificate and a profile that says *Deny*.
pub(crate) fn cut_off(server: &Server) -> Setup {
    server.set_action("deny");
    Setup { action: Some("deny"), ..server.setup("localhost") }
}

/// A recovery file in a directory, as the server's program makes it.
pub(crate) fn made(server: &Server, directory: &Path) -> PathBuf {
    let file = directory.join("from the IT department.countersign-recovery");
    let address = format!("localhost:{}", server.telemetry.port());
    let arguments = ["recovery-file", "--server", &address, "--allow-served", "--action", "warn"];
    let output = server.program(&arguments).arg(&file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    file
}

#[test]
fn a_recovery_file_that_the_person_opens_brings_the_computer_back() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &cut_off(&server));
    app.wait_for_state("Connection refused");
    let file = made(&server, desktop.home());
    let output = app.command_line(&["recover", file.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said.contains("The recovery file is taken") && said.contains("not stricter than Warn"), "{said}");
    app.wait_for_state("Connected without a valid certificate");
    app.watch_for_no_dialog();
    let endpoint = server.wait_for_endpoint("the session", |endpoint| endpoint["online"] == true);
    let path = format!("/endpoints/{}/decisions", endpoint["id"].as_str().unwrap());
    wait_for("the report", || {
        let decisions = server.get(&path);
        let decisions = decisions["decisions"].as_array()?;
        decisions.iter().any(|decision| decision["asked"] == "recovery_file").then_some(())
    });
    let told = || desktop.notifications().into_iter().filter(|it| it.title.contains("recovery file")).count();
    wait_for("the notification", || (told() == 1).then_some(()));

    let output = app.command_line(&["recover", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("has been taken already"), "{output:?}");
    let output = app.command_line(&["certificates", "list"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("a recovery file of the server"), "{said}");
}

#[test]
fn a_recovery_file_that_is_put_in_place_is_taken_without_the_person() {
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = cut_off(&server);
    let directory = desktop.home().join("recovery");
    std::fs::create_dir(&directory).unwrap();
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(&directory, 0o755);
    let file = made(&server, &directory);
    mode(&file, 0o644);
    let app = App::start(&desktop, &setup);
    app.wait_for_state("Connected without a valid certificate");
    server.wait_for_endpoint("the session", |endpoint| endpoint["online"] == true);
    app.watch_for_no_dialog();
}
