//! Looks again, without the person, at a server that is not connected to: the certificate may have become valid.

use countersign_trust::ServerAddress;

use super::{AwaitingDecision, Context, Recovery, Refused, State, connecting};
use crate::desktop::Prompt;
use crate::tls::{self, Judgement};

/// What a look has shown.
pub(super) enum Look {
    /// Nothing that changes anything.
    Same,
    /// The agent goes on from here.
    Changed(Box<State>),
}

/// Looks once. `denied` is the question that the person answered with *Deny*, or that is on the screen.
pub(super) async fn look(context: &mut Context, server: ServerAddress, known: Option<&Prompt>) -> Look {
    if context.take_recovery_files().await == Recovery::Taken {
        context.person_connects().await;
        return Look::Changed(Box::new(State::Connecting));
    }
    let target = context.target(&server).await;
    let identity = target.client_identity.clone();
    let mut outcome = tls::attempt(target).await;
    context.compare_issuers(&mut outcome).await;
    match outcome {
        Ok(Judgement::Connected(connection)) => {
            tracing::info!(%server, "the server can be connected to now");
            Look::Changed(Box::new(connecting::open(context, server, identity, *connection).await))
        }
        Ok(Judgement::Ask(assessment, question)) => {
            if known.is_some_and(|prompt| prompt.is_about(&assessment)) {
                return Look::Same;
            }
            if let Some(denied) = context.asked.denied(&assessment) {
                context.show_assessment(&assessment);
                return Look::Changed(Box::new(State::Refused(Refused::denied(denied))));
            }
            let prompt = connecting::asked(context, server, *assessment, question);
            Look::Changed(Box::new(State::AwaitingDecision(AwaitingDecision::without_dialog(prompt))))
        }
        Ok(Judgement::Refused(assessment, refusal)) => {
            if known.is_none() {
                context.show_assessment(&assessment);
                return Look::Same;
            }
            Look::Changed(Box::new(connecting::refused(context, &assessment, refusal)))
        }
        Err(error) => {
            tracing::debug!(%server, %error, "looked again and got no answer");
            Look::Same
        }
    }
}
