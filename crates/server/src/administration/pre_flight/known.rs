//! From what is kept of an endpoint to what is known of it.

use std::collections::BTreeMap;

use countersign_protocol::{RememberedReport, attributes, custom};
use countersign_trust::InvalidCertificateAction;

use crate::endpoint_control::validates;
use crate::forecast::{
    AgentKind, Connection, Evidence, Found, Judgement, Permissions, ProfileState, Reported, Rules, Source,
};
use crate::store::{Scanned, moment};

/// What has become of the profile of an endpoint.
pub(super) fn profile_state(row: &Scanned) -> ProfileState {
    match row.profile_status.as_str() {
        "applied" => ProfileState::Applied,
        "failed" => ProfileState::Failed,
        _ => ProfileState::Awaited,
    }
}

/// The action that the agent has in force, as it has said itself: with what is on trial, and with what a recovery file loosens.
pub(super) fn reported_action(row: &Scanned) -> Option<InvalidCertificateAction> {
    row.action_in_force.as_deref().and_then(|action| action.parse().ok())
}

/// What is known of an endpoint, with what each profile says now.
pub(super) fn evidence(row: &Scanned, rules_now: &BTreeMap<String, Rules>) -> Evidence {
    let profile = profile_state(row);
    let now = rules_now.get(&row.profile_id).copied();
    // For how long people may allow is not reported.
    let reported = now.zip(reported_action(row)).map(|(now, action)| Rules { action, ..now });
    let in_force = match profile {
        // Earlier versions report no action.
        ProfileState::Applied => reported.or(now),
        ProfileState::Awaited | ProfileState::Failed => reported,
    };
    let connection = if row.is_connected() { Connection::Connected } else { Connection::Absent };
    Evidence {
        agent: agent_kind(row),
        connection,
        profile,
        in_force,
        judgements: judgements(row),
        permissions: permissions(row),
    }
}

/// As the server decides whom it lets in while the SSL certificate is used for endpoint control. Of endpoints that have not come
/// since custom messages are kept, what they reported tells.
fn agent_kind(row: &Scanned) -> AgentKind {
    let unsaid = row.custom_capabilities.is_empty() && row.report.is_some();
    let capabilities = if unsaid { custom::CERTIFICATE } else { &row.custom_capabilities };
    match validates(&row.service_name, &row.agent_version, capabilities) {
        Ok(()) => AgentKind::Validating,
        Err(_) if row.service_name == attributes::AGENT_SERVICE_NAME => AgentKind::Legacy,
        Err(_) => AgentKind::Foreign,
    }
}

fn judgements(row: &Scanned) -> Vec<Judgement> {
    // What cannot be read was not said.
    let reported = row.report.as_deref().zip(row.reported_at);
    let reported = reported.and_then(|(text, at)| {
        let reported: Reported = serde_json::from_str(text).ok()?;
        Some(Judgement {
            source: Source::Shown(reported.decision),
            assessment: reported.assessment.into(),
            judged_at: moment(at),
        })
    });
    let answers = [(&row.answer, row.answered_at), (&row.other_answer, row.other_answered_at)];
    let answered = answers.into_iter().filter_map(|(text, at)| {
        let found: Found = serde_json::from_str(text.as_deref()?).ok()?;
        Some(Judgement { source: Source::Rehearsed, assessment: found.into(), judged_at: moment(at?) })
    });
    reported.into_iter().chain(answered).collect()
}

fn permissions(row: &Scanned) -> Permissions {
    let reported = row.permissions.as_deref().zip(row.permissions_at).and_then(|(text, at)| {
        let report: RememberedReport = serde_json::from_str(text).ok()?;
        Some(Permissions::Reported { certificates: report.certificates, at: moment(at) })
    });
    reported.unwrap_or(Permissions::NotReported)
}
