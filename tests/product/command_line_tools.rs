//! Commands about the log, the keychain, and the session: they need no running app.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::support::app::Setup;
use crate::support::desktop::Desktop;
use crate::support::wait_for;

const PASSWORD: &str = "hunter2-of-nobody";

fn says(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// No address of this computer: the desktop’s proxy does not count for those.
fn setup() -> Setup {
    Setup { address: "management.example.com:8013".to_owned(), ..Setup::default() }
}

fn log_directory(desktop: &Desktop) -> std::path::PathBuf {
    let directory = desktop.home().join("state/countersign/log");
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn exit_code_of(mut child: Child) -> Option<i32> {
    let status = wait_for("the end of the command", || child.try_wait().unwrap());
    status.code()
}

#[test]
fn the_log_is_followed_until_somebody_stops_it() {
    let desktop = Desktop::start();
    let directory = log_directory(&desktop);
    let (current, earlier) = (directory.join("countersign.log"), directory.join("countersign.1.log"));
    std::fs::write(&current, "first\n").unwrap();
    let mut command = setup().command(&desktop, &["logs", "--follow"]);
    let child = command.stdout(desktop.log("followed")).spawn().unwrap();
    let shown = || std::fs::read_to_string(desktop.home().join("followed.log")).unwrap();
    wait_for("the first line", || (shown() == "first\n").then_some(()));
    std::fs::rename(&current, &earlier).unwrap();
    std::fs::write(&current, "second \u{1b}[2J\n").unwrap();
    wait_for("the second line", || shown().contains("second").then_some(()));
    // What strangers say does not steer the terminal.
    assert_eq!(shown(), "first\nsecond \u{fffd}[2J\n");
    let process = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
    assert_eq!(exit_code_of(child), Some(0));
}

#[test]
fn the_log_is_followed_until_nobody_reads_it() {
    let desktop = Desktop::start();
    std::fs::write(log_directory(&desktop).join("countersign.log"), "first\n").unwrap();
    let mut command = setup().command(&desktop, &["logs", "--follow"]);
    let mut child = command.stdout(Stdio::piped()).stderr(desktop.log("follow")).spawn().unwrap();
    let mut reader = child.stdout.take().unwrap();
    let mut line = [0; 6];
    reader.read_exact(&mut line).unwrap();
    assert_eq!(&line, b"first\n");
    // Nothing more is logged.
    drop(reader);
    assert_eq!(exit_code_of(child), Some(0));
    assert_eq!(std::fs::read_to_string(desktop.home().join("follow.log")).unwrap(), "");
}

/// A proxy that connects nobody: it answers 407 without the right user and password, and 502 with them.
fn proxy() -> String {
    // “anna:hunter2-of-nobody” in Base64.
    const LOGIN: &str = "Proxy-Authorization: Basic YW5uYTpodW50ZXIyLW9mLW5vYm9keQ==\r\n";
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    // Ends with the test's process.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                request.push(byte[0]);
            }
            let answer = if String::from_utf8_lossy(&request).contains(LOGIN) {
                "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
            } else {
                "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
            };
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn with_input(mut command: Command, input: &str) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may have ended without reading anything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// Why the doctor comes to no connection behind a proxy.
fn reason(desktop: &Desktop) -> Value {
    let output = setup().command(desktop, &["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["check"] == "tcp").unwrap()["reason"].clone()
}

#[test]
fn a_login_for_the_proxy_is_kept_used_and_removed() {
    let mut desktop = Desktop::start();
    let proxy = proxy();
    desktop.set("https_proxy", &proxy);
    std::fs::write(log_directory(&desktop).join("countersign.log"), format!("it was {PASSWORD}\n")).unwrap();
    let report_tells_it = |name: &str| {
        let file = desktop.home().join(name);
        let output = setup().command(&desktop, &["diagnostics"]).arg(&file).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", says(&output));
        std::fs::read_to_string(file).unwrap().contains(PASSWORD)
    };
    assert_eq!(reason(&desktop), "proxy_authentication");
    let output = setup().command(&desktop, &["doctor"]).output().unwrap();
    assert!(says(&output).contains("“countersign proxy login”"), "{}", says(&output));

    let login = setup().command(&desktop, &["proxy", "login", "--user", "anna"]);
    let output = with_input(login, &format!("{PASSWORD}\n"));
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    assert!(says(&output).contains(&proxy) && !says(&output).contains(PASSWORD), "{}", says(&output));
    assert_eq!(reason(&desktop), "proxy_refuses");
    assert!(!report_tells_it("while-it-is-known.txt"));

    let output = setup().command(&desktop, &["proxy", "logout"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    assert_eq!(reason(&desktop), "proxy_authentication");
    // Nobody knows any more that it is a password.
    assert!(report_tells_it("when-it-is-forgotten.txt"));
}

#[test]
fn what_is_no_login_is_refused() {
    let mut desktop = Desktop::start();
    // No proxy at all.
    let output = with_input(
        setup().command(&desktop, &["proxy", "login", "--user", "anna"]),
        &format!("{PASSWORD}\n"),
    );
    assert_eq!(output.status.code(), Some(9), "{}", says(&output));
    desktop.set("https_proxy", "http://127.0.0.1:1");
    for (arguments, input, expected) in [
        (&["proxy", "login"][..], PASSWORD, "--user"),
        (&["proxy", "login", "--user", "an:na"], PASSWORD, "no colon"),
        (&["proxy", "login", "--user", "anna"], "", "between 1 and 255"),
        (&["proxy", "login", "--user", "anna"], &"x".repeat(5000), "between 1 and 255"),
    ] {
        let output = with_input(setup().command(&desktop, arguments), input);
        assert_eq!(output.status.code(), Some(1), "{}", says(&output));
        assert!(says(&output).contains(expected), "{}", says(&output));
        assert!(!says(&output).contains(PASSWORD), "{}", says(&output));
    }
}

/// Types at a terminal what is given, each as soon as it is asked for and the terminal echoes or hides it as it should;
/// prints what the terminal shows.
const TERMINAL: &str = r#"
import os, pty, sys, termios, time
user, password = sys.argv[1:3]
process, terminal = pty.fork()
if process == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
shown = b""
def until(text):
    global shown
    while text not in shown:
        shown += os.read(terminal, 1000)
until(b"User")
os.write(terminal, user.encode() + b"\n")
until(b"Password")
while termios.tcgetattr(terminal)[3] & termios.ECHO:
    time.sleep(0.01)
os.write(terminal, password.encode() + b"\n")
try:
    until(b"never")
except OSError:
    pass
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"#;

#[test]
fn a_terminal_does_not_show_the_password() {
    let mut desktop = Desktop::start();
    desktop.set("https_proxy", &proxy());
    let login = setup().command(&desktop, &["proxy", "login"]);
    let mut command = desktop.command("/usr/bin/python3");
    command.args(["-c", TERMINAL, "anna", PASSWORD]).arg(login.get_program()).args(login.get_args());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    assert!(says(&output).contains("anna") && !says(&output).contains(PASSWORD), "{}", says(&output));
    assert_eq!(reason(&desktop), "proxy_refuses");
}

#[test]
fn whether_it_starts_with_the_session_is_switched() {
    let mut desktop = Desktop::start();
    let machine = desktop.home().join("machine");
    desktop.set("XDG_CONFIG_DIRS", &machine.display().to_string());
    let entry = desktop.home().join("config/autostart/countersign.desktop");
    for (argument, expected, is_there) in [
        ("status", "does not start with your session", false),
        ("on", "starts with your session", true),
        ("status", "starts with your session", true),
        ("off", "does not start with your session", false),
    ] {
        let mut command = desktop.command(env!("CARGO_BIN_EXE_countersign"));
        let output = command.args(["autostart", argument]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", says(&output));
        assert!(says(&output).contains(expected), "{argument}: {}", says(&output));
        assert_eq!(entry.exists(), is_there, "{argument}");
    }
}

#[test]
fn the_command_line_speaks_the_persons_language() {
    let mut desktop = Desktop::start();
    desktop.set("LC_ALL", "de_DE.UTF-8");
    for (arguments, code, expected) in [
        (&["status"][..], 5, "Countersign läuft nicht."),
        (&["logs"], 0, "ist nichts protokolliert"),
        (&["autostart", "status"], 0, "Sitzung"),
        (&["doctor"], 7, "Zertifikat des Servers: nicht geprüft"),
        (&["proxy", "login", "--user", "anna"], 9, "kein Proxy"),
    ] {
        let needs_files = ["logs", "doctor", "proxy"].contains(&arguments[0]);
        let mut command = if needs_files {
            Setup { address: "localhost:1".to_owned(), ..Setup::default() }.command(&desktop, arguments)
        } else {
            let mut command = desktop.command(env!("CARGO_BIN_EXE_countersign"));
            command.args(arguments);
            command
        };
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", says(&output));
        assert!(says(&output).contains(expected), "{arguments:?}: {}", says(&output));
    }
    // What comes first in the list counts, and nothing in the locale without a language.
    for (locale, list, expected) in [
        ("de_DE.UTF-8", "en:de", "is not running"),
        ("C.UTF-8", "de", "is not running"),
        ("en_GB.UTF-8", "de", "läuft"),
    ] {
        let mut command = desktop.command(env!("CARGO_BIN_EXE_countersign"));
        let output = command.arg("status").env("LC_ALL", locale).env("LANGUAGE", list).output().unwrap();
        assert!(says(&output).contains(expected), "{locale} {list}: {}", says(&output));
    }
}
