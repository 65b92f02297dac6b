//! The state in words: one line for menu and window, what it means, and how the certificate is trusted.

use countersign_agent::proxy::{ProxyAddress, ProxyAuthenticationProblem};
use countersign_agent::{BackOffReason, ConnectionState, RefusalReason, Status};
use countersign_trust::PermissionOrigin;
use countersign_words::{Text, Words};

use super::local;
use crate::SessionTrust;

/// The state in one line.
#[must_use]
pub fn headline(words: &Words, status: &Status) -> Text {
    match &status.state {
        ConnectionState::Disconnected => words.state_disconnected(),
        ConnectionState::Connecting => words.state_connecting(),
        ConnectionState::AwaitingDecision => words.state_awaiting_decision(),
        ConnectionState::Connected => match status.trust {
            Some(SessionTrust::Valid) => words.state_connected(),
            Some(SessionTrust::Remembered | SessionTrust::Identified | SessionTrust::Unverified) | None => {
                words.state_connected_unverified()
            }
        },
        ConnectionState::Refused { .. } => words.state_refused(),
        ConnectionState::BackingOff { .. } => words.state_backing_off(),
    }
}

/// What the state means, in whole sentences.
#[must_use]
pub fn explanation(words: &Words, status: &Status) -> Text {
    match &status.state {
        ConnectionState::Disconnected if status.server.is_none() => words.state_without_server_meaning(),
        ConnectionState::Disconnected => words.state_disconnected_meaning(),
        ConnectionState::Connecting => words.state_connecting_meaning(),
        ConnectionState::AwaitingDecision => words.state_awaiting_decision_meaning(),
        ConnectionState::Connected => words.state_connected_meaning(),
        ConnectionState::Refused { reason } => refusal(words, *reason),
        ConnectionState::BackingOff { reason } => back_off(words, reason),
    }
}

/// Why the connection is not there, in whole sentences; empty where the state itself says all.
#[must_use]
pub fn reason(words: &Words, state: &ConnectionState) -> Text {
    match state {
        ConnectionState::Disconnected
        | ConnectionState::Connecting
        | ConnectionState::AwaitingDecision
        | ConnectionState::Connected => Text::default(),
        ConnectionState::Refused { reason } => refusal(words, *reason),
        ConnectionState::BackingOff { reason } => back_off(words, reason),
    }
}

/// Why a server is not connected to, and what to do.
fn refusal(words: &Words, reason: RefusalReason) -> Text {
    match reason {
        RefusalReason::DeniedByPerson => words.refused_denied_by_person(),
        RefusalReason::NobodyToAsk => words.refused_nobody_to_ask(),
        RefusalReason::DeniedByProfile => words.refused_denied_by_profile(),
        RefusalReason::PossessionNotProved => words.refused_possession_not_proved(),
        RefusalReason::Revoked => words.refused_revoked(),
        RefusalReason::NoCertificate => words.refused_no_certificate(),
    }
}

/// Why the next attempt comes later.
fn back_off(words: &Words, reason: &BackOffReason) -> Text {
    match reason {
        BackOffReason::Unreachable { detail } => words.back_off_unreachable(detail),
        BackOffReason::TimedOut => words.back_off_timed_out(),
        BackOffReason::ProxyUnreachable { proxy, detail } => {
            words.back_off_proxy_unreachable(&proxy.to_string(), detail)
        }
        BackOffReason::ProxyRefused { proxy, detail } => {
            words.back_off_proxy_refused(&proxy.to_string(), detail)
        }
        BackOffReason::ProxyAuthentication { proxy, problem } => proxy_login(words, proxy, problem),
        BackOffReason::ProxyUnusable { proxy, detail } => {
            words.back_off_proxy_unusable(proxy, &Text::of_peer(detail))
        }
        BackOffReason::NotTlsBehindProxy { proxy } => words.back_off_not_tls_behind_proxy(&proxy.to_string()),
        BackOffReason::OldTls => words.back_off_old_tls(),
        BackOffReason::NotTls => words.back_off_not_tls(),
        BackOffReason::HandshakeFailed { detail } => words.back_off_handshake_failed(detail),
        BackOffReason::NotAccepted { detail } => words.back_off_not_accepted(detail),
        BackOffReason::NotIdentified => words.back_off_not_identified(),
        BackOffReason::OtherIdentity => words.back_off_other_identity(),
        BackOffReason::ProtocolError { detail } => words.back_off_protocol_error(detail),
        BackOffReason::ConnectionLost => words.back_off_connection_lost(),
        BackOffReason::ServerBusy => words.back_off_server_busy(),
        BackOffReason::ServerRestarting => words.back_off_server_restarting(),
    }
}

/// How the certificate of the server is trusted.
#[must_use]
pub fn certificate_trust(words: &Words, status: &Status) -> Text {
    let Some(assessment) = &status.assessment else { return words.trust_no_certificate() };
    if assessment.is_valid() {
        return words.trust_valid();
    }
    match (&status.state, status.trust) {
        (ConnectionState::Connected, Some(SessionTrust::Remembered)) => permission(words, status),
        (ConnectionState::Connected, Some(SessionTrust::Identified)) => words.trust_identified(),
        (ConnectionState::Connected, Some(SessionTrust::Unverified | SessionTrust::Valid) | None) => {
            words.trust_unverified()
        }
        (
            ConnectionState::AwaitingDecision
            | ConnectionState::Refused { .. }
            | ConnectionState::Disconnected
            | ConnectionState::Connecting
            | ConnectionState::BackingOff { .. },
            _,
        ) => words.trust_invalid(),
    }
}

/// Who allowed the certificate on which the session rests.
fn permission(words: &Words, status: &Status) -> Text {
    let (origin, until) = status.remembered.map(|remembered| (remembered.origin, remembered.until)).unzip();
    match origin.unwrap_or_default() {
        PermissionOrigin::Person => words.trust_remembered(),
        PermissionOrigin::RecoveryFile => {
            let until = until.flatten().map(|until| local(words, until));
            words.trust_recovered(&until.unwrap_or_else(|| words.remembered_until_changed()))
        }
        PermissionOrigin::Announcement | PermissionOrigin::Profile => words.trust_announced(),
    }
}

/// Why a proxy that asks for a login does not let this computer through.
fn proxy_login(words: &Words, proxy: &ProxyAddress, problem: &ProxyAuthenticationProblem) -> Text {
    let proxy = proxy.to_string();
    match problem {
        ProxyAuthenticationProblem::NoLogin => words.back_off_proxy_no_login(&proxy),
        ProxyAuthenticationProblem::NotAccepted => words.back_off_proxy_login_not_accepted(&proxy),
        ProxyAuthenticationProblem::MethodNotSupported { offered } => {
            words.back_off_proxy_login_not_supported(&proxy, offered)
        }
        ProxyAuthenticationProblem::KeychainFailed { detail } => {
            words.back_off_proxy_login_not_readable(&proxy, detail)
        }
    }
}
