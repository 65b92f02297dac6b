//! The audit: what administrators changed, searched, cut into pages, and written out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::try_unfold;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Administration;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::entity::audit;
use crate::store::{AuditFilter, MAXIMUM_PAGE, Page, moment};

/// Which changes are asked for. What is empty or none does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditQuery {
    /// By whom, exactly as it stands in the audit.
    pub(crate) actor: String,
    /// What was done, by its code.
    pub(crate) action: String,
    /// To what: its identifier, or what an endpoint, a profile, a group or an administrator is called now.
    pub(crate) subject: String,
    /// Not before this moment.
    pub(crate) since: Option<OffsetDateTime>,
    /// Before this moment.
    pub(crate) before: Option<OffsetDateTime>,
}

/// A change by an administrator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeView {
    pub(crate) id: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: OffsetDateTime,
    /// The name of an administrator, `API token “…”`, `administrator token` or `the server`.
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) subject: String,
    /// What is called like that now, if it is an endpoint, a profile, a group or an administrator that is still there.
    pub(crate) subject_name: Option<String>,
    #[schema(value_type = Object)]
    pub(crate) detail: Value,
}

impl ChangeView {
    pub(super) fn new(row: audit::Model, subject_name: Option<String>) -> Self {
        Self {
            id: row.id,
            at: moment(row.at),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            subject_name,
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        }
    }
}

impl Administration {
    /// A page of the changes by administrators that fit, the newest first.
    pub(crate) async fn audit(
        &self,
        caller: &Caller,
        query: &AuditQuery,
        page: u64,
        size: u64,
    ) -> Result<Page<ChangeView>, Problem> {
        caller.needs_within(Scope::AuditRead, Permission::View)?;
        let filter = self.audit_filter(query).await?;
        let Page { rows, total, number, size } =
            self.telemetry.store.find_changes(&filter, page, size).await?;
        Ok(Page { rows: self.change_views(rows).await?, total, number, size })
    }

    /// All changes by administrators that fit, the newest first, some at a time.
    pub(crate) async fn export_audit(
        self: Arc<Self>,
        caller: &Caller,
        query: &AuditQuery,
    ) -> Result<impl Stream<Item = Result<Vec<ChangeView>, Problem>> + Send + use<>, Problem> {
        caller.needs_within(Scope::AuditRead, Permission::View)?;
        let filter = self.audit_filter(query).await?;
        Ok(try_unfold((self, filter, None), |(administration, filter, last)| async move {
            let after = last.as_ref().map(|(at, id): &(i64, String)| (*at, id.as_str()));
            let rows = administration.telemetry.store.changes_after(&filter, after, MAXIMUM_PAGE).await?;
            let Some(row) = rows.last() else { return Ok(None) };
            let last = Some((row.at, row.id.clone()));
            let views = administration.change_views(rows).await?;
            Ok::<_, Problem>(Some((views, (administration, filter, last))))
        }))
    }

    async fn audit_filter(&self, query: &AuditQuery) -> Result<AuditFilter, Problem> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(AuditFilter {
            actor: text(&query.actor),
            action: text(&query.action),
            subjects: match text(&query.subject) {
                Some(subject) => Some(self.called(subject).await?),
                None => None,
            },
            since: query.since,
            before: query.before,
        })
    }

    /// What stands for something in the audit: the text itself, and the identifiers of all that is called like it.
    async fn called(&self, text: String) -> Result<Vec<String>, Problem> {
        let store = &self.telemetry.store;
        let name = text.to_lowercase();
        let mut ids = BTreeSet::new();
        for (id, called) in self.names(std::iter::empty()).await? {
            if called.to_lowercase() == name {
                ids.insert(id);
            }
        }
        ids.extend(store.endpoints_named(&text).await?.into_iter().map(|row| row.id));
        // Identifiers are kept in small letters.
        ids.insert(if Uuid::parse_str(&text).is_ok() { name } else { text });
        Ok(ids.into_iter().collect())
    }

    /// What stands in the audit, with what its subjects are called now.
    async fn change_views(&self, rows: Vec<audit::Model>) -> Result<Vec<ChangeView>, Problem> {
        let names = self.names(rows.iter().map(|row| row.subject.as_str())).await?;
        let views = rows.into_iter().map(|row| {
            let name = names.get(&row.subject).cloned();
            ChangeView::new(row, name)
        });
        Ok(views.collect())
    }

    /// What these are called now, as far as they are still there.
    async fn names(&self, ids: impl Iterator<Item = &str>) -> Result<BTreeMap<String, String>, Problem> {
        let store = &self.telemetry.store;
        let mut names = BTreeMap::new();
        for profile in store.profiles().await? {
            names.insert(profile.document.id.to_string(), profile.document.name);
        }
        for group in store.groups().await? {
            names.insert(group.id.to_string(), group.content.name);
        }
        for administrator in store.administrators().await? {
            names.insert(administrator.id.to_string(), administrator.name.to_string());
        }
        let others: BTreeSet<&str> =
            ids.filter(|id| Uuid::parse_str(id).is_ok() && !names.contains_key(*id)).collect();
        let others: Vec<&str> = others.into_iter().collect();
        let endpoints = store.endpoints_by_ids(&others).await?;
        names.extend(
            endpoints.into_iter().map(|row| (row.id, row.host_name)).filter(|(_, name)| !name.is_empty()),
        );
        Ok(names)
    }
}
