//! Endpoints by what is known of their agents: how many there are of each kind, and which are of one.

use countersign_protocol::{attributes, custom};
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, FromQueryResult, QueryFilter as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entity::endpoint::{Column, Entity};
use super::{Store, StoreError};
use crate::endpoint_control::validates;

/// More versions of agents than this there are not.
const MOST_VERSIONS: u64 = 10_000;

/// Which agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AgentFilter {
    /// Those of Countersign that validate certificates.
    Validating,
    /// Those of Countersign that are not known to: they are too old.
    NotValidating,
    /// Other programs.
    Foreign,
}

impl AgentFilter {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Validating, Self::NotValidating, Self::Foreign];

    /// The word that stands for it in addresses.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Validating => "validating",
            Self::NotValidating => "not_validating",
            Self::Foreign => "foreign",
        }
    }

    /// What a word stands for.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.code() == code)
    }

    /// What an agent is that has introduced itself like this.
    fn of(service_name: &str, agent_version: &str, custom_capabilities: &str) -> Self {
        match validates(service_name, agent_version, custom_capabilities) {
            Ok(()) => Self::Validating,
            Err(_) if service_name == attributes::AGENT_SERVICE_NAME => Self::NotValidating,
            Err(_) => Self::Foreign,
        }
    }
}

/// How many endpoints have which agents, deregistered ones left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AgentCounts {
    /// Agents of Countersign that are not known to validate certificates.
    pub(crate) not_validating: u64,
    /// Other programs.
    pub(crate) foreign: u64,
    /// Of those that validate certificates and are connected: have not said yet what became of their profile.
    pub(crate) applying: u64,
    /// Of the same: could not apply it.
    pub(crate) failed: u64,
}

#[derive(Debug, FromQueryResult)]
struct KindCount {
    service_name: String,
    agent_version: String,
    custom_capabilities: String,
    profile_status: String,
    online: bool,
    number: i64,
}

impl Store {
    /// How many endpoints have which agents. There are few kinds of them.
    pub(crate) async fn count_agents(&self) -> Result<AgentCounts, StoreError> {
        // Without values of its own: PostgreSQL would take it for another expression in each place.
        let online: SimpleExpr = Expr::col(Column::Session).is_not_null();
        let kind =
            [Column::ServiceName, Column::AgentVersion, Column::CustomCapabilities, Column::ProfileStatus];
        let mut select = Entity::find()
            .select_only()
            .columns(kind)
            .column_as(online.clone(), "online")
            .column_as(Column::Id.count(), "number")
            .filter(Column::Deregistered.eq(false))
            .group_by(online);
        for column in kind {
            select = select.group_by(column);
        }
        let mut counts = AgentCounts::default();
        for row in select.into_model::<KindCount>().all(&self.database).await? {
            let number = u64::try_from(row.number).unwrap_or_default();
            let kind = AgentFilter::of(&row.service_name, &row.agent_version, &row.custom_capabilities);
            match (kind, row.profile_status.as_str()) {
                (AgentFilter::NotValidating, _) => counts.not_validating += number,
                (AgentFilter::Foreign, _) => counts.foreign += number,
                (AgentFilter::Validating, "applied") => {}
                (AgentFilter::Validating, _) if !row.online => {}
                (AgentFilter::Validating, "failed") => counts.failed += number,
                (AgentFilter::Validating, _) => counts.applying += number,
            }
        }
        Ok(counts)
    }

    /// The condition for endpoints with such agents. Versions are no texts that a database could compare; those that there are, are.
    pub(super) async fn condition_of_agents(&self, filter: AgentFilter) -> Result<Condition, StoreError> {
        let ours = Column::ServiceName.eq(attributes::AGENT_SERVICE_NAME);
        if filter == AgentFilter::Foreign {
            return Ok(Condition::all().add(ours).not());
        }
        let versions = Entity::find()
            .select_only()
            .column(Column::AgentVersion)
            .distinct()
            .filter(ours.clone())
            .limit(MOST_VERSIONS)
            .into_tuple::<String>()
            .all(&self.database)
            .await?;
        let too_old: Vec<String> = versions
            .into_iter()
            .filter(|version| {
                validates(attributes::AGENT_SERVICE_NAME, version, custom::CERTIFICATE).is_err()
            })
            .collect();
        // A word of ours, which holds nothing that patterns give a meaning to.
        let knows = format!("' ' || custom_capabilities || ' ' LIKE '% {} %'", custom::CERTIFICATE);
        let validates = Condition::all().add(Expr::cust(knows)).add(Column::AgentVersion.is_not_in(too_old));
        let wanted = if filter == AgentFilter::Validating { validates } else { validates.not() };
        Ok(Condition::all().add(ours).add(wanted))
    }
}
