//! Real agents of Countersign in this process: each with its own roots, clock, address and person.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::proxy::{DesktopProxies, ProxySettings};
use countersign_agent::{
    Agent, AgentConfiguration, AgentHandle, Answer, Clock, CommandLineAnswers, ConnectionState, Desktop,
    Notice, Parts, Pause, Prompt, RefusalReason, Secret, ServerChoice, Status,
};
use countersign_protocol::InstanceUid;
use countersign_server::Server;
use countersign_trust::{
    Fingerprint, InvalidCertificateAction, OperatingSystemRoots, RememberFor, ServerAddress, TrustedRoots,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::CertificateDer;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::Running;
use super::agent::SOON;

/// What is particular to one agent.
pub(crate) struct Particulars {
    pub(crate) host: &'static str,
    /// Whom it trusts.
    pub(crate) roots: Vec<CertificateDer<'static>>,
    /// How far its clock is ahead.
    pub(crate) ahead: time::Duration,
}

/// Where an agent is set up to connect.
pub(crate) struct Place<'server> {
    pub(crate) server: &'server Server,
    pub(crate) enrolment_token: &'server str,
}

impl<'running> From<&'running Running> for Place<'running> {
    fn from(running: &'running Running) -> Self {
        Self { server: &running.server, enrolment_token: &running.enrolment_token }
    }
}

/// An agent, and the person at its desk.
pub(crate) struct Member {
    pub(crate) handle: AgentHandle,
    pub(crate) desk: Arc<Desk>,
    pub(crate) uid: InstanceUid,
    _state: TempDir,
}

/// What became of an agent, in the words of a forecast.
pub(crate) fn outcome(status: &Status) -> Option<&'static str> {
    match &status.state {
        ConnectionState::Connected => Some("connects_silently"),
        ConnectionState::AwaitingDecision => Some("asked"),
        ConnectionState::Refused { reason: RefusalReason::DeniedByProfile | RefusalReason::Revoked } => {
            Some("cut_off")
        }
        ConnectionState::Refused { .. }
        | ConnectionState::Disconnected
        | ConnectionState::Connecting
        | ConnectionState::BackingOff { .. } => None,
    }
}

impl Member {
    /// Starts an agent as the installer of this server sets it up.
    pub(crate) fn start<'server>(place: impl Into<Place<'server>>, particulars: Particulars) -> Self {
        let clock = Arc::new(ClockAhead(particulars.ahead));
        Self::start_as(place, InstanceUid::generate(), particulars, clock)
    }

    /// As [`Member::start`], on a computer that is known already.
    pub(crate) fn start_as<'server>(
        place: impl Into<Place<'server>>,
        uid: InstanceUid,
        particulars: Particulars,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let state = tempfile::tempdir().unwrap();
        let kept = serde_json::json!({"schema": 1, "instance_uid": uid}).to_string();
        std::fs::write(state.path().join("agent.json"), kept).unwrap();
        let (roots, skipped) = TrustedRoots::from_der(particulars.roots);
        assert_eq!(skipped, 0);
        let Place { server, enrolment_token } = place.into();
        let address = server.telemetry;
        let configuration = AgentConfiguration {
            server: Some(ServerAddress::new(particulars.host, address.port()).unwrap()),
            connect_to: Some(address),
            enrolment_token: Some(Secret::new(enrolment_token.to_owned())),
            server_identity: Some(server.identity),
            invalid_certificate_action: InvalidCertificateAction::Allow,
            proxy: ProxySettings::None,
            state_directory: state.path().to_owned(),
            keychain_service: "Countersign test".to_owned(),
            server_choice: ServerChoice::Pinned,
            command_line_answers: CommandLineAnswers::Forbidden,
            recovery_directory: None,
        };
        let desk = Arc::new(Desk::default());
        let parts = Parts {
            keychain: Arc::new(MemoryKeychain::default()),
            clock,
            roots: Arc::new(OperatingSystemRoots::fixed(roots)),
            proxies: Arc::new(DesktopProxies),
        };
        let handle = Agent::new(configuration).unwrap().start_with(Arc::clone(&desk) as _, parts);
        Self { handle, desk, uid, _state: state }
    }

    /// Waits until the agent has come to something with this certificate.
    pub(crate) async fn outcome_with(&self, name: &str, fingerprint: Fingerprint) -> &'static str {
        let with = |status: &Status| {
            let judged = status.assessment.as_ref().and_then(|found| found.fingerprint);
            outcome(status).filter(|_| judged == Some(fingerprint))
        };
        let mut status = self.handle.status();
        let reached = tokio::time::timeout(SOON, status.wait_for(|status| with(status).is_some())).await;
        match reached {
            Ok(reached) => with(&reached.unwrap()).unwrap(),
            Err(elapsed) => panic!("{name}: {elapsed}; the status is {:?}", *self.handle.status().borrow()),
        }
    }

    /// Lets the person disconnect and connect again: whoever has no session would look again by itself, in its time.
    pub(crate) async fn look_again(&self, name: &str) {
        self.handle.disconnect();
        self.until(name, |status| status.state == ConnectionState::Disconnected).await;
        self.handle.connect();
    }

    /// Waits until the agent is in this state.
    pub(crate) async fn until(&self, name: &str, wanted: impl Fn(&Status) -> bool) {
        let mut status = self.handle.status();
        let reached = tokio::time::timeout(SOON, status.wait_for(|status| wanted(status))).await;
        assert!(reached.is_ok(), "{name}: the status is {:?}", *self.handle.status().borrow());
    }
}

/// A clock that is ahead, and pauses as long as it should.
struct ClockAhead(time::Duration);

impl Clock for ClockAhead {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc() + self.0
    }
}

/// A clock that runs, and that a test sets forward: pauses end when their time has come by it.
#[derive(Clone, Default)]
pub(crate) struct SkippingClock(Arc<Skipped>);

#[derive(Default)]
struct Skipped {
    seconds: std::sync::atomic::AtomicI64,
    moved: Notify,
}

impl Skipped {
    fn now(&self) -> OffsetDateTime {
        let seconds = self.seconds.load(std::sync::atomic::Ordering::SeqCst);
        OffsetDateTime::now_utc() + time::Duration::seconds(seconds)
    }
}

impl SkippingClock {
    pub(crate) fn advance(&self, time: time::Duration) {
        self.0.seconds.fetch_add(time.whole_seconds(), std::sync::atomic::Ordering::SeqCst);
        self.0.moved.notify_waiters();
    }
}

impl Clock for SkippingClock {
    fn now(&self) -> OffsetDateTime {
        self.0.now()
    }

    fn pause(&self, duration: Duration) -> Pause {
        let skipped = Arc::clone(&self.0);
        let until = skipped.now() + duration;
        Box::pin(async move {
            loop {
                let moved = skipped.moved.notified();
                let Ok(left) = Duration::try_from(until - skipped.now()) else { return };
                if left.is_zero() {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(left) => {}
                    () = moved => {}
                }
            }
        })
    }
}

/// A person who looks at a question until the test lets them allow it.
#[derive(Default)]
pub(crate) struct Desk {
    allow: Notify,
    questions: std::sync::atomic::AtomicUsize,
    notices: std::sync::Mutex<Vec<String>>,
}

impl Desk {
    /// Allows the question that is open, or the next one.
    pub(crate) fn allow(&self) {
        self.allow.notify_one();
    }

    /// How often the person was asked.
    pub(crate) fn questions(&self) -> usize {
        self.questions.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// What the person was told.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Desktop for Desk {
    async fn ask(&self, _prompt: Prompt) -> Answer {
        self.questions.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.allow.notified().await;
        Answer::Allow(RememberFor::UntilChanged)
    }

    async fn notify(&self, notice: Notice) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{notice:?}"));
    }

    fn no_answer_needed(&self) {}
}

/// How long to wait before looking again at what only the API tells.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(25);

/// An authority that some agents trust.
pub(crate) struct Authority {
    pub(crate) der: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        let (der, pem) = (certificate.der().clone(), certificate.pem());
        Self { der, pem, issuer: Issuer::new(parameters, key) }
    }

    /// A certificate that begins a month ago.
    pub(crate) fn certificate(&self, names: &[&str], days: i64) -> (Value, Fingerprint) {
        let now = OffsetDateTime::now_utc();
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        parameters.not_before = now - time::Duration::days(30);
        parameters.not_after = now + time::Duration::days(days);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let chain = format!("{}{}", certificate.pem(), self.pem);
        let upload = json!({"certificate_pem": chain, "private_key_pem": key.serialize_pem()});
        (upload, Fingerprint::of(certificate.der()))
    }
}
