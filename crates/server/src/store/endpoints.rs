//! Endpoints.

use std::collections::BTreeSet;

use countersign_protocol::inventory_changes::NeedsWhole;
use countersign_protocol::{CertificateReport, InstanceUid, Inventory, InventoryChanges, SessionTrust};
use countersign_trust::{InvalidCertificateAction, ProblemKind};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue, ColumnTrait as _, Condition, ConnectionTrait as _,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _, Set,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::audit::{Change, record};
use super::endpoint_reports::{PENDING, Reports};
use super::entity::endpoint::{ActiveModel, Column, Entity, Model};
use super::events::{self, EndpointEvent};
use super::notices::{Notice, left};
use super::placement::{Placed, ProfileReason, facts, place};
use super::standing::Standing;
use super::{Store, StoreError, microseconds, read_json, write_json};
use crate::endpoint_rule::EndpointFacts;
use crate::forecast::Reported;

/// More network addresses than this no computer has, and each is held against the rules of the endpoint groups.
pub(crate) const MAXIMUM_ADDRESSES: usize = 256;

/// How an agent introduces itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Introduction {
    pub(crate) service_name: String,
    pub(crate) host_name: String,
    pub(crate) agent_version: String,
    pub(crate) os: String,
    /// `linux`, `windows`, `darwin`.
    pub(crate) os_type: String,
    /// From which it connects.
    pub(crate) address: String,
    pub(crate) capabilities: u64,
    /// The custom messages that it understands, with spaces between; none when that was said before.
    pub(crate) custom_capabilities: Option<String>,
}

impl Introduction {
    /// Whether everything by which endpoints are put into groups is kept like this.
    fn is_as_kept(&self) -> Condition {
        Condition::all()
            .add(Column::HostName.eq(self.host_name.as_str()))
            .add(Column::AgentVersion.eq(self.agent_version.as_str()))
            .add(Column::Os.eq(self.os.as_str()))
            .add(Column::OsType.eq(self.os_type.as_str()))
            .add(Column::Address.eq(self.address.as_str()))
    }

    fn values(&self, row: ActiveModel, now: OffsetDateTime) -> ActiveModel {
        ActiveModel {
            service_name: Set(self.service_name.clone()),
            host_name: Set(self.host_name.clone()),
            agent_version: Set(self.agent_version.clone()),
            os: Set(self.os.clone()),
            os_type: Set(self.os_type.clone()),
            address: Set(self.address.clone()),
            capabilities: Set(i64::from_ne_bytes(self.capabilities.to_ne_bytes())),
            custom_capabilities: self.custom_capabilities.clone().map_or(ActiveValue::NotSet, Set),
            last_seen: Set(microseconds(now)),
            ..row
        }
    }
}

/// Why an agent that found the certificate not valid has gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    /// Its profile denies that.
    Refused(BTreeSet<ProblemKind>),
    /// Its profile lets the person decide, who has not allowed it.
    Asked(BTreeSet<ProblemKind>),
}

impl Store {
    /// One endpoint.
    pub(crate) async fn endpoint(&self, id: InstanceUid) -> Result<Option<Model>, StoreError> {
        Ok(Entity::find_by_id(id.to_string()).one(&self.database).await?)
    }

    /// Keeps how an agent introduced itself at the beginning of a session, which is the one of the endpoint from now on; an
    /// endpoint that is not known yet is added with the given profile. What the agent reports at that moment is kept with it.
    /// What groups it belongs to, and with them its profile, follows.
    pub(crate) async fn introduce(
        &self,
        id: InstanceUid,
        session: Uuid,
        introduction: &Introduction,
        reports: &Reports,
        first_profile: Uuid,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        match self.try_introduce(id, session, introduction, reports, first_profile, now).await {
            // It was added a moment ago, by another server.
            Err(StoreError::Conflict(_)) => {
                self.try_introduce(id, session, introduction, reports, first_profile, now).await
            }
            introduced => introduced,
        }
    }

    async fn try_introduce(
        &self,
        id: InstanceUid,
        session: Uuid,
        introduction: &Introduction,
        reports: &Reports,
        first_profile: Uuid,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let node = Some(self.node.to_string());
        let known = |row| {
            let mut row = reports.values(introduction.values(row, now));
            row.session = Set(Some(session.to_string()));
            row.node = Set(node.clone());
            row.connected_at = Set(Some(microseconds(now)));
            row.certificate_changed_at = Set(None);
            row
        };
        // Without other servers it does not matter where it was before, and most agents come back as they were, so that they
        // belong where they did: one statement is enough.
        if !self.is_shared() {
            let same = Entity::update_many()
                .set(known(<ActiveModel as Default>::default()))
                .filter(Column::Id.eq(id.to_string()))
                .filter(introduction.is_as_kept());
            if same.exec(&self.database).await?.rows_affected > 0 {
                return Ok(());
            }
        }
        let transaction = self.begin_placing_one().await?;
        let found = Entity::find_by_id(id.to_string()).lock_exclusive().one(&transaction).await?;
        let known_as = found.as_ref().map(facts);
        if let Some(row) = &found {
            events::agent_changed(&transaction, id, row, introduction, now).await?;
        }
        let row = if let Some(row) = found {
            let elsewhere = row.node.is_some() && row.node != node;
            let row = known(row.into_active_model()).update(&transaction).await?;
            if elsewhere {
                transaction.execute_raw(left(id)).await?;
            }
            row
        } else {
            let row = ActiveModel {
                id: Set(id.to_string()),
                profile_id: Set(first_profile.to_string()),
                inventory: Set(None),
                certificate_report: Set(None),
                certificate_reported_at: Set(None),
                profile_status: Set(PENDING.to_owned()),
                profile_error: Set(None),
                health: Set(None),
                settings_error: Set(None),
                enrolled_at: Set(microseconds(now)),
                offline_reason: Set(None),
                deregistered: Set(false),
                certificate_key: Set(None),
                previous_certificate_key: Set(None),
                standing: Set(Standing::Unknown.code().to_owned()),
                profile_reason: Set(ProfileReason::Default.code().to_owned()),
                profile_group_id: Set(None),
                ..<ActiveModel as Default>::default()
            };
            known(row).insert(&transaction).await?
        };
        place_if_changed(&transaction, row, known_as.as_ref()).await?;
        Ok(transaction.commit().await?)
    }

    /// Keeps how an agent describes itself later in its session. A session that is no longer the one of the endpoint changes
    /// nothing.
    pub(crate) async fn describe(
        &self,
        id: InstanceUid,
        session: Uuid,
        introduction: &Introduction,
        now: OffsetDateTime,
    ) -> Result<Placed, StoreError> {
        let transaction = self.begin_placing_one().await?;
        let found = Entity::find_by_id(id.to_string())
            .filter(Column::Session.eq(session.to_string()))
            .lock_exclusive()
            .one(&transaction)
            .await?;
        let Some(row) = found else { return Ok(Placed::Same) };
        let known_as = facts(&row);
        events::agent_changed(&transaction, id, &row, introduction, now).await?;
        let row = introduction.values(row.into_active_model(), now).update(&transaction).await?;
        let (_, placed) = place_if_changed(&transaction, row, Some(&known_as)).await?;
        transaction.commit().await?;
        Ok(placed)
    }

    async fn update(
        &self,
        id: InstanceUid,
        values: impl IntoIterator<Item = (Column, SimpleExpr)>,
    ) -> Result<(), StoreError> {
        self.update_if(id, Condition::all(), values).await?;
        Ok(())
    }

    /// Returns how many endpoints were changed: one, or none when the condition does not hold.
    async fn update_if(
        &self,
        id: InstanceUid,
        condition: Condition,
        values: impl IntoIterator<Item = (Column, SimpleExpr)>,
    ) -> Result<u64, StoreError> {
        let mut statement = Entity::update_many().filter(Column::Id.eq(id.to_string())).filter(condition);
        for (column, value) in values {
            statement = statement.col_expr(column, value);
        }
        Ok(statement.exec(&self.database).await?.rows_affected)
    }

    /// Keeps the inventory. What groups the endpoint belongs to, and with them its profile, follows.
    pub(crate) async fn keep_inventory(
        &self,
        id: InstanceUid,
        inventory: Inventory,
    ) -> Result<Placed, StoreError> {
        let kept = self.change_inventory(id, |_| Ok(inventory)).await?;
        Ok(kept.unwrap_or(Placed::Same))
    }

    /// Keeps an inventory of which only the changes came; inside, why they do not fit.
    pub(crate) async fn keep_inventory_changes(
        &self,
        id: InstanceUid,
        changes: &InventoryChanges,
    ) -> Result<Result<Placed, NeedsWhole>, StoreError> {
        let fits = |inventory: Inventory| {
            (inventory.addresses.len() <= MAXIMUM_ADDRESSES).then_some(inventory).ok_or(NeedsWhole::Unfit)
        };
        self.change_inventory(id, |kept| changes.apply(kept.as_ref()).and_then(fits)).await
    }

    async fn change_inventory(
        &self,
        id: InstanceUid,
        make: impl FnOnce(Option<Inventory>) -> Result<Inventory, NeedsWhole> + Send,
    ) -> Result<Result<Placed, NeedsWhole>, StoreError> {
        let transaction = self.begin_placing_one().await?;
        let Some(row) = Entity::find_by_id(id.to_string()).lock_exclusive().one(&transaction).await? else {
            return Ok(Ok(Placed::Same));
        };
        let kept = row.inventory.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let inventory = match make(kept) {
            Ok(inventory) => inventory,
            Err(needs) => return Ok(Err(needs)),
        };
        let known_as = facts(&row);
        let mut row = row.into_active_model();
        row.inventory = Set(Some(write_json("an inventory", &inventory)?));
        let row = row.update(&transaction).await?;
        let (_, placed) = place_if_changed(&transaction, row, Some(&known_as)).await?;
        transaction.commit().await?;
        Ok(Ok(placed))
    }

    /// Keeps what the agent found out about the certificate.
    pub(crate) async fn keep_certificate_report(
        &self,
        id: InstanceUid,
        report: &CertificateReport,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let text = write_json("a certificate report", report)?;
        let found = write_json("what was found", &Reported::of(report))?;
        let event = EndpointEvent::CertificateJudged(report.into());
        let (judgement, standing) = (write_json("a judgement", &event)?, Standing::from(report.trust).code());
        let values = || {
            [
                (Column::CertificateReport, Expr::value(text.as_str())),
                (Column::CertificateFound, Expr::value(found.as_str())),
                (Column::CertificateReportedAt, Expr::value(microseconds(now))),
                (Column::Standing, Expr::value(standing)),
                (Column::Judgement, Expr::value(judgement.as_str())),
                (Column::ActionInForce, Expr::value(report.action.as_str())),
            ]
        };
        // Most agents judge as they did before, and then one statement is enough.
        let as_before =
            Condition::all().add(Column::Judgement.eq(judgement.as_str())).add(Column::Standing.eq(standing));
        if self.update_if(id, as_before, values()).await? == 0 {
            events::add(&self.database, id, &event, now).await?;
            self.update(id, values()).await?;
        }
        Ok(())
    }

    /// Why an agent may have said goodbye: what it found wrong with the certificate, and what the profile that it has in
    /// force says to that. None when nothing is wrong, or the profile allows it.
    pub(crate) async fn departure(&self, id: InstanceUid) -> Result<Option<Departure>, StoreError> {
        let Some(row) = self.endpoint(id).await? else { return Ok(None) };
        let Some(profile) = self.offered_profile(id).await? else { return Ok(None) };
        // An action on trial is in force before it is known how the trial ends.
        let in_force = row.profile_status == "applied"
            || (row.profile_status == PENDING && profile.document.trial.is_some());
        let Some(report) = row.certificate_report.filter(|_| in_force) else { return Ok(None) };
        let report: CertificateReport = read_json("a certificate report", &report)?;
        let problems = report.assessment.kinds();
        if problems.is_empty() {
            return Ok(None);
        }
        Ok(match profile.document.invalid_certificate_action {
            InvalidCertificateAction::Deny => Some(Departure::Refused(problems)),
            InvalidCertificateAction::Warn if report.trust != SessionTrust::Remembered => {
                Some(Departure::Asked(problems))
            }
            InvalidCertificateAction::Warn | InvalidCertificateAction::Allow => None,
        })
    }

    /// The endpoint has carried out *deregister*: its client certificate is no longer accepted.
    pub(crate) async fn deregister(&self, id: InstanceUid) -> Result<(), StoreError> {
        self.update(
            id,
            [
                (Column::Deregistered, Expr::value(true)),
                (Column::Standing, Expr::value(Standing::Unknown.code())),
                (Column::OfflineReason, Expr::value("deregistered by an administrator")),
            ],
        )
        .await?;
        self.make_durable().await
    }

    /// Removes an endpoint and its commands.
    pub(crate) async fn remove_endpoint(&self, id: InstanceUid, change: Change) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let removed = Entity::delete_by_id(id.to_string()).exec(&transaction).await?;
        if removed.rows_affected == 0 {
            return Err(StoreError::NotFound(format!("endpoint {id}")));
        }
        self.announce(&transaction, Notice::Removed(id), change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// Writes a change down that changes no table of its own.
    pub(crate) async fn record_change(&self, change: Change) -> Result<(), StoreError> {
        record(&self.database, change).await?;
        self.make_durable().await
    }
}

/// Most agents come back as they were, and then belong where they did.
async fn place_if_changed(
    transaction: &DatabaseTransaction,
    row: Model,
    known_as: Option<&EndpointFacts>,
) -> Result<(Model, Placed), StoreError> {
    if known_as == Some(&facts(&row)) { Ok((row, Placed::Same)) } else { place(transaction, row).await }
}
