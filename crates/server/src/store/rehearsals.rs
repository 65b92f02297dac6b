//! Rehearsals: which certificates agents are asked about before they are shown, and how far that is. Also which of them were
//! announced.

use countersign_protocol::{CertificateChain, custom};
use countersign_trust::{ChainDigest, Fingerprint};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    FromQueryResult, IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, Set,
    Statement,
};
use time::OffsetDateTime;

use super::audit::{Change, record};
use super::capabilities::understands;
use super::entity::rehearsal::{ActiveModel, Column, Entity, Model};
use super::verdicts::NO_PROBLEMS;
use super::{Notice, Store, StoreError, microseconds, moment, read_json, write_json};

/// So many certificates can be rehearsed at a time: each is sent to each agent.
const MAXIMUM_OPEN: u64 = 4;

/// Who has a certificate rehearsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RehearsedBy {
    Person,
    /// This server, one that it was issued. There is always room for that: a renewal must not wait until people end theirs.
    Server,
}

/// A rehearsal.
#[derive(Clone, Debug)]
pub(crate) struct Rehearsal {
    /// Which chain it is about: an agent may find a certificate valid in one chain and not in another.
    pub(crate) digest: ChainDigest,
    /// The server's own certificate.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) chain: CertificateChain,
    pub(crate) opened_at: OffsetDateTime,
    /// From then on nobody is asked any more; the answers stay.
    pub(crate) closes_at: OffsetDateTime,
    /// Set once the certificate was announced: when, and until when it may be shown for the first time.
    pub(crate) announced: Option<(OffsetDateTime, OffsetDateTime)>,
}

/// How far a rehearsal has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RehearsalCounts {
    /// Were asked since it was opened.
    pub(crate) asked: u64,
    /// Of those, have judged the certificate.
    pub(crate) judged: u64,
    /// Of those that have judged it, find it not valid.
    pub(crate) not_valid: u64,
    /// Of those that were asked, have answered that their session is not trusted.
    pub(crate) not_trusted: u64,
    /// Of those that were asked, could not judge it for another reason.
    pub(crate) failed: u64,
    /// Let the announced certificate follow.
    pub(crate) kept: u64,
    /// Do not.
    pub(crate) not_kept: u64,
    /// Of those that do not: because it has more wrong with it than may be.
    pub(crate) refused: u64,
    /// Would be asked if they were connected.
    pub(crate) absent: u64,
    /// Cannot be asked, because their agents are too old or not of Countersign.
    pub(crate) unable: u64,
}

/// The word for an answer that judged the certificate.
pub(super) const JUDGED: &str = "judged";
/// The word for an answer from a session that is not trusted.
pub(crate) const NOT_TRUSTED: &str = "not_trusted";
/// The word for an announced certificate that is let through.
pub(crate) const KEPT: &str = "kept";
/// The word for an announced certificate that has problems with which the present one is not let through.
pub(crate) const NEW_PROBLEMS: &str = "new_problems";
/// The word for an announced certificate that nobody can allow.
pub(crate) const CANNOT_BE_ALLOWED: &str = "cannot_be_allowed";

#[derive(Debug, FromQueryResult)]
struct Tally {
    outcome: Option<String>,
    announcement: Option<String>,
    asked: bool,
    not_valid: bool,
    number: i64,
}

#[derive(Debug, FromQueryResult)]
struct Number {
    number: i64,
}

impl TryFrom<Model> for Rehearsal {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable = |what: &str| StoreError::Unreadable {
            what: format!("the {what} of the rehearsal {}", row.chain_digest),
        };
        Ok(Self {
            digest: row.chain_digest.parse().map_err(|_| unreadable("chain"))?,
            fingerprint: row.fingerprint.parse().map_err(|_| unreadable("fingerprint"))?,
            chain: read_json("the chain of a rehearsal", &row.chain)?,
            opened_at: moment(row.opened_at),
            closes_at: moment(row.closes_at),
            announced: row.announced_at.map(moment).zip(row.announced_until.map(moment)),
        })
    }
}

/// Whether a rehearsal was going on that is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Now,
    /// There was none, or it was over.
    Before,
}

/// Ends the rehearsal of a chain, if there is one: nobody is asked any more, and nothing is announced.
pub(super) async fn end_rehearsal_of(
    transaction: &DatabaseTransaction,
    chain: ChainDigest,
    at: OffsetDateTime,
) -> Result<Ended, StoreError> {
    let at = microseconds(at);
    let ended = ActiveModel {
        closes_at: Set(at),
        announced_at: Set(None),
        announced_until: Set(None),
        ..<ActiveModel as Default>::default()
    };
    let going_on = Condition::any().add(Column::ClosesAt.gt(at)).add(Column::AnnouncedUntil.is_not_null());
    let rows = Entity::update_many()
        .set(ended)
        .filter(Column::ChainDigest.eq(chain.to_string()))
        .filter(going_on)
        .exec(transaction)
        .await?
        .rows_affected;
    Ok(if rows == 0 { Ended::Before } else { Ended::Now })
}

async fn find(transaction: &DatabaseTransaction, chain: ChainDigest) -> Result<Model, StoreError> {
    let row = Entity::find_by_id(chain.to_string()).one(transaction).await?;
    row.ok_or_else(|| StoreError::NotFound(format!("rehearsal of the chain {chain}")))
}

/// Whether the agent of an endpoint can be asked, as a condition.
fn able() -> String {
    understands("custom_capabilities", custom::REHEARSAL)
}

impl Store {
    /// All rehearsals, the one that was opened last first.
    pub(crate) async fn rehearsals(&self) -> Result<Vec<Rehearsal>, StoreError> {
        let rows = Entity::find().order_by_desc(Column::OpenedAt).all(&self.database).await?;
        rows.into_iter().map(Rehearsal::try_from).collect()
    }

    /// The rehearsal of a chain, if there is one.
    pub(crate) async fn rehearsal(&self, chain: ChainDigest) -> Result<Option<Rehearsal>, StoreError> {
        let row = Entity::find_by_id(chain.to_string()).one(&self.database).await?;
        row.map(Rehearsal::try_from).transpose()
    }

    /// Opens a rehearsal, or opens it again: then everybody is asked again.
    pub(crate) async fn open_rehearsal(
        &self,
        chain: &CertificateChain,
        closes_at: OffsetDateTime,
        by: RehearsedBy,
        change: Change,
    ) -> Result<Rehearsal, StoreError> {
        let (digest, at) = (chain.digest().to_string(), change.at);
        let transaction = self.begin().await?;
        let found = Entity::find_by_id(digest.as_str()).one(&transaction).await?;
        let others = Entity::find()
            .filter(Column::ClosesAt.gt(microseconds(at)))
            .filter(Column::ChainDigest.ne(digest.as_str()))
            .count(&transaction)
            .await?;
        if by == RehearsedBy::Person && others >= MAXIMUM_OPEN {
            return Err(StoreError::Conflict(format!(
                "{MAXIMUM_OPEN} certificates are being rehearsed, and there can be no more at a time. End one of them first."
            )));
        }
        let row = if let Some(row) = found {
            let mut row = row.into_active_model();
            row.opened_at = Set(microseconds(at));
            row.closes_at = Set(microseconds(closes_at));
            row.update(&transaction).await?
        } else {
            let row = ActiveModel {
                chain_digest: Set(digest),
                fingerprint: Set(chain.fingerprint().to_string()),
                chain: Set(write_json("the chain of a rehearsal", chain)?),
                opened_at: Set(microseconds(at)),
                closes_at: Set(microseconds(closes_at)),
                announced_at: Set(None),
                announced_until: Set(None),
            };
            row.insert(&transaction).await?
        };
        record(&transaction, change).await?;
        self.announce(&transaction, Notice::Rehearsals, at).await?;
        self.commit(transaction).await?;
        row.try_into()
    }

    /// Announces the certificate of a rehearsal as the next one. It is announced in one chain only: in another one it is not any
    /// more, since agents let a certificate follow, whatever is shown with it.
    pub(crate) async fn announce_next(
        &self,
        chain: ChainDigest,
        until: OffsetDateTime,
        change: Change,
    ) -> Result<Rehearsal, StoreError> {
        let at = change.at;
        let transaction = self.begin().await?;
        let row = find(&transaction, chain).await?;
        let withdrawn = ActiveModel {
            announced_at: Set(None),
            announced_until: Set(None),
            ..<ActiveModel as Default>::default()
        };
        Entity::update_many()
            .set(withdrawn)
            .filter(Column::Fingerprint.eq(row.fingerprint.as_str()))
            .filter(Column::ChainDigest.ne(row.chain_digest.as_str()))
            .exec(&transaction)
            .await?;
        let mut row = row.into_active_model();
        row.announced_at = Set(Some(microseconds(at)));
        row.announced_until = Set(Some(microseconds(until)));
        let row = row.update(&transaction).await?;
        record(&transaction, change).await?;
        self.announce(&transaction, Notice::Rehearsals, at).await?;
        self.commit(transaction).await?;
        row.try_into()
    }

    /// Ends a rehearsal: nobody is asked any more, and nothing is announced. The answers stay.
    pub(crate) async fn end_rehearsal(&self, chain: ChainDigest, change: Change) -> Result<(), StoreError> {
        let at = change.at;
        let transaction = self.begin().await?;
        let mut row = find(&transaction, chain).await?.into_active_model();
        row.closes_at = Set(microseconds(at));
        row.announced_at = Set(None);
        row.announced_until = Set(None);
        row.update(&transaction).await?;
        record(&transaction, change).await?;
        self.announce(&transaction, Notice::Rehearsals, at).await?;
        self.commit(transaction).await
    }

    /// How many agents that are connected, and can be asked, have not answered a rehearsal yet.
    pub(crate) async fn awaited_answers(&self, rehearsal: &Rehearsal) -> Result<u64, StoreError> {
        let opened_at = microseconds(rehearsal.opened_at);
        let able = able();
        // Numbers and words of ours; the digest is hexadecimal.
        let count = format!(
            "SELECT COUNT(*) AS number FROM endpoints e
             WHERE deregistered = FALSE AND session IS NOT NULL AND {able} AND NOT EXISTS (
                 SELECT 1 FROM rehearsal_answers a WHERE a.endpoint_id = e.id AND a.chain_digest = '{}'
                 AND a.asked_at >= {opened_at} AND a.outcome IS NOT NULL)",
            rehearsal.digest
        );
        self.number(count).await
    }

    async fn number(&self, ask: String) -> Result<u64, StoreError> {
        let statement = Statement::from_string(self.database.get_database_backend(), ask);
        let row = Number::find_by_statement(statement).one(&self.database).await?;
        Ok(row.and_then(|row| u64::try_from(row.number).ok()).unwrap_or_default())
    }

    /// How far a rehearsal has come.
    pub(crate) async fn count_rehearsal(&self, rehearsal: &Rehearsal) -> Result<RehearsalCounts, StoreError> {
        let backend = self.database.get_database_backend();
        let opened_at = microseconds(rehearsal.opened_at);
        // Numbers and words of ours; the digest is hexadecimal.
        let asked = format!("(asked_at IS NOT NULL AND asked_at >= {opened_at})");
        let not_valid = format!("(document IS NOT NULL AND document NOT LIKE '%{NO_PROBLEMS}%')");
        let tallies = format!(
            "SELECT outcome, announcement, {asked} AS asked, {not_valid} AS not_valid, COUNT(*) AS number
             FROM rehearsal_answers WHERE chain_digest = '{}'
             GROUP BY outcome, announcement, {asked}, {not_valid}",
            rehearsal.digest
        );
        let mut counts = RehearsalCounts::default();
        for tally in
            Tally::find_by_statement(Statement::from_string(backend, tallies)).all(&self.database).await?
        {
            let number = u64::try_from(tally.number).unwrap_or_default();
            if tally.asked {
                counts.asked += number;
                match tally.outcome.as_deref() {
                    Some(JUDGED) => {
                        counts.judged += number;
                        counts.not_valid += if tally.not_valid { number } else { 0 };
                    }
                    Some(NOT_TRUSTED) => counts.not_trusted += number,
                    Some(_) => counts.failed += number,
                    None => {}
                }
            }
            match tally.announcement.as_deref() {
                Some(KEPT) => counts.kept += number,
                Some(NEW_PROBLEMS | CANNOT_BE_ALLOWED) => {
                    counts.not_kept += number;
                    counts.refused += number;
                }
                Some(_) => counts.not_kept += number,
                None => {}
            }
        }
        let able = able();
        for (condition, place) in [
            (format!("NOT ({able})"), &mut counts.unable),
            (
                format!(
                    "{able} AND session IS NULL AND NOT EXISTS (SELECT 1 FROM rehearsal_answers a
                     WHERE a.endpoint_id = e.id AND a.chain_digest = '{}' AND a.asked_at >= {opened_at})",
                    rehearsal.digest
                ),
                &mut counts.absent,
            ),
        ] {
            let ask = format!(
                "SELECT COUNT(*) AS number FROM endpoints e WHERE deregistered = FALSE AND {condition}"
            );
            *place = self.number(ask).await?;
        }
        Ok(counts)
    }
}
