//! Agents that take profiles, each in its manner.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration as StdDuration;

use countersign_protocol::custom::{self, AgentCustomMessage};
use countersign_protocol::opamp::{
    AgentDisconnect, AgentToServer, CustomCapabilities, RemoteConfigStatus, RemoteConfigStatuses,
};
use countersign_protocol::{
    CertificateReport, EndpointProfile, IdentityPublicKey, InstanceUid, ReportedDecision, SessionTrust,
    SignedProfile,
};
use countersign_trust::{Assessment, InvalidCertificateAction};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::Running;
use crate::support::agent::{Agent, Connection, Incoming, SOON, introduction};
use crate::support::clock::ManualClock;
use crate::support::http::ApiClient;

/// What an agent does when an action is on trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Its server's certificate is valid there: it connects under any action, and does so again when one is on trial.
    Connects,
    /// The certificate is not valid there: it disconnects, and falls back when the test says so.
    IsCutOff,
    /// It takes the trial for passed without connecting again.
    StaysConnected,
    /// An earlier version, which knows no trials.
    KnowsNoTrials,
}

/// What is known of an agent.
#[derive(Clone, Debug, Default)]
struct Known {
    profile: Option<EndpointProfile>,
    status: Option<RemoteConfigStatus>,
    /// Trials that it has fallen back from.
    fell_back: BTreeSet<Uuid>,
    /// Trials that it has connected under.
    passed: BTreeSet<Uuid>,
    cut_off: bool,
}

/// The way to the server.
#[derive(Clone)]
struct Way {
    api: ApiClient,
    address: SocketAddr,
    token: String,
    signer: IdentityPublicKey,
    /// What agents find out about the certificate.
    assessment: Assessment,
}

impl Way {
    async fn to(running: &Running) -> Self {
        let assessment = running.api.get("/built-in-certificate").await["assessment"].clone();
        Self {
            api: running.api.clone(),
            address: running.server.telemetry,
            token: running.enrolment_token.clone(),
            signer: running.server.identity,
            assessment: serde_json::from_value(assessment).unwrap(),
        }
    }

    /// Waits until the last session of an endpoint has ended: who has no client certificate and comes earlier counts as a copy.
    async fn is_clear(&self, uid: InstanceUid) {
        let deadline = tokio::time::Instant::now() + SOON;
        while self.api.get(&format!("/endpoints/{uid}")).await["online"] != false {
            assert!(tokio::time::Instant::now() < deadline, "{uid} does not go");
            tokio::time::sleep(StdDuration::from_millis(25)).await;
        }
    }
}

/// Agents of one server.
pub(super) struct Fleet {
    pub(super) profile: String,
    desks: Vec<Desk>,
}

struct Desk {
    uid: InstanceUid,
    host: String,
    manner: Manner,
    known: Arc<watch::Sender<Known>>,
    task: std::sync::Mutex<JoinHandle<()>>,
}

pub(super) async fn server() -> (Running, Arc<ManualClock>) {
    let clock = ManualClock::at(OffsetDateTime::now_utc());
    (Running::start_with(clock.clone()).await, clock)
}

/// A tightening, once it is as wanted.
pub(super) async fn tightening(running: &Running, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let tightening = running.api.get(&format!("/tightenings/{id}")).await;
        if wanted(&tightening) {
            return tightening;
        }
        assert!(tokio::time::Instant::now() < deadline, "not as wanted in time: {tightening:#}");
        tokio::time::sleep(StdDuration::from_millis(25)).await;
    }
}

/// What the audit says of tightenings, the newest first.
pub(super) async fn audited(running: &Running) -> Vec<String> {
    let audit = running.api.get("/audit").await;
    let changes =
        audit.as_array().or_else(|| audit["changes"].as_array()).or_else(|| audit["rows"].as_array());
    let actions = changes.unwrap().iter().map(|change| change["action"].as_str().unwrap().to_owned());
    actions.filter_map(|action| action.strip_prefix("tightening.").map(str::to_owned)).collect()
}

impl Fleet {
    /// Agents with the default profile.
    pub(super) async fn connect(running: &Running, number: usize, manner: impl Fn(usize) -> Manner) -> Self {
        let profile = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
        let mut desks = Vec::new();
        for number in 0..number {
            let (uid, manner, host) = (InstanceUid::generate(), manner(number), format!("desk-{number}"));
            let known = Arc::new(watch::channel(Known::default()).0);
            let task = enter(running, uid, &host, manner, &known).await;
            desks.push(Desk { uid, host, manner, known, task: task.into() });
        }
        let fleet = Self { profile, desks };
        fleet.all_have(InvalidCertificateAction::Warn, 1).await;
        for desk in &fleet.desks {
            running.endpoint(desk.uid, |endpoint| endpoint["profile"]["status"] == "applied").await;
        }
        fleet
    }

    /// Begins a tightening to *Deny*, with what else it says. Returns its identifier, and what the API shows.
    pub(super) async fn begin(&self, running: &Running, input: &Value) -> (String, Value) {
        let mut body = json!({"profile_id": self.profile, "to_action": "deny"});
        body.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let begun = running.api.change("POST", "/tightenings", &body).await;
        (begun["id"].as_str().unwrap().to_owned(), begun)
    }

    /// The agents whose action is on trial.
    pub(super) fn on_trial(&self) -> BTreeSet<InstanceUid> {
        let on_trial = self.desks.iter().filter(|desk| {
            desk.known.borrow().profile.as_ref().is_some_and(|profile| profile.trial.is_some())
        });
        on_trial.map(|desk| desk.uid).collect()
    }

    pub(super) fn uids(&self, manner: Manner) -> Vec<InstanceUid> {
        self.desks.iter().filter(|desk| desk.manner == manner).map(|desk| desk.uid).collect()
    }

    pub(super) fn trials(&self) -> BTreeSet<Uuid> {
        let trial = |desk: &Desk| Some(desk.known.borrow().profile.as_ref()?.trial.as_ref()?.id);
        self.desks.iter().filter_map(trial).collect()
    }

    /// Waits until so many are cut off.
    pub(super) async fn cut_off(&self, number: usize) {
        let mut found = 0;
        for desk in self.desks.iter().filter(|desk| desk.manner == Manner::IsCutOff).take(number) {
            let mut known = desk.known.subscribe();
            let waiting = tokio::time::timeout(SOON, known.wait_for(|known| known.cut_off));
            waiting.await.expect("an agent is not cut off").unwrap();
            found += 1;
        }
        assert_eq!(found, number);
    }

    /// Waits until all have a profile that is not on trial, with this action and at least this revision.
    pub(super) async fn all_have(&self, action: InvalidCertificateAction, revision: u64) {
        for desk in &self.desks {
            desk.has(action, revision).await;
        }
    }

    /// As [`Fleet::all_have`], for those of this manner.
    pub(super) async fn have(&self, manner: Manner, action: InvalidCertificateAction, revision: u64) {
        for desk in self.desks.iter().filter(|desk| desk.manner == manner) {
            desk.has(action, revision).await;
        }
    }

    /// The trial of those that are cut off is over: they come back under the former action.
    pub(super) async fn fall_back(&self, running: &Running) {
        for desk in self.desks.iter().filter(|desk| desk.known.borrow().cut_off) {
            running.endpoint(desk.uid, |endpoint| endpoint["online"] == false).await;
            desk.known.send_modify(|known| {
                known.cut_off = false;
                let trial = known.profile.as_ref().and_then(|profile| profile.trial.as_ref());
                known.fell_back.extend(trial.map(|trial| trial.id));
                if let Some(status) = &mut known.status {
                    status.status = RemoteConfigStatuses::Failed.into();
                    "It fell back.".clone_into(&mut status.error_message);
                }
            });
            desk.come_back(running, desk.manner).await;
        }
    }

    /// One of this manner is switched off.
    pub(super) async fn leave_one(&self, running: &Running, manner: Manner) -> InstanceUid {
        let desk = self.desks.iter().find(|desk| desk.manner == manner).unwrap();
        desk.leave(running).await;
        desk.uid
    }

    /// All of them are switched off.
    pub(super) async fn leave_all(&self, running: &Running) {
        for desk in &self.desks {
            desk.leave(running).await;
        }
    }

    /// One that was switched off comes back.
    pub(super) async fn come_back(&self, running: &Running, uid: InstanceUid) {
        let desk = self.desks.iter().find(|desk| desk.uid == uid).unwrap();
        desk.come_back(running, desk.manner).await;
    }

    /// One comes back in another manner.
    pub(super) async fn becomes(&self, running: &Running, uid: InstanceUid, manner: Manner) {
        let desk = self.desks.iter().find(|desk| desk.uid == uid).unwrap();
        desk.leave(running).await;
        desk.come_back(running, manner).await;
        running.endpoint(uid, |endpoint| endpoint["online"] == true).await;
    }

    /// All of them come back to a server that was started again.
    pub(super) async fn reconnect(&self, running: &Running) {
        for desk in &self.desks {
            desk.leave(running).await;
            desk.come_back(running, desk.manner).await;
        }
    }
}

impl Desk {
    async fn leave(&self, running: &Running) {
        self.task.lock().unwrap().abort();
        running.endpoint(self.uid, |endpoint| endpoint["online"] == false).await;
    }

    async fn come_back(&self, running: &Running, manner: Manner) {
        let task = enter(running, self.uid, &self.host, manner, &self.known).await;
        *self.task.lock().unwrap() = task;
    }

    async fn has(&self, action: InvalidCertificateAction, revision: u64) {
        let mut known = self.known.subscribe();
        let reached = known.wait_for(|known| {
            known.profile.as_ref().is_some_and(|profile| {
                profile.trial.is_none()
                    && profile.invalid_certificate_action == action
                    && profile.revision >= revision
            })
        });
        let reached = tokio::time::timeout(SOON, reached).await.map(|found| found.map(|_| ()));
        assert!(reached.is_ok(), "{} has not the profile in time: {:?}", self.host, *self.known.borrow());
    }
}

/// Opens a session, and holds it, and those that follow it, in a task of its own.
async fn enter(
    running: &Running,
    uid: InstanceUid,
    host: &str,
    manner: Manner,
    known: &Arc<watch::Sender<Known>>,
) -> JoinHandle<()> {
    let (way, host, known) = (Way::to(running).await, host.to_owned(), Arc::clone(known));
    let mut agent = open(&way, uid, &host, manner, &known).await;
    tokio::spawn(async move {
        while hold(&mut agent, way.signer, manner, &known).await == After::Again {
            way.is_clear(uid).await;
            agent = open(&way, uid, &host, manner, &known).await;
        }
    })
}

async fn open(
    way: &Way,
    uid: InstanceUid,
    host: &str,
    manner: Manner,
    known: &watch::Sender<Known>,
) -> Agent {
    let connection = Connection::open(way.address, None).await;
    let mut agent = connection.upgrade(uid, Some(&way.token)).await.unwrap();
    let mut first = introduction(host);
    first.remote_config_status.clone_from(&known.borrow().status);
    if manner == Manner::KnowsNoTrials {
        let mut capabilities = custom::CAPABILITIES.to_vec();
        capabilities.retain(|capability| *capability != custom::TRIALS);
        let capabilities = capabilities.into_iter().map(str::to_owned).collect();
        first.custom_capabilities = Some(CustomCapabilities { capabilities });
    }
    agent.send(first).await;
    let mut assessment = way.assessment.clone();
    let (trust, decision) = match manner {
        Manner::IsCutOff => (SessionTrust::Remembered, ReportedDecision::AllowedByPerson),
        Manner::Connects | Manner::StaysConnected | Manner::KnowsNoTrials => {
            assessment.problems.clear();
            (SessionTrust::Valid, ReportedDecision::Valid)
        }
    };
    let action = known.borrow().action();
    let report = CertificateReport { assessment, action, trust, decision, judged_at: None };
    agent.send_custom(&AgentCustomMessage::CertificateReport(Box::new(report))).await;
    agent
}

/// What follows a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// Another one, at once.
    Again,
    Nothing,
}

async fn hold(
    agent: &mut Agent,
    signer: IdentityPublicKey,
    manner: Manner,
    known: &watch::Sender<Known>,
) -> After {
    while let Incoming::Message(message) = agent.next_within(StdDuration::from_mins(5)).await {
        let Some(config) = message.remote_config else { continue };
        let profile = SignedProfile::from_remote_config(&config).unwrap().verify(&signer).unwrap();
        let trial = profile.trial.as_ref().map(|trial| trial.id);
        let (outcome, leaves) = match (trial, manner) {
            (Some(_), Manner::KnowsNoTrials) => panic!("an agent that knows no trials was offered one"),
            (Some(id), Manner::IsCutOff) if known.borrow().fell_back.contains(&id) => {
                (RemoteConfigStatuses::Failed, false)
            }
            (Some(_), Manner::IsCutOff) => (RemoteConfigStatuses::Applying, true),
            (Some(id), Manner::Connects) if !known.borrow().passed.contains(&id) => {
                (RemoteConfigStatuses::Applying, true)
            }
            (Some(_), Manner::Connects | Manner::StaysConnected) | (None, _) => {
                (RemoteConfigStatuses::Applied, false)
            }
        };
        let mut status = RemoteConfigStatus {
            last_remote_config_hash: config.config_hash.clone(),
            status: outcome.into(),
            error_message: String::new(),
        };
        agent.send(AgentToServer { remote_config_status: Some(status.clone()), ..Default::default() }).await;
        if leaves {
            let goodbye = AgentToServer { agent_disconnect: Some(AgentDisconnect {}), ..Default::default() };
            agent.send(goodbye).await;
        }
        let cut_off = leaves && manner == Manner::IsCutOff;
        let again = leaves && manner == Manner::Connects;
        if again {
            // So it stands when the next session begins.
            status.status = RemoteConfigStatuses::Applied.into();
        }
        known.send_modify(|known| {
            known.profile = Some(profile);
            known.status = Some(status);
            known.cut_off = cut_off;
            known.passed.extend(trial.filter(|_| again));
        });
        if leaves {
            return if again { After::Again } else { After::Nothing };
        }
    }
    After::Nothing
}

impl Known {
    /// The action that the agent has in force.
    fn action(&self) -> InvalidCertificateAction {
        let Some(profile) = &self.profile else { return InvalidCertificateAction::Warn };
        match &profile.trial {
            Some(trial) if self.fell_back.contains(&trial.id) => trial.fall_back_action,
            Some(_) | None => profile.invalid_certificate_action,
        }
    }
}
