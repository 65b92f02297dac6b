#![allow(clippy::unwrap_used, clippy::panic)]

use clap::{CommandFactory as _, Parser as _};
use countersign_agent::CommandLineAnswers::{self, Forbidden, Permitted};
use countersign_trust::{Fingerprint, Question};
use countersign_words::Words;

use super::commands::{Command, HIDDEN};
use super::execute::perform;
use super::*;
use crate::control_socket::protocol::{Client, Request};
use crate::control_socket::{ControlClient, Limits};
use crate::sample::data;
use crate::sample::statuses::State;
use crate::scripted::{Scripted, ScriptedHost};
use crate::tray::panel::PanelChoice;

#[test]
fn the_definition_is_sound() {
    CommandLine::command().debug_assert();
}

#[test]
fn everything_has_a_default() {
    let parsed = CommandLine::try_parse_from(["countersign"]).unwrap();
    assert_eq!(parsed, CommandLine { start: StartOptions::default(), command: None });
}

#[test]
fn all_of_it_is_read() {
    let arguments =
        ["countersign", "--configuration", "/a/b.toml", "--state-directory=/c", HIDDEN, "--panel", "dark"];
    let start = CommandLine::try_parse_from(arguments).unwrap().start;
    assert_eq!(start.locations.configuration, Some("/a/b.toml".into()));
    assert_eq!(start.locations.state_directory, Some("/c".into()));
    assert!(start.hidden);
    assert_eq!(start.panel, PanelChoice::Dark);
}

#[test]
fn a_window_is_told_where_the_files_are() {
    for given in
        [&[][..], &["--configuration", "/a b.toml"], &["--state-directory", "/c", "--configuration", "d"]]
    {
        let start = ["countersign"].iter().chain(given).copied();
        let locations = CommandLine::try_parse_from(start).unwrap().start.locations;
        let window = ["countersign", "window", "status"].map(Into::into).into_iter();
        let parsed = CommandLine::try_parse_from(window.chain(locations.arguments())).unwrap();
        let Some(Command::Window { locations: told, .. }) = parsed.command else { panic!("{parsed:?}") };
        assert_eq!(told, locations);
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (arguments, named) in [
        ("--sever x", "--sever"),
        ("--panel blue", "blue"),
        ("--hidden status", "status"),
        ("run --headless --hidden", "--hidden"),
        ("certificates forget", "--all"),
        ("certificates forget localhost --all", "--all"),
        ("certificate allow", "<FINGERPRINT>"),
        ("certificate allow AA:BB", "64 hexadecimal digits"),
        ("certificate allow --days 0", "--days"),
        ("connect user@host", "user@host"),
        ("status --watch --exit-code", "--exit-code"),
        ("completions cmd", "cmd"),
        ("window settings", "settings"),
    ] {
        let words = ["countersign"].into_iter().chain(arguments.split(' '));
        let error = CommandLine::try_parse_from(words).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{arguments}");
        assert!(error.to_string().contains(named), "{arguments}: {error}");
    }
}

#[test]
fn a_fingerprint_is_given_in_full_and_for_one_duration() {
    let fingerprint = Fingerprint::of(b"x").to_string();
    let parse = |options: &[&str]| {
        let words = ["countersign", "certificate", "allow", &fingerprint];
        CommandLine::try_parse_from(words.iter().chain(options).copied())
    };
    assert!(parse(&[]).is_ok() && parse(&["--days", "30"]).is_ok() && parse(&["--session"]).is_ok());
    assert!(parse(&["--days", "30", "--session"]).is_err());
    // Without its last digit it is not the fingerprint of anything.
    let short = &fingerprint[..fingerprint.len() - 1];
    assert!(CommandLine::try_parse_from(["countersign", "certificate", "allow", short]).is_err());
}

/// What a command line does with an app in a state: exit code, output, and what the agent was told.
async fn outcome(state: State, answers: CommandLineAnswers, arguments: &str) -> (u8, String, Vec<String>) {
    outcome_in(&Words::english(), state, answers, arguments).await
}

async fn outcome_in(
    words: &Words,
    state: State,
    answers: CommandLineAnswers,
    arguments: &str,
) -> (u8, String, Vec<String>) {
    let app = Scripted::start(ScriptedHost::new(state, answers), Limits::default());
    let given = ["countersign"].into_iter().chain(arguments.split(' '));
    let command = CommandLine::try_parse_from(given).unwrap().command.unwrap();
    let mut out = Vec::new();
    let done = perform(&command, &app.socket_directory(), words, &mut out).await;
    let mut text = String::from_utf8(out).unwrap();
    let reason = done.unwrap_or_else(|error| {
        text.push_str(&error.text(words));
        error.exit_reason()
    });
    (reason as u8, text, app.host.told())
}

/// State, permission, arguments; exit code, what is printed among other things, and what the agent is told.
type Row<'text> = (State, CommandLineAnswers, &'text str, u8, &'text [&'text str], &'text [&'text str]);

#[tokio::test]
async fn commands_exit_with_their_codes() {
    let right = data::three_problems().fingerprint.unwrap();
    let wrong = Fingerprint::of(b"another certificate");
    let allow = format!("certificate allow {right}");
    let allow_lower = format!("certificate allow {}", right.to_string().replace(':', "").to_lowercase());
    let allow_other = format!("certificate allow {wrong}");
    let days = format!("certificate allow {right} --days 7");
    let session = format!("certificate allow {right} --session");
    let forget = format!("certificates forget {}", data::server());
    let table: [Row<'_>; 30] = [
        (
            State::Connected,
            Forbidden,
            "status",
            0,
            &["Connected", "management.example.com:8013", "Warn"],
            &[],
        ),
        (State::Refused, Forbidden, "status", 0, &["Connection refused", "- "], &[]),
        (State::Connected, Forbidden, "status --exit-code", 0, &["Connected"], &[]),
        (State::Unverified, Forbidden, "status --exit-code", 0, &["without a valid certificate"], &[]),
        (State::Question, Forbidden, "status --exit-code", 8, &["Your answer is needed"], &[]),
        (State::Offline, Forbidden, "status --exit-code", 7, &["Disconnected"], &[]),
        (State::Waiting, Forbidden, "status --exit-code", 7, &["Next attempt"], &[]),
        (State::Connected, Forbidden, "connect", 0, &["Connected"], &[]),
        (State::Question, Forbidden, "connect", 8, &["Your answer is needed"], &[]),
        (State::Offline, Forbidden, "connect", 7, &["Connection refused"], &["connect"]),
        (State::Offline, Forbidden, "connect --no-wait", 0, &["being made"], &["connect"]),
        (
            State::Offline,
            Forbidden,
            "connect other.example",
            0,
            &["Connected"],
            &["connect to other.example:8013"],
        ),
        (State::Connected, Forbidden, "disconnect", 0, &["Disconnected"], &["disconnect"]),
        (State::Offline, Forbidden, "disconnect", 0, &["Disconnected"], &[]),
        (
            State::Offline,
            Forbidden,
            "certificates list",
            0,
            &["management.example.com:8013", &right.to_string()],
            &[],
        ),
        (State::Offline, Forbidden, &forget, 0, &["forgotten"], &["forget management.example.com:8013"]),
        (State::Offline, Forbidden, "certificates forget other.example", 9, &["other.example:8013"], &[]),
        (State::Offline, Forbidden, "certificates forget --all", 0, &["One certificate"], &["forget all"]),
        (State::Question, Forbidden, "certificate show", 0, &["Fingerprint", &right.to_string()], &[]),
        (State::Refused, Forbidden, "certificate show", 0, &["not valid", "Fingerprint"], &[]),
        (State::Offline, Forbidden, "certificate show", 9, &["No certificate"], &[]),
        (State::Question, Forbidden, &allow, 6, &["answers_on_command_line"], &[]),
        (State::Question, Forbidden, "certificate deny", 6, &["answers_on_command_line"], &[]),
        (
            State::Question,
            Permitted,
            &allow,
            0,
            &["management.example.com:8013", &right.to_string(), "Allowed"],
            &["Allow(UntilChanged)"],
        ),
        (State::Question, Permitted, &allow_lower, 0, &["Allowed"], &["Allow(UntilChanged)"]),
        (State::Question, Permitted, &days, 0, &["Allowed"], &["Allow(Days(7))"]),
        (State::Question, Permitted, &session, 0, &["Allowed"], &["Allow(Session)"]),
        (State::Question, Permitted, &allow_other, 9, &["another certificate", &right.to_string()], &[]),
        (State::Offline, Permitted, &allow, 9, &["no open question"], &[]),
        (State::Question, Permitted, "certificate deny", 0, &["Denied"], &["Deny"]),
    ];
    for (state, answers, arguments, code, said, told) in table {
        let (reason, text, noted) = outcome(state, answers, arguments).await;
        assert_eq!(reason, code, "{state:?} {arguments}: {text}");
        for expected in said {
            assert!(text.contains(expected), "{state:?} {arguments}: {expected} is missing in {text}");
        }
        assert_eq!(noted, told, "{state:?} {arguments}");
    }
}

#[tokio::test]
async fn whoever_answers_sees_every_problem() {
    let prompt = data::first(data::three_problems());
    let arguments = format!("certificate allow {}", prompt.assessment.fingerprint.unwrap());
    let (_, text, _) = outcome(State::Question, CommandLineAnswers::Permitted, &arguments).await;
    for problem in &prompt.assessment.problems {
        let summary = Words::english().problem_summary(problem).to_string();
        assert!(text.contains(&summary), "{summary} is missing in {text}");
    }
}

#[test]
fn a_question_reads_as_in_the_dialog() {
    let words = Words::english();
    let never = ["(different)", "New: "];
    let mut renewed = data::changed();
    if let Question::Changed { previous } = &mut renewed.question {
        previous.subject.clone_from(&renewed.assessment.certificate.as_ref().unwrap().subject);
    }
    for (prompt, said, unsaid) in [
        (
            data::first(data::three_problems()),
            &["for 30 days: --days 30", "--session", "If in doubt, deny"][..],
            &never[..],
        ),
        (renewed, &["Fingerprint (SHA-256) (different)", "Issued to (the same)"], &["New: "]),
        (data::worse(), &["- New: ", "expired on"], &["(different)"]),
    ] {
        let text = super::report::question(&words, &prompt);
        for expected in said {
            assert!(text.contains(expected), "{expected} is missing in {text}");
        }
        for unexpected in unsaid {
            assert!(!text.contains(unexpected), "{unexpected} is in {text}");
        }
        let new = text.lines().filter(|line| line.starts_with("- New: ")).count();
        assert_eq!(new, usize::from(matches!(prompt.question, Question::Worse { .. })), "{text}");
    }
}

#[tokio::test]
async fn json_is_what_the_agent_says() {
    let (_, text, _) = outcome(State::Refused, CommandLineAnswers::Forbidden, "status --json").await;
    let status: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status["state"]["name"], "refused");
    assert_eq!(status["server"], "management.example.com:8013");
    assert!(status["assessment"]["problems"].as_array().unwrap().len() > 3);
    let (_, text, _) =
        outcome(State::Offline, CommandLineAnswers::Forbidden, "certificates list --json").await;
    let list: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(list["entries"][0]["certificate"]["server"], "management.example.com:8013");
}

#[tokio::test]
async fn people_are_spoken_to_in_their_language_and_scripts_are_not() {
    let german = Words::german();
    let allow = format!("certificate allow {}", data::three_problems().fingerprint.unwrap());
    for (state, answers, arguments, said) in [
        (State::Connected, Forbidden, "status", &["Verbunden", "Verwaltungsserver", "Seit", "Warnen"][..]),
        (State::Waiting, Forbidden, "status", &["Nächster Versuch"]),
        (State::Offline, Forbidden, "connect --no-wait", &["wird hergestellt"]),
        (State::Offline, Forbidden, "disconnect", &["Getrennt"]),
        (State::Offline, Forbidden, "certificates list", &["Fingerabdruck (SHA-256)", "Zuletzt"]),
        (State::Offline, Forbidden, "certificates forget --all", &["vergessen"]),
        (State::Offline, Forbidden, "certificates forget other.example", &["zeigt, was gespeichert ist"]),
        (State::Question, Forbidden, "certificate show", &["Fingerabdruck", "Server"]),
        (State::Question, Forbidden, &allow, &["answers_on_command_line", "Konfiguration"]),
        (State::Question, Permitted, "certificate deny", &["Abgelehnt"]),
    ] {
        let (code, text, _) = outcome_in(&german, state, answers, arguments).await;
        for expected in said {
            assert!(text.contains(expected), "{arguments}: {expected} is missing in {text}");
        }
        let (english_code, english, _) = outcome(state, answers, arguments).await;
        assert_eq!(code, english_code, "{arguments}");
        assert_ne!(text, english, "{arguments}");
    }
    for arguments in ["status --json", "certificates list --json", "certificate show --json"] {
        let (_, text, _) = outcome_in(&german, State::Question, Forbidden, arguments).await;
        assert_eq!(text, outcome(State::Question, Forbidden, arguments).await.1, "{arguments}");
    }
}

#[tokio::test]
async fn without_an_instance_it_says_so() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in ["status", "connect", "disconnect", "certificates list", "certificate show"] {
        let given = ["countersign"].into_iter().chain(arguments.split(' '));
        let command = CommandLine::try_parse_from(given).unwrap().command.unwrap();
        for (words, expected) in [(Words::english(), "is not running"), (Words::german(), "läuft nicht")] {
            let error = perform(&command, directory.path(), &words, &mut Vec::new()).await.unwrap_err();
            assert_eq!(error.exit_reason(), ExitReason::NotRunning, "{arguments}");
            assert!(error.text(&words).contains(expected), "{error}");
        }
    }
}

#[tokio::test]
async fn changes_are_followed_until_the_end() {
    let mut app =
        Scripted::start(ScriptedHost::new(State::Offline, CommandLineAnswers::Forbidden), Limits::default());
    let directory = app.socket_directory();
    let agent = std::sync::Arc::clone(&app.host.agent);
    let before = agent.status.receiver_count();
    let command = Command::Status { json: true, watch: true, exit_code: false };
    let mut out = Vec::new();
    let words = Words::english();
    let following = perform(&command, &directory, &words, &mut out);
    let changing = async {
        while agent.status.receiver_count() == before {
            tokio::task::yield_now().await;
        }
        agent.status.send_replace(crate::sample::statuses::status(State::Connected));
        // A request later the event has gone out.
        let mut other = ControlClient::connect(&directory, Client::CommandLine).await.unwrap();
        other.request(&Request::Status).await.unwrap();
        app.server.take().unwrap().shutdown().await;
    };
    let both = async { tokio::join!(following, changing) };
    let (ended, ()) = tokio::time::timeout(std::time::Duration::from_secs(20), both).await.unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(ended.unwrap_err().exit_reason(), ExitReason::NotRunning);
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["state"]["name"], "connected", "{text}");
}

#[test]
fn every_exit_code_is_documented_once() {
    let mut codes: Vec<u8> = ExitReason::TABLE.iter().map(|(code, _)| *code).collect();
    for reason in [
        ExitReason::Asked,
        ExitReason::Failed,
        ExitReason::Configuration,
        ExitReason::NoDisplay,
        ExitReason::NotRunning,
        ExitReason::NotPermitted,
        ExitReason::NotConnected,
        ExitReason::AnswerNeeded,
        ExitReason::NotThere,
    ] {
        assert!(codes.contains(&(reason as u8)), "{reason:?}");
    }
    codes.dedup();
    assert_eq!(codes, (0..=9).collect::<Vec<u8>>());
    let readme = include_str!("../../README.md");
    let help = CommandLine::command().render_help().to_string();
    let mut manual = Vec::new();
    super::manual::manual(&mut manual).unwrap();
    let manual = String::from_utf8(manual).unwrap();
    for (code, meaning) in ExitReason::TABLE {
        assert!(readme.contains(&format!("| {code} | {meaning} |")), "README: {code} {meaning}");
        assert!(help.contains(&format!("{code}  {meaning}")), "--help: {code} {meaning}");
        assert!(manual.contains(&meaning.replace('-', "\\-")), "manual: {code} {meaning}");
    }
}

#[test]
fn completions_and_manual_know_every_command() {
    let mut manual = Vec::new();
    super::manual::manual(&mut manual).unwrap();
    let manual = String::from_utf8(manual).unwrap();
    for command in [
        "countersign status",
        "countersign certificate allow",
        "countersign certificates forget",
        "countersign doctor",
        "countersign diagnostics",
        "countersign logs",
        "countersign proxy login",
        "countersign autostart status",
    ] {
        assert!(manual.contains(command), "{manual}");
    }
    assert!(!manual.contains("countersign window"), "{manual}");
    for shell in [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish] {
        let mut written = Vec::new();
        super::manual::completions(shell, &mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        for word in ["status", "disconnect", "certificates", "exit-code"] {
            assert!(written.contains(word), "{shell}: {word}");
        }
    }
}
