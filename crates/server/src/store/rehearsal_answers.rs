//! What agents are sent of rehearsals and announcements, and what they answer.

use std::cmp::Reverse;

use countersign_protocol::InstanceUid;
use countersign_trust::{ChainDigest, Fingerprint};
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _, Set};
use time::OffsetDateTime;
use uuid::Uuid;

use super::entity::rehearsal;
use super::entity::rehearsal_answer::{ActiveModel, Column, Entity};
use super::rehearsals::JUDGED;
use super::{Rehearsal, Store, StoreError, microseconds};

/// What a session still has to send.
#[derive(Clone, Debug)]
pub(crate) struct Unsent {
    /// Told from all other messages; the answer to a certificate that is to be judged repeats it.
    pub(crate) id: Uuid,
    pub(crate) rehearsal: Rehearsal,
    pub(crate) errand: Errand,
}

/// What an agent shall do with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Let it follow the present one, if it is shown for the first time until then.
    Announce {
        not_later_than: OffsetDateTime,
    },
    Judge,
}

/// What an agent said about a certificate that it was asked about.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// It has judged it; JSON of what it found.
    Judged { document: String },
    /// It has not, and says why, in one word.
    NotJudged { reason: &'static str },
    /// It was asked too much of late: it is asked again.
    TooOften,
}

/// Whether an agent that could not take an announcement is told of it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Yes,
    No,
}

impl Store {
    /// What an agent has not been sent yet of the rehearsals that are open and the certificates that were announced, what is to be
    /// sent first in front. What it was sent in an earlier session and has not answered may have been lost with that.
    pub(crate) async fn unsent(
        &self,
        endpoint: InstanceUid,
        session_began: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Vec<Unsent>, StoreError> {
        let (session_began, instant) = (Some(microseconds(session_began)), microseconds(now));
        let wanted = Condition::any()
            .add(rehearsal::Column::ClosesAt.gt(instant))
            .add(rehearsal::Column::AnnouncedUntil.gt(instant));
        let rows = rehearsal::Entity::find()
            .filter(wanted)
            .order_by_desc(rehearsal::Column::OpenedAt)
            .all(&self.database)
            .await?;
        let answers =
            Entity::find().filter(Column::EndpointId.eq(endpoint.to_string())).all(&self.database).await?;
        let (mut announcements, mut judgements) = (Vec::new(), Vec::new());
        for row in rows {
            let answer = answers.iter().find(|answer| answer.chain_digest == row.chain_digest);
            let is_unsent = |since: Option<i64>, sent: Option<i64>, answer: Option<&String>| {
                sent < since || (answer.is_none() && sent < session_began)
            };
            let asked = answer.and_then(|answer| answer.asked_at);
            let outcome = answer.and_then(|answer| answer.outcome.as_ref());
            let told = answer.and_then(|answer| answer.announced_at);
            let announcement = answer.and_then(|answer| answer.announcement.as_ref());
            let judge = is_unsent(Some(row.opened_at), asked, outcome);
            let announce = is_unsent(row.announced_at, told, announcement);
            let rehearsal = Rehearsal::try_from(row)?;
            if let Some((_, not_later_than)) =
                rehearsal.announced.filter(|(_, until)| announce && *until > now)
            {
                let errand = Errand::Announce { not_later_than };
                announcements.push(Unsent { id: Uuid::now_v7(), rehearsal: rehearsal.clone(), errand });
            }
            if judge && rehearsal.closes_at > now {
                judgements.push(Unsent { id: Uuid::now_v7(), rehearsal, errand: Errand::Judge });
            }
        }
        // An agent takes only so much at a time, and the certificate that was announced last is shown next.
        announcements.sort_by_key(|unsent| Reverse(unsent.rehearsal.announced));
        announcements.append(&mut judgements);
        Ok(announcements)
    }

    /// Keeps that an agent was sent something, so that it is not sent it again, and awaits its answer.
    pub(crate) async fn keep_sent(
        &self,
        endpoint: InstanceUid,
        sent: &Unsent,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let at = Set(Some(microseconds(now)));
        let mut row = ActiveModel {
            endpoint_id: Set(endpoint.to_string()),
            chain_digest: Set(sent.rehearsal.digest.to_string()),
            ..<ActiveModel as Default>::default()
        };
        let columns = match sent.errand {
            Errand::Judge => {
                (row.asked_at, row.outcome) = (at, Set(None));
                row.asked_as = Set(Some(sent.id.to_string()));
                vec![Column::AskedAt, Column::AskedAs, Column::Outcome]
            }
            Errand::Announce { .. } => {
                (row.announced_at, row.announcement) = (at, Set(None));
                vec![Column::AnnouncedAt, Column::Announcement]
            }
        };
        let known =
            OnConflict::columns([Column::EndpointId, Column::ChainDigest]).update_columns(columns).to_owned();
        Entity::insert(row).on_conflict(known).exec_without_returning(&self.database).await?;
        Ok(())
    }

    /// About which chain a question was; none when the agent was not asked it, or has been asked anew since.
    pub(crate) async fn asked_about(
        &self,
        endpoint: InstanceUid,
        question: Uuid,
    ) -> Result<Option<ChainDigest>, StoreError> {
        let row = Entity::find()
            .filter(Column::EndpointId.eq(endpoint.to_string()))
            .filter(Column::AskedAs.eq(question.to_string()))
            .one(&self.database)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let digest = row.chain_digest.parse().map_err(|_| StoreError::Unreadable {
            what: format!("the chain {} of a rehearsal", row.chain_digest),
        })?;
        Ok(Some(digest))
    }

    /// Keeps what an agent answered about a chain, if it was asked.
    pub(crate) async fn keep_answer(
        &self,
        endpoint: InstanceUid,
        chain: ChainDigest,
        answer: Answer,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut values = <ActiveModel as Default>::default();
        match answer {
            Answer::Judged { document } => {
                values.judged_at = Set(Some(microseconds(now)));
                values.outcome = Set(Some(JUDGED.to_owned()));
                values.document = Set(Some(document));
            }
            // What it found earlier stays.
            Answer::NotJudged { reason } => values.outcome = Set(Some(reason.to_owned())),
            Answer::TooOften => values.asked_at = Set(None),
        }
        Entity::update_many()
            .set(values)
            .filter(Column::EndpointId.eq(endpoint.to_string()))
            .filter(Column::ChainDigest.eq(chain.to_string()))
            .filter(Column::AskedAt.is_not_null())
            .exec(&self.database)
            .await?;
        Ok(())
    }

    /// Keeps whether an agent lets an announced certificate follow, if it was told of it.
    pub(crate) async fn keep_announcement(
        &self,
        endpoint: InstanceUid,
        fingerprint: Fingerprint,
        word: &'static str,
        again: Again,
    ) -> Result<(), StoreError> {
        let mut values =
            ActiveModel { announcement: Set(Some(word.to_owned())), ..<ActiveModel as Default>::default() };
        if again == Again::Yes {
            values.announced_at = Set(None);
        }
        // Agents answer for the certificate alone, whatever chain it was announced in.
        let chains = Query::select()
            .column(rehearsal::Column::ChainDigest)
            .from(rehearsal::Entity)
            .and_where(rehearsal::Column::Fingerprint.eq(fingerprint.to_string()))
            .to_owned();
        Entity::update_many()
            .set(values)
            .filter(Column::EndpointId.eq(endpoint.to_string()))
            .filter(Column::ChainDigest.in_subquery(chains))
            .filter(Column::AnnouncedAt.is_not_null())
            .exec(&self.database)
            .await?;
        Ok(())
    }
}
