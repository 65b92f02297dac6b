//! A certificate that was issued and that the agents judge before anybody is shown it: how it goes on.

use super::attempt::Attempt;
use super::failure::{AcmeFailure, FailureKind};
use super::progress::OrderStage;
use super::task::{Looked, TO_ATTEMPT, note_failure, settled};
use crate::administration::Administration;
use crate::administration::issued_certificate::Judged;
use crate::store::{AcmeOrder, StoreError};

/// Whether it makes sense to look at it: before the agents have answered, it costs a walk over all endpoints.
pub(super) async fn can_be_decided(
    administration: &Administration,
    order: &AcmeOrder,
) -> Result<bool, StoreError> {
    match &order.progress.candidate {
        Some(candidate) => administration.can_be_decided(candidate).await,
        None => Ok(true),
    }
}

/// Looks what has become of it, and keeps that.
pub(super) async fn look_at(
    administration: &Administration,
    mut attempt: Attempt<'_>,
) -> Result<Looked, StoreError> {
    let store = attempt.store;
    let Some(candidate) = attempt.order.progress.candidate.clone() else { return Ok(Looked::Busy) };
    let judged = tokio::time::timeout(TO_ATTEMPT, administration.judge_issued(&candidate)).await;
    let why = match judged {
        Ok(Ok(Judged::Committed(commitment))) => {
            let issued = Some(candidate.issued);
            let progress = settled(&mut attempt, issued, Some(commitment), administration.now()).await;
            let order = AcmeOrder { progress, private_key: None, ..attempt.order };
            let _ = store.keep_acme_progress(&order).await?;
            return Ok(Looked::Again);
        }
        Ok(Ok(Judged::Superseded)) => {
            tracing::info!("another SSL certificate was committed than the one that was issued last");
            let progress = settled(&mut attempt, Some(candidate.issued), None, administration.now()).await;
            let order = AcmeOrder { progress, private_key: None, ..attempt.order };
            let _ = store.keep_acme_progress(&order).await?;
            return Ok(Looked::Again);
        }
        Ok(Ok(Judged::Waits(stage, candidate))) => {
            let progress = &mut attempt.order.progress;
            if stage == OrderStage::HeldBack && progress.stage != OrderStage::HeldBack {
                tracing::warn!(
                    "a certificate that was issued is held back: endpoints would be cut off or asked with it"
                );
            }
            progress.stage = stage;
            progress.candidate = Some(*candidate);
            let _ = store.keep_acme_progress(&attempt.order).await?;
            return Ok(if stage == OrderStage::Rehearsing { Looked::Busy } else { Looked::Again });
        }
        Ok(Ok(Judged::Removed)) => {
            "The certificate that was issued was removed before it was committed.".to_owned()
        }
        Ok(Ok(Judged::NotValid(why))) => why,
        Ok(Err(problem)) => {
            let reason = problem.detail();
            tracing::warn!(
                reason,
                "what agents say to the certificate that was issued could not be looked at; it is tried again"
            );
            return Ok(Looked::Busy);
        }
        Err(_) => {
            tracing::warn!(
                "looking what agents say to the certificate that was issued took too long; it is tried again"
            );
            return Ok(Looked::Busy);
        }
    };
    let now = administration.now();
    let failure = AcmeFailure::own(FailureKind::Lasting, why, now);
    let progress = &mut attempt.order.progress;
    (progress.stage, progress.candidate) = (OrderStage::Wanted, None);
    let cause = attempt.order.progress.cause;
    note_failure(store, attempt.order, cause, failure, now).await.map(|()| Looked::Again)
}
