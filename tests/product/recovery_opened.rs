//! A recovery file that a person opens on the desktop, as a file manager does it: by its type.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use countersign_protocol::{
    IdentityKeyPair, InstanceUid, RecoveredEndpoints, RecoveryAction, RecoveryDocument,
};
use countersign_trust::InvalidCertificateAction;
use serde_json::Value;
use time::OffsetDateTime;

use crate::recovery::{cut_off, made};
use crate::support::app::{App, Setup};
use crate::support::desktop::{Desktop, Window};
use crate::support::headless::Headless;
use crate::support::server::Server;
use crate::support::{wait_for, watch};

/// The role that assistive technology reports for the dialog.
const DIALOG: &str = "dialog";
const OFFER: &str = "Use this recovery file?";
const TAKEN: &str = "The recovery file is taken";
const REFUSED: &str = "This recovery file cannot be used";
const TYPE: &str = "application/vnd.countersign.recovery+json";

/// What a program says, which has to end well.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Installs for this desktop what the Debian package installs below `/usr/share`, and the program.
fn install(desktop: &mut Desktop) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let configuration = std::fs::read_to_string(root.join("tauri.conf.json")).unwrap();
    let configuration: Value = serde_json::from_str(&configuration).unwrap();
    let share = desktop.home().join("share");
    for (to, from) in configuration["bundle"]["linux"]["deb"]["files"].as_object().unwrap() {
        let from = root.join(from.as_str().unwrap());
        let Some(to) = to.strip_prefix("/usr/share/") else { continue };
        // What is made while the package is built.
        if from.starts_with(root.join("target")) {
            continue;
        }
        let to = share.join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&from, &to).unwrap();
    }
    // What the packages shared-mime-info and desktop-file-utils do whenever such files are installed.
    said(Command::new("update-mime-database").arg(share.join("mime")));
    said(Command::new("update-desktop-database").arg(share.join("applications")));
    desktop.set("XDG_DATA_DIRS", &format!("{}:/usr/share", share.display()));
    let programs = Path::new(env!("CARGO_BIN_EXE_countersign")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    desktop.set("PATH", &format!("{}:{path}", programs.display()));
}

/// Opens a file as a double click in a file manager does.
fn open(desktop: &Desktop, file: &Path) {
    said(desktop.command("gio").arg("open").arg(file));
}

fn dialogs(app: &App<'_>) -> Vec<Window> {
    app.windows().into_iter().filter(|window| window.role == DIALOG).collect()
}

/// The dialog with this headline, and no other.
#[track_caller]
fn dialog(app: &App<'_>, headline: &str) -> Window {
    let found = wait_for(headline, || {
        dialogs(app).pop().filter(|dialog| dialog.says(headline) && !dialog.buttons.is_empty())
    });
    assert_eq!(dialogs(app).len(), 1, "one at a time");
    found
}

#[track_caller]
fn close(app: &App<'_>, button: &str) {
    app.press_in(DIALOG, button);
    wait_for("the end of the dialog", || dialogs(app).is_empty().then_some(()));
}

/// Chooses *Use this file* as soon as that is possible, and waits for the dialog that follows.
#[track_caller]
fn use_file(app: &App<'_>, outcome: &str) -> Window {
    wait_for(outcome, || {
        // Once more if need be: given the focus meanwhile, the button waits again.
        let is_possible = |dialog: &Window| {
            dialog.buttons.iter().any(|button| button.name == "Use this file" && button.sensitive)
        };
        if dialogs(app).iter().any(is_possible) {
            app.press_in(DIALOG, "Use this file");
        }
        dialogs(app).pop().filter(|dialog| dialog.says(outcome))
    })
}

#[test]
fn a_double_click_on_a_recovery_file_brings_the_computer_back() {
    let mut desktop = Desktop::start();
    install(&mut desktop);
    let server = Server::start();
    let app = App::start(&desktop, &cut_off(&server));
    app.wait_for_state("Connection refused");
    let file = made(&server, desktop.home());
    let known = said(desktop.command("gio").args(["info", "-a", "standard::content-type"]).arg(&file));
    assert!(known.contains(TYPE), "{known}");
    let handlers = said(desktop.command("gio").args(["mime", TYPE]));
    assert!(handlers.lines().next().unwrap().contains("countersign-recovery.desktop"), "{handlers}");

    open(&desktop, &file);
    let offer = dialog(&app, OFFER);
    for part in [
        format!("Your server localhost:{} made this file", server.telemetry.port()),
        "accepts the certificate".to_owned(),
        "you are asked whether to connect".to_owned(),
        "Use it only if your IT department".to_owned(),
    ] {
        assert!(offer.says(&part), "{part}: {offer:#?}");
    }
    assert!(offer.button("Cancel").default && !offer.button("Use this file").default, "{offer:#?}");
    for control in app.controls() {
        assert!(!control.name.trim().is_empty(), "{control:?} has no name");
    }

    // Whoever types on does not use it, and neither does who closes the dialog.
    for key in ["Return", "space", "Escape"] {
        dialog(&app, OFFER);
        desktop.give_focus(OFFER);
        wait_for("the focus on Cancel", || dialog(&app, OFFER).button("Cancel").focused.then_some(()));
        desktop.key(&[key]);
        wait_for("the end of the dialog", || dialogs(&app).is_empty().then_some(()));
        open(&desktop, &file);
    }
    dialog(&app, OFFER);
    close(&app, "Cancel");
    watch("nothing is used", || app.state() == "Connection refused");
    assert!(server.endpoint().is_none(), "the server knows no endpoint");

    open(&desktop, &file);
    dialog(&app, OFFER);
    let outcome = use_file(&app, TAKEN);
    assert!(outcome.says("This computer connects to"), "{outcome:#?}");
    assert!(outcome.button("Close").default, "{outcome:#?}");
    close(&app, "Close");
    app.wait_for_state("Connected without a valid certificate");
    server.wait_for_endpoint("the session", |endpoint| endpoint["online"] == true);
    let window = app.open_window();
    wait_for("the words of the window", || {
        let shown = window.shown(&app)?;
        (shown.says("A recovery file of the server allows it until")
            && shown.says("because of a recovery file, until"))
        .then_some(())
    });

    open(&desktop, &file);
    assert!(dialog(&app, REFUSED).says("has been taken already"));
    close(&app, "Close");
    app.watch_for_no_dialog();
}

#[test]
fn opening_a_recovery_file_starts_the_app_where_it_does_not_run() {
    let desktop = Desktop::start();
    let server = Server::start();
    let file = made(&server, desktop.home());
    let app = App::start_with(&desktop, &cut_off(&server), &["open", file.to_str().unwrap()]);
    dialog(&app, OFFER);
    app.wait_for_state("Connection refused");
    use_file(&app, TAKEN);
    app.wait_for_state("Connected without a valid certificate");

    let absent = app.command_line(&["open", "/nowhere/a.countersign-recovery"]);
    assert_eq!(absent.status.code(), Some(1), "{absent:?}");
    assert!(String::from_utf8_lossy(&absent.stderr).contains("cannot be read"), "{absent:?}");
}

#[test]
fn without_a_display_nothing_is_shown_and_the_command_line_takes_the_file() {
    let desktop = Desktop::start();
    let server = Server::start();
    let file = made(&server, desktop.home());
    let agent = Headless::start(&desktop, &cut_off(&server));
    let opened = agent.command_line(&["open", file.to_str().unwrap()]);
    assert_eq!(opened.status.code(), Some(4), "{opened:?}");
    assert!(String::from_utf8_lossy(&opened.stderr).contains("runs without a display"), "{opened:?}");
    let taken = agent.command_line(&["recover", file.to_str().unwrap()]);
    assert_eq!(taken.status.code(), Some(0), "{taken:?}");
    server.wait_for_endpoint("the session", |endpoint| endpoint["online"] == true);
}

/// Files that are not used, and why.
fn unusable(server: &str, own: &IdentityKeyPair) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let now = OffsetDateTime::now_utc();
    let stranger = IdentityKeyPair::generate().unwrap().0;
    let document = |server: &str, issued_at| RecoveryDocument {
        action: Some(RecoveryAction {
            action: InvalidCertificateAction::Allow,
            until: issued_at + Duration::from_hours(24),
        }),
        ..RecoveryDocument::new(server.parse().unwrap(), issued_at, time::Duration::days(7))
    };
    let signed = |document: &RecoveryDocument, key: &IdentityKeyPair| {
        document.sign(key).unwrap().to_text().into_bytes()
    };
    let good = document(server, now);
    let others = RecoveredEndpoints::Named([InstanceUid::generate()].into());
    vec![
        ("by a stranger", signed(&good, &stranger), "is not that of the server of this computer"),
        ("elsewhere", signed(&document("other.example:8013", now), own), "is for another server"),
        ("over", signed(&document(server, now - Duration::from_hours(24 * 8)), own), "was to be used until"),
        (
            "for others",
            signed(&RecoveryDocument { endpoints: others, ..good }, own),
            "is for other computers",
        ),
        ("no such file", b"{}".to_vec(), "This is no recovery file"),
        ("no text", [0, 159, 146, 150].repeat(100_000), "This is no recovery file"),
    ]
}

#[test]
fn what_the_server_of_this_computer_has_not_made_for_it_is_refused() {
    let mut desktop = Desktop::start();
    install(&mut desktop);
    let own = IdentityKeyPair::generate().unwrap().0;
    let setup = Setup {
        address: "localhost:1".to_owned(),
        identity: Some(own.public_key().to_string()),
        action: Some("deny"),
        ..Setup::default()
    };
    let app = App::start(&desktop, &setup);
    app.wait_for_state("Waiting to connect again");
    for (what, content, why) in unusable(&setup.address, &own) {
        let file: PathBuf = desktop.home().join(format!("{what}.countersign-recovery"));
        std::fs::write(&file, content).unwrap();
        open(&desktop, &file);
        let refused = dialog(&app, REFUSED);
        assert!(refused.says(why), "{what}: {refused:#?}");
        assert!(refused.says("Nothing has been changed on this computer"), "{what}: {refused:#?}");
        let buttons: Vec<_> = refused.buttons.iter().map(|button| button.name.as_str()).collect();
        assert_eq!(buttons, ["Close"], "{what}");
        close(&app, "Close");
    }
    let output = app.command_line(&["certificates", "list"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("No invalid certificate is remembered"));
}
