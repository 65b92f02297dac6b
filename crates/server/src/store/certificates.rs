//! The certificates of the server with their keys. One of them at most is *the* SSL certificate: the one that is committed.

use countersign_protocol::Secret;
use countersign_trust::ChainDigest;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, Set,
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::acme::give_up_order;
use super::audit::{Actor, Change, record};
use super::certificate_tags::check_certificate;
use super::entity::server_certificate::{ActiveModel, Column, Entity, Model};
use super::former_certificates::digest_of_pem;
use super::settings::is_on;
use super::{Notice, SealedColumn, Setting, Store, StoreError, microseconds, moment};

/// So many that nobody has committed are kept at most.
const MAXIMUM_CANDIDATES: u64 = 20;

/// Where a certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CertificateSource {
    /// The server made it at its first start.
    BuiltIn,
    /// An administrator has given it.
    Uploaded,
    /// A certificate authority has issued it by ACME (RFC 8555).
    Acme,
}

impl CertificateSource {
    const ALL: [Self; 3] = [Self::BuiltIn, Self::Uploaded, Self::Acme];

    /// The word that stands for it in the database, in documents and in the audit.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::BuiltIn => "built_in",
            Self::Uploaded => "uploaded",
            Self::Acme => "acme",
        }
    }
}

/// What a certificate is for the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CertificateState {
    /// It was added and never shown to anybody.
    Candidate,
    /// It is the SSL certificate.
    Committed,
    /// It was the SSL certificate before.
    Previous,
}

impl CertificateState {
    const ALL: [Self; 3] = [Self::Candidate, Self::Committed, Self::Previous];

    /// The word that stands for it in the database and in documents.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Committed => "committed",
            Self::Previous => "previous",
        }
    }
}

/// A certificate as it is kept; its key is sealed.
#[derive(Clone, Debug)]
pub(crate) struct StoredCertificate {
    pub(crate) id: Uuid,
    pub(crate) source: CertificateSource,
    pub(crate) state: CertificateState,
    /// The server's own certificate first.
    pub(crate) chain_pem: String,
    pub(crate) fingerprint: String,
    pub(crate) added_at: OffsetDateTime,
    /// When it became the SSL certificate, the last time.
    pub(crate) committed_at: Option<OffsetDateTime>,
    /// As it stands in the database: [`Store::private_key`] opens it.
    private_key: String,
}

impl StoredCertificate {
    /// By what its chain is told from others of the same certificate. None when it cannot be read.
    pub(crate) fn chain_digest(&self) -> Option<ChainDigest> {
        digest_of_pem(&self.chain_pem)
    }
}

/// A certificate that is to be kept.
#[derive(Clone, Debug)]
pub(crate) struct NewCertificate {
    pub(crate) source: CertificateSource,
    /// PEM, the server's own certificate first.
    pub(crate) chain_pem: String,
    pub(crate) private_key_pem: Secret,
    /// SHA-256 of the server's own certificate, as text.
    pub(crate) fingerprint: String,
}

/// As what a certificate is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddedAs<'tag> {
    /// It changes nothing yet.
    Candidate,
    /// It is the SSL certificate from now on; if another has to be it until now, the tag of that one.
    SslCertificate { instead_of: Option<&'tag str> },
}

impl Store {
    /// All certificates that are kept, the SSL certificate first, then the latest.
    pub(crate) async fn certificates(&self) -> Result<Vec<StoredCertificate>, StoreError> {
        let rows = Entity::find()
            .order_by_desc(Column::AddedAt)
            .order_by_desc(Column::Id)
            .all(&self.database)
            .await?;
        let mut found = rows.into_iter().map(read_certificate).collect::<Result<Vec<_>, _>>()?;
        found.sort_by_key(|one| one.state != CertificateState::Committed);
        Ok(found)
    }

    /// One of them.
    pub(crate) async fn certificate(&self, id: Uuid) -> Result<StoredCertificate, StoreError> {
        read_certificate(find(&self.database, id).await?)
    }

    /// The SSL certificate, if there is one.
    pub(crate) async fn ssl_certificate(&self) -> Result<Option<StoredCertificate>, StoreError> {
        committed(&self.database).await?.map(read_certificate).transpose()
    }

    /// Adds a certificate. One that is kept already, with the same chain, is not added once more. Returns its identifier.
    pub(crate) async fn add_certificate(
        &self,
        new: &NewCertificate,
        added_as: AddedAs<'_>,
        now: OffsetDateTime,
        change: impl FnOnce(Uuid) -> Change + Send,
    ) -> Result<Uuid, StoreError> {
        let transaction = self.begin().await?;
        if let AddedAs::SslCertificate { instead_of } = added_as {
            check_certificate(&transaction, committed(&transaction).await?.as_ref(), instead_of).await?;
        }
        let same = Entity::find()
            .filter(Column::Fingerprint.eq(new.fingerprint.as_str()))
            .filter(Column::ChainPem.eq(new.chain_pem.as_str()))
            .one(&transaction)
            .await?;
        let id = match (same, added_as) {
            (Some(row), AddedAs::Candidate) => return identifier(&row),
            (Some(row), AddedAs::SslCertificate { .. }) => identifier(&row)?,
            (None, _) => self.insert_certificate(&transaction, new, now).await?,
        };
        let change = change(id);
        match added_as {
            AddedAs::SslCertificate { .. } => self.make_committed(&transaction, id, &change).await?,
            AddedAs::Candidate
                if count(&transaction, CertificateState::Candidate).await? > MAXIMUM_CANDIDATES =>
            {
                return Err(StoreError::Conflict(format!(
                    "There are {MAXIMUM_CANDIDATES} certificates already that nobody has committed. Remove some of them first."
                )));
            }
            AddedAs::Candidate => {}
        }
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(id)
    }

    async fn insert_certificate(
        &self,
        transaction: &DatabaseTransaction,
        new: &NewCertificate,
        now: OffsetDateTime,
    ) -> Result<Uuid, StoreError> {
        let id = Uuid::now_v7();
        let row = ActiveModel {
            id: Set(id.to_string()),
            source: Set(new.source.code().to_owned()),
            state: Set(CertificateState::Candidate.code().to_owned()),
            chain_pem: Set(new.chain_pem.clone()),
            private_key: Set(self.seal(SealedColumn::PRIVATE_KEY, &id.to_string(), &new.private_key_pem)?),
            fingerprint: Set(new.fingerprint.clone()),
            added_at: Set(microseconds(now)),
            committed_at: Set(None),
        };
        row.insert(transaction).await?;
        Ok(id)
    }

    /// Makes a certificate the SSL certificate, in the place of another one, which is kept; with an expected tag, only if all that
    /// is as it was.
    pub(crate) async fn commit_certificate(
        &self,
        id: Uuid,
        expected: Option<&str>,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        check_certificate(&transaction, Some(&find(&transaction, id).await?), expected).await?;
        self.make_committed(&transaction, id, &change).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// What a person commits is not replaced by what was ordered from an authority before.
    async fn make_committed(
        &self,
        transaction: &DatabaseTransaction,
        id: Uuid,
        change: &Change,
    ) -> Result<(), StoreError> {
        let before = committed(transaction).await?;
        let is_another = before.as_ref().is_none_or(|row| row.id != id.to_string());
        if let Some(before) = before.filter(|_| is_another) {
            let mut before = before.into_active_model();
            before.state = Set(CertificateState::Previous.code().to_owned());
            before.update(transaction).await?;
        }
        let mut row = find(transaction, id).await?.into_active_model();
        row.state = Set(CertificateState::Committed.code().to_owned());
        row.committed_at = Set(Some(microseconds(change.at)));
        row.update(transaction).await?;
        self.remove_former(transaction, change).await?;
        if is_another && change.actor != Actor::Server {
            give_up_order(transaction, change).await?;
        }
        self.announce(transaction, Notice::Certificate, change.at).await
    }

    /// Removes a certificate and its key, and ends its rehearsal. The SSL certificate stays while it is used for endpoint control.
    /// With an expected tag, only if it is what it was.
    pub(crate) async fn remove_certificate(
        &self,
        id: Uuid,
        expected: Option<&str>,
        change: Change,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let row = find(&transaction, id).await?;
        check_certificate(&transaction, Some(&row), expected).await?;
        if row.state == CertificateState::Committed.code()
            && is_on(&transaction, Setting::UseSslCertificate).await?
        {
            return Err(StoreError::Conflict(
                "The SSL certificate is used for endpoint control. Turn that off first, or commit another certificate."
                    .to_owned(),
            ));
        }
        self.end_its_rehearsal(&transaction, &row, &change).await?;
        Entity::delete_by_id(row.id).exec(&transaction).await?;
        self.announce(&transaction, Notice::Certificate, change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await
    }

    /// The private key of a certificate, as PEM.
    pub(crate) fn private_key(&self, certificate: &StoredCertificate) -> Result<Secret, StoreError> {
        self.unseal(SealedColumn::PRIVATE_KEY, &certificate.id.to_string(), &certificate.private_key)
    }
}

/// Whether there is an SSL certificate.
pub(super) async fn has_ssl_certificate(database: &impl ConnectionTrait) -> Result<bool, StoreError> {
    Ok(count(database, CertificateState::Committed).await? > 0)
}

async fn count(database: &impl ConnectionTrait, state: CertificateState) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::State.eq(state.code())).count(database).await?)
}

pub(super) async fn committed(database: &impl ConnectionTrait) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::State.eq(CertificateState::Committed.code())).one(database).await?)
}

pub(super) async fn find(database: &impl ConnectionTrait, id: Uuid) -> Result<Model, StoreError> {
    let row = Entity::find_by_id(id.to_string()).one(database).await?;
    row.ok_or_else(|| StoreError::NotFound(format!("certificate {id}")))
}

fn identifier(row: &Model) -> Result<Uuid, StoreError> {
    row.id.parse().map_err(|_| StoreError::Unreadable {
        what: format!("the identifier of the certificate “{}”", row.id),
    })
}

fn read_certificate(row: Model) -> Result<StoredCertificate, StoreError> {
    let unreadable =
        |what: &str| StoreError::Unreadable { what: format!("{what} of the certificate {}", row.id) };
    let source = CertificateSource::ALL.into_iter().find(|source| source.code() == row.source);
    let state = CertificateState::ALL.into_iter().find(|state| state.code() == row.state);
    Ok(StoredCertificate {
        id: identifier(&row)?,
        source: source.ok_or_else(|| unreadable("the source"))?,
        state: state.ok_or_else(|| unreadable("the state"))?,
        private_key: row.private_key,
        chain_pem: row.chain_pem,
        fingerprint: row.fingerprint,
        added_at: moment(row.added_at),
        committed_at: row.committed_at.map(moment),
    })
}
