#![allow(clippy::unwrap_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use clap::ValueEnum as _;
use countersign_agent::CommandLineAnswers::{self, Forbidden, Permitted};
use countersign_agent::RequestError;
use countersign_trust::{Fingerprint, RememberFor};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::protocol::{
    Client, Event, Failure, LONGEST_LINE, PersonsAnswer, Place, Presentation, Request, Response, Topic,
    WindowName,
};
use super::*;
use crate::sample::data;
use crate::sample::statuses::State;
use crate::scripted::{Scripted, ScriptedHost};

/// Nothing here takes that long unless something is wrong.
const SOON: Duration = Duration::from_secs(20);
const HELLO: &str = r#"{"version":1,"client":{"kind":"command_line"}}"#;

fn app(state: State) -> Scripted {
    Scripted::start(ScriptedHost::new(state, CommandLineAnswers::Permitted), Limits::default())
}

async fn client(app: &Scripted) -> ControlClient {
    ControlClient::connect(&app.socket_directory(), Client::CommandLine).await.unwrap()
}

async fn window(app: &Scripted, window: WindowName) -> ControlClient {
    ControlClient::connect(&app.socket_directory(), Client::Window { window }).await.unwrap()
}

async fn raw(app: &Scripted) -> BufReader<UnixStream> {
    BufReader::new(UnixStream::connect(app.socket_directory().join("control.sock")).await.unwrap())
}

/// Says a line and returns the next one that comes back; nothing when the server hangs up.
async fn exchange(stream: &mut BufReader<UnixStream>, line: &str) -> Option<String> {
    // The server may have hung up already.
    let _ = stream.write_all(format!("{line}\n").as_bytes()).await;
    let mut answer = String::new();
    let read = tokio::time::timeout(SOON, stream.read_line(&mut answer)).await.expect("an answer in time");
    matches!(read, Ok(1..)).then_some(answer)
}

fn failure(result: Result<Response, ClientError>) -> Failure {
    match result {
        Err(ClientError::Failure(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_asked_for_is_done() {
    let app = app(State::Question);
    let mut client = client(&app).await;
    let fingerprint = data::three_problems().fingerprint.unwrap();
    let allow = |remember| PersonsAnswer::Allow { remember };
    let open = Request::Open {
        window: WindowName::Status,
        presentation: Presentation { place: Place::About, activation: None },
    };
    let open_file =
        Request::OpenRecoveryFile { file: "signed".to_owned(), activation: Some("token".to_owned()) };
    let done: [(Request, &str); 9] = [
        (Request::Review, "review"),
        (Request::Answer { fingerprint, answer: allow(Some(RememberFor::Session)) }, "Allow(Session)"),
        // Without a duration the one that the dialog proposes.
        (Request::Answer { fingerprint, answer: allow(None) }, "Allow(UntilChanged)"),
        (Request::Answer { fingerprint, answer: PersonsAnswer::Deny }, "Deny"),
        (Request::Forget { server: data::server() }, "forget management.example.com:8013"),
        (open, "open Status About"),
        (open_file, "open recovery file signed"),
        (
            Request::Connect { server: Some("other.example".parse().unwrap()) },
            "connect to other.example:8013",
        ),
        (Request::Disconnect, "disconnect"),
    ];
    for (request, expected) in done {
        assert_eq!(client.request(&request).await.unwrap(), Response::Done, "{request:?}");
        assert_eq!(app.host.told().last().map(String::as_str), Some(expected), "{request:?}");
    }
    assert_eq!(client.request(&Request::ForgetAll).await.unwrap(), Response::Forgotten(1));
    let recovered = client.request(&Request::Recover { file: "signed".to_owned() }).await.unwrap();
    assert!(matches!(recovered, Response::Recovered(_)), "{recovered:?}");
    assert_eq!(app.host.told().last().map(String::as_str), Some("recover signed"));
    let refused = client.request(&Request::Recover { file: "wrong".to_owned() }).await.unwrap_err();
    assert!(refused.to_string().contains("signature"), "{refused}");
    let Response::Question(Some(question)) = client.request(&Request::Question).await.unwrap() else {
        panic!("there is a question");
    };
    assert_eq!(*question, data::first(data::three_problems()));
    let Response::Remembered(list) = client.request(&Request::Remembered).await.unwrap() else {
        panic!("a list");
    };
    assert_eq!(list.entries.len(), 1);
    assert!(matches!(client.request(&Request::History).await.unwrap(), Response::History(_)));
    let status = app.host.agent.status.borrow().clone();
    assert_eq!(client.request(&Request::Status).await.unwrap(), Response::Status(Box::new(status)));
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let fingerprint = data::three_problems().fingerprint.unwrap();
    let other = Fingerprint::of(b"another certificate");
    let allow =
        |fingerprint| Request::Answer { fingerprint, answer: PersonsAnswer::Allow { remember: None } };
    let deny = Request::Answer { fingerprint, answer: PersonsAnswer::Deny };
    let agent = |error| Failure::Agent { error };
    for (state, answers, request, expected) in [
        (State::Question, Forbidden, allow(fingerprint), agent(RequestError::AnswersForbidden)),
        (State::Question, Forbidden, deny, agent(RequestError::AnswersForbidden)),
        (State::Offline, Forbidden, allow(fingerprint), agent(RequestError::AnswersForbidden)),
        (State::Offline, Permitted, allow(fingerprint), agent(RequestError::NoQuestion)),
        (State::Question, Permitted, allow(other), agent(RequestError::OtherQuestion)),
        (State::Offline, Permitted, Request::Disconnect, Failure::NotPossible),
        (State::Connected, Permitted, Request::Connect { server: None }, Failure::NotPossible),
        (State::Offline, Permitted, Request::Review, Failure::NotPossible),
    ] {
        let app = Scripted::start(ScriptedHost::new(state, answers), Limits::default());
        let mut client = client(&app).await;
        assert_eq!(failure(client.request(&request).await), expected, "{state:?} {request:?}");
        assert!(app.host.told().is_empty(), "{request:?}");
        // The conversation goes on.
        assert!(client.request(&Request::Status).await.is_ok());
    }
}

#[tokio::test]
async fn a_window_never_answers() {
    let app = app(State::Question);
    let fingerprint = data::three_problems().fingerprint.unwrap();
    let answer = PersonsAnswer::Allow { remember: None };
    for name in WindowName::value_variants() {
        let mut window = window(&app, *name).await;
        let refused = failure(window.request(&Request::Answer { fingerprint, answer }).await);
        assert_eq!(refused, Failure::NotForWindows, "{name:?}");
    }
    assert!(app.host.told().is_empty());
}

#[tokio::test]
async fn events_begin_with_what_is_the_case() {
    let app = app(State::Offline);
    let mut window = window(&app, WindowName::Status).await;
    let topics = [Topic::Status, Topic::Question, Topic::History, Topic::Present].into();
    window.request(&Request::Subscribe { topics }).await.unwrap();
    let mut first = Vec::new();
    for _ in 0..3 {
        first.push(window.event().await.unwrap());
    }
    assert!(first.iter().any(|event| matches!(event, Event::Status(_))), "{first:?}");
    assert!(
        first.contains(&Event::Question(None)) && first.contains(&Event::History(Vec::new())),
        "{first:?}"
    );

    app.host.agent.question.send_replace(Some(data::changed()));
    assert_eq!(window.event().await.unwrap(), Event::Question(Some(Box::new(data::changed()))));
    let presentation = Presentation { place: Place::About, activation: Some("token".to_owned()) };
    app.host.presentation.send_replace(Some(presentation.clone()));
    assert_eq!(window.event().await.unwrap(), Event::Present(presentation));
    // A request in between loses no event.
    app.host.agent.question.send_replace(None);
    window.request(&Request::Disconnect).await.unwrap_err();
    assert_eq!(window.event().await.unwrap(), Event::Question(None));
}

#[tokio::test]
async fn the_end_of_the_app_is_noticed() {
    let mut app = app(State::Offline);
    let mut client = client(&app).await;
    app.server.take().unwrap().shutdown().await;
    assert!(matches!(client.event().await, Err(ClientError::Ended)));
    assert!(!app.socket_directory().join("control.sock").exists());
    let again = ControlClient::connect(&app.socket_directory(), Client::CommandLine).await;
    assert!(matches!(again, Err(ClientError::NotRunning)));
}

#[tokio::test]
async fn hostile_lines_end_the_conversation() {
    let long = format!("\"{}\"", "x".repeat(LONGEST_LINE));
    let deep = "[".repeat(100_000);
    for (what, lines, expected) in [
        ("no JSON", vec!["hello"], "not_understood"),
        ("no hello", vec![r#"{"request":"status"}"#], "not_understood"),
        ("another version", vec![r#"{"version":2,"client":{"kind":"command_line"}}"#], "version"),
        ("an unknown client", vec![r#"{"version":1,"client":{"kind":"root"}}"#], "not_understood"),
        (
            "an unknown window",
            vec![r#"{"version":1,"client":{"kind":"window","window":"x"}}"#],
            "not_understood",
        ),
        ("an unknown request", vec![HELLO, r#"{"request":"quit"}"#], "not_understood"),
        (
            "an unknown field",
            vec![HELLO, r#"{"request":"connect","srever":"other.example"}"#],
            "not_understood",
        ),
        (
            "a short fingerprint",
            vec![HELLO, r#"{"request":"answer","fingerprint":"AA","answer":{"answer":"deny"}}"#],
            "not_understood",
        ),
        ("a deep line", vec![HELLO, &deep], "not_understood"),
        ("a long hello", vec![&long], "not_understood"),
        ("a long line", vec![HELLO, &long], "not_understood"),
    ] {
        let app = app(State::Offline);
        let mut stream = raw(&app).await;
        let mut answer = None;
        for line in lines {
            answer = exchange(&mut stream, line).await;
        }
        let answer = answer.unwrap_or_default();
        assert!(answer.contains(r#""message":"refused""#) && answer.contains(expected), "{what}: {answer}");
        assert_eq!(exchange(&mut stream, "{}").await, None, "{what}");
        assert!(app.host.told().is_empty(), "{what}");
        // Others are served all the same.
        client(&app).await;
    }
}

#[tokio::test]
async fn whoever_says_nothing_is_let_go() {
    let limits = Limits { to_say_hello: Duration::from_millis(50), ..Limits::default() };
    let app = Scripted::start(ScriptedHost::new(State::Offline, CommandLineAnswers::Forbidden), limits);
    let mut stream = raw(&app).await;
    let mut rest = Vec::new();
    tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    assert!(rest.is_empty());
}

#[tokio::test]
async fn whoever_does_not_read_is_let_go() {
    let limits = Limits { to_read: Duration::from_millis(100), clients: 1, ..Limits::default() };
    let app = Scripted::start(ScriptedHost::new(State::Refused, CommandLineAnswers::Forbidden), limits);
    let mut slow = raw(&app).await;
    exchange(&mut slow, HELLO).await.unwrap();
    // More answers than the socket holds.
    for _ in 0..2000 {
        if slow.write_all(b"{\"request\":\"status\"}\n").await.is_err() {
            break;
        }
    }
    // Its place is free for others.
    tokio::time::timeout(SOON, async {
        while ControlClient::connect(&app.socket_directory(), Client::CommandLine).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn too_many_are_told_so() {
    let limits = Limits { clients: 2, ..Limits::default() };
    let app = Scripted::start(ScriptedHost::new(State::Offline, CommandLineAnswers::Forbidden), limits);
    let first = client(&app).await;
    let _second = client(&app).await;
    let third = ControlClient::connect(&app.socket_directory(), Client::CommandLine).await;
    assert!(matches!(third, Err(ClientError::Failure(Failure::Busy))));
    drop(first);
    tokio::time::timeout(SOON, async {
        while ControlClient::connect(&app.socket_directory(), Client::CommandLine).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_socket_is_private() {
    let app = app(State::Offline);
    assert_eq!(mode(&app.socket_directory()), 0o700);
    assert_eq!(mode(&app.socket_directory().join("control.sock")), 0o600);
}

#[tokio::test]
async fn a_socket_of_a_killed_process_is_replaced_and_a_live_one_never() {
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("countersign");
    std::fs::create_dir(&own).unwrap();
    // What a killed process leaves behind: a file nobody locks, and a socket nobody serves.
    std::fs::write(own.join("control.lock"), "").unwrap();
    drop(std::os::unix::net::UnixListener::bind(own.join("control.sock")).unwrap());
    let gone = ControlClient::connect(&own, Client::CommandLine).await;
    assert!(matches!(gone, Err(ClientError::NotRunning)));

    let instance = Instance::claim(&own).unwrap();
    let host = std::sync::Arc::new(ScriptedHost::new(State::Offline, CommandLineAnswers::Forbidden));
    let server = ControlServer::start(&instance, host, Limits::default()).unwrap();
    ControlClient::connect(&own, Client::CommandLine).await.unwrap();
    assert!(matches!(Instance::claim(&own), Err(ClaimError::Taken)));
    ControlClient::connect(&own, Client::CommandLine).await.unwrap();

    server.shutdown().await;
    assert!(matches!(Instance::claim(&own), Err(ClaimError::Taken)), "the lock outlasts the socket");
    drop(instance);
    assert!(!own.exists(), "nothing is left behind");
    drop(Instance::claim(&own).unwrap());
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Instance::claim(&file.join("countersign")).unwrap_err();
    assert!(error.to_string().contains("file/countersign"), "{error}");
}

#[test]
fn an_assessment_with_a_long_chain_fits_in_a_line() {
    let mut assessment = data::many_problems();
    let mut certificate = countersign_trust::CertificateSummary::clone(&assessment.chain[0]);
    // The longest chain that is looked at, of certificates far larger than any in use.
    certificate.pem = "x".repeat(64 * 1024);
    assessment.chain = vec![certificate.into(); 10];
    let line = serde_json::to_string(&Event::Question(Some(Box::new(data::first(assessment))))).unwrap();
    assert!(line.len() < LONGEST_LINE, "{}", line.len());
}
