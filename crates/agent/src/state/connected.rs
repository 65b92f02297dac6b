//! There is a session.

use std::time::Duration;

use countersign_trust::ConnectReason;

use super::{BackingOff, Context, State, connecting};
use crate::session::{self, Session, SessionEnd};
use crate::status::{BackOffReason, ConnectionState};

/// After a restart of the server its agents come back within this time, in no order.
const AFTER_RESTART: Duration = Duration::from_secs(3);
/// How many sessions in a row may be opened again soon: enrolling takes two, and a changed profile one more. A server
/// that wants more has a fault, and would keep both sides busy for nothing.
const AT_ONCE: u32 = 4;
/// A session that lasted this long starts a new series of waiting times when it is lost.
const LASTING: Duration = Duration::from_secs(30);

pub(super) async fn run(context: &mut Context, session: Session) -> State {
    tracing::info!(server = %session.server, trust = ?session.trust, "connected");
    context.move_succeeded(session.identity).await;
    if session.reason == ConnectReason::Remembered {
        context.remembered.note_use(&session.server, context.clock.now());
    }
    context.show_trust(&session).await;
    let route = session.route.clone();
    context.status.send_modify(|status| status.route = Some(route));
    context.heard_of_server();
    context.show(ConnectionState::Connected);
    context.remembered.retry_removals();
    let began = tokio::time::Instant::now();
    let server = session.server.clone();
    let end = session::hold(context, session).await;
    if began.elapsed() >= LASTING {
        context.reconnecting.reset();
        context.looking_again.reset();
        context.opened_again = 0;
    }
    // The person has nothing to notice.
    if let SessionEnd::Anew { connection, identity } = end {
        let next = connecting::open(context, server, identity, *connection).await;
        if !matches!(next, State::Connected(_)) {
            show_that_it_is_over(context);
        }
        return next;
    }
    show_that_it_is_over(context);
    after(context, end).await
}

fn show_that_it_is_over(context: &Context) {
    context.show_no_trust();
    context.status.send_modify(|status| status.route = None);
}

async fn after(context: &mut Context, end: SessionEnd) -> State {
    match end {
        SessionEnd::Disconnect => State::Disconnected,
        SessionEnd::Shutdown => State::Ended,
        SessionEnd::ConnectTo { server, reply } => {
            context.choose_server(&server, reply);
            context.person_connects().await;
            State::Connecting
        }
        SessionEnd::Lost(reason) => State::BackingOff(BackingOff { reason, delay: context.next_delay() }),
        SessionEnd::Again | SessionEnd::Anew { .. } => again(context, State::Connecting),
        SessionEnd::ServerRestarting => again(
            context,
            State::BackingOff(BackingOff {
                reason: BackOffReason::ServerRestarting,
                delay: AFTER_RESTART.mul_f64(rand::random()),
            }),
        ),
        SessionEnd::Later(delay) => State::BackingOff(BackingOff {
            reason: BackOffReason::ServerBusy,
            delay: delay.mul_f64(1.0 + rand::random::<f64>()),
        }),
        SessionEnd::Deregistered => {
            context.deregistered().await;
            State::Disconnected
        }
        SessionEnd::Moved { to, token } => {
            context.try_move(to, token);
            again(context, State::Connecting)
        }
    }
}

/// What follows when a session has to be opened again soon, unless that happens again and again.
fn again(context: &mut Context, soon: State) -> State {
    if context.opened_again < AT_ONCE {
        context.opened_again += 1;
        return soon;
    }
    tracing::warn!("the session had to be opened again too often; the next attempt waits");
    State::BackingOff(BackingOff { reason: BackOffReason::ConnectionLost, delay: context.next_delay() })
}
