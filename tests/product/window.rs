//! The status window, the notification, and the command line.

use crate::support::app::App;
use crate::support::desktop::Desktop;
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

#[test]
fn without_a_display_it_says_so() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
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
