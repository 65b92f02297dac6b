//! Rehearsals as the server conducts them: who is asked, when, and what is kept of the answers.

use countersign_protocol::custom::{AgentCustomMessage, ServerCustomMessage};
use countersign_protocol::opamp::{AgentToServer, CustomCapabilities};
use countersign_protocol::{
    CannotJudge, InstanceUid, Judge, Judgement, NextCertificateKept, NextCertificateRefused, NotKept,
    RehearsedOutcome, custom,
};
use countersign_trust::{
    Assessment, ConnectReason, Fingerprint, InvalidCertificateAction, Problem, ProblemKind, Refusal,
    ServerAddress,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::certificates::made;
use crate::support::Running;
use crate::support::agent::{Agent, Connection, SOON, introduction};
use crate::support::console::{Console, NAME, PASSWORD};
use crate::support::fleet::BETWEEN_LOOKS;

/// The next certificate that the agent is sent to be judged.
pub(crate) async fn judge(agent: &mut Agent) -> Judge {
    let judge = agent.until_custom(|message| match message {
        ServerCustomMessage::Judge(judge) => Some(judge),
        ServerCustomMessage::Command(_)
        | ServerCustomMessage::Licence(_)
        | ServerCustomMessage::RequestEnrolmentToken
        | ServerCustomMessage::DecisionsKept(_)
        | ServerCustomMessage::RequestInventory
        | ServerCustomMessage::NextCertificate(_) => None,
    });
    judge.await
}

pub(crate) fn judgement(
    judge: &Judge,
    outcome: RehearsedOutcome,
    problems: Option<Vec<Problem>>,
) -> AgentCustomMessage {
    let address: ServerAddress = "localhost:8013".parse().unwrap();
    let fingerprint = judge.chain.fingerprint();
    let assessment = problems.map(|problems| {
        Box::new(Assessment {
            server: address.clone(),
            certificate: None,
            fingerprint: Some(fingerprint),
            chain_digest: Some(judge.chain.digest()),
            problems,
            advice: Vec::new(),
            chain: Vec::new(),
            diagnosis: Vec::new(),
        })
    });
    AgentCustomMessage::Judgement(Box::new(Judgement {
        id: judge.id,
        fingerprint,
        judged_at: OffsetDateTime::now_utc(),
        address,
        action: InvalidCertificateAction::Warn,
        assessment,
        outcome,
        by_action: None,
    }))
}

pub(crate) fn valid() -> RehearsedOutcome {
    RehearsedOutcome::ConnectsSilently { because: ConnectReason::Valid }
}

/// Adds a certificate; its path, and its fingerprint.
async fn candidate(running: &Running) -> (String, Fingerprint) {
    let added = running.api.change("POST", "/certificates", &made(30).upload()).await;
    let path = format!("/certificates/{}", added["id"].as_str().unwrap());
    (path, serde_json::from_value(added["fingerprint"].clone()).unwrap())
}

/// How far it has come, once that is as wanted.
async fn progress(running: &Running, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let progress = running.api.get(&format!("{path}/rehearsal")).await;
        if wanted(&progress) {
            return progress;
        }
        assert!(tokio::time::Instant::now() < deadline, "not as wanted in time: {progress:#}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// An agent of an earlier version, which knows nothing of rehearsals.
async fn earlier(running: &Running, host: &str) -> Agent {
    let connection = Connection::open(running.server.telemetry, None).await;
    let token = Some(running.enrolment_token.as_str());
    let mut agent = connection.upgrade(InstanceUid::generate(), token).await.unwrap();
    let known = [custom::COMMANDS, custom::CERTIFICATE, custom::DECISIONS];
    let capabilities = known.iter().map(ToString::to_string).collect();
    let custom_capabilities = Some(CustomCapabilities { capabilities });
    agent.send(AgentToServer { custom_capabilities, ..introduction(host) }).await;
    agent.message().await;
    agent
}

fn counts(progress: &Value) -> [u64; 7] {
    ["asked", "judged", "unanswered", "not_trusted", "failed", "absent", "unable"]
        .map(|name| progress[name].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_asked_once_wherever_they_are_and_what_they_answer_is_foretold() {
    let running = Running::start().await;
    let mut desk = running.agent("desk").await;
    let mut laptop = running.agent("laptop").await;
    let mut stranger = running.agent("stranger").await;
    let _old = earlier(&running, "old").await;
    let away = running.agent("away").await;
    let away_uid = away.uid;
    drop(away);
    running.endpoint(away_uid, |endpoint| endpoint["online"] == false).await;

    let (path, fingerprint) = candidate(&running).await;
    assert_eq!(running.api.send("GET", &format!("{path}/rehearsal"), None).await.status, 404);
    running.api.change("POST", &format!("{path}/rehearsal"), &json!({})).await;
    let first = judge(&mut desk).await;
    assert_eq!(first.chain.fingerprint(), fingerprint);
    desk.send_custom(&judgement(&first, valid(), Some(Vec::new()))).await;
    let asked = judge(&mut laptop).await;
    let denied = RehearsedOutcome::WouldRefuse { because: Refusal::DeniedByProfile };
    let problem = Problem::SelfSigned { subject: "CN=localhost".to_owned() };
    laptop.send_custom(&judgement(&asked, denied, Some(vec![problem]))).await;
    let asked = judge(&mut stranger).await;
    let cannot = RehearsedOutcome::CannotJudge { reason: CannotJudge::NotTrusted };
    stranger.send_custom(&judgement(&asked, cannot, None)).await;
    let found = progress(&running, &path, |found| found["unanswered"] == 0 && found["asked"] == 3).await;
    assert_eq!(counts(&found), [3, 2, 0, 1, 0, 1, 1], "{found:#}");
    assert_eq!(found["not_valid"], 1, "{found:#}");

    // Whoever comes while it is open is asked, and nobody twice.
    let token = Some(running.enrolment_token.as_str());
    let mut away =
        Connection::open(running.server.telemetry, None).await.upgrade(away_uid, token).await.unwrap();
    away.introduce("away").await;
    let asked = judge(&mut away).await;
    away.send_custom(&judgement(&asked, valid(), Some(Vec::new()))).await;
    let found = progress(&running, &path, |found| found["judged"] == 3).await;
    assert_eq!(counts(&found), [4, 3, 0, 1, 0, 0, 1], "{found:#}");
    let uid = desk.uid;
    drop(desk);
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    let mut desk = Connection::open(running.server.telemetry, None).await.upgrade(uid, token).await.unwrap();
    desk.introduce("desk").await;
    desk.settled().await;
    let found = progress(&running, &path, |_| true).await;
    assert_eq!(counts(&found), [4, 3, 0, 1, 0, 0, 1], "{found:#}");

    // What follows: valid, asked, and unknown where nobody has answered.
    let id = path.rsplit('/').next().unwrap();
    let change = json!({"change": "certificate", "certificate": id});
    let foretold = running.api.change("POST", "/pre-flight", &change).await;
    assert_eq!(foretold["counts"], json!({"connects_silently": 2, "asked": 0, "cut_off": 0, "unknown": 3}));
    let reasons: Vec<_> = foretold["list"].as_array().unwrap().iter().map(|one| &one["reason"]).collect();
    assert_eq!(reasons, ["permissions_not_reported", "not_judged", "not_judged"]);
    assert!(foretold["remarks"].to_string().contains("This computer finds it not valid"), "{foretold:#}");

    // Once it is ended, nobody is asked any more; the answers stay. Opened again, everybody is asked again.
    assert_eq!(running.api.send("POST", &format!("{path}/rehearsal/end"), None).await.status, 204);
    let mut late = running.agent("late").await;
    late.settled().await;
    let found = progress(&running, &path, |found| found["open"] == false).await;
    assert_eq!(found["judged"], 3);
    running.api.change("POST", &format!("{path}/rehearsal"), &json!({})).await;
    judge(&mut late).await;
    judge(&mut desk).await;
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_certificate_is_announced_and_who_lets_it_follow_is_kept() {
    let running = Running::start().await;
    let (mut desk, mut laptop) = (running.agent("desk").await, running.agent("laptop").await);
    let mut tower = running.agent("tower").await;
    let (path, fingerprint) = candidate(&running).await;
    let announcement = format!("{path}/announcement");
    for days in [0, 91] {
        let body = json!({"days": days}).to_string();
        assert_eq!(running.api.send("POST", &announcement, Some(&body)).await.status, 422, "{days}");
    }
    running.api.change("POST", &announcement, &json!({"days": 7})).await;
    for agent in [&mut desk, &mut laptop, &mut tower] {
        let next = agent.until_custom(|message| match message {
            ServerCustomMessage::NextCertificate(next) => Some(next),
            ServerCustomMessage::Command(_)
            | ServerCustomMessage::Licence(_)
            | ServerCustomMessage::RequestEnrolmentToken
            | ServerCustomMessage::DecisionsKept(_)
            | ServerCustomMessage::RequestInventory
            | ServerCustomMessage::Judge(_) => None,
        });
        let next = next.await;
        assert_eq!((next.fingerprint, next.chain.fingerprint()), (fingerprint, fingerprint));
        let left = next.not_later_than - OffsetDateTime::now_utc();
        assert!(left > time::Duration::days(6) && left <= time::Duration::days(7), "{left}");
    }
    let until = OffsetDateTime::now_utc();
    desk.send_custom(&AgentCustomMessage::NextCertificateKept(NextCertificateKept { fingerprint, until }))
        .await;
    // Nobody is asked at one of them, and somebody at the other.
    let more = NotKept::NewProblems { added: [ProblemKind::UnknownIssuer].into() };
    for (agent, reason) in [(&mut laptop, NotKept::NotNeeded), (&mut tower, more)] {
        let refused = NextCertificateRefused { fingerprint, reason };
        agent.send_custom(&AgentCustomMessage::NextCertificateRefused(refused)).await;
    }
    let answered =
        |found: &Value| found["announcement"]["kept"] == 1 && found["announcement"]["not_kept"] == 2;
    let found = progress(&running, &path, answered).await;
    assert_eq!(found["announcement"]["refused"], 1, "{found:#}");
    // What nobody was told of is not kept.
    let other = Fingerprint::of(b"other");
    let unasked = NextCertificateKept { fingerprint: other, until };
    desk.send_custom(&AgentCustomMessage::NextCertificateKept(unasked)).await;
    desk.settled().await;
    let audit = running.api.get("/audit").await;
    assert_eq!(audit[0]["action"], "certificate.announced");
    // The one that is shown is no next one.
    let shown = "/certificates/built-in/announcement";
    assert_eq!(running.api.send("POST", shown, Some("{}")).await.status, 409);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_that_is_shown_is_judged_again() {
    let running = Running::start().await;
    let mut desk = running.agent("desk").await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let page = "/system-settings/server/certificates/built-in";
    let shown = console.get(page).await.body;
    assert!(shown.contains("/built-in/rehearsal\"") && !shown.contains("/built-in/announcement"), "{shown}");
    assert!(
        shown.contains("This computer finds it") && shown.contains("No agent has said anything"),
        "{shown}"
    );
    console.post(&format!("{page}/rehearsal"), &[]).await;
    let asked = judge(&mut desk).await;
    let denied = RehearsedOutcome::WouldRefuse { because: Refusal::DeniedByProfile };
    let problem = Problem::SelfSigned { subject: "CN=localhost".to_owned() };
    desk.send_custom(&judgement(&asked, denied, Some(vec![problem]))).await;
    progress(&running, "/certificates/built-in", |found| found["not_valid"] == 1).await;
    let shown = console.get(page).await.body;
    assert!(shown.contains("Not valid: 1 endpoint (<a href=\"/endpoints?order=standing\">"), "{shown}");
    // Who comes judges it in any case.
    let mut late = running.agent("late").await;
    late.settled().await;
    let found = progress(&running, "/certificates/built-in", |_| true).await;
    assert_eq!(found["asked"], 1, "{found:#}");
    running.server.stop().await;
}

/// The next certificate that the agent is sent, whatever for.
async fn errand(agent: &mut Agent) -> (&'static str, Option<Judge>) {
    let sent = agent.until_custom(|message| match message {
        ServerCustomMessage::Judge(judge) => Some(("judge", Some(judge))),
        ServerCustomMessage::NextCertificate(_) => Some(("announcement", None)),
        ServerCustomMessage::Command(_)
        | ServerCustomMessage::Licence(_)
        | ServerCustomMessage::RequestEnrolmentToken
        | ServerCustomMessage::DecisionsKept(_)
        | ServerCustomMessage::RequestInventory => None,
    });
    sent.await
}

/// The agent in a new session.
async fn again(running: &Running, agent: Agent, host: &str) -> Agent {
    let uid = agent.uid;
    drop(agent);
    running.endpoint(uid, |endpoint| endpoint["online"] == false).await;
    let token = Some(running.enrolment_token.as_str());
    let mut agent = Connection::open(running.server.telemetry, None).await.upgrade(uid, token).await.unwrap();
    agent.introduce(host).await;
    agent
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_answered_is_sent_again_in_the_next_session_announcements_first() {
    let running = Running::start().await;
    let mut desk = running.agent("desk").await;
    let (path, fingerprint) = candidate(&running).await;
    running.api.change("POST", &format!("{path}/announcement"), &json!({"days": 7})).await;
    while errand(&mut desk).await.0 != "announcement" {}
    // Nothing is answered at first, and then that it is too much.
    for answers in ["nothing", "too_often", "everything"] {
        desk = again(&running, desk, "desk").await;
        let (first, (second, judge)) = (errand(&mut desk).await.0, errand(&mut desk).await);
        assert_eq!((first, second), ("announcement", "judge"), "before {answers}");
        let judge = judge.unwrap();
        let (announcement, outcome, problems) = match answers {
            "nothing" => continue,
            "too_often" => (
                AgentCustomMessage::NextCertificateRefused(NextCertificateRefused {
                    fingerprint,
                    reason: NotKept::Failed { detail: "Too often.".to_owned() },
                }),
                RehearsedOutcome::CannotJudge { reason: CannotJudge::TooOften { retry_after_seconds: 2 } },
                None,
            ),
            _ => (
                AgentCustomMessage::NextCertificateKept(NextCertificateKept {
                    fingerprint,
                    until: OffsetDateTime::now_utc(),
                }),
                valid(),
                Some(Vec::new()),
            ),
        };
        desk.send_custom(&announcement).await;
        desk.send_custom(&judgement(&judge, outcome, problems)).await;
        desk.settled().await;
    }
    let found = progress(&running, &path, |found| found["judged"] == 1).await;
    assert_eq!(found["announcement"]["kept"], 1, "{found:#}");
    // What was answered is not sent again: another certificate is what comes next.
    let mut desk = again(&running, desk, "desk").await;
    let (other, _) = candidate(&running).await;
    running.api.change("POST", &format!("{other}/rehearsal"), &json!({})).await;
    let (what, judge) = errand(&mut desk).await;
    assert!(what == "judge" && judge.unwrap().chain.fingerprint() != fingerprint);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rehearsal_of_a_certificate_ends_with_it() {
    let running = Running::start().await;
    let mut paths = Vec::new();
    for _ in 0..5 {
        paths.push(candidate(&running).await.0);
    }
    for path in &paths[..4] {
        running.api.change("POST", &format!("{path}/announcement"), &json!({})).await;
    }
    let last = format!("{}/rehearsal", paths[4]);
    assert_eq!(running.api.send("POST", &last, Some("{}")).await.status, 409);
    assert_eq!(running.api.send("DELETE", &paths[0], None).await.status, 204);
    running.api.change("POST", &last, &json!({})).await;
    running.server.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn agents_of_other_servers_are_asked_too() {
    let (first, second) = Running::start_two().await;
    let mut here = first.agent("here").await;
    let mut there = second.agent("there").await;
    let (path, _) = candidate(&first).await;
    first.api.change("POST", &format!("{path}/rehearsal"), &json!({})).await;
    for agent in [&mut here, &mut there] {
        let asked = judge(agent).await;
        agent.send_custom(&judgement(&asked, valid(), Some(Vec::new()))).await;
    }
    progress(&second, &path, |found| found["judged"] == 2).await;
    first.server.stop().await;
    second.server.stop().await;
}
