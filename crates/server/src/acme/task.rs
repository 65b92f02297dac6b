//! Orders and renews the certificate, one at a time over all servers of a database, and ends with the server.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::attempt::{Attempt, Stopped};
use super::client::AcmeClient;
use super::failure::{AcmeFailure, FailureKind};
use super::progress::{Commitment, Issued, OrderCause, OrderStage, Progress, Schedule};
use super::schedule::{Due, LEAST_LIFE, by_lifetime, due, try_again};
use super::settings::AutoRenew;
use super::{AcmeSettings, candidate, renewal};
use crate::administration::Administration;
use crate::administration::issued_certificate::Taken;
use crate::problem::Problem;
use crate::store::{AcmeOrder, Store, StoreError};

/// How often the time is looked at.
const TO_LOOK: Duration = Duration::from_secs(1);
/// How often the database is looked at, when nothing is known to be due.
const TO_READ: Duration = Duration::from_mins(1);
/// How long to wait when another server orders, or the database fails.
const TO_WAIT: Duration = Duration::from_secs(5);
/// How long an attempt may take in all.
pub(super) const TO_ATTEMPT: Duration = Duration::from_mins(10);

/// Orders and renews the certificate.
pub(crate) struct Orders {
    /// The task ends with this value, too.
    stop: DropGuard,
    tasks: TaskTracker,
}

impl Orders {
    /// Begins.
    pub(crate) fn begin(administration: &Arc<Administration>) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (administration, stopped) = (Arc::clone(administration), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = follow(&administration) => {}
                // An order that is under way is carried on with after the next start.
                () = stopped.cancelled() => {}
            }
        });
        tasks.close();
        Self { stop: stop.drop_guard(), tasks }
    }

    /// Ends.
    pub(crate) async fn stop(self, limit: Duration) {
        drop(self.stop);
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!("the ordering of certificates did not end in time");
        }
    }
}

async fn follow(administration: &Administration) {
    let mut looks = tokio::time::interval(TO_LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut read_at = Instant::now();
    let mut next: Option<OffsetDateTime> = None;
    loop {
        tokio::select! {
            _ = looks.tick() => {
                let is_due = next.is_some_and(|next| next <= administration.now());
                if !is_due && Instant::now() < read_at {
                    continue;
                }
            }
            () = administration.acme.wanted() => {}
        }
        (next, read_at) = match look(administration).await {
            Ok(Looked::Next(next)) => (next, Instant::now() + TO_READ),
            Ok(Looked::Again) => (None, Instant::now()),
            Ok(Looked::Busy) => (None, Instant::now() + TO_WAIT),
            Err(error) => {
                tracing::warn!(%error, "it could not be found out whether a certificate is to be ordered");
                (None, Instant::now() + TO_WAIT)
            }
        };
    }
}

/// What a look has come to.
pub(super) enum Looked {
    /// There is nothing to do until then.
    Next(Option<OffsetDateTime>),
    /// Something was done; there may be more.
    Again,
    /// Another server does it, or it cannot be decided on yet.
    Busy,
}

async fn look(administration: &Administration) -> Result<Looked, StoreError> {
    let store = &administration.telemetry.store;
    match what_is_due(administration).await? {
        (Looked::Next(next), _) => return Ok(Looked::Next(next)),
        // Until the agents have answered there is nothing to decide, and it is looked at again soon.
        (Looked::Again | Looked::Busy, Some((Due::Judge, work)))
            if !candidate::can_be_decided(administration, &work.order).await? =>
        {
            return Ok(Looked::Next(Some(administration.now())));
        }
        (Looked::Again | Looked::Busy, _) => {}
    }
    let Some(alone) = store.only_one_ordering().await? else { return Ok(Looked::Busy) };
    // Another server may have done it meanwhile.
    let done = match what_is_due(administration).await? {
        (Looked::Next(next), _) => Ok(Looked::Next(next)),
        (Looked::Again | Looked::Busy, Some((due, work))) => {
            Box::pin(carry_out(administration, due, work)).await
        }
        (Looked::Again | Looked::Busy, None) => Ok(Looked::Next(None)),
    };
    alone.end().await?;
    done
}

/// What there is to do it with.
struct Work {
    settings: AcmeSettings,
    binding_key: Option<countersign_protocol::Secret>,
    order: AcmeOrder,
}

async fn what_is_due(administration: &Administration) -> Result<(Looked, Option<(Due, Work)>), StoreError> {
    let (store, now) = (&administration.telemetry.store, administration.now());
    let Some((settings, binding_key)) = store.acme_settings().await? else {
        return Ok((Looked::Next(None), None));
    };
    let Some(order) = store.acme_order().await? else { return Ok((Looked::Next(None), None)) };
    let in_use = administration.certificate_in_use(&order.progress).await?;
    let mut due = due(&order.progress, settings.auto_renew, in_use, now);
    if let (Due::Nothing(_), Some(candidate)) = (due, &order.progress.candidate)
        && administration.is_decided(candidate).await?
    {
        due = Due::Judge;
    }
    Ok(match due {
        Due::Nothing(next) => (Looked::Next(next), None),
        Due::Order(_) | Due::Judge | Due::AskAuthority => {
            (Looked::Again, Some((due, Work { settings, binding_key, order })))
        }
    })
}

async fn carry_out(administration: &Administration, due: Due, work: Work) -> Result<Looked, StoreError> {
    let store = &administration.telemetry.store;
    let now = administration.now();
    let Some(mut order) = store.begin_acme_attempt(&work.order).await? else { return Ok(Looked::Again) };
    let cause = match due {
        Due::Order(cause) => Some(cause),
        Due::Judge | Due::AskAuthority | Due::Nothing(_) => None,
    };
    if let Some(cause) = cause {
        order.progress.cause = Some(cause);
        order.progress.last_attempt = Some(now);
        if order.progress.stage != OrderStage::Ordered {
            order.progress.stage = OrderStage::Wanted;
        }
        order.progress.candidate = None;
    }
    let client = match AcmeClient::new(work.settings.directory_root_pem.as_deref()) {
        Ok(client) => client,
        Err(error) if due == Due::Judge => {
            tracing::warn!(%error, "a certificate that was issued cannot be looked at; it is tried again");
            return Ok(Looked::Busy);
        }
        Err(error) => {
            let failure = AcmeFailure::own(FailureKind::Lasting, error.to_string(), now);
            return note_failure(store, order, cause, failure, now).await.map(|()| Looked::Again);
        }
    };
    let mut attempt = Attempt {
        store,
        clock: administration.telemetry.clock.as_ref(),
        settings: work.settings,
        binding_key: work.binding_key,
        client,
        order,
    };
    if due == Due::Judge {
        return candidate::look_at(administration, attempt).await;
    }
    let Some(cause) = cause else { return ask_authority(attempt).await.map(|()| Looked::Again) };
    let outcome = match attempt.keep().await {
        Ok(()) => tokio::time::timeout(TO_ATTEMPT, obtain(administration, &mut attempt)).await,
        Err(stopped) => Ok(Err(stopped)),
    };
    let late = || {
        Err(Stopped::Failed(AcmeFailure::own(
            FailureKind::Passing,
            "The certificate authority did not come to an end in time.",
            administration.now(),
        )))
    };
    match outcome.unwrap_or_else(|_| late()) {
        Ok(progress) => {
            let order = AcmeOrder { progress, private_key: None, ..attempt.order };
            let _ = store.keep_acme_progress(&order).await?;
            Ok(Looked::Again)
        }
        Err(Stopped::Failed(failure)) => {
            let now = administration.now();
            note_failure(store, attempt.order, Some(cause), failure, now).await.map(|()| Looked::Again)
        }
        Err(Stopped::Overtaken) => {
            tracing::info!(
                "an order of a certificate was given up for a newer one, or for a certificate that somebody has committed"
            );
            Ok(Looked::Again)
        }
        Err(Stopped::Store(error)) => Err(error),
    }
}

/// Gets a certificate and hands it over. Returns how it stands then.
async fn obtain(administration: &Administration, attempt: &mut Attempt<'_>) -> Result<Progress, Stopped> {
    let chain = attempt.run().await?;
    // Nobody may have ordered anew while the certificate was issued.
    attempt.keep().await?;
    let refused = |kind, text: String| Stopped::Failed(AcmeFailure::own(kind, text, administration.now()));
    let passing = |problem: Problem| refused(FailureKind::Passing, detail(&problem));
    let added = administration.add_issued_certificate(&chain.chain_pem, &chain.private_key_pem).await;
    let added = added.map_err(passing)?;
    // Nor may anybody have chosen another one until it was added. From there on its tag tells.
    attempt.keep().await?;
    let taken = administration.take_issued_certificate(added).await;
    match taken {
        Ok(Taken::Committed { leaf, fingerprint, commitment }) => {
            let issued = renewal::issued(&leaf, fingerprint);
            Ok(settled(attempt, issued, Some(commitment), administration.now()).await)
        }
        Ok(Taken::Candidate(candidate)) => {
            tracing::info!("the certificate authority has issued a certificate, and the agents judge it");
            Ok(Progress {
                stage: OrderStage::Rehearsing,
                order_url: None,
                failures: 0,
                not_before: None,
                last_failure: None,
                candidate: Some(*candidate),
                ..attempt.order.progress.clone()
            })
        }
        Ok(Taken::NotValid(why)) => {
            // The same order would give the same certificate.
            attempt.order.progress.order_url = None;
            attempt.order.private_key = None;
            let text = format!("A certificate was issued, and it is not the SSL certificate: {why}");
            Err(refused(FailureKind::Lasting, text))
        }
        Err(problem) => Err(passing(problem)),
    }
}

/// How it stands once there is nothing to do before this certificate is renewed.
pub(super) async fn settled(
    attempt: &mut Attempt<'_>,
    issued: Option<Issued>,
    commitment: Option<Commitment>,
    now: OffsetDateTime,
) -> Progress {
    let schedule = match (&issued, attempt.account().await) {
        (Some(issued), Ok(account)) => Some(renewal::schedule(&account, issued, None, now).await),
        (Some(issued), Err(_)) => Some(by_lifetime(issued, now)),
        (None, _) => None,
    };
    let schedule =
        schedule.map(|schedule| Schedule { renew_at: schedule.renew_at.max(now + LEAST_LIFE), ..schedule });
    tracing::info!("the certificate authority has issued a certificate");
    Progress {
        stage: OrderStage::Resting,
        cause: None,
        order_url: None,
        failures: 0,
        not_before: None,
        last_attempt: attempt.order.progress.last_attempt,
        last_success: Some(now),
        last_failure: None,
        issued,
        schedule,
        candidate: None,
        commitment,
    }
}

fn detail(problem: &Problem) -> String {
    format!("A certificate was issued, and cannot be taken: {}", problem.detail())
}

/// Keeps what stood in the way, and when it is tried again.
pub(super) async fn note_failure(
    store: &Store,
    mut order: AcmeOrder,
    cause: Option<OrderCause>,
    failure: AcmeFailure,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let said = failure.detail.as_deref().unwrap_or_default();
    tracing::warn!(problem = failure.problem_type, said, "no certificate was issued: {}", failure.text);
    let progress = &mut order.progress;
    progress.failures = progress.failures.saturating_add(1);
    let again = cause.and_then(|cause| try_again(cause, &failure, progress.failures, now));
    progress.last_failure = Some(failure);
    progress.not_before = again;
    if again.is_none() {
        progress.stage = OrderStage::Resting;
        progress.cause = None;
        progress.order_url = None;
        order.private_key = None;
    }
    let _ = store.keep_acme_progress(&order).await?;
    Ok(())
}

/// Asks the authority when to renew.
async fn ask_authority(mut attempt: Attempt<'_>) -> Result<(), StoreError> {
    let now = attempt.clock.now();
    let progress = &attempt.order.progress;
    let Some(issued) = progress.issued.clone() else { return Ok(()) };
    let before = progress.schedule;
    let asked = async {
        let account = attempt.account().await.ok()?;
        Some(renewal::schedule(&account, &issued, before, now).await)
    };
    let schedule = if let Ok(Some(schedule)) = tokio::time::timeout(TO_ATTEMPT, asked).await {
        schedule
    } else {
        let fallback = by_lifetime(&issued, now);
        before.map_or(fallback, |before| Schedule { ask_again_at: fallback.ask_again_at, ..before })
    };
    attempt.order.progress.schedule = Some(schedule);
    match attempt.keep().await {
        Ok(()) | Err(Stopped::Failed(_) | Stopped::Overtaken) => Ok(()),
        Err(Stopped::Store(error)) => Err(error),
    }
}

/// Whether a renewal is to be expected without anybody doing anything.
pub(crate) fn renews_itself(progress: &Progress, auto_renew: AutoRenew) -> bool {
    auto_renew == AutoRenew::On && progress.schedule.is_some()
}
