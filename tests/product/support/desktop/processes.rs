//! The processes of a desktop.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use super::KeychainState;
use crate::support::process::Process;
use crate::support::wait_for;

/// The script that sees windows and tray as assistive technology does.
pub(super) struct Helper {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: BufReader<ChildStdout>,
    _process: Process,
}

pub(super) fn log_file(home: &Path, name: &str) -> std::fs::File {
    let path = home.join(name).with_extension("log");
    std::fs::File::options().create(true).append(true).open(path).expect("a log file")
}

pub(super) fn restrict(directory: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700)).expect("a private directory");
}

pub(super) fn start_display(log: &std::fs::File) -> (Process, String) {
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log.try_clone().expect("a log file"));
    let mut process = Process::start(&mut command);
    let stdout = process.child().stdout.take().expect("the display's number");
    let mut number = String::new();
    BufReader::new(stdout).read_line(&mut number).expect("the display's number");
    assert!(!number.trim().is_empty(), "the virtual display did not start");
    (process, number.trim().to_owned())
}

/// A bus that starts nothing by itself but the accessibility bus, so that no other keychain or notification server
/// comes along.
pub(super) fn start_bus(home: &Path, name: &str, environment: &[(String, String)]) -> (Process, String) {
    let services = home.join(name).with_extension("services");
    std::fs::create_dir(&services).expect("a directory");
    let accessibility = "/usr/share/dbus-1/services/org.a11y.Bus.service";
    std::fs::copy(accessibility, services.join("org.a11y.Bus.service")).expect("at-spi2-core is installed");
    let configuration = home.join(name).with_extension("conf");
    let text = format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <servicedir>{}</servicedir>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#,
        home.join(name).display(),
        services.display()
    );
    std::fs::write(&configuration, text).expect("the bus's configuration");
    let mut command = Command::new("dbus-daemon");
    command.arg(format!("--config-file={}", configuration.display())).args(["--nofork", "--print-address=1"]);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_file(home, name));
    let mut process = Process::start(&mut command);
    let stdout = process.child().stdout.take().expect("the bus's address");
    let mut address = String::new();
    BufReader::new(stdout).read_line(&mut address).expect("the bus's address");
    assert!(!address.trim().is_empty(), "the bus did not start");
    (process, address.trim().to_owned())
}

pub(super) fn start_keychain(
    state: KeychainState,
    base: &dyn Fn(&str) -> Command,
    log: &dyn Fn(&str) -> std::fs::File,
) -> Option<Process> {
    let start = |password: &str| {
        let mut command = base("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]);
        command.stdin(Stdio::piped()).stdout(log("keychain")).stderr(log("keychain"));
        let mut process = Process::start(&mut command);
        let mut stdin = process.child().stdin.take().expect("the keychain reads a password");
        stdin.write_all(password.as_bytes()).expect("the keychain reads a password");
        drop(stdin);
        wait_for("the keychain's start", || {
            let looked = base("gdbus")
                .args(["call", "--session", "--dest", "org.freedesktop.secrets", "--object-path"])
                .args(["/org/freedesktop/secrets", "--method", "org.freedesktop.DBus.Peer.Ping"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            looked.is_ok_and(|status| status.success()).then_some(())
        });
        process
    };
    match state {
        KeychainState::Absent => None,
        KeychainState::Unlocked => Some(start("right")),
        KeychainState::Locked => {
            // The first start makes the keychain; with another password it stays closed.
            start("right").terminate();
            Some(start("wrong"))
        }
    }
}

pub(super) fn start_helper(mut command: Command, log: std::fs::File) -> Helper {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/product/support/desktop.py");
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
    let mut process = Process::start(&mut command);
    let stdin = process.child().stdin.take().expect("standard input");
    let mut stdout = BufReader::new(process.child().stdout.take().expect("standard output"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the helper starts");
    assert!(
        line.contains("ready"),
        "the helper for windows and tray did not start; it needs python3-gi and at-spi"
    );
    Helper { stdin, stdout, _process: process }
}
