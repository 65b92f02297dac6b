//! An agent and its app for tests of the control socket and of the command line: does what it is told, and notes it.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use countersign_agent::{
    Answer, CommandLineAnswers, ConnectionEvent, Keeping, Prompt, RecoveryRefusal, RecoveryTaken,
    RememberedEntry, RememberedList, RememberedStanding, RequestError, ServerChoice, Status,
};
use countersign_protocol::RecoveryDocument;
use countersign_trust::{
    Fingerprint, InvalidCertificateAction, RememberFor, RememberedCertificate, ServerAddress,
};
use tokio::sync::watch;

use crate::action::{Action, offered};
use crate::control::Control;
use crate::control_socket::protocol::{Failure, Presentation, WindowName};
use crate::control_socket::{ControlServer, Host, Instance, Limits};
use crate::recovery_file::OpenedFile;
use crate::sample::statuses::{State, status};
use crate::sample::{data, recovery};

/// An app with a scripted agent behind a real control socket, in a directory of its own.
pub(crate) struct Scripted {
    pub(crate) host: Arc<ScriptedHost>,
    pub(crate) server: Option<ControlServer>,
    instance: Instance,
    _directory: tempfile::TempDir,
}

impl Scripted {
    pub(crate) fn start(host: ScriptedHost, limits: Limits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let instance = Instance::claim(&directory.path().join("countersign")).unwrap();
        let host = Arc::new(host);
        let server = ControlServer::start(&instance, Arc::clone(&host) as Arc<dyn Host>, limits).unwrap();
        Self { host, server: Some(server), instance, _directory: directory }
    }

    pub(crate) fn socket_directory(&self) -> std::path::PathBuf {
        self.instance.directory().to_owned()
    }
}

pub(crate) struct ScriptedHost {
    control: Arc<dyn Control>,
    pub(crate) agent: Arc<ScriptedAgent>,
    pub(crate) presentation: watch::Sender<Option<Presentation>>,
}

pub(crate) struct ScriptedAgent {
    pub(crate) status: watch::Sender<Status>,
    pub(crate) question: watch::Sender<Option<Prompt>>,
    history: watch::Sender<Arc<[ConnectionEvent]>>,
    pub(crate) answers: CommandLineAnswers,
    remembered: Mutex<Vec<RememberedEntry>>,
    remembered_changes: watch::Sender<()>,
    /// What it was told, in order.
    pub(crate) told: Mutex<Vec<String>>,
}

impl ScriptedHost {
    pub(crate) fn new(state: State, answers: CommandLineAnswers) -> Self {
        let question = (state == State::Question).then(|| data::first(data::three_problems()));
        let agent = Arc::new(ScriptedAgent {
            status: watch::Sender::new(status(state)),
            question: watch::Sender::new(question),
            history: watch::Sender::new(Arc::from([])),
            answers,
            remembered: Mutex::new(vec![entry()]),
            remembered_changes: watch::Sender::new(()),
            told: Mutex::default(),
        });
        let control = Arc::clone(&agent) as Arc<dyn Control>;
        Self { control, agent, presentation: watch::Sender::new(None) }
    }

    pub(crate) fn told(&self) -> Vec<String> {
        self.agent.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A certificate that was allowed for the server of the samples.
fn entry() -> RememberedEntry {
    let certificate =
        RememberedCertificate::of(&data::three_problems(), RememberFor::UntilChanged, data::NOW).unwrap();
    RememberedEntry {
        certificate,
        last_used: None,
        standing: RememberedStanding::Holds,
        keeping: Keeping::Keychain,
    }
}

impl ScriptedAgent {
    fn note(&self, what: impl Into<String>) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(what.into());
    }

    fn remembered(&self) -> Vec<RememberedEntry> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The state after, at another time than the one before.
    fn become_state(&self, state: State) {
        let mut next = status(state);
        next.since = self.status.borrow().since + time::Duration::SECOND;
        self.status.send_replace(next);
    }
}

#[async_trait]
impl Control for ScriptedAgent {
    fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    fn question(&self) -> watch::Receiver<Option<Prompt>> {
        self.question.subscribe()
    }

    fn history(&self) -> watch::Receiver<Arc<[ConnectionEvent]>> {
        self.history.subscribe()
    }

    fn connect(&self) {
        self.note("connect");
        self.become_state(State::Connecting);
        self.become_state(State::Refused);
    }

    async fn connect_to(&self, server: ServerAddress) -> Result<(), RequestError> {
        if self.status.borrow().server_choice == ServerChoice::Pinned {
            return Err(RequestError::Pinned { server: data::server() });
        }
        self.note(format!("connect to {server}"));
        self.become_state(State::Connected);
        Ok(())
    }

    fn disconnect(&self) {
        self.note("disconnect");
        self.become_state(State::Offline);
    }

    fn review(&self) {
        self.note("review");
    }

    async fn answer(&self, fingerprint: Fingerprint, answer: Answer) -> Result<(), RequestError> {
        if self.answers == CommandLineAnswers::Forbidden {
            return Err(RequestError::AnswersForbidden);
        }
        let asked = self.question.borrow().as_ref().and_then(|question| question.assessment.fingerprint);
        match asked {
            None => Err(RequestError::NoQuestion),
            Some(asked) if asked != fingerprint => Err(RequestError::OtherQuestion),
            Some(_) => {
                self.note(format!("{answer:?}"));
                Ok(())
            }
        }
    }

    async fn remembered(&self) -> RememberedList {
        RememberedList { entries: self.remembered(), incomplete: None }
    }

    fn remembered_changes(&self) -> watch::Receiver<()> {
        self.remembered_changes.subscribe()
    }

    async fn forget(&self, server: ServerAddress) -> Result<(), RequestError> {
        self.remembered_changes.send_replace(());
        self.note(format!("forget {server}"));
        Ok(())
    }

    async fn forget_all(&self) -> Result<usize, RequestError> {
        self.note("forget all");
        Ok(self.remembered().len())
    }

    async fn examine_recovery_file(&self, file: String) -> Result<RecoveryDocument, RequestError> {
        if file.contains("wrong") {
            Err(RecoveryRefusal::BadSignature.into())
        } else {
            Ok(recovery::everything())
        }
    }

    async fn recover(&self, file: String) -> Result<RecoveryTaken, RequestError> {
        if file.contains("wrong") {
            return Err(RecoveryRefusal::BadSignature.into());
        }
        self.note(format!("recover {file}"));
        Ok(RecoveryTaken {
            server: data::server(),
            certificate: Some(Fingerprint::of(b"recovered")),
            action: Some(InvalidCertificateAction::Warn),
            until: Some(data::NOW),
        })
    }

    async fn shutdown(&self) {}
}

impl Host for ScriptedHost {
    fn control(&self) -> &Arc<dyn Control> {
        &self.control
    }

    fn perform(&self, action: Action) -> Result<(), Failure> {
        if !offered(&self.agent.status.borrow()).contains(&action) {
            return Err(Failure::NotPossible);
        }
        match action {
            Action::Connect => self.control.connect(),
            Action::Disconnect => self.control.disconnect(),
            Action::Review => self.control.review(),
        }
        Ok(())
    }

    fn open(&self, window: WindowName, presentation: Presentation) -> Result<(), Failure> {
        self.agent.note(format!("open {window:?} {:?}", presentation.place));
        Ok(())
    }

    fn open_recovery_file(&self, opened: OpenedFile) -> Result<(), Failure> {
        self.agent.note(format!("open recovery file {}", opened.content));
        Ok(())
    }

    fn presentations(&self, _window: WindowName) -> Option<watch::Receiver<Option<Presentation>>> {
        Some(self.presentation.subscribe())
    }
}
