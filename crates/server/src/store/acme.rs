//! What is kept of the certificate that an authority issues by ACME. Secrets are sealed.

use countersign_protocol::Secret;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, Set,
};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::audit::{Change, record};
use super::documents::{Document, check_document, count_change};
use super::entity::{acme_account, acme_challenge, acme_order, acme_settings};
use super::{Notice, SealedColumn, Store, StoreError, microseconds, read_json, write_json};
use crate::acme::{AcmeSettings, ChallengeKind, OrderCause, Progress};

/// There are one set of settings and one order.
const ONLY: &str = "only";
/// What the audit calls it that an order was given up, and of what.
const GIVEN_UP: &str = "automated_certificate.given_up";
const GIVEN_UP_SUBJECT: &str = "automated-certificate";
/// No authority asks for an answer for longer.
const ANSWERED: Duration = Duration::hours(1);

/// What becomes of the HMAC key of the account binding.
#[derive(Clone, Debug)]
pub(crate) enum BindingKey {
    /// The one that is kept stays.
    Keep,
    /// This one takes its place; none removes it.
    Set(Option<Secret>),
}

/// The account at an authority.
#[derive(Debug)]
pub(crate) struct AcmeAccount {
    pub(crate) email: String,
    pub(crate) binding_key_id: Option<String>,
    /// The address of the account and its key, as JSON of the library.
    pub(crate) credentials: Secret,
}

/// How far an order is, and who works on it.
#[derive(Clone, Debug)]
pub(crate) struct AcmeOrder {
    /// Tells this attempt from all others: whoever has another one has been overtaken.
    pub(crate) attempt: Uuid,
    pub(crate) progress: Progress,
    /// The key of the certificate that is ordered, as PEM.
    pub(crate) private_key: Option<Secret>,
}

/// What became of keeping how far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum AttemptKept {
    Yes,
    /// Somebody has ordered anew meanwhile, or another server works on it.
    Overtaken,
}

impl Store {
    /// What is asked of which authority, with the HMAC key of the account binding; nothing when no certificate is automated.
    pub(crate) async fn acme_settings(&self) -> Result<Option<(AcmeSettings, Option<Secret>)>, StoreError> {
        let Some(row) = acme_settings::Entity::find_by_id(ONLY).one(&self.database).await? else {
            return Ok(None);
        };
        let key = row.binding_key.as_deref();
        let key = key.map(|sealed| self.unseal(SealedColumn::ACME_BINDING_KEY, ONLY, sealed)).transpose()?;
        Ok(Some((read_json("the settings of the automated certificate", &row.settings)?, key)))
    }

    /// Asks for a certificate from now on, with these settings, if the former ones still have the expected revision.
    pub(crate) async fn set_acme_settings(
        &self,
        settings: &AcmeSettings,
        binding_key: BindingKey,
        expected: Option<u64>,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        count_change(&transaction, Document::AutomatedCertificate, expected).await?;
        let before = acme_settings::Entity::find_by_id(ONLY).one(&transaction).await?;
        let binding_key = match binding_key {
            BindingKey::Keep => before.and_then(|row| row.binding_key),
            BindingKey::Set(key) => {
                key.as_ref().map(|key| self.seal(SealedColumn::ACME_BINDING_KEY, ONLY, key)).transpose()?
            }
        };
        acme_settings::Entity::delete_by_id(ONLY).exec(&transaction).await?;
        let row = acme_settings::ActiveModel {
            id: Set(ONLY.to_owned()),
            settings: Set(write_json("the settings of the automated certificate", settings)?),
            binding_key: Set(binding_key),
        };
        row.insert(&transaction).await?;
        want(&transaction, OrderCause::Import).await?;
        self.announce(&transaction, Notice::Acme, change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// Asks for another certificate now, if the settings still have the expected revision.
    pub(crate) async fn want_acme_order(
        &self,
        expected: Option<u64>,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        check_document(&transaction, Document::AutomatedCertificate, expected).await?;
        want(&transaction, OrderCause::Import).await?;
        self.announce(&transaction, Notice::Acme, change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// Asks for no certificate any more, and forgets the account, if the settings still have the expected revision.
    pub(crate) async fn remove_acme(&self, expected: Option<u64>, change: Change) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        count_change(&transaction, Document::AutomatedCertificate, expected).await?;
        if acme_settings::Entity::delete_by_id(ONLY).exec(&transaction).await?.rows_affected == 0 {
            return Err(StoreError::NotFound("automated certificate".to_owned()));
        }
        acme_account::Entity::delete_many().exec(&transaction).await?;
        acme_order::Entity::delete_many().exec(&transaction).await?;
        acme_challenge::Entity::delete_many().exec(&transaction).await?;
        self.announce(&transaction, Notice::Acme, change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// The account at the authority with this directory, if there is one.
    pub(crate) async fn acme_account(&self, directory_url: &str) -> Result<Option<AcmeAccount>, StoreError> {
        let row = acme_account::Entity::find_by_id(directory_url).one(&self.database).await?;
        row.map(|row| {
            Ok(AcmeAccount {
                credentials: self.unseal(SealedColumn::ACME_ACCOUNT, directory_url, &row.credentials)?,
                email: row.email,
                binding_key_id: row.binding_key_id,
            })
        })
        .transpose()
    }

    /// Keeps the account at an authority, in the place of an earlier one there.
    pub(crate) async fn keep_acme_account(
        &self,
        directory_url: &str,
        account: &AcmeAccount,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        acme_account::Entity::delete_by_id(directory_url).exec(&transaction).await?;
        let row = acme_account::ActiveModel {
            directory_url: Set(directory_url.to_owned()),
            email: Set(account.email.clone()),
            binding_key_id: Set(account.binding_key_id.clone()),
            credentials: Set(self.seal(SealedColumn::ACME_ACCOUNT, directory_url, &account.credentials)?),
        };
        row.insert(&transaction).await?;
        self.commit(transaction).await
    }

    /// Forgets the account at an authority that does not know it.
    pub(crate) async fn forget_acme_account(&self, directory_url: &str) -> Result<(), StoreError> {
        acme_account::Entity::delete_by_id(directory_url).exec(&self.database).await?;
        Ok(())
    }

    /// How far the order is; nothing when no certificate was ever asked for.
    pub(crate) async fn acme_order(&self) -> Result<Option<AcmeOrder>, StoreError> {
        let Some(row) = acme_order::Entity::find_by_id(ONLY).one(&self.database).await? else {
            return Ok(None);
        };
        Ok(Some(AcmeOrder {
            attempt: row.attempt.parse().map_err(|_| StoreError::Unreadable {
                what: "the attempt at the automated certificate".to_owned(),
            })?,
            progress: read_json("how far the automated certificate is", &row.progress)?,
            private_key: row
                .private_key
                .as_deref()
                .map(|sealed| self.unseal(SealedColumn::ACME_PRIVATE_KEY, ONLY, sealed))
                .transpose()?,
        }))
    }

    /// Begins an attempt, unless somebody has done so or ordered anew since the order was read.
    pub(crate) async fn begin_acme_attempt(
        &self,
        order: &AcmeOrder,
    ) -> Result<Option<AcmeOrder>, StoreError> {
        let attempt = Uuid::now_v7();
        let taken = acme_order::Entity::update_many()
            .col_expr(acme_order::Column::Attempt, Expr::value(attempt.to_string()))
            .filter(acme_order::Column::Attempt.eq(order.attempt.to_string()))
            .exec(&self.database)
            .await?;
        Ok((taken.rows_affected > 0).then(|| AcmeOrder { attempt, ..order.clone() }))
    }

    /// Keeps how far an attempt is.
    pub(crate) async fn keep_acme_progress(&self, order: &AcmeOrder) -> Result<AttemptKept, StoreError> {
        let transaction = self.begin().await?;
        let key = order.private_key.as_ref();
        let key = key.map(|key| self.seal(SealedColumn::ACME_PRIVATE_KEY, ONLY, key)).transpose()?;
        let progress = write_json("how far the automated certificate is", &order.progress)?;
        let kept = acme_order::Entity::update_many()
            .col_expr(acme_order::Column::Progress, Expr::value(progress))
            .col_expr(acme_order::Column::PrivateKey, Expr::value(key))
            .filter(acme_order::Column::Attempt.eq(order.attempt.to_string()))
            .exec(&transaction)
            .await?;
        self.commit(transaction).await?;
        Ok(if kept.rows_affected == 0 { AttemptKept::Overtaken } else { AttemptKept::Yes })
    }

    /// The answer to a challenge, if there is such a one now.
    pub(crate) async fn acme_challenge(
        &self,
        kind: ChallengeKind,
        name: &str,
        now: OffsetDateTime,
    ) -> Result<Option<String>, StoreError> {
        let key = (kind.code().to_owned(), name.to_owned());
        let row = acme_challenge::Entity::find_by_id(key).one(&self.database).await?;
        Ok(row.filter(|row| row.expires_at > microseconds(now)).map(|row| row.answer))
    }

    /// Answers a challenge from now on, until it is forgotten or an hour has passed.
    pub(crate) async fn keep_acme_challenge(
        &self,
        kind: ChallengeKind,
        name: &str,
        answer: &str,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        acme_challenge::Entity::delete_many()
            .filter(acme_challenge::Column::ExpiresAt.lte(microseconds(now)))
            .exec(&transaction)
            .await?;
        acme_challenge::Entity::delete_by_id((kind.code().to_owned(), name.to_owned()))
            .exec(&transaction)
            .await?;
        let row = acme_challenge::ActiveModel {
            kind: Set(kind.code().to_owned()),
            name: Set(name.to_owned()),
            answer: Set(answer.to_owned()),
            expires_at: Set(microseconds(now + ANSWERED)),
        };
        row.insert(&transaction).await?;
        self.commit(transaction).await
    }

    /// Answers no longer.
    pub(crate) async fn forget_acme_challenge(
        &self,
        kind: ChallengeKind,
        name: &str,
        answer: &str,
    ) -> Result<(), StoreError> {
        // Another server may have kept another answer meanwhile.
        acme_challenge::Entity::delete_many()
            .filter(acme_challenge::Column::Kind.eq(kind.code()))
            .filter(acme_challenge::Column::Name.eq(name))
            .filter(acme_challenge::Column::Answer.eq(answer))
            .exec(&self.database)
            .await?;
        Ok(())
    }
}

/// Orders anew; whatever attempt is under way has been overtaken.
async fn want(transaction: &impl ConnectionTrait, cause: OrderCause) -> Result<(), StoreError> {
    let before = progress(transaction).await?.unwrap_or_default();
    begin_anew(transaction, &before.wanted(cause)).await
}

/// Gives up what is ordered and not issued yet, if anything is: somebody has chosen another certificate, which is not replaced by an
/// order from before that. Whatever attempt is under way has been overtaken.
pub(super) async fn give_up_order(
    transaction: &impl ConnectionTrait,
    chosen: &Change,
) -> Result<(), StoreError> {
    let Some(given_up) = progress(transaction).await?.and_then(|before| before.given_up(chosen.at)) else {
        return Ok(());
    };
    begin_anew(transaction, &given_up).await?;
    let detail = json!({"chosen": chosen.subject});
    record(
        transaction,
        Change { action: GIVEN_UP, subject: GIVEN_UP_SUBJECT.to_owned(), detail, ..chosen.clone() },
    )
    .await
}

async fn progress(database: &impl ConnectionTrait) -> Result<Option<Progress>, StoreError> {
    let row = acme_order::Entity::find_by_id(ONLY).one(database).await?;
    row.map(|row| read_json("how far the automated certificate is", &row.progress)).transpose()
}

async fn begin_anew(transaction: &impl ConnectionTrait, progress: &Progress) -> Result<(), StoreError> {
    acme_order::Entity::delete_by_id(ONLY).exec(transaction).await?;
    let row = acme_order::ActiveModel {
        id: Set(ONLY.to_owned()),
        attempt: Set(Uuid::now_v7().to_string()),
        progress: Set(write_json("how far the automated certificate is", progress)?),
        private_key: Set(None),
    };
    row.insert(transaction).await?;
    Ok(())
}
