//! Which former certificates are kept to go back to. Renewals would fill the table, and push out what an administrator has uploaded.

use std::collections::BTreeSet;

use countersign_trust::ChainDigest;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use serde_json::json;

use super::audit::{Change, record};
use super::certificates::CertificateState;
use super::entity::server_certificate::{Column, Entity, Model};
use super::rehearsals::{Ended, end_rehearsal_of};
use super::{Notice, Store, StoreError};

/// So many are kept, the latest; and the latest of each source, however long ago it was the SSL certificate.
const KEPT: usize = 10;

/// By what a chain in PEM is told from others. None when it cannot be read.
pub(super) fn digest_of_pem(chain: &str) -> Option<ChainDigest> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
    chain.ok().filter(|chain| !chain.is_empty()).map(|chain| ChainDigest::of(&chain))
}

impl Store {
    /// Removes former certificates of which there are too many, with their keys, because of this change.
    pub(super) async fn remove_former(
        &self,
        transaction: &DatabaseTransaction,
        because_of: &Change,
    ) -> Result<(), StoreError> {
        let former = Entity::find()
            .filter(Column::State.eq(CertificateState::Previous.code()))
            .order_by_desc(Column::CommittedAt)
            .order_by_desc(Column::Id)
            .all(transaction)
            .await?;
        let mut sources = BTreeSet::new();
        for (place, row) in former.into_iter().enumerate() {
            let is_latest_of_its_source = sources.insert(row.source.clone());
            if place < KEPT || is_latest_of_its_source {
                continue;
            }
            self.end_its_rehearsal(transaction, &row, because_of).await?;
            let change = Change {
                action: "certificate.former_removed",
                subject: row.id.clone(),
                detail: json!({"fingerprint": row.fingerprint, "source": row.source}),
                ..because_of.clone()
            };
            Entity::delete_by_id(row.id).exec(transaction).await?;
            record(transaction, change).await?;
        }
        Ok(())
    }

    /// Ends the rehearsal of a certificate that is removed.
    pub(super) async fn end_its_rehearsal(
        &self,
        transaction: &DatabaseTransaction,
        row: &Model,
        because_of: &Change,
    ) -> Result<(), StoreError> {
        let Some(chain) = digest_of_pem(&row.chain_pem) else { return Ok(()) };
        if end_rehearsal_of(transaction, chain, because_of.at).await? == Ended::Now {
            self.announce(transaction, Notice::Rehearsals, because_of.at).await?;
        }
        Ok(())
    }
}
