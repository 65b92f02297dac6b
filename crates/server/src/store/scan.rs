//! Goes through endpoints, stretch by stretch, for what is known of how each judges certificates. Most of a fleet says the same, so
//! the database counts those together about which the same is known; no more than a stretch is in memory.

mod conditions;

use std::collections::BTreeSet;
use std::ops::Range;

use countersign_trust::ChainDigest;
use sea_orm::{ConnectionTrait as _, FromQueryResult, Statement};
use time::OffsetDateTime;
use uuid::Uuid;

use self::conditions::Conditions;
use super::{Reassigned, Store, StoreError, microseconds};

/// How many endpoints a stretch has at most. What is known of so many can be put in order without a file.
const AT_ONCE: usize = 1000;
/// Endpoints are looked up by what they have said only where that is one of so many things.
const TOLD_APART: usize = 20;

/// What an agent found out about the certificate that it was shown.
const REPORT: &str = "e.certificate_found";
/// What it answered when it was asked about the certificate.
const ANSWER: &str = "a.document";
/// The tightening that goes on for the profile of the endpoint, of which there is at most one, and its place in that.
const TIGHTENING: &str =
    "LEFT JOIN tightenings t ON t.profile_id = e.profile_id AND t.state IN ('running', 'halted')
             LEFT JOIN tightening_members m ON m.tightening_id = t.id AND m.endpoint_id = e.id";
/// Answer and moment, where no other certificate is compared.
const NO_OTHER: (&str, &str) = ("CAST(NULL AS TEXT)", "CAST(NULL AS BIGINT)");

/// Which endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Concerned {
    All,
    /// Those that have one of these profiles.
    Profiles(Vec<Uuid>),
    /// These, each with the profile that it gets; those that get the same follow each other.
    Endpoints(Vec<Reassigned>),
}

/// What is known of an endpoint, as it is kept; or of several about which the same is known, with the name of one of them, the
/// oldest of their answers, and when the last of them was seen.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Scanned {
    pub(crate) id: String,
    pub(crate) host_name: String,
    pub(crate) service_name: String,
    pub(crate) agent_version: String,
    pub(crate) custom_capabilities: String,
    pub(crate) profile_id: String,
    pub(crate) profile_status: String,
    pub(crate) action_in_force: Option<String>,
    /// See [`Scanned::is_connected`].
    pub(crate) connected: i64,
    pub(crate) report: Option<String>,
    pub(crate) reported_at: Option<i64>,
    /// What its person has allowed; none also where that does not matter.
    pub(crate) permissions: Option<String>,
    pub(crate) permissions_at: Option<i64>,
    /// What it answered when it was asked about the certificate.
    pub(crate) answer: Option<String>,
    pub(crate) answered_at: Option<i64>,
    /// Of the tightening of its profile.
    pub(crate) tightened_from: Option<String>,
    pub(crate) tightened_to: Option<String>,
    /// Whether it is in a ring of that, and how its trial has gone.
    pub(crate) trial_outcome: Option<String>,
    /// What it answered about the other certificate, if one is compared with it.
    pub(crate) other_answer: Option<String>,
    pub(crate) other_answered_at: Option<i64>,
    pub(crate) last_seen: i64,
    /// See [`Scanned::number`].
    pub(crate) endpoints: i64,
}

impl Scanned {
    pub(crate) fn is_connected(&self) -> bool {
        self.connected != 0
    }

    /// How many endpoints these are.
    pub(crate) fn number(&self) -> u64 {
        u64::try_from(self.endpoints).unwrap_or_default()
    }
}

/// The host name and identifier of an endpoint, by which all are in order.
type Place = (String, String);

/// What has to be known of what people have allowed, which is seldom the same twice.
#[derive(Clone, Debug)]
pub(crate) struct AllowedNeeded {
    /// The profiles by which people would be asked about the certificate.
    pub(crate) asking: Vec<String>,
    pub(crate) since: Since,
}

/// Whether it matters when something was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// It may end some time after that.
    Matters,
    /// It holds until the certificate changes.
    DoesNotMatter,
}

/// A walk through endpoints.
#[derive(Debug)]
pub(crate) struct Scan<'c> {
    concerned: &'c Concerned,
    about: AboutCertificate,
    /// What it is compared with.
    other: Option<Other>,
    allowed: AllowedNeeded,
    at_once: usize,
}

/// A chain that agents have said something about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AboutCertificate {
    pub(crate) chain: ChainDigest,
    /// From when on it is valid: a judgement from before that tells nothing of the time after it.
    pub(crate) not_before: Option<OffsetDateTime>,
    /// Until when.
    pub(crate) not_after: Option<OffsetDateTime>,
}

/// What a certificate is compared with.
#[derive(Clone, Copy, Debug)]
struct Other {
    about: AboutCertificate,
    /// Endpoints that were seen since are told from others.
    seen_since: OffsetDateTime,
}

/// A part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// By host name, after one endpoint and up to another one, which is the last of it.
    ByName { after: Option<Place>, last: Option<Place> },
    /// Of the named endpoints these, which all get this profile.
    Named { places: Range<usize>, profile: String },
}

impl Stretch {
    /// The profile that its endpoints get, if they get another one.
    pub(crate) fn profile(&self) -> Option<&str> {
        match self {
            Self::ByName { .. } => None,
            Self::Named { profile, .. } => Some(profile),
        }
    }
}

impl<'c> Scan<'c> {
    /// With what each has said about this certificate.
    pub(crate) fn new(concerned: &'c Concerned, about: AboutCertificate, allowed: AllowedNeeded) -> Self {
        Self { concerned, about, other: None, allowed, at_once: AT_ONCE }
    }

    /// With what each has said about another one, too. Endpoints that were seen since the given moment are told from others.
    pub(crate) fn comparing(self, about: AboutCertificate, seen_since: OffsetDateTime) -> Self {
        Self { other: Some(Other { about, seen_since }), ..self }
    }

    #[cfg(test)]
    pub(super) fn with_stretches_of(self, at_once: usize) -> Self {
        Self { at_once, ..self }
    }

    /// What the person has allowed, where that matters. Who is connected hears of the profile first, and whoever has failed to apply it
    /// goes by the former one.
    fn permissions(&self, stretch: &Stretch) -> String {
        // Identifiers of ours, in a form that holds no quotes.
        let AllowedNeeded { asking: asking_profiles, since } = &self.allowed;
        let asking: Vec<String> = asking_profiles.iter().map(|id| format!("'{id}'")).collect();
        let asks = match stretch.profile() {
            Some(profile) if asking_profiles.iter().any(|asking| asking == profile) => "TRUE".to_owned(),
            None if !asking.is_empty() => format!("e.profile_id IN ({})", asking.join(", ")),
            Some(_) | None => "FALSE".to_owned(),
        };
        let what = match since {
            Since::Matters => "e.remembered",
            Since::DoesNotMatter => "e.certificates_allowed",
        };
        // An action may hold beside the profile: in the rings of a tightening, or by a recovery file.
        format!(
            "CASE WHEN {asks} OR e.session IS NULL OR e.profile_status = 'failed' OR e.action_in_force = 'warn' \
             OR t.to_action = 'warn' THEN {what} END"
        )
    }

    /// What endpoints are counted apart by, but for what they have said: of the moments of their answers, on which side of the validity
    /// they are, and which is the later one.
    fn apart(&self) -> Vec<String> {
        let mut apart = self.about.moments("a");
        apart.push("CASE WHEN e.remembered_at IS NULL THEN 0 ELSE 1 END".to_owned());
        if let Some(Other { about, seen_since }) = &self.other {
            apart.push("o.document".to_owned());
            apart.extend(about.moments("o"));
            apart.push(format!("CASE WHEN e.last_seen >= {} THEN 1 ELSE 0 END", microseconds(*seen_since)));
        }
        apart
    }
}

impl AboutCertificate {
    fn moments(&self, answers: &str) -> Vec<String> {
        let outside = |column: &str| {
            let from = self.not_before.map(|from| format!("{column} < {}", microseconds(from)));
            let until = self.not_after.map(|until| format!("{column} > {}", microseconds(until)));
            let conditions: Vec<String> = from.into_iter().chain(until).collect();
            let outside = if conditions.is_empty() { "FALSE".to_owned() } else { conditions.join(" OR ") };
            format!("CASE WHEN {column} IS NULL THEN 0 WHEN {outside} THEN 1 ELSE 2 END")
        };
        vec![
            outside("e.certificate_reported_at"),
            outside(&format!("{answers}.judged_at")),
            format!("CASE WHEN e.certificate_reported_at > {answers}.judged_at THEN 1 ELSE 0 END"),
        ]
    }

    /// With what each endpoint has answered about it.
    fn join(&self, answers: &str) -> String {
        // The digest is hexadecimal.
        format!(
            "LEFT JOIN rehearsal_answers {answers} ON {answers}.endpoint_id = e.id AND {answers}.chain_digest = '{}'",
            self.chain
        )
    }
}

impl Store {
    /// The stretch after another one, or the first; none when there are no more endpoints.
    pub(crate) async fn stretch_after(
        &self,
        scan: &Scan<'_>,
        before: Option<&Stretch>,
    ) -> Result<Option<Stretch>, StoreError> {
        match (scan.concerned, before) {
            (Concerned::Profiles(profiles), _) if profiles.is_empty() => Ok(None),
            (Concerned::All | Concerned::Profiles(_), None) => self.by_name_after(scan, None).await,
            (_, Some(Stretch::ByName { last, .. })) => match last {
                Some(last) => self.by_name_after(scan, Some(last.clone())).await,
                None => Ok(None),
            },
            (Concerned::Endpoints(named), before) => {
                let start = match before {
                    Some(Stretch::Named { places, .. }) => places.end,
                    Some(Stretch::ByName { .. }) | None => 0,
                };
                let rest = named.get(start..).unwrap_or_default();
                Ok(rest.first().map(|first| {
                    let same = rest.iter().take(scan.at_once);
                    let number = same.take_while(|named| named.profile == first.profile).count();
                    Stretch::Named { places: start..start + number, profile: first.profile.clone() }
                }))
            }
            (Concerned::All | Concerned::Profiles(_), Some(Stretch::Named { .. })) => Ok(None),
        }
    }

    /// Where it ends is found in an index alone.
    async fn by_name_after(
        &self,
        scan: &Scan<'_>,
        after: Option<Place>,
    ) -> Result<Option<Stretch>, StoreError> {
        let mut conditions = Conditions::default();
        if let Some(after) = &after {
            conditions.after(after);
        }
        let condition = match conditions.texts.first() {
            Some(condition) => format!("WHERE {condition}"),
            None => String::new(),
        };
        let sql = format!(
            "SELECT e.host_name, e.id FROM endpoints e {condition} ORDER BY e.host_name, e.id LIMIT 1 OFFSET {}",
            scan.at_once - 1
        );
        let backend = self.database.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, conditions.values);
        let last = self.database.query_one_raw(statement).await?;
        let last: Option<Place> = last
            .map(|row| Ok::<_, StoreError>((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
            .transpose()?;
        Ok(Some(Stretch::ByName { after, last }))
    }

    /// What is known of the endpoints of a stretch, those together about which the same is known. Deregistered ones are left out.
    pub(crate) async fn alike_in(
        &self,
        scan: &Scan<'_>,
        stretch: &Stretch,
    ) -> Result<Vec<Scanned>, StoreError> {
        let (other_answer, other_answered_at) = match scan.other {
            Some(_) => ("MIN(o.document)", "MIN(o.judged_at)"),
            None => NO_OTHER,
        };
        let columns = format!(
            "MIN(e.id) AS id, MIN(e.host_name) AS host_name, MIN(e.certificate_reported_at) AS reported_at,
             MIN(e.remembered_at) AS permissions_at, MIN(a.judged_at) AS answered_at, {other_answer} AS other_answer,
             {other_answered_at} AS other_answered_at, MAX(e.last_seen) AS last_seen, COUNT(*) AS endpoints"
        );
        let group =
            format!("GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, {}", scan.apart().join(", "));
        self.scanned(scan, stretch, Conditions::of(scan, stretch), &columns, &group).await
    }

    /// The endpoints of a stretch, one by one, among which are all those about which the same is known as about these; others may be
    /// among them.
    pub(crate) async fn endpoints_in(
        &self,
        scan: &Scan<'_>,
        stretch: &Stretch,
        like: &[Scanned],
    ) -> Result<Vec<Scanned>, StoreError> {
        let mut conditions = Conditions::of(scan, stretch);
        let permissions = scan.permissions(stretch);
        let said: [(&str, BTreeSet<Option<&str>>); 3] = [
            (REPORT, like.iter().map(|row| row.report.as_deref()).collect()),
            (&permissions, like.iter().map(|row| row.permissions.as_deref()).collect()),
            (ANSWER, like.iter().map(|row| row.answer.as_deref()).collect()),
        ];
        for (what, wanted) in said {
            if (1..=TOLD_APART).contains(&wanted.len()) {
                conditions.is_one_of(what, wanted);
            }
        }
        let (other_answer, other_answered_at) = match scan.other {
            Some(_) => ("o.document", "o.judged_at"),
            None => NO_OTHER,
        };
        let columns = format!(
            "e.id, e.host_name, e.certificate_reported_at AS reported_at, e.remembered_at AS permissions_at,
             a.judged_at AS answered_at, {other_answer} AS other_answer, {other_answered_at} AS other_answered_at, e.last_seen,
             CAST(1 AS BIGINT) AS endpoints"
        );
        self.scanned(scan, stretch, conditions, &columns, "ORDER BY e.host_name, e.id").await
    }

    async fn scanned(
        &self,
        scan: &Scan<'_>,
        stretch: &Stretch,
        conditions: Conditions,
        columns: &str,
        end: &str,
    ) -> Result<Vec<Scanned>, StoreError> {
        let Conditions { texts, values } = conditions;
        let (permissions, join) = (scan.permissions(stretch), scan.about.join("a"));
        let other_join = scan.other.map(|other| other.about.join("o")).unwrap_or_default();
        let sql = format!(
            "SELECT e.profile_id, e.profile_status, e.action_in_force, e.service_name, e.agent_version, e.custom_capabilities,
                 CAST(CASE WHEN e.session IS NULL THEN 0 ELSE 1 END AS BIGINT) AS connected, {REPORT} AS report,
                 {permissions} AS permissions, {ANSWER} AS answer, t.from_action AS tightened_from, t.to_action AS tightened_to,
                 m.outcome AS trial_outcome, {columns}
             FROM endpoints e {join} {other_join} {TIGHTENING} WHERE {} {end}",
            texts.join(" AND ")
        );
        let statement = Statement::from_sql_and_values(self.database.get_database_backend(), sql, values);
        Ok(Scanned::find_by_statement(statement).all(&self.database).await?)
    }
}
