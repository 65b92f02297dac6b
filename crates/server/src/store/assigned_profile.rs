//! Which endpoint profile an endpoint has.

use countersign_protocol::InstanceUid;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, FromQueryResult, IntoActiveModel as _,
    JoinType, QueryFilter as _, QuerySelect as _, QueryTrait as _, Set,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::assignment_tags::check_assignment;
use super::audit::{Change, record};
use super::commands::open;
use super::endpoint_reports::PENDING;
use super::entity::endpoint_profile::{Column, Entity, Model};
use super::entity::{command, endpoint};
use super::profiles::{Profile, find};
use super::tightenings::{RingTrial, tightening_of_endpoint};
use super::{Notice, ProfileReason, Store, StoreError};

/// The profile that an endpoint has.
#[derive(Clone, Debug)]
pub(crate) struct Assigned {
    pub(crate) profile: Profile,
    /// The session of the endpoint, wherever that is.
    pub(crate) session: Option<String>,
    /// No answer to the profile has come.
    pub(crate) pending: bool,
    /// How many commands the endpoint has still to carry out.
    pub(crate) open_commands: i64,
    /// The trial of the tightening in whose rings the endpoint is.
    pub(crate) trial: Option<RingTrial>,
}

/// As it is read.
#[derive(Debug, FromQueryResult)]
struct AssignedRow {
    #[sea_orm(nested)]
    profile: Model,
    endpoint_session: Option<String>,
    endpoint_status: String,
    open_commands: i64,
    tightening: Option<String>,
}

impl Store {
    /// The profile of an endpoint, and what else a session has to know of it; nothing when there is no such endpoint.
    pub(crate) async fn assigned_profile(
        &self,
        endpoint: InstanceUid,
        now: OffsetDateTime,
    ) -> Result<Option<Assigned>, StoreError> {
        let of_endpoints =
            Entity::belongs_to(endpoint::Entity).from(Column::Id).to(endpoint::Column::ProfileId);
        let open_commands =
            command::Entity::find().select_only().column_as(command::Column::Id.count(), "number");
        let open_commands = open_commands.filter(open(endpoint, now)).into_query();
        let found = Entity::find()
            .join(JoinType::InnerJoin, of_endpoints.into())
            .column_as(endpoint::Column::Session, "endpoint_session")
            .column_as(endpoint::Column::ProfileStatus, "endpoint_status")
            .expr_as(Expr::SubQuery(None, Box::new(open_commands.into())), "open_commands")
            .expr_as(Expr::cust(tightening_of_endpoint()), "tightening")
            .filter(endpoint::Column::Id.eq(endpoint.to_string()))
            .into_model::<AssignedRow>()
            .one(&self.database)
            .await?;
        let Some(row) = found else { return Ok(None) };
        let mut profile = Profile::try_from(row.profile)?;
        let trial = match row.tightening {
            Some(id) => self.try_in_ring(&mut profile, &id).await?,
            None => None,
        };
        Ok(Some(Assigned {
            profile,
            trial,
            session: row.endpoint_session,
            pending: row.endpoint_status == PENDING,
            open_commands: row.open_commands,
        }))
    }

    /// Gives an endpoint a profile by hand, whatever its groups say.
    pub(crate) async fn assign_profile(
        &self,
        endpoint: InstanceUid,
        profile: Uuid,
        expected: Option<&str>,
        change: Change,
    ) -> Result<endpoint::Model, StoreError> {
        let transaction = self.begin().await?;
        find(&transaction, profile).await?;
        let row = endpoint::Entity::find_by_id(endpoint.to_string())
            .one(&transaction)
            .await?
            .ok_or_else(|| StoreError::NotFound(format!("endpoint {endpoint}")))?;
        check_assignment(&row, expected)?;
        let mut row = row.into_active_model();
        row.profile_id = Set(profile.to_string());
        row.profile_reason = Set(ProfileReason::ByHand.code().to_owned());
        row.profile_group_id = Set(None);
        row.profile_status = Set(PENDING.to_owned());
        row.profile_error = Set(None);
        let row = row.update(&transaction).await?;
        self.announce(&transaction, Notice::Assigned(endpoint), change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(row)
    }
}
