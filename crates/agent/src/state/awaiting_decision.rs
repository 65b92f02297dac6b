//! The person has to decide. No connection is open meanwhile.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use countersign_protocol::decision::Asked;
use countersign_trust::{Question, RememberedCertificate};

use super::context::OpenQuestion;
use super::looking_again::{Look, look};
use super::{AnswerRequest, Chosen, Context, Denied, Recovery, Refused, Request, State};
use crate::configuration::CommandLineAnswers;
use crate::decisions::{Outcome, decision};
use crate::desktop::{Answer, Desktop, Notice, Prompt};
use crate::request_error::RequestError;
use crate::status::{ConnectionState, RefusalReason};

/// A question that waits for its answer.
pub(crate) struct AwaitingDecision {
    prompt: Box<Prompt>,
    presentation: Presentation,
}

/// Whether the question comes to the person, or the person has to come to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presentation {
    /// A dialog is raised.
    Dialog,
    /// Only the tray icon and a notification tell of it: the person has denied another question already, or was looking at one
    /// about another certificate.
    OnRequest,
}

impl AwaitingDecision {
    /// With a dialog.
    pub(crate) fn with_dialog(prompt: Box<Prompt>) -> Self {
        Self { prompt, presentation: Presentation::Dialog }
    }

    /// Without, until the person asks for it.
    pub(crate) fn without_dialog(prompt: Box<Prompt>) -> Self {
        Self { prompt, presentation: Presentation::OnRequest }
    }

    pub(super) async fn run(mut self, context: &mut Context) -> State {
        let _open = OpenQuestion::new(context, &self.prompt);
        context.show(ConnectionState::AwaitingDecision);
        context.remembered.retry_removals();
        if context.asked.tell(&self.prompt) {
            context.notify(Notice::AnswerNeeded { server: self.prompt.server.clone() });
        }
        loop {
            let next = match self.presentation {
                Presentation::Dialog => self.ask(context).await,
                Presentation::OnRequest => self.wait_to_be_asked_for(context).await,
            };
            match next {
                Next::State(state) => return *state,
                Next::Presentation(presentation) => self.presentation = presentation,
            }
        }
    }

    async fn ask(&self, context: &mut Context) -> Next {
        let mut dialog = Dialog::raise(&context.desktop, &self.prompt);
        let mut due = context.pause_before_looking_again();
        loop {
            let event = tokio::select! {
                answer = &mut dialog.answer => Event::Answer(answer),
                request = context.next_request() => Event::Request(request),
                () = &mut due => Event::LookAgain,
            };
            match event {
                Event::Answer(answer) => return self.answered(context, answer, Asked::Dialog),
                // The dialog is there already; the desktop brings it to the front.
                Event::Request(Request::Connect | Request::Review) => {}
                Event::Request(request) => {
                    if let Some(next) = self.requested(context, request).await {
                        return next;
                    }
                }
                Event::LookAgain => {
                    due = context.pause_before_looking_again();
                    // While the person reads, the certificate may be replaced: by a valid one, and the question has
                    // gone away, or by another, and the answer would be about something that is no more.
                    let looked = tokio::select! {
                        answer = &mut dialog.answer => return self.answered(context, answer, Asked::Dialog),
                        looked = look_for(context, &self.prompt) => looked,
                    };
                    match looked {
                        Look::Same => {}
                        Look::Changed(state) => return Next::state(self.with_dialog_if_same(*state)),
                    }
                }
            }
        }
    }

    /// A question about the same certificate takes the place of the one on the screen. One about another certificate does
    /// not: the person may be comparing the fingerprint of the first, and would allow what they have not compared.
    fn with_dialog_if_same(&self, state: State) -> State {
        match state {
            State::AwaitingDecision(next) => {
                let same = next.prompt.assessment.fingerprint == self.prompt.assessment.fingerprint;
                let presentation = if same { self.presentation } else { Presentation::OnRequest };
                State::AwaitingDecision(Self { presentation, ..next })
            }
            other @ (State::Disconnected
            | State::Connecting
            | State::Connected(_)
            | State::Refused(_)
            | State::BackingOff(_)
            | State::Ended) => other,
        }
    }

    async fn wait_to_be_asked_for(&self, context: &mut Context) -> Next {
        let mut due = context.pause_before_looking_again();
        loop {
            let request = tokio::select! {
                () = &mut due => None,
                request = context.next_request() => Some(request),
            };
            match request {
                None => match look(context, self.prompt.server.clone(), Some(&self.prompt)).await {
                    Look::Same => due = context.pause_before_looking_again(),
                    Look::Changed(state) => return Next::State(state),
                },
                Some(Request::Connect | Request::Review) => return Next::Presentation(Presentation::Dialog),
                Some(request) => {
                    if let Some(next) = self.requested(context, request).await {
                        return next;
                    }
                }
            }
        }
    }

    /// Does what is asked for while the question is open, however it is presented.
    async fn requested(&self, context: &mut Context, request: Request) -> Option<Next> {
        match request {
            Request::Connect | Request::Review => None,
            Request::PermissionsChanged => {
                self.is_outdated(context).await.then(|| Next::state(State::Connecting))
            }
            Request::Answer(answer) => self.answered_elsewhere(context, answer),
            Request::ConnectTo { server, reply } => match context.choose_server(&server, reply) {
                Chosen::Same => None,
                Chosen::Other => {
                    context.person_connects().await;
                    Some(Next::state(State::Connecting))
                }
            },
            Request::Recover(request) => match context.recover(request).await {
                Recovery::Taken => {
                    context.person_connects().await;
                    Some(Next::state(State::Connecting))
                }
                Recovery::Nothing => None,
            },
            Request::Disconnect => Some(Next::state(State::Disconnected)),
            Request::Shutdown => Some(Next::state(State::Ended)),
        }
    }

    /// Whether it compares the certificate with one that is forgotten now.
    async fn is_outdated(&self, context: &Context) -> bool {
        match &self.prompt.question {
            Question::First => false,
            Question::Changed { .. } | Question::Worse { .. } => {
                context.remembered.of(&self.prompt.server).await.is_none()
            }
        }
    }

    fn answered_elsewhere(&self, context: &mut Context, request: AnswerRequest) -> Option<Next> {
        if self.prompt.assessment.fingerprint != Some(request.fingerprint) {
            request.refuse(RequestError::OtherQuestion);
            return None;
        }
        if let Answer::Allow(choice) = request.answer
            && context.remember_options().narrow(choice) != choice
        {
            request.refuse(RequestError::TooLong);
            return None;
        }
        // Whoever answered may have gone; the answer counts.
        let _ = request.reply.send(Ok(()));
        Some(self.answered(context, request.answer, Asked::CommandLine))
    }

    /// Notes what was decided, for the server that it is about.
    fn report(&self, context: &Context, outcome: Outcome<'_>, asked: Asked) {
        if let Some(decision) = decision(&self.prompt, outcome, asked, context.clock.now()) {
            context.report_decision(&self.prompt.server, decision);
        }
    }

    fn answered(&self, context: &mut Context, answer: Answer, asked: Asked) -> Next {
        let server = &self.prompt.server;
        tracing::info!(%server, ?answer, "the question was answered");
        let (reason, outcome) = match (answer, context.configuration.command_line_answers) {
            (Answer::Allow(choice), _) => {
                let remember_for = context.remember_options().narrow(choice);
                let now = context.clock.now();
                match RememberedCertificate::of(&self.prompt.assessment, remember_for, now) {
                    Some(certificate) => {
                        self.report(context, Outcome::Allowed(&certificate, remember_for), asked);
                        context.remember(certificate, remember_for);
                    }
                    None => {
                        tracing::warn!(%server, "the certificate cannot be read, so it cannot be remembered");
                    }
                }
                // Only a new handshake with exactly this certificate uses the answer.
                return Next::state(State::Connecting);
            }
            // There is another way to answer than a dialog, so the question stays open.
            (Answer::Unavailable, CommandLineAnswers::Permitted) => {
                return Next::Presentation(Presentation::OnRequest);
            }
            (Answer::Deny, _) => (RefusalReason::DeniedByPerson, Outcome::Denied),
            (Answer::Unavailable, CommandLineAnswers::Forbidden) => {
                (RefusalReason::NobodyToAsk, Outcome::NobodyToAsk)
            }
        };
        self.report(context, outcome, asked);
        context.asked.deny(Denied { reason, prompt: self.prompt.clone() });
        Next::state(State::Refused(Refused { reason, denied: Some(self.prompt.clone()) }))
    }
}

/// What happens while a dialog is open.
enum Event {
    Answer(Answer),
    Request(Request),
    LookAgain,
}

/// Where a presentation leads.
enum Next {
    State(Box<State>),
    Presentation(Presentation),
}

impl Next {
    fn state(state: State) -> Self {
        Self::State(Box::new(state))
    }
}

/// A dialog on the screen. Dropping it withdraws it.
struct Dialog {
    answer: Pin<Box<dyn Future<Output = Answer> + Send>>,
}

impl Dialog {
    fn raise(desktop: &Arc<dyn Desktop>, prompt: &Prompt) -> Self {
        let desktop = Arc::clone(desktop);
        let prompt = prompt.clone();
        Self { answer: Box::pin(async move { desktop.ask(prompt).await }) }
    }
}

async fn look_for(context: &mut Context, prompt: &Prompt) -> Look {
    look(context, prompt.server.clone(), Some(prompt)).await
}
