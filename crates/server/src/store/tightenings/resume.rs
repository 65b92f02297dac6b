//! A tightening that was halted, or has stepped back, goes on: what that gives to whom, and the move itself.

use std::collections::BTreeSet;

use sea_orm::{ActiveModelTrait as _, DatabaseTransaction, IntoActiveModel as _, Set};
use uuid::Uuid;

use super::Tightening;
use super::members::{empty, fill, members, newcomers};
use super::moves::{expect, expect_same, find_as_shown, refuse_second};
use crate::store::audit::{Change, record};
use crate::store::entity::tightening::Model;
use crate::store::{Notice, Store, StoreError, microseconds, profiles};
use crate::tightening::TighteningState;

/// What goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The one that was halted: the endpoints of its rings have the stricter action.
    Halted,
    /// A new one, as the last one has stepped back: all endpoints have the former action.
    New,
}

/// What resuming a tightening would give.
#[derive(Clone, Debug)]
pub(crate) struct Resumption {
    pub(crate) tightening: Tightening,
    pub(crate) attempt: Attempt,
    /// So many endpoints get the stricter action on trial at once, which do not have it now.
    pub(crate) newcomers: u64,
}

impl Store {
    /// What resuming a tightening would give, if it can be resumed.
    pub(crate) async fn foresee_resumption(&self, id: Uuid) -> Result<Resumption, StoreError> {
        let transaction = self.begin().await?;
        let (row, attempt) = expect_resumable(&transaction, id, None).await?;
        let tightening = Tightening::try_from(row)?;
        let present = match attempt {
            Attempt::Halted => members(&transaction, id).await?,
            Attempt::New => BTreeSet::new(),
        };
        let coming = newcomers(&transaction, &tightening, tightening.ring, &present).await?;
        let newcomers = u64::try_from(coming.endpoints.len()).unwrap_or(u64::MAX);
        Ok(Resumption { tightening, attempt, newcomers })
    }

    /// Goes on: one that was halted with the ring where it is, one that stepped back with a new attempt at that ring.
    pub(crate) async fn resume_tightening(
        &self,
        id: Uuid,
        expected: Option<&str>,
        change: Change,
    ) -> Result<Tightening, StoreError> {
        let transaction = self.begin().await?;
        let (row, attempt) = expect_resumable(&transaction, id, expected).await?;
        let mut row = row.into_active_model();
        row.state = Set(TighteningState::Running.code().to_owned());
        row.reason = Set(None);
        row.ring_began_at = Set(microseconds(change.at));
        row.changed_at = Set(microseconds(change.at));
        if attempt == Attempt::New {
            row.trial_id = Set(Uuid::now_v7().to_string());
        }
        let tightening = Tightening::try_from(row.update(&transaction).await?)?;
        if attempt == Attempt::New {
            empty(&transaction, id).await?;
        }
        // Endpoints that have come since the ring began are tried, too.
        fill(&transaction, &tightening, tightening.ring).await?;
        self.announce(&transaction, Notice::Profiles, change.at).await?;
        record(&transaction, change).await?;
        self.commit(transaction).await?;
        Ok(tightening)
    }
}

async fn expect_resumable(
    transaction: &DatabaseTransaction,
    id: Uuid,
    expected: Option<&str>,
) -> Result<(Model, Attempt), StoreError> {
    let row = find_as_shown(transaction, id, expected).await?;
    expect(&row, &[TighteningState::Halted, TighteningState::SteppedBack], "resumed")?;
    let former = Tightening::try_from(row.clone())?;
    let profile = profiles::find(transaction, former.profile).await?;
    expect_same(transaction, &former, &profile).await?;
    if former.is_in_force() {
        return Ok((row, Attempt::Halted));
    }
    refuse_second(transaction, former.profile).await?;
    Ok((row, Attempt::New))
}
