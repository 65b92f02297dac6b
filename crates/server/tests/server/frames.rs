//! What agents send that they should not, and that nobody else notices it.

use countersign_protocol::opamp::{AgentDisconnect, AgentToServer};
use countersign_protocol::{InstanceUid, MAXIMUM_FRAME_BYTES};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::support::agent::{Agent, Connection, Incoming, introduction};
use crate::support::{Running, log};

/// The bit of `ServerToAgent.flags` that asks for the full state.
const REPORT_FULL_STATE: u64 = 1;

/// An agent that is connected all the time, and has to be served whatever others do.
struct Bystander {
    agent: Agent,
    profile_path: String,
    heartbeat_seconds: u32,
}

impl Bystander {
    async fn new(running: &Running) -> Self {
        let mut agent = running.agent("bystander").await;
        let profile = agent.profile(&running.server.identity).await;
        Self { agent, profile_path: format!("/profiles/{}", profile.id), heartbeat_seconds: 100 }
    }

    /// A change of the profile arrives, on the connection that it has had from the start.
    async fn is_served(&mut self, running: &Running) {
        self.heartbeat_seconds += 1;
        let body = json!({
            "name": "Default", "invalid_certificate_action": "warn", "heartbeat_seconds": self.heartbeat_seconds
        });
        running.api.change("PUT", &self.profile_path, &body).await;
        let profile = self.agent.profile(&running.server.identity).await;
        assert_eq!(profile.heartbeat_seconds, self.heartbeat_seconds);
    }
}

/// Whether the agent has introduced itself before it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Introduced,
    Unknown,
}

fn binary(content: impl Into<Vec<u8>>) -> Vec<Message> {
    vec![Message::Binary(content.into().into())]
}

/// A message under a header, as the bytes of a frame.
fn encoded(header: &[u8], message: &AgentToServer) -> Vec<u8> {
    use prost::Message as _;
    [header, &message.encode_to_vec()].concat()
}

/// One message in fragments, each below the limit, and above it together.
fn fragments() -> Vec<Message> {
    let half = vec![0; MAXIMUM_FRAME_BYTES / 2 + 1];
    let frame = |code, last| Message::Frame(Frame::message(half.clone(), OpCode::Data(code), last));
    vec![frame(Data::Binary, false), frame(Data::Continue, true)]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_ends_the_session_with_the_reason_and_disturbs_nobody() {
    let running = Running::start().await;
    let mut bystander = Bystander::new(&running).await;
    let nameless = encoded(&[0], &introduction("nameless"));
    let short_name = encoded(&[0], &AgentToServer { instance_uid: vec![1; 4], ..introduction("short name") });
    let late = encoded(&[1], &introduction("header 1"));
    let wide = encoded(&[0x80, 0x80, 0x01], &introduction("header 16384"));
    let cases = [
        ("an empty frame", binary([]), "ends within its header"),
        ("a header without its end", binary([0x80; 12]), "ends within its header"),
        ("a text message", vec![Message::text("{\"instance_uid\": \"a\"}")], "a text message came"),
        ("header 1", binary(late), "has the header 1;"),
        ("header 16384", binary(wide), "has the header 16384;"),
        ("garbage", binary(b"\x00\xff\xff\xff\xffgarbage".to_vec()), "not valid protobuf"),
        ("no instance UID", binary(nameless), "instance UID"),
        ("an instance UID that is too short", binary(short_name), "instance UID"),
        ("one byte too many", binary(vec![0; MAXIMUM_FRAME_BYTES + 1]), "too long"),
        ("eight times too many", binary(vec![0; 8 * MAXIMUM_FRAME_BYTES]), "too long"),
        ("too many bytes in two fragments", fragments(), "too long"),
    ];
    for (name, frames, expected) in cases {
        for before in [Before::Unknown, Before::Introduced] {
            let connection = Connection::open(running.server.telemetry, None).await;
            let token = Some(running.enrolment_token.as_str());
            let mut agent = connection.upgrade(InstanceUid::generate(), token).await.unwrap();
            if before == Before::Introduced {
                agent.introduce("desk").await;
            }
            for frame in frames.clone() {
                agent.send_frame(frame).await;
            }
            let (error, code) = agent.ending().await;
            let error =
                error.unwrap_or_else(|| panic!("{name}, {before:?}: no reason came, close code {code:?}"));
            assert!(error.to_lowercase().contains(&expected.to_lowercase()), "{name}, {before:?}: {error}");
            assert_eq!(code, Some(1002), "{name}, {before:?}");
            let log = log::about(agent.address());
            let told = log.iter().any(|line| {
                line.contains(" WARN ")
                    && line.contains(&format!("broke the protocol: {error}; the session is closed"))
            });
            assert!(told, "{name}, {before:?}: {log:#?}");
            if before == Before::Introduced {
                let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["online"] == false).await;
                assert!(endpoint["offline_reason"].as_str().unwrap().contains(&error), "{endpoint:#}");
            }
        }
        bystander.is_served(&running).await;
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_messages_are_missing_is_asked_for_its_full_state_which_may_come_late() {
    let running = Running::start().await;
    let mut bystander = Bystander::new(&running).await;
    let mut agent = running.agent("desk").await;
    // Lost, repeated, turned back, and at the very end of the numbers.
    for sequence_number in [5, 5, 2, u64::MAX, 7] {
        agent.sequence_number = sequence_number;
        agent.send(AgentToServer::default()).await;
        let asked = agent.until(|message| (message.flags != 0).then(|| message.clone())).await;
        assert_eq!((asked.flags, asked.error_response), (REPORT_FULL_STATE, None));
    }
    let log = log::about(agent.address());
    assert_eq!(log.iter().filter(|line| line.contains("missing or out of order")).count(), 5, "{log:#?}");
    // It sends something else first, is not asked again for that, and reports in the end.
    for _ in 0..3 {
        agent.send(AgentToServer::default()).await;
    }
    agent.send(introduction("desk, renamed")).await;
    running.endpoint(agent.uid, |endpoint| endpoint["host_name"] == "desk, renamed").await;
    agent
        .send(AgentToServer { agent_disconnect: Some(AgentDisconnect {}), ..AgentToServer::default() })
        .await;
    let mut asked = 0;
    let code = loop {
        match agent.next().await {
            Incoming::Message(message) => asked += u32::from(message.flags != 0),
            Incoming::Closed(code) => break Some(code),
            Incoming::Lost => break None,
        }
    };
    assert_eq!((asked, code), (0, Some(1000)));
    bystander.is_served(&running).await;
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_begins_without_a_description_is_asked_for_it_once() {
    let running = Running::start().await;
    let mut bystander = Bystander::new(&running).await;
    let token = Some(running.enrolment_token.as_str());
    for answer in [introduction("late"), AgentToServer::default()] {
        let connection = Connection::open(running.server.telemetry, None).await;
        let mut agent = connection.upgrade(InstanceUid::generate(), token).await.unwrap();
        agent.sequence_number = 17;
        agent.send(AgentToServer::default()).await;
        let asked = agent.message().await;
        assert_eq!((asked.flags, asked.capabilities), (REPORT_FULL_STATE, 0));
        let known = running.api.send("GET", &format!("/endpoints/{}", agent.uid), None).await;
        assert_eq!(known.status, 404, "nothing is known of it yet");
        let described = answer.agent_description.is_some();
        agent.send(answer).await;
        if described {
            agent.profile(&running.server.identity).await;
            let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["online"] == true).await;
            assert_eq!(endpoint["host_name"], "late");
        } else {
            let (error, code) = agent.ending().await;
            assert!(error.unwrap().contains("has no agent description"));
            assert_eq!(code, Some(1002));
        }
        bystander.is_served(&running).await;
    }
    running.server.stop().await;
}
