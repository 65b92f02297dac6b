//! Lists of endpoints: searched, filtered, sorted and cut into pages by the database.

use std::collections::{BTreeMap, HashMap};

use sea_orm::sea_query::{Expr, ExprTrait as _, LikeExpr, Order, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, FromQueryResult, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::absence::AwaySince;
use super::agent_kinds::AgentFilter;
use super::entity::endpoint::{Column, Entity, Model};
use super::entity::endpoint_group_member;
use super::page::{BEYOND_ALL, Page, known_total};
use super::standing::Standing;
use super::{Store, StoreError};

/// The most rows of a page.
pub(crate) const MAXIMUM_PAGE: u64 = 500;

/// Which endpoints, in which order, and which page of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointQuery {
    /// A part of the host name, or the beginning of the identifier; empty for all.
    pub(crate) search: String,
    pub(crate) filter: EndpointFilter,
    pub(crate) order: EndpointOrder,
    /// The first page is 1.
    pub(crate) page: u64,
    /// Rows of a page, at most [`MAXIMUM_PAGE`].
    pub(crate) size: u64,
}

impl Default for EndpointQuery {
    fn default() -> Self {
        Self {
            search: String::new(),
            filter: EndpointFilter::default(),
            order: EndpointOrder::default(),
            page: 1,
            size: 50,
        }
    }
}

/// Which endpoints. What is not said does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndpointFilter {
    pub(crate) online: Option<bool>,
    pub(crate) standing: Option<Standing>,
    pub(crate) profile: Option<Uuid>,
    /// Those that belong to this endpoint group.
    pub(crate) group: Option<Uuid>,
    /// `pending`, `applied` or `failed`.
    pub(crate) profile_status: Option<String>,
    /// Those with such agents.
    pub(crate) agent: Option<AgentFilter>,
    /// Those that are not connected since then.
    pub(crate) away_since: Option<AwaySince>,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndpointOrder {
    /// By host name.
    #[default]
    HostName,
    /// The one that was heard of last first.
    LastSeen,
    /// By version of the agent, the lowest first, as text.
    AgentVersion,
    /// By how they trust this server.
    Standing,
}

/// How many endpoints there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndpointCounts {
    pub(crate) online: u64,
    pub(crate) offline: u64,
    /// Of those that are connected, and for those that refuse or ask, of those that are not.
    pub(crate) by_standing: BTreeMap<Standing, u64>,
    /// With a profile that they could not apply.
    pub(crate) profile_failed: u64,
}

#[derive(Debug, FromQueryResult)]
struct Count {
    standing: String,
    online: bool,
    number: i64,
}

impl Store {
    /// A page of the endpoints that a query finds.
    pub(crate) async fn find_endpoints(&self, query: &EndpointQuery) -> Result<Page<Model>, StoreError> {
        let size = query.size.clamp(1, MAXIMUM_PAGE);
        let mut number = query.page.clamp(1, BEYOND_ALL);
        let agents = match query.filter.agent {
            Some(filter) => self.condition_of_agents(filter).await?,
            None => Condition::all(),
        };
        let mut found = self.find_identifiers(query, &agents, number, size).await?;
        let total = if let Some(total) = known_total(number, size, found.len() as u64) {
            total
        } else {
            let wanted = condition(&query.search, &query.filter).add(agents.clone());
            Entity::find().filter(wanted).count(&self.database).await?
        };
        let pages = Page::<Model>::count_of(total, size);
        if number > pages {
            number = pages;
            found = self.find_identifiers(query, &agents, number, size).await?;
        }
        let mut rows = Entity::find().filter(Column::Id.is_in(&found)).all(&self.database).await?;
        let places: HashMap<&str, usize> =
            found.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
        rows.sort_by_key(|row| places.get(row.id.as_str()).copied());
        Ok(Page { rows, total, number, size })
    }

    /// The endpoints with this host name, whatever the case of its letters.
    pub(crate) async fn endpoints_named(&self, host_name: &str) -> Result<Vec<Model>, StoreError> {
        let name = Expr::expr(sea_orm::sea_query::Func::lower(Expr::col(Column::HostName)));
        // PostgreSQL takes no NUL, and no host name has one.
        let wanted = host_name.replace('\0', "").to_lowercase();
        let found = Entity::find().filter(name.eq(wanted)).limit(MAXIMUM_PAGE);
        Ok(found.all(&self.database).await?)
    }

    /// Which endpoints are on a page, in their order.
    async fn find_identifiers(
        &self,
        query: &EndpointQuery,
        agents: &Condition,
        number: u64,
        size: u64,
    ) -> Result<Vec<String>, StoreError> {
        Ok(identifiers(query, number, size)
            .filter(agents.clone())
            .into_tuple::<String>()
            .all(&self.database)
            .await?)
    }

    /// How many endpoints there are of each kind. Deregistered ones do not count.
    pub(crate) async fn count_endpoints(&self) -> Result<EndpointCounts, StoreError> {
        // Without values of its own: PostgreSQL would take it for another expression in each place.
        let online: SimpleExpr = Expr::col(Column::Session).is_not_null();
        let rows = Entity::find()
            .select_only()
            .column(Column::Standing)
            .column_as(online.clone(), "online")
            .column_as(Column::Id.count(), "number")
            .filter(Column::Deregistered.eq(false))
            .group_by(Column::Standing)
            .group_by(online)
            .into_model::<Count>()
            .all(&self.database)
            .await?;
        let mut counts = EndpointCounts::default();
        for row in rows {
            let number = u64::try_from(row.number).unwrap_or_default();
            let standing = Standing::of_code(&row.standing);
            let absent = matches!(standing, Standing::Asked | Standing::Refused | Standing::TooOld);
            if row.online {
                counts.online += number;
            } else {
                counts.offline += number;
            }
            if row.online != absent {
                *counts.by_standing.entry(standing).or_default() += number;
            }
        }
        counts.profile_failed = Entity::find()
            .filter(Column::Deregistered.eq(false))
            .filter(Column::ProfileStatus.eq("failed"))
            .count(&self.database)
            .await?;
        Ok(counts)
    }
}

/// The identifiers of a page. All of this is in the index of the order; the rows are not read, which are long.
pub(super) fn identifiers(query: &EndpointQuery, number: u64, size: u64) -> Select<Entity> {
    let found =
        Entity::find().select_only().column(Column::Id).filter(condition(&query.search, &query.filter));
    let ordered = match query.order {
        EndpointOrder::HostName => found.order_by_asc(Column::HostName),
        EndpointOrder::LastSeen => {
            let connected_first = Expr::col(Column::Session).is_null();
            found.order_by(connected_first, Order::Asc).order_by_desc(Column::LastSeen)
        }
        EndpointOrder::AgentVersion => found.order_by_asc(Column::AgentVersion),
        EndpointOrder::Standing => found.order_by_asc(Column::Standing),
    };
    ordered.order_by_asc(Column::Id).offset((number - 1) * size).limit(size)
}

fn condition(search: &str, filter: &EndpointFilter) -> Condition {
    let mut condition = Condition::all();
    // No text in PostgreSQL holds this character, and no name of a computer does.
    let search = search.replace('\0', "");
    let search = search.trim();
    if !search.is_empty() {
        let search = search.to_lowercase();
        let pattern = escaped(&search);
        let host_name = Expr::expr(sea_orm::sea_query::Func::lower(Expr::col(Column::HostName)));
        let mut either = Condition::any();
        either = either.add(host_name.like(LikeExpr::new(format!("%{pattern}%")).escape('!')));
        // Nothing else begins an identifier.
        if search.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()) {
            either = either.add(Expr::col(Column::Id).like(LikeExpr::new(format!("{pattern}%")).escape('!')));
        }
        condition = condition.add(either);
    }
    if let Some(online) = filter.online {
        condition =
            condition.add(if online { Column::Session.is_not_null() } else { Column::Session.is_null() });
    }
    if let Some(standing) = filter.standing {
        condition = condition.add(scanned(Column::Standing).eq(standing.code()));
    }
    if let Some(profile) = filter.profile {
        condition = condition.add(scanned(Column::ProfileId).eq(profile.to_string()));
    }
    if let Some(group) = filter.group {
        let members = Query::select()
            .column(endpoint_group_member::Column::EndpointId)
            .from(endpoint_group_member::Entity)
            .and_where(endpoint_group_member::Column::GroupId.eq(group.to_string()))
            .to_owned();
        condition = condition.add(Column::Id.in_subquery(members));
    }
    if let Some(status) = &filter.profile_status {
        condition = condition.add(Column::ProfileStatus.eq(status.replace('\0', "")));
    }
    if let Some(away_since) = filter.away_since {
        condition = condition.add(away_since.condition());
    }
    condition
}

/// A column of text as something that SQLite looks for in no index of it: there it would find the rows, and have to read and sort
/// all of them, where the index of the order has what is needed.
fn scanned(column: Column) -> SimpleExpr {
    Expr::col(column).cast_as("TEXT")
}

/// A text that stands for itself in a pattern whose escape character is `!`.
fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
