//! Servers go and come back.

use crate::support::app::{App, Setup};
use crate::support::desktop::Desktop;
use crate::support::server::Server;

#[test]
fn the_agent_comes_back_by_itself() {
    let desktop = Desktop::start();
    let mut server = Server::start();
    server.set_action("allow");
    let app = App::start(&desktop, &Setup { action: Some("allow"), ..server.setup("localhost") });
    app.wait_for_state("Connected without a valid certificate");
    server.wait_for_endpoint("the enrolment", |endpoint| endpoint["online"] == true);
    server.kill();
    app.wait_for_state("Waiting to connect again");
    app.wait_for_shape("offline");
    server.start_again();
    app.wait_for_state("Connected without a valid certificate");
    let endpoint = server.wait_for_endpoint("the session", |endpoint| endpoint["online"] == true);
    assert!(endpoint["offline_reason"].is_null());
    app.stop();
    server
        .wait_for_endpoint("the goodbye", |endpoint| endpoint["offline_reason"] == "the agent said goodbye");
}

#[test]
fn the_app_leaves_nothing_behind() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    app.stop();
    let runtime = desktop.home().join("runtime");
    let left: Vec<_> = walk(&runtime)
        .into_iter()
        .filter_map(|path| path.strip_prefix(&runtime).map(std::path::Path::to_path_buf).ok())
        .filter(|path| path.starts_with("countersign") || path.starts_with("tray-icon"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        found.push(entry.path());
        if entry.path().is_dir() {
            found.extend(walk(&entry.path()));
        }
    }
    found
}
