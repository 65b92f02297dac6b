//! Goes through endpoints, page by page, for what is known of how each judges certificates. No more than a page is in memory.

use countersign_trust::ChainDigest;
use sea_orm::{FromQueryResult, Statement, Value};
use uuid::Uuid;

use super::{Store, StoreError};

/// How many endpoints are read at once.
const AT_ONCE: usize = 500;

/// Which endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    /// Those that have one of these profiles.
    Profiles(Vec<Uuid>),
    /// These.
    Endpoints(Vec<String>),
}

/// What is known of an endpoint, as it is kept.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Scanned {
    pub(crate) id: String,
    pub(crate) host_name: String,
    pub(crate) service_name: String,
    pub(crate) agent_version: String,
    pub(crate) custom_capabilities: String,
    pub(crate) profile_id: String,
    pub(crate) profile_status: String,
    pub(crate) action_in_force: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) last_seen: i64,
    pub(crate) certificate_report: Option<String>,
    pub(crate) certificate_reported_at: Option<i64>,
    pub(crate) remembered: Option<String>,
    pub(crate) remembered_at: Option<i64>,
    /// What it answered when it was asked about the chain.
    pub(crate) answer: Option<String>,
    pub(crate) answered_at: Option<i64>,
    /// What it answered about the other certificate, if one is compared with it.
    pub(crate) other_answer: Option<String>,
    pub(crate) other_answered_at: Option<i64>,
}

/// A walk through endpoints, by host name.
#[derive(Debug)]
pub(crate) struct Scan {
    scope: Scope,
    chain: ChainDigest,
    /// Another chain that is compared with it.
    other: Option<ChainDigest>,
    /// The host name and identifier of the last one that was read.
    after: Option<(String, String)>,
    /// How many of the named endpoints were read.
    read: usize,
}

impl Scan {
    /// With what each has answered about this chain.
    pub(crate) fn new(scope: Scope, chain: ChainDigest) -> Self {
        Self { scope, chain, other: None, after: None, read: 0 }
    }

    /// With what each has answered about either chain.
    pub(crate) fn comparing(scope: Scope, chain: ChainDigest, other: ChainDigest) -> Self {
        Self { other: Some(other), ..Self::new(scope, chain) }
    }
}

impl Store {
    /// The next endpoints; none when the walk is at its end. Deregistered ones are left out.
    pub(crate) async fn next_scanned(&self, scan: &mut Scan) -> Result<Option<Vec<Scanned>>, StoreError> {
        let mut values: Vec<Value> = vec![scan.chain.to_string().into()];
        let mut conditions = vec!["e.deregistered = FALSE".to_owned()];
        match &scan.scope {
            Scope::All => {}
            // Identifiers of ours, in a form that holds no quotes.
            Scope::Profiles(profiles) if profiles.is_empty() => return Ok(None),
            Scope::Profiles(profiles) => {
                let list: Vec<String> = profiles.iter().map(|id| format!("'{id}'")).collect();
                // Cast, so that SQLite follows the index of the order: by the one of the profiles it would sort all for each page.
                conditions.push(format!("CAST(e.profile_id AS TEXT) IN ({})", list.join(", ")));
            }
            Scope::Endpoints(endpoints) => {
                let some: Vec<&String> = endpoints.iter().skip(scan.read).take(AT_ONCE).collect();
                if some.is_empty() {
                    return Ok(None);
                }
                let first = values.len() + 1;
                let places: Vec<String> =
                    (first..first + some.len()).map(|place| format!("${place}")).collect();
                values.extend(some.iter().map(|id| Value::from((*id).clone())));
                conditions.push(format!("e.id IN ({})", places.join(", ")));
                scan.read += some.len();
            }
        }
        if let Some((host_name, id)) =
            scan.after.as_ref().filter(|_| !matches!(scan.scope, Scope::Endpoints(_)))
        {
            let place = values.len() + 1;
            conditions.push(format!(
                "e.host_name >= ${place} AND (e.host_name > ${place} OR e.id > ${})",
                place + 1
            ));
            values.extend([host_name.clone().into(), id.clone().into()]);
        }
        // The digest is hexadecimal.
        let (other_columns, other_join) = match scan.other {
            None => (
                "CAST(NULL AS TEXT) AS other_answer, CAST(NULL AS BIGINT) AS other_answered_at",
                String::new(),
            ),
            Some(other) => (
                "o.document AS other_answer, o.judged_at AS other_answered_at",
                format!(
                    "LEFT JOIN rehearsal_answers o ON o.endpoint_id = e.id AND o.chain_digest = '{other}'"
                ),
            ),
        };
        let sql = format!(
            "SELECT e.id, e.host_name, e.service_name, e.agent_version, e.custom_capabilities, e.profile_id,
                 e.profile_status, e.action_in_force, e.session, e.last_seen, e.certificate_report, e.certificate_reported_at,
                 e.remembered, e.remembered_at, a.document AS answer, a.judged_at AS answered_at, {other_columns}
             FROM endpoints e
             LEFT JOIN rehearsal_answers a ON a.endpoint_id = e.id AND a.chain_digest = $1
             {other_join}
             WHERE {} ORDER BY e.host_name, e.id LIMIT {AT_ONCE}",
            conditions.join(" AND ")
        );
        let statement = Statement::from_sql_and_values(self.database.get_database_backend(), sql, values);
        let rows = Scanned::find_by_statement(statement).all(&self.database).await?;
        match rows.last() {
            Some(last) => scan.after = Some((last.host_name.clone(), last.id.clone())),
            None if matches!(scan.scope, Scope::Endpoints(_)) => {}
            None => return Ok(None),
        }
        Ok(Some(rows))
    }
}
