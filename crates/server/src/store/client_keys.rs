//! Which client certificate of an endpoint is accepted: that with the key for which one was issued last. While the new
//! one has not been used, the one before it is accepted too, because the new one may have been lost on its way.

use countersign_protocol::InstanceUid;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DerivePartialModel, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _, Set, TransactionTrait as _,
};

use super::entity::endpoint::{Column, Entity, Model};
use super::{Store, StoreError};
use crate::authority::ClientKey;

/// Stands for the key of an endpoint that enrolled before keys were kept: the first one that it shows is kept.
const NOT_KNOWN: &str = "";

/// What a client certificate is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyStanding {
    /// It lets the endpoint in.
    Accepted,
    /// There is no such endpoint.
    Unknown,
    /// The endpoint was deregistered.
    Deregistered,
    /// It is not the one that was issued last.
    Superseded,
}

/// Whether an enrolment token is enough to be an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenStanding {
    /// Nobody has a certificate for it.
    Enough,
    /// It has a certificate, or was deregistered: whoever has only a token may be somebody else.
    NeedsCertificate,
    /// It is connected, to this server or another one of the database.
    Connected,
}

/// What is kept about the certificates of an endpoint.
#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
struct Keys {
    certificate_key: Option<String>,
    previous_certificate_key: Option<String>,
    deregistered: bool,
}

/// What is to be done about a certificate that was shown.
enum Judged {
    /// Nothing.
    As(KeyStanding),
    /// It is accepted, and the one before it no longer.
    FirstUse,
}

impl Keys {
    /// None is kept when there is no such endpoint.
    fn judge(kept: Option<&Self>, shown: &ClientKey) -> Judged {
        let Some(kept) = kept else { return Judged::As(KeyStanding::Unknown) };
        if kept.deregistered {
            return Judged::As(KeyStanding::Deregistered);
        }
        let shown = Some(shown.as_str());
        let (newest, previous) = (kept.certificate_key.as_deref(), kept.previous_certificate_key.as_deref());
        if newest == Some(NOT_KNOWN) || (shown == newest && previous.is_some()) {
            Judged::FirstUse
        } else if shown == newest || shown == previous {
            Judged::As(KeyStanding::Accepted)
        } else {
            Judged::As(KeyStanding::Superseded)
        }
    }
}

impl Store {
    /// Judges a client certificate that an endpoint shows. The first use of the newest ends the one before it.
    pub(crate) async fn accept_client_key(
        &self,
        endpoint: InstanceUid,
        key: &ClientKey,
    ) -> Result<KeyStanding, StoreError> {
        let keys = Entity::find_by_id(endpoint.to_string()).into_partial_model::<Keys>();
        // Nearly always there is nothing to change, and one statement is enough.
        match Keys::judge(keys.one(&self.database).await?.as_ref(), key) {
            Judged::As(standing) => Ok(standing),
            Judged::FirstUse => self.accept_first_use(endpoint, key).await,
        }
    }

    /// Judges anew what was judged before, while nobody else can change it.
    async fn accept_first_use(
        &self,
        endpoint: InstanceUid,
        key: &ClientKey,
    ) -> Result<KeyStanding, StoreError> {
        let transaction = self.database.begin().await?;
        let keys = Entity::find_by_id(endpoint.to_string()).lock_exclusive().into_partial_model::<Keys>();
        match Keys::judge(keys.one(&transaction).await?.as_ref(), key) {
            Judged::As(standing) => Ok(standing),
            Judged::FirstUse => {
                Entity::update_many()
                    .col_expr(Column::CertificateKey, Expr::value(key.as_str()))
                    .col_expr(Column::PreviousCertificateKey, Expr::value(None::<String>))
                    .filter(Column::Id.eq(endpoint.to_string()))
                    .exec(&transaction)
                    .await?;
                transaction.commit().await?;
                Ok(KeyStanding::Accepted)
            }
        }
    }

    /// Whether somebody with an enrolment token may be this endpoint.
    pub(crate) async fn token_standing(&self, endpoint: InstanceUid) -> Result<TokenStanding, StoreError> {
        let row = self.endpoint(endpoint).await?;
        Ok(match row {
            Some(row) if row.deregistered || row.certificate_key.is_some() => TokenStanding::NeedsCertificate,
            Some(row) if row.session.is_some() => TokenStanding::Connected,
            Some(_) | None => TokenStanding::Enough,
        })
    }

    /// Keeps the key of a certificate that is about to be issued in a session, which has shown `holder`, or the first
    /// one if it has shown none. Fails when the session is no longer the one that may ask.
    pub(crate) async fn keep_client_key(
        &self,
        endpoint: InstanceUid,
        holder: Option<&ClientKey>,
        new: &ClientKey,
    ) -> Result<(), StoreError> {
        let transaction = self.database.begin().await?;
        let found = Entity::find_by_id(endpoint.to_string()).lock_exclusive().one(&transaction).await?;
        let row = found.ok_or_else(|| StoreError::NotFound(format!("endpoint {endpoint}")))?;
        if row.deregistered || !may_ask(&row, holder) {
            return Err(StoreError::Conflict(format!(
                "The endpoint {endpoint} got another client certificate meanwhile, or was deregistered."
            )));
        }
        let mut row = row.into_active_model();
        row.certificate_key = Set(Some(new.as_str().to_owned()));
        row.previous_certificate_key = Set(holder.map(|holder| holder.as_str().to_owned()));
        row.update(&transaction).await?;
        self.commit(transaction).await
    }
}

fn may_ask(row: &Model, holder: Option<&ClientKey>) -> bool {
    match holder.map(ClientKey::as_str) {
        None => row.certificate_key.is_none(),
        holder @ Some(_) => {
            holder == row.certificate_key.as_deref() || holder == row.previous_certificate_key.as_deref()
        }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::generate_simple_self_signed;
    use sea_orm::ConnectionTrait as _;
    use time::OffsetDateTime;

    use super::*;
    use crate::store::{Introduction, Reports};

    fn key() -> ClientKey {
        ClientKey::of(generate_simple_self_signed(Vec::new()).unwrap().cert.der()).unwrap()
    }

    #[tokio::test]
    async fn an_endpoint_from_before_keys_were_kept_is_held_to_the_first_one_that_it_shows() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let now = OffsetDateTime::UNIX_EPOCH;
        let profile = store.default_profile(now).await.unwrap().document.id;
        let endpoint = InstanceUid::generate();
        store
            .introduce(
                endpoint,
                uuid::Uuid::now_v7(),
                &Introduction::default(),
                &Reports::default(),
                profile,
                now,
            )
            .await
            .unwrap();
        store.database.execute_unprepared("UPDATE endpoints SET certificate_key = ''").await.unwrap();

        assert_eq!(store.token_standing(endpoint).await.unwrap(), TokenStanding::NeedsCertificate);
        let (first, other) = (key(), key());
        for (shown, expected) in [
            (&first, KeyStanding::Accepted),
            (&other, KeyStanding::Superseded),
            (&first, KeyStanding::Accepted),
        ] {
            assert_eq!(store.accept_client_key(endpoint, shown).await.unwrap(), expected);
        }
        // A session without a certificate may not ask for one, and neither may one with a certificate of no worth.
        for holder in [None, Some(&other)] {
            assert!(matches!(
                store.keep_client_key(endpoint, holder, &other).await,
                Err(StoreError::Conflict(_))
            ));
        }
        store.close().await;
    }
}
