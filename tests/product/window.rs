//! The status window as a process of its own, the notification, and how the program starts.

use crate::support::app::App;
use crate::support::desktop::{Desktop, Presence};
use crate::support::server::Server;
use crate::support::wait_for;

#[test]
fn the_status_window_says_what_the_tray_says() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = app.open_window();
    wait_for("the state in the window", || {
        let shown = window.shown(&app)?;
        (shown.says("Your answer is needed") && shown.says("Countersign built-in certificate")).then_some(())
    });
    let notifications = desktop.notifications();
    assert!(
        notifications.iter().any(|notification| notification.title == "Your answer is needed"),
        "{notifications:?}"
    );
    app.press("Allow");
    wait_for("the new state in the window", || {
        let shown = window.shown(&app)?;
        (shown.says("Connected without a valid certificate") && shown.says("Evaluation")).then_some(())
    });
}

fn is_running(process: u32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // What nobody has waited for yet has ended all the same.
    !state.is_empty() && !state.contains(") Z ")
}

#[test]
fn closing_the_window_ends_its_processes() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = app.open_window();
    let processes = wait_for("WebKit’s processes", || {
        Some(window.processes()).filter(|processes| processes.len() >= 3)
    });
    desktop.close_window("^Countersign$");
    wait_for("the end of all of them", || {
        processes.iter().all(|process| !is_running(*process)).then_some(())
    });
    wait_for("the end of the child", || app.window_process("status").is_none().then_some(()));
    // And again, without waiting until the earlier one has ended.
    let again = app.open_window();
    assert_ne!(again.process, window.process);
    desktop.close_window("^Countersign$");
    desktop.wait_for_window("^Countersign$", Presence::Absent);
    app.choose("Open Countersign");
    desktop.wait_for_window("^Countersign$", Presence::Shown);
}

#[test]
fn there_is_one_window_and_it_comes_to_the_front() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = app.open_window();
    for open in ["the menu", "the program"] {
        app.focus_dialog();
        desktop.wait_for_active_window(|name| name != "Countersign");
        if open == "the menu" {
            app.choose("Open Countersign");
        } else {
            let output = app.command_line(&[]);
            assert_eq!(output.status.code(), Some(0), "{output:?}");
        }
        desktop.wait_for_active_window(|name| name == "Countersign");
        assert_eq!(app.window_processes(), 1, "{open}");
        assert_eq!(app.window_process("status"), Some(window.process), "{open}");
    }
}

#[test]
fn windows_end_with_the_app_however_it_ends() {
    for signal in ["-TERM", "-KILL"] {
        let desktop = Desktop::start();
        let server = Server::start();
        let app = App::start(&desktop, &server.setup("localhost"));
        app.dialog();
        let window = app.open_window();
        let processes = window.processes();
        app.end_with(signal);
        wait_for("the end of the window", || {
            processes.iter().all(|process| !is_running(*process)).then_some(())
        });
    }
}

#[test]
fn a_window_that_crashes_is_logged_and_opens_again() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let window = app.open_window();
    let status = std::process::Command::new("kill").args(["-ABRT", &window.process.to_string()]).status();
    assert!(status.unwrap().success());
    app.wait_for_log("process ended with an error");
    assert_ne!(app.open_window().process, window.process);
}

#[test]
fn an_app_that_was_killed_starts_again() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    app.end_with("-KILL");
    assert!(desktop.home().join("runtime/countersign/control.sock").exists());
    let app = App::start(&desktop, &server.setup("localhost"));
    assert_eq!(app.command_line(&["status"]).status.code(), Some(0));
}

#[test]
fn without_a_display_it_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("XDG_RUNTIME_DIR", directory.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no display"), "{output:?}");
}

#[test]
fn a_wrong_configuration_is_named() {
    let desktop = Desktop::start();
    let file = desktop.home().join("wrong.toml");
    std::fs::write(&file, "[server]\nadress = \"x\"\n").unwrap();
    for (path, expected) in [(file.clone(), "adress"), (file.with_file_name("absent.toml"), "absent.toml")] {
        let mut command = desktop.command(env!("CARGO_BIN_EXE_countersign"));
        let output = command.arg("--configuration").arg(path).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(expected), "{output:?}");
    }
}
