//! Recovery files: made over the API, in the console, and with the program.

use std::sync::Arc;

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::decision::Lasting;
use countersign_protocol::recovery_file::MEDIA_TYPE;
use countersign_protocol::{
    CertificateReport, IdentityPublicKey, InstanceUid, RecoveredEndpoints, RecoveryDocument, RecoveryFile,
    RememberedAtEndpoint, RememberedReport, ReportedDecision, SessionTrust,
};
use countersign_trust::{Assessment, Fingerprint, InvalidCertificateAction, PermissionOrigin, ProblemKind};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::support::Running;
use crate::support::clock::ManualClock;
use crate::support::console::{Console, NAME, PASSWORD};
#[cfg(target_os = "linux")]
use crate::support::process::Installation;

async fn identity(running: &Running) -> IdentityPublicKey {
    running.api.get("/identity").await["public_key"].as_str().unwrap().parse().unwrap()
}

fn read(text: &str, identity: &IdentityPublicKey) -> RecoveryDocument {
    RecoveryFile::read(text).unwrap().verify(identity).unwrap()
}

/// The rows of the audit about recovery files.
fn made(audit: &Value) -> Vec<&Value> {
    audit.as_array().unwrap().iter().filter(|row| row["action"] == "recovery_file.made").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_signed_by_the_server_and_the_audit_says_what_it_loosens() {
    let running = Running::start().await;
    let identity = identity(&running).await;
    let built_in = running.api.get("/built-in-certificate").await["fingerprint"].clone();
    let endpoint = running.agent("desk").await.uid;
    let input = json!({
        "server": "server.example", "days": 3, "allow": {}, "action": "warn",
        "new_address": "new.example:9000", "endpoints": [endpoint],
    });
    let answer = running.api.send("POST", "/recovery-file", Some(&input.to_string())).await;
    assert_eq!((answer.status, answer.content_type.as_str()), (200, MEDIA_TYPE), "{}", answer.body);
    assert!(answer.header("content-disposition").contains(".countersign-recovery\""));
    let document = read(&answer.body, &identity);
    assert_eq!(document.server.to_string(), "server.example:8013");
    assert_eq!(document.endpoints, RecoveredEndpoints::Named([endpoint].into()));
    assert_eq!(document.action.unwrap().action, InvalidCertificateAction::Warn);
    let allow = document.allow.unwrap();
    assert_eq!(json!(Fingerprint::of(&allow.certificate)), built_in);
    assert!(allow.accepted.contains(&ProblemKind::NameMismatch), "{:?}", allow.accepted);
    let audit = running.api.get("/audit").await;
    let rows = made(&audit);
    assert_eq!(rows.len(), 1);
    let detail = &rows[0]["detail"];
    assert_eq!((&detail["file"], &detail["fingerprint"]), (&json!(document.id), &built_in));
    assert_eq!(detail["new_address"], "new.example:9000");

    for (input, expected) in [
        (json!({"server": "a.example", "days": 3}), "does nothing"),
        (
            json!({"server": "a.example", "days": 3, "action": "warn", "endpoints": [endpoint, InstanceUid::generate()]}),
            "There is no endpoint with the instance UID",
        ),
        (json!({"server": "a b", "days": 3, "action": "warn"}), "is not the address"),
        (json!({"server": "a.example", "days": 91, "action": "warn"}), "must be 1 to 90"),
        (json!({"server": "a.example", "days": 3, "allow": {"accepted": ["revoked"]}}), "nobody can accept"),
    ] {
        let answer = running.api.send("POST", "/recovery-file", Some(&input.to_string())).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(answer.body.contains(expected), "{}", answer.body);
    }
    let answer = running.api.send("POST", "/recovery-file", Some(&json!({"days": 3}).to_string())).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(made(&running.api.get("/audit").await).len(), 1, "what was not made is not in the audit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_in_the_future_locks_nobody_out() {
    let now = OffsetDateTime::now_utc();
    let clock = ManualClock::at(now + Duration::days(1500));
    let running = Running::start_with(Arc::clone(&clock) as _).await;
    let identity = identity(&running).await;
    let input = |action: &str| json!({"server": "server.example", "days": 3, "action": action}).to_string();
    let mut files = Vec::new();
    for action in ["warn", "warn", "allow"] {
        let answer = running.api.send("POST", "/recovery-file", Some(&input(action))).await;
        files.push(read(&answer.body, &identity));
        // What cannot be made uses up nothing.
        let refused = running.api.send("POST", "/recovery-file", Some(&input("deny"))).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        if files.len() == 2 {
            // Somebody notices.
            clock.advance(Duration::days(-1500));
        }
    }
    assert!(files[2].issued_at < files[0].issued_at - Duration::days(1000));
    let first = files[0].number.unwrap();
    let numbers: Vec<_> = files.iter().map(|file| file.number.unwrap()).collect();
    assert_eq!(numbers, [first, first + 1, first + 2]);
    assert!(files.is_sorted_by_key(RecoveryDocument::order));
    // The audit is in the order of the times that the clock has said.
    let audit = running.api.get("/audit").await;
    assert_eq!(made(&audit).last().unwrap()["detail"]["number"], first + 2);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_has_a_form_for_it() {
    let running = Running::start().await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let page = console.get("/system-settings/server/recovery-file").await;
    assert_eq!(page.status, 200);
    let address = format!("value=\"localhost:{}\"", running.server.telemetry.port());
    assert!(page.body.contains(&address), "{}", page.body);
    assert!(page.body.contains("that of an earlier file ends, too"), "{}", page.body);
    let fields = |days: &'static str| {
        [
            ("server", "localhost"),
            ("days", days),
            ("allow", "yes"),
            ("action", "allow"),
            ("new_address", ""),
            ("endpoints", ""),
        ]
    };
    let made = console.post("/system-settings/server/recovery-file", &fields("5")).await;
    let name = made.header("content-disposition");
    assert!(name.contains("attachment") && name.contains(".countersign-recovery\""), "{name}");
    assert_eq!(made.content_type, MEDIA_TYPE);
    let document = read(&made.body, &identity(&running).await);
    assert_eq!(document.action.unwrap().action, InvalidCertificateAction::Allow);
    assert_eq!(document.expires_at - document.issued_at, Duration::days(5));
    for days in ["many", "0"] {
        let wrong = console.post("/system-settings/server/recovery-file", &fields(days)).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.body.contains(&format!("value=\"{days}\"")), "{}", wrong.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_recovery_file_has_let_in_is_not_said_to_have_been_let_in_by_the_person() {
    let running = Running::start().await;
    let mut desk = running.agent("desk").await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let assessment = running.api.get("/built-in-certificate").await["assessment"].clone();
    let assessment: Assessment = serde_json::from_value(assessment).unwrap();
    let allowed = |origin| RememberedAtEndpoint {
        fingerprint: assessment.fingerprint.unwrap(),
        subject: "CN=server".to_owned(),
        issuer: "CN=server".to_owned(),
        accepted: assessment.kinds(),
        since: OffsetDateTime::now_utc(),
        until: None,
        lasting: Lasting::Kept,
        origin,
        announced: Vec::new(),
    };
    let report = CertificateReport {
        assessment: assessment.clone(),
        action: InvalidCertificateAction::Warn,
        trust: SessionTrust::Remembered,
        decision: ReportedDecision::AllowedByPerson,
        judged_at: None,
    };
    desk.send_custom(&AgentCustomMessage::CertificateReport(Box::new(report))).await;
    for (origin, expected) in [
        (PermissionOrigin::Person, "Allowed by the person"),
        (PermissionOrigin::RecoveryFile, "Allowed by a recovery file"),
    ] {
        let certificates = vec![allowed(origin)];
        desk.send_custom(&AgentCustomMessage::Remembered(RememberedReport { certificates })).await;
        desk.settled().await;
        let page = console.get(&format!("/endpoints/{}", desk.uid)).await.body;
        assert!(page.contains(&format!("<dt>Trust</dt><dd>{expected}</dd>")), "{origin:?}: {page}");
    }
    running.server.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_program_makes_one_whether_the_server_runs_or_not() {
    let mut installation = Installation::new();
    let server = installation.start().await;
    let identity: IdentityPublicKey =
        server.api.get("/identity").await["public_key"].as_str().unwrap().parse().unwrap();
    let make = |name: &str, more: &[&str]| {
        let file = installation.directory.path().join(name);
        let mut program =
            installation.program(&["recovery-file", "--server", "server.example:9000", "--days", "2"]);
        let output = program.args(more).arg(&file).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap(), file)
    };
    let (done, said, file) = make("running.countersign-recovery", &["--allow-served", "--action", "warn"]);
    assert!(done && said.contains("countersign recover"), "{said}");
    let document = read(&std::fs::read_to_string(&file).unwrap(), &identity);
    assert!(document.allow.is_some());
    let audit = server.api.get("/audit").await;
    assert_eq!(made(&audit)[0]["actor"], "the command line");
    // Nothing is overwritten, and what cannot be made leaves nothing behind.
    let (done, said, _) = make("running.countersign-recovery", &["--action", "warn"]);
    assert!(!done && said.contains("cannot be written"), "{said}");
    let (done, said, file) = make("nothing.countersign-recovery", &[]);
    assert!(!done && said.contains("does nothing"), "{said}");
    assert!(!file.exists());
    assert!(server.terminate().success());
    let (done, said, file) = make("stopped.countersign-recovery", &["--new-address", "elsewhere.example"]);
    assert!(done, "{said}");
    let document = read(&std::fs::read_to_string(&file).unwrap(), &identity);
    assert_eq!(document.new_address.unwrap().to_string(), "elsewhere.example:8013");
    let (done, said, file) = make("another.json", &["--action", "warn"]);
    assert!(!done && said.contains("let it end with “.countersign-recovery”"), "{said}");
    assert!(!file.exists());
    let empty = Installation::new();
    let file = ["recovery-file", "--server", "a", "--action", "warn", "x.countersign-recovery"];
    let output = empty.program(&file).output().unwrap();
    assert!(!output.status.success());
}
