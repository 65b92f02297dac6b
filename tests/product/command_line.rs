//! The command line, against the running app and without a display.

use std::process::Output;

use serde_json::Value;

use crate::support::app::{App, Setup};
use crate::support::desktop::Desktop;
use crate::support::headless::Headless;
use crate::support::server::Server;
use crate::support::{wait_for, watch};

fn says(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The fingerprint in question, as the command line prints it.
fn fingerprint(agent: &Headless<'_>) -> String {
    wait_for("the question", || {
        let output = agent.command_line(&["certificate", "show", "--json"]);
        let assessment: Value = serde_json::from_slice(&output.stdout).ok()?;
        Some(assessment["fingerprint"].as_str()?.to_owned())
    })
}

fn wait_for_exit(agent: &Headless<'_>, code: i32) {
    wait_for(&format!("the exit code {code}"), || {
        let output = agent.command_line(&["status", "--exit-code"]);
        (output.status.code() == Some(code)).then_some(())
    });
}

#[test]
fn the_command_line_sees_and_steers_the_running_app() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let run = |arguments: &[&str]| app.command_line(arguments);
    let output = run(&["status", "--exit-code"]);
    assert_eq!(output.status.code(), Some(8), "{}", says(&output));
    assert!(says(&output).contains("Your answer is needed"), "{}", says(&output));
    app.press("Allow");
    app.wait_for_state("Connected without a valid certificate");
    let output = run(&["status", "--json", "--exit-code"]);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status["state"]["name"], "connected");
    assert_eq!(status["trust"], "remembered");
    let output = run(&["disconnect"]);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    app.wait_for_state("Disconnected");
    let output = run(&["connect"]);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    app.wait_for_state("Connected without a valid certificate");
    app.stop();
    let output = desktop.command(env!("CARGO_BIN_EXE_countersign")).arg("status").output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", says(&output));
}

#[test]
fn without_permission_the_command_line_allows_nothing() {
    let desktop = Desktop::start();
    let server = Server::start();
    let agent = Headless::start(&desktop, &server.setup("localhost"));
    wait_for("the refusal", || {
        let output = agent.command_line(&["status"]);
        says(&output).contains("nobody could be asked").then_some(())
    });
    let fingerprint = fingerprint(&agent);
    let output = agent.command_line(&["certificate", "allow", &fingerprint]);
    assert_eq!(output.status.code(), Some(6), "{}", says(&output));
    assert!(says(&output).contains("answers_on_command_line"), "{}", says(&output));
    watch("there is no connection", || {
        agent.command_line(&["status", "--exit-code"]).status.code() == Some(7) && server.endpoint().is_none()
    });
    agent.wait_for_log("answers_on_command_line");
}

#[test]
fn with_permission_the_command_line_answers() {
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = Setup { answers_on_command_line: true, ..server.setup("localhost") };
    let agent = Headless::start(&desktop, &setup);
    wait_for_exit(&agent, 8);
    let fingerprint = fingerprint(&agent);
    // Another certificate than the one in question.
    let other = fingerprint.replace(|digit: char| digit.is_ascii_hexdigit(), "0");
    let output = agent.command_line(&["certificate", "allow", &other]);
    assert_eq!(output.status.code(), Some(9), "{}", says(&output));
    let output = agent.command_line(&["certificate", "deny"]);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    wait_for_exit(&agent, 7);
    let output = agent.command_line(&["connect"]);
    assert_eq!(output.status.code(), Some(8), "{}", says(&output));
    let output = agent.command_line(&["certificate", "allow", &fingerprint, "--session"]);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    assert!(says(&output).contains(&fingerprint), "{}", says(&output));
    wait_for_exit(&agent, 0);
    server.wait_for_endpoint("the session", |endpoint| endpoint["online"] == true);
}

#[test]
fn the_doctor_looks_with_and_without_the_app() {
    let desktop = Desktop::start();
    let server = Server::start();
    let setup = server.setup("localhost");
    // Nothing runs: it goes by the configuration, and the server's certificate is not valid.
    let output = setup.command(&desktop, &["doctor", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", says(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][5]["check"], "certificate");
    assert!(report["findings"][5]["decision"]["ask"].is_string(), "{report}");
    let app = App::start(&desktop, &setup);
    app.dialog();
    app.press("Allow");
    app.wait_for_state("Connected without a valid certificate");
    // The app knows what was allowed.
    let output = setup.command(&desktop, &["doctor"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    for line in ["Certificate of the server: not in order", "Countersign connects all the same.", "localhost"]
    {
        assert!(says(&output).contains(line), "{}", says(&output));
    }
    app.stop();
}

#[test]
fn the_doctor_names_a_server_that_is_not_there() {
    let desktop = Desktop::start();
    let setup = Setup { address: "localhost:1".to_owned(), ..Setup::default() };
    let output = setup.command(&desktop, &["doctor"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", says(&output));
    for line in
        ["Something prevents the connection.", "nothing listens at the port", "TLS version): not checked"]
    {
        assert!(says(&output).contains(line), "{}", says(&output));
    }
}

#[test]
fn the_doctor_goes_through_the_proxy_of_the_settings() {
    let desktop = Desktop::start();
    // No address of this computer: the desktop’s proxy does not count for those.
    let setup = Setup { address: "management.example.com:8013".to_owned(), ..Setup::default() };
    let mut command = setup.command(&desktop, &["doctor"]);
    let output = command.env("https_proxy", "http://127.0.0.1:1").output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", says(&output));
    assert!(says(&output).contains("The proxy 127.0.0.1:1 does not take connections."), "{}", says(&output));
}

#[test]
fn a_report_to_hand_on_tells_no_names_and_the_log_is_kept() {
    let desktop = Desktop::start();
    let setup = Setup {
        address: "management.example.com:1".to_owned(),
        connect_to: Some(([127, 0, 0, 1], 1).into()),
        token: Some("a-token-of-nobody-else".to_owned()),
        ..Setup::default()
    };
    let app = App::start(&desktop, &setup);
    let logged = wait_for("the log", || {
        let output = setup.command(&desktop, &["logs"]).output().unwrap();
        says(&output).contains("management.example.com").then(|| says(&output))
    });
    assert!(!logged.contains('\u{1b}'), "{logged}");
    for (name, option, is_named) in
        [("hidden.txt", None, false), ("shown.txt", Some("--with-server-names"), true)]
    {
        let file = desktop.home().join(name);
        let mut command = setup.command(&desktop, &["diagnostics"]);
        let output = command.arg(&file).args(option).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", says(&output));
        let report = std::fs::read_to_string(&file).unwrap();
        assert_eq!(report.contains("management.example.com"), is_named, "{report}");
        for gone in ["a-token-of-nobody-else", &desktop.home().display().to_string()] {
            assert!(!report.contains(gone), "{gone} in {report}");
        }
        // From the configuration, the running app, the doctor, and the log.
        for there in ["a token is set", "\"backing_off\"", "\"session_bus\"", "countersign_agent"] {
            assert!(report.contains(there), "{there} not in {report}");
        }
        let again = setup.command(&desktop, &["diagnostics"]).arg(&file).output().unwrap();
        assert_eq!(again.status.code(), Some(1), "{}", says(&again));
    }
    app.stop();
}

#[test]
fn there_is_one_agent_for_a_person() {
    let desktop = Desktop::start();
    let server = Server::start();
    let app = App::start(&desktop, &server.setup("localhost"));
    app.dialog();
    let run = |arguments: &[&str]| app.command_line(arguments);
    let output = run(&["run", "--headless"]);
    assert_eq!(output.status.code(), Some(1), "{}", says(&output));
    assert!(says(&output).contains("runs already"), "{}", says(&output));
    // The session starts it hidden: nobody wants to see anything.
    let output = run(&["--hidden"]);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    assert!(app.window_process("status").is_none());
}

#[test]
fn commands_are_quick_and_need_no_display() {
    let desktop = Desktop::start();
    let app = App::start(&desktop, &Setup { address: "localhost:1".to_owned(), ..Setup::default() });
    // The quickest of several, so that a busy machine does not count.
    let quickest = |argument: &str| {
        let times = (0..9).map(|_| {
            let start = std::time::Instant::now();
            let mut command = desktop.command(env!("CARGO_BIN_EXE_countersign"));
            let output = command.env_remove("DISPLAY").arg(argument).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", says(&output));
            start.elapsed()
        });
        times.min().unwrap_or_default()
    };
    let (nothing, status) = (quickest("--version"), quickest("status"));
    // Asking the instance costs little beside the start of the program itself.
    assert!(status < nothing * 2 + std::time::Duration::from_millis(50), "{status:?}, {nothing:?}");
    app.stop();
}
