//! Rehearsals: agents judge a certificate before they are shown it, or once more. And the announcement of the next certificate, so
//! that those who had to allow the present one are not asked again, unless something more is wrong with the next one.

use countersign_protocol::CertificateChain;
use countersign_trust::{ChainDigest, Fingerprint};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::Administration;
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{CertificateSource, Rehearsal, RehearsalCounts, RehearsedBy, Standing, StoreError};
use crate::upgrade_path::Verdicts;

/// For so long agents that come are asked, too.
const OPEN_FOR: Duration = Duration::days(14);
/// Within so much time an announced certificate has to be shown, unless the administrator says another one.
const ANNOUNCED_FOR: Duration = Duration::days(30);
/// The longest such time that agents accept.
const LONGEST_ANNOUNCEMENT: Duration = countersign_trust::LONGEST_ANNOUNCEMENT;

/// Whether agents are asked again about a certificate that was issued: what some find wrong with it may have been put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Once,
    Again,
}

/// After so long.
const BEFORE_ASKED_AGAIN: Duration = Duration::hours(6);

/// How long agents may take to note which certificate comes next, before a renewed one is shown; and how often it is looked at.
const TO_TAKE_NOTE: std::time::Duration = std::time::Duration::from_mins(1);
const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(500);

/// How far the rehearsal of a certificate has come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RehearsalView {
    /// The certificate.
    #[schema(value_type = String)]
    pub(crate) fingerprint: Fingerprint,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) opened_at: OffsetDateTime,
    /// Until then, agents that come are asked, too. The answers stay.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) closes_at: OffsetDateTime,
    /// Whether agents are still asked.
    pub(crate) open: bool,
    /// Agents that were asked.
    pub(crate) asked: u64,
    /// Of those, have judged the certificate.
    pub(crate) judged: u64,
    /// Of those that have judged it, find it not valid.
    pub(crate) not_valid: u64,
    /// Of those that were asked, do not answer because their session is not trusted.
    pub(crate) not_trusted: u64,
    /// Of those that were asked, could not judge it.
    pub(crate) failed: u64,
    /// Of those that were asked, have not answered yet.
    pub(crate) unanswered: u64,
    /// Are not connected, and are asked when they come.
    pub(crate) absent: u64,
    /// Cannot be asked: their agents are too old, or not of Countersign.
    pub(crate) unable: u64,
    /// Set when the certificate was announced as the next one.
    pub(crate) announcement: Option<AnnouncementView>,
}

/// An announcement, and what agents make of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnouncementView {
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) announced_at: OffsetDateTime,
    /// Until when it may be shown for the first time.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) not_later_than: OffsetDateTime,
    /// Agents that let it follow the one that their people have allowed.
    pub(crate) kept: u64,
    /// Agents that do not, most of them because they find it valid.
    pub(crate) not_kept: u64,
    /// Of those that do not: because it has more wrong with it than the present one is let through with, or nobody can allow it.
    pub(crate) refused: u64,
}

/// An announcement.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AnnouncementInput {
    /// Within how many days the certificate will be shown, 1 to 90; 30 without it.
    pub(crate) days: Option<u16>,
}

impl RehearsalView {
    fn new(rehearsal: &Rehearsal, counts: RehearsalCounts, now: OffsetDateTime) -> Self {
        let answered = counts.judged + counts.not_trusted + counts.failed;
        Self {
            fingerprint: rehearsal.fingerprint,
            opened_at: rehearsal.opened_at,
            closes_at: rehearsal.closes_at,
            open: now < rehearsal.closes_at,
            asked: counts.asked,
            judged: counts.judged,
            not_valid: counts.not_valid,
            not_trusted: counts.not_trusted,
            failed: counts.failed,
            unanswered: counts.asked.saturating_sub(answered),
            absent: counts.absent,
            unable: counts.unable,
            announcement: rehearsal.announced.map(|(announced_at, not_later_than)| AnnouncementView {
                announced_at,
                not_later_than,
                kept: counts.kept,
                not_kept: counts.not_kept,
                refused: counts.refused,
            }),
        }
    }
}

fn none() -> Problem {
    Problem::not_found("This certificate was not rehearsed.")
}

impl Administration {
    async fn view_of_rehearsal(&self, rehearsal: &Rehearsal) -> Result<RehearsalView, Problem> {
        let counts = self.telemetry.store.count_rehearsal(rehearsal).await?;
        Ok(RehearsalView::new(rehearsal, counts, self.now()))
    }

    async fn chain_to_send(&self, id: &str) -> Result<CertificateChain, Problem> {
        let chain = self.chain_of(id).await?;
        CertificateChain::new(chain.iter().map(|der| der.to_vec()).collect()).map_err(|error| {
            Problem::conflict(format!("This certificate cannot be sent to agents: {error}."))
        })
    }

    /// Has every agent judge a certificate, by identifier or `built-in`, as if it were shown it: those that are connected now, a few
    /// at a time, the others when they come. Once more, all are asked again.
    pub(crate) async fn rehearse(&self, caller: &Caller, id: &str) -> Result<RehearsalView, Problem> {
        let rehearsal = self.open_rehearsal(caller, id, RehearsedBy::Person).await?;
        self.view_of_rehearsal(&rehearsal).await
    }

    async fn open_rehearsal(&self, caller: &Caller, id: &str, by: RehearsedBy) -> Result<Rehearsal, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let chain = self.chain_to_send(id).await?;
        let now = self.now();
        let detail = json!({"fingerprint": chain.fingerprint()});
        let change = caller.change(now, "certificate.rehearsed", id, detail);
        let rehearsal = self.telemetry.store.open_rehearsal(&chain, now + OPEN_FOR, by, change).await?;
        self.telemetry.rehearsals.have_changed();
        Ok(rehearsal)
    }

    /// Has the agents judge a certificate that was issued, once or again from time to time; and announces it, if people had to allow
    /// the present one. That it does not work is no reason to lose the certificate: then nobody has judged it.
    pub(super) async fn rehearse_issued(&self, caller: &Caller, id: &str, asked: Asked) {
        if let Err(problem) = self.try_to_rehearse_issued(caller, id, asked).await {
            let reason = problem.detail();
            tracing::warn!(reason, "the agents could not be asked about a certificate that was issued");
        }
    }

    async fn try_to_rehearse_issued(&self, caller: &Caller, id: &str, asked: Asked) -> Result<(), Problem> {
        let (chain, now) = (self.chain_to_send(id).await?.digest(), self.now());
        match self.telemetry.store.rehearsal(chain).await? {
            // A person has ended one that is closed already.
            Some(before)
                if asked == Asked::Once
                    || now >= before.closes_at
                    || now < before.opened_at + BEFORE_ASKED_AGAIN => {}
            Some(_) => {
                self.open_rehearsal(caller, id, RehearsedBy::Server).await?;
            }
            None => {
                self.end_earlier_rehearsals(caller, id).await?;
                self.open_rehearsal(caller, id, RehearsedBy::Server).await?;
                self.announce_where_allowed(caller, id).await?;
            }
        }
        Ok(())
    }

    /// Whether every agent that is connected, and can be asked, has answered about a chain.
    pub(super) async fn all_have_answered(&self, chain: ChainDigest) -> Result<bool, StoreError> {
        let store = &self.telemetry.store;
        match store.rehearsal(chain).await? {
            Some(rehearsal) => Ok(store.awaited_answers(&rehearsal).await? == 0),
            None => Ok(false),
        }
    }

    /// How far the rehearsal of a certificate has come.
    pub(crate) async fn rehearsal(&self, caller: &Caller, id: &str) -> Result<RehearsalView, Problem> {
        self.rehearsal_if_any(caller, id).await?.ok_or_else(none)
    }

    /// As [`Administration::rehearsal`]; none when it was not rehearsed.
    pub(crate) async fn rehearsal_if_any(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Option<RehearsalView>, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        let chain = self.chain_to_send(id).await?.digest();
        match self.telemetry.store.rehearsal(chain).await? {
            Some(rehearsal) => self.view_of_rehearsal(&rehearsal).await.map(Some),
            None => Ok(None),
        }
    }

    /// How many agents have said of late that they find a certificate valid or not, shown it or in a rehearsal.
    pub(crate) async fn verdicts(&self, caller: &Caller, id: &str) -> Result<Verdicts, Problem> {
        caller.needs_within(Scope::CertificatesRead, Permission::View)?;
        let chain = ChainDigest::of(&self.chain_of(id).await?);
        Ok(self.telemetry.store.verdicts_on(chain, self.now()).await?)
    }

    /// Asks nobody any more, and announces the certificate to nobody any more. The answers stay.
    pub(crate) async fn end_rehearsal(&self, caller: &Caller, id: &str) -> Result<(), Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let chain = self.chain_to_send(id).await?;
        if self.telemetry.store.rehearsal(chain.digest()).await?.is_none() {
            return Err(none());
        }
        let detail = json!({"fingerprint": chain.fingerprint()});
        let change = caller.change(self.now(), "certificate.rehearsal_ended", id, detail);
        self.telemetry.store.end_rehearsal(chain.digest(), change).await?;
        self.telemetry.rehearsals.have_changed();
        Ok(())
    }

    /// Announces a certificate as the next one, to every agent whose session is trusted: where the person had to allow the present
    /// one, the next is let through with the same problems, and nobody is asked again.
    pub(crate) async fn announce_certificate(
        &self,
        caller: &Caller,
        id: &str,
        input: &AnnouncementInput,
    ) -> Result<RehearsalView, Problem> {
        caller.needs_within(Scope::CertificatesManage, Permission::Administer)?;
        let time = input.days.map_or(ANNOUNCED_FOR, |days| Duration::days(days.into()));
        if time < Duration::DAY || time > LONGEST_ANNOUNCEMENT {
            return Err(Problem::unprocessable(format!(
                "“days” must be 1 to {}.",
                LONGEST_ANNOUNCEMENT.whole_days()
            )));
        }
        let chain = self.chain_to_send(id).await?;
        // Agents let a certificate follow another one, whatever is shown with it.
        if chain.fingerprint() == self.certificates.current().fingerprint {
            return Err(Problem::conflict("Agents are shown this certificate already."));
        }
        let store = &self.telemetry.store;
        if store.rehearsal(chain.digest()).await?.is_none() {
            self.rehearse(caller, id).await?;
        }
        let now = self.now();
        let detail = json!({"fingerprint": chain.fingerprint(), "days": time.whole_days()});
        let change = caller.change(now, "certificate.announced", id, detail);
        let rehearsal = store.announce_next(chain.digest(), now + time, change).await?;
        self.telemetry.rehearsals.have_changed();
        self.view_of_rehearsal(&rehearsal).await
    }

    /// Announces a renewed certificate before it is shown, if people had to allow the present one, and gives the agents that are
    /// connected some time to take note of it. That it does not work is no reason not to renew.
    pub(super) async fn announce_renewal(&self, caller: &Caller, id: &str) {
        if let Err(problem) = self.try_to_announce_renewal(caller, id).await {
            let reason = problem.detail();
            tracing::warn!(
                reason,
                "the renewed certificate was not announced; people who allowed the present one may be asked again"
            );
        }
    }

    async fn try_to_announce_renewal(&self, caller: &Caller, id: &str) -> Result<(), Problem> {
        self.end_earlier_rehearsals(caller, id).await?;
        let Some((allowed, online)) = self.announce_where_allowed(caller, id).await? else { return Ok(()) };
        let deadline = Instant::now() + TO_TAKE_NOTE;
        while Instant::now() < deadline {
            let announced = self.rehearsal(caller, id).await?.announcement;
            if announced.is_none_or(|found| found.kept >= allowed || found.kept + found.not_kept >= online) {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(())
    }

    /// Announces a renewed certificate if people had to allow the present one. Returns how many agents that are connected rest on
    /// that, and how many are connected.
    async fn announce_where_allowed(&self, caller: &Caller, id: &str) -> Result<Option<(u64, u64)>, Problem> {
        let counts = self.telemetry.store.count_endpoints().await?;
        let allowed = counts.by_standing.get(&Standing::Remembered).copied().unwrap_or_default();
        if allowed == 0 {
            return Ok(None);
        }
        self.announce_certificate(caller, id, &AnnouncementInput::default()).await?;
        Ok(Some((allowed, counts.online)))
    }

    /// Ends the rehearsals of earlier certificates from authorities: only so many can go on at a time, and a renewal must not wait
    /// for them.
    async fn end_earlier_rehearsals(&self, caller: &Caller, renewed: &str) -> Result<(), Problem> {
        let (store, now) = (&self.telemetry.store, self.now());
        let mut going_on = store.rehearsals().await?;
        going_on.retain(|rehearsal| now < rehearsal.closes_at || rehearsal.announced.is_some());
        for one in store.certificates().await? {
            let id = one.id.to_string();
            let is_rehearsed =
                || going_on.iter().any(|rehearsal| Some(rehearsal.digest) == one.chain_digest());
            if one.source == CertificateSource::Acme && id != renewed && is_rehearsed() {
                self.end_rehearsal(caller, &id).await?;
            }
        }
        Ok(())
    }
}
