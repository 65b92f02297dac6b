//! What happened to an endpoint.

use countersign_protocol::{Decision, InstanceUid};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Administration;
use super::audit::ChangeView;
use super::commands::{self, CommandView};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{AgentFacts, EndpointEvent, Happened, HistoryRow, Judgement, Page};

/// Something that happened to an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryView {
    /// Told from all else that happened to the endpoint.
    pub(crate) id: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: OffsetDateTime,
    /// `kind` says what it was: `enrolled`, `connected`, `disconnected` (with `reason`), `certificate_judged` (with `trust`, `action`,
    /// `problems` and `fingerprint`), `profile_applied`, `profile_failed` (with `error`), both with `profile`, `agent_changed` (with
    /// `before` and `after`), `decided` (with `decision`), `command_given` (to a group), `command_finished` and `command_expired`
    /// (with `command`), `changed` (with `change`, as in the audit).
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(crate) happening: Happening,
}

/// What it was.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Happening {
    Enrolled,
    Connected,
    Disconnected { reason: String },
    CertificateJudged(Judgement),
    ProfileApplied { profile: Option<ProfileThen> },
    ProfileFailed { profile: Option<ProfileThen>, error: String },
    AgentChanged { before: AgentFacts, after: AgentFacts },
    Decided { decision: Decision },
    CommandGiven { command: CommandView },
    CommandFinished { command: CommandView },
    CommandExpired { command: CommandView },
    Changed { change: ChangeView },
}

/// The profile that an endpoint had then.
#[derive(Debug, Serialize)]
pub(crate) struct ProfileThen {
    pub(crate) id: String,
    pub(crate) revision: u64,
}

impl Administration {
    /// A page of what happened to an endpoint, the newest first.
    pub(crate) async fn history(
        &self,
        caller: &Caller,
        id: InstanceUid,
        page: u64,
        size: u64,
    ) -> Result<Page<HistoryView>, Problem> {
        caller.needs_within(Scope::EndpointsRead, Permission::View)?;
        let name = Some(self.find(id).await?.host_name).filter(|name| !name.is_empty());
        let now = self.now();
        let found = self.telemetry.store.history(id, page, size, now).await?;
        found.try_map(|HistoryRow { id, at, happened }| {
            Ok(HistoryView { id, at, happening: happening(happened, name.as_deref(), now)? })
        })
    }
}

fn happening(happened: Happened, name: Option<&str>, now: OffsetDateTime) -> Result<Happening, Problem> {
    Ok(match happened {
        Happened::Enrolled => Happening::Enrolled,
        Happened::Connected => Happening::Connected,
        Happened::Event { event, profile } => of_event(event, profile),
        Happened::Changed(row) => {
            Happening::Changed { change: ChangeView::new(row, name.map(str::to_owned)) }
        }
        Happened::Decided(decision) => Happening::Decided { decision },
        Happened::CommandGiven(row) => Happening::CommandGiven { command: commands::view(row, now)? },
        Happened::CommandFinished(row) => Happening::CommandFinished { command: commands::view(row, now)? },
        Happened::CommandExpired(row) => Happening::CommandExpired { command: commands::view(row, now)? },
    })
}

fn of_event(event: EndpointEvent, profile: Option<(String, u64)>) -> Happening {
    let profile = profile.map(|(id, revision)| ProfileThen { id, revision });
    match event {
        EndpointEvent::Disconnected { reason } => Happening::Disconnected { reason },
        EndpointEvent::CertificateJudged(judgement) => Happening::CertificateJudged(judgement),
        EndpointEvent::ProfileApplied => Happening::ProfileApplied { profile },
        EndpointEvent::ProfileFailed { error } => Happening::ProfileFailed { profile, error },
        EndpointEvent::AgentChanged { before, after } => Happening::AgentChanged { before, after },
    }
}
