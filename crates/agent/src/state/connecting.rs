//! Makes a connection, lets the handshake judge it, and opens the session.

use countersign_protocol::SessionTrust;
use countersign_trust::{Assessment, Question, Refusal, ServerAddress, diagnose_renewal};

use super::{AwaitingDecision, BackingOff, Chosen, Context, Recovery, Refused, Request, State};
use crate::client_identity::ClientIdentity;
use crate::desktop::Prompt;
use crate::session::{self, OpenError};
use crate::status::{BackOffReason, ConnectionState, RefusalReason};
use crate::tls::{self, Connection, Judgement, Outcome};

pub(super) async fn run(context: &mut Context) -> State {
    if context.take_recovery_files().await == Recovery::Taken {
        context.person_connects().await;
    }
    let Some(server) = context.server() else { return State::Disconnected };
    context.show(ConnectionState::Connecting);
    let target = context.target(&server).await;
    let identity = target.client_identity.clone();
    let attempt = tls::attempt(target);
    tokio::pin!(attempt);
    let mut outcome = loop {
        tokio::select! {
            outcome = &mut attempt => break outcome,
            request = context.next_request() => match request {
                Request::Connect | Request::Review => {}
                // What was read for this attempt may be gone.
                Request::PermissionsChanged => return State::Connecting,
                Request::Recover(request) => {
                    if context.recover(request).await == Recovery::Taken {
                        context.person_connects().await;
                        return State::Connecting;
                    }
                }
                Request::Answer(answer) => answer.decline(),
                Request::ConnectTo { server, reply } => {
                    if context.choose_server(&server, reply) == Chosen::Other {
                        context.person_connects().await;
                        return State::Connecting;
                    }
                }
                Request::Disconnect => return State::Disconnected,
                Request::Shutdown => return State::Ended,
            },
        }
    };
    context.compare_issuers(&mut outcome).await;
    judged(context, server, identity, outcome).await
}

/// What follows from an attempt that was made in view of the person.
async fn judged(
    context: &mut Context,
    server: ServerAddress,
    identity: Option<ClientIdentity>,
    outcome: Outcome,
) -> State {
    match outcome {
        Ok(Judgement::Connected(connection)) => open(context, server, identity, *connection).await,
        Ok(Judgement::Ask(assessment, question)) => {
            if let Some(denied) = context.asked.denied(&assessment) {
                return State::Refused(Refused::denied(denied));
            }
            let come_to_the_person = !context.asked.has_denied(&server);
            let prompt = asked(context, server, *assessment, question);
            State::AwaitingDecision(if come_to_the_person {
                AwaitingDecision::with_dialog(prompt)
            } else {
                AwaitingDecision::without_dialog(prompt)
            })
        }
        Ok(Judgement::Refused(assessment, refusal)) => refused(context, &assessment, refusal),
        Err(error) => {
            let reason = error.reason();
            tracing::info!(%server, %error, "no connection");
            context.attempt_failed(reason)
        }
    }
}

/// Notes the question and puts it into the form of the desktop.
pub(super) fn asked(
    context: &Context,
    server: ServerAddress,
    mut assessment: Assessment,
    question: Question,
) -> Box<Prompt> {
    if let Question::Changed { previous } = &question {
        assessment.diagnosis.extend(diagnose_renewal(&assessment, previous));
    }
    tracing::info!(%server, problems = assessment.codes(), "the certificate is not valid; the person decides");
    context.show_assessment(&assessment);
    let offers = context.remember_options().offers();
    Box::new(Prompt::new(server, assessment, question, offers, context.clock.now()))
}

/// Notes a refusal.
pub(super) fn refused(context: &Context, assessment: &Assessment, refusal: Refusal) -> State {
    tracing::warn!(server = %assessment.server, problems = assessment.codes(), ?refusal, "the server is refused");
    context.show_assessment(assessment);
    let reason = match refusal {
        Refusal::PossessionNotProved => RefusalReason::PossessionNotProved,
        Refusal::Revoked => RefusalReason::Revoked,
        Refusal::DeniedByProfile => RefusalReason::DeniedByProfile,
        Refusal::NoCertificate => RefusalReason::NoCertificate,
    };
    State::Refused(Refused { reason, denied: None })
}

/// Opens the session on a connection that the verdict allows.
pub(super) async fn open(
    context: &mut Context,
    server: ServerAddress,
    identity: Option<ClientIdentity>,
    connection: Connection,
) -> State {
    context.show_assessment(&connection.assessment);
    let certificate = if identity.is_some() {
        session::ClientCertificate::Shown
    } else {
        session::ClientCertificate::Absent
    };
    // On the heap: what is needed to open a session is much, and not needed for the rest of the state.
    match Box::pin(session::open(context, server.clone(), connection, certificate)).await {
        Ok(mut session) => {
            match session.trust {
                SessionTrust::Remembered | SessionTrust::Identified => context.succeed(&mut session).await,
                SessionTrust::Valid => context.retire_remembered(&server).await,
                SessionTrust::Unverified => {}
            }
            State::Connected(Box::new(session))
        }
        Err(error) => {
            tracing::info!(%server, %error, "no session");
            not_opened(context, &error)
        }
    }
}

fn not_opened(context: &mut Context, error: &OpenError) -> State {
    let reason = match error {
        OpenError::Broken(_) => BackOffReason::ConnectionLost,
        OpenError::TimedOut => BackOffReason::TimedOut,
        OpenError::Busy => BackOffReason::ServerBusy,
        OpenError::Protocol(detail) => BackOffReason::ProtocolError { detail: detail.clone() },
        OpenError::NotAccepted { credential: session::Credential::None, .. } => BackOffReason::NotIdentified,
        OpenError::OtherIdentity => BackOffReason::OtherIdentity,
        OpenError::NotAccepted { credential: session::Credential::Token, detail } => {
            BackOffReason::NotAccepted { detail: detail.clone() }
        }
        OpenError::ClientCertificateRefused
        | OpenError::NotAccepted { credential: session::Credential::ClientCertificate, .. } => {
            // The server may have been set up anew; with the token this computer can enrol again.
            if context.enrolment_token().is_some() {
                context.set_client_identity_aside();
                return State::BackingOff(BackingOff {
                    reason: BackOffReason::NotAccepted { detail: error.to_string() + "." },
                    delay: context.next_delay(),
                });
            }
            BackOffReason::NotAccepted { detail: error.to_string() + "." }
        }
    };
    context.attempt_failed(reason)
}
