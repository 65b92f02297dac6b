//! This server among others that share its PostgreSQL database: says that it is there, sees to what the others change, and takes
//! over from those that are gone. On SQLite, where it is alone, it only sees to changes of its own that its sessions may have missed.

use std::sync::Arc;
use std::time::Duration;

use countersign_protocol::InstanceUid;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::administration::Administration;
use crate::store::{Notice, Renewal, Revision, StoreError, Unseen};
use crate::telemetry::{CloseReason, Wake};

/// How often this server looks for changes that nobody told it of.
const TO_LOOK: Duration = Duration::from_secs(1);
/// How often it says that it is there: three times within the time after which it counts as gone.
const TO_RENEW: Duration = Duration::from_secs(4);
/// How often it keeps when it has heard of its endpoints.
const TO_KEEP_SEEN: Duration = Duration::from_mins(1);
/// How long the database may take for all of that, before it is tried again.
const TO_ANSWER: Duration = Duration::from_secs(10);
/// How long to wait before listening again after it failed.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// What keeps this server together with the others.
pub(crate) struct Nodes {
    /// The tasks end with this value, too.
    stop: DropGuard,
    tasks: TaskTracker,
}

impl Nodes {
    /// Begins, with the changes after those that this server has seen.
    pub(crate) fn begin(administration: &Arc<Administration>, seen: Revision) -> Self {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        if administration.telemetry.store.is_shared() {
            let told = Arc::new(Notify::new());
            let listening = listen(Arc::clone(administration), Arc::clone(&told));
            let listener_stop = stop.clone();
            tasks.spawn(async move {
                tokio::select! {
                    () = listening => {}
                    () = listener_stop.cancelled() => {}
                }
            });
            tasks.spawn(follow(Arc::clone(administration), seen, told, stop.clone()));
        }
        tasks.spawn(settle(Arc::clone(administration), stop.clone()));
        tasks.close();
        Self { stop: stop.drop_guard(), tasks }
    }

    /// Ends. The others are told when the store is left.
    pub(crate) async fn stop(self, limit: Duration) {
        drop(self.stop);
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            tracing::warn!("following the other servers did not end in time");
        }
    }
}

/// Passes on that there is something to look at, as long as the database tells. Its connection is made anew when it is lost.
async fn listen(administration: Arc<Administration>, told: Arc<Notify>) {
    let store = &administration.telemetry.store;
    loop {
        match store.listener().await {
            Ok(Some(listener)) => {
                told.notify_one();
                if let Err(error) = hear(&administration, listener, &told).await {
                    tracing::warn!(%error, "the database no longer tells what other servers change; it is looked for");
                }
            }
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "the database does not tell what other servers change; it is looked for");
            }
        }
        tokio::time::sleep(AFTER_FAILURE).await;
    }
}

async fn hear(
    administration: &Administration,
    mut listener: PgListener,
    told: &Notify,
) -> Result<(), sqlx::Error> {
    loop {
        // Nothing: the connection was lost and made anew, and something may have been missed.
        let notification = listener.try_recv().await?;
        match notification.and_then(|notification| notification.payload().parse::<InstanceUid>().ok()) {
            Some(endpoint) => {
                if let Err(error) = release(administration, endpoint).await {
                    tracing::warn!(%endpoint, %error, "it could not be found out where an endpoint is");
                }
            }
            None => told.notify_one(),
        }
    }
}

/// Ends the session of an endpoint that has opened another one at another server.
async fn release(administration: &Administration, endpoint: InstanceUid) -> Result<(), StoreError> {
    let telemetry = &administration.telemetry;
    let Some(session) = telemetry.presence.session(endpoint) else { return Ok(()) };
    let kept = telemetry.store.endpoint(endpoint).await?.and_then(|row| row.session);
    // It may have come back here meanwhile; then there is a newer session, which stays.
    if kept.is_some_and(|kept| kept != session.to_string())
        && telemetry.presence.session(endpoint) == Some(session)
    {
        telemetry.presence.wake(endpoint, Wake::Close(CloseReason::Replaced));
    }
    Ok(())
}

async fn follow(
    administration: Arc<Administration>,
    mut seen: Revision,
    told: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut looks = tokio::time::interval(TO_LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut renewed, mut standing) = (Instant::now(), Renewal::Kept);
    let (mut kept, mut kept_at) = (Instant::now(), administration.telemetry.clock.now());
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = told.notified() => {}
            () = stop.cancelled() => return,
        }
        let work = async {
            if renewed.elapsed() >= TO_RENEW {
                renewed = Instant::now();
                stay(&administration, &mut standing).await?;
            }
            if kept.elapsed() >= TO_KEEP_SEEN {
                kept = Instant::now();
                let telemetry = &administration.telemetry;
                let heard = telemetry.presence.heard_since(kept_at);
                kept_at = telemetry.clock.now();
                telemetry.store.keep_seen(&heard).await?;
            }
            catch_up(&administration, &mut seen).await
        };
        match tokio::time::timeout(TO_ANSWER, work).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "changes of other servers could not be looked for"),
            Err(_) => tracing::warn!(
                "the database did not answer in time; changes of other servers are looked for again"
            ),
        }
    }
}

/// Says that this server is there, and takes over from those that are not.
///
/// `standing` stays lapsed until everything is set right that others did meanwhile.
async fn stay(administration: &Administration, standing: &mut Renewal) -> Result<(), StoreError> {
    let telemetry = &administration.telemetry;
    let store = &telemetry.store;
    if store.renew().await? == Renewal::Lapsed {
        tracing::warn!(
            "the other servers took this one for gone, because it did not reach the database in time"
        );
        *standing = Renewal::Lapsed;
        store.enter(&administration.address).await?;
    }
    if *standing == Renewal::Lapsed {
        store.reclaim(&telemetry.presence.sessions()).await?;
        anything_changed(administration).await?;
        *standing = Renewal::Kept;
    }
    store.forget_moves().await?;
    for address in store.forget_gone().await? {
        tracing::warn!(
            address,
            "another server has gone without saying so; its endpoints count as offline until they come back"
        );
    }
    Ok(())
}

/// Tells the sessions of this server what somebody may have failed to tell them after a change. Tried until it is done.
async fn settle(administration: Arc<Administration>, stop: CancellationToken) {
    let work = async {
        loop {
            administration.telemetry.store.doubted().await;
            tracing::warn!("something failed after a change; all sessions look whether it concerns them");
            loop {
                match tokio::time::timeout(TO_ANSWER, anything_changed(&administration)).await {
                    Ok(Ok(())) => break,
                    Ok(Err(error)) => tracing::warn!(%error, "sessions could not be told of a change"),
                    Err(_) => tracing::warn!(
                        "the database did not answer in time; sessions are told of a change later"
                    ),
                }
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = stop.cancelled() => {}
    }
}

async fn catch_up(administration: &Administration, seen: &mut Revision) -> Result<(), StoreError> {
    loop {
        let (last, unseen) = administration.telemetry.store.unseen(*seen).await?;
        if last == *seen {
            return Ok(());
        }
        match unseen {
            Unseen::Anything => anything_changed(administration).await?,
            Unseen::Notices(notices) => {
                for notice in notices {
                    see_to(administration, notice).await?;
                }
            }
        }
        *seen = last;
    }
}

async fn see_to(administration: &Administration, notice: Notice) -> Result<(), StoreError> {
    let presence = &administration.telemetry.presence;
    match notice {
        Notice::Profiles => presence.wake_all(&Wake::Profile),
        Notice::Certificate => administration.follow_certificate().await?,
        Notice::Commands => presence.wake_all(&Wake::Commands),
        Notice::Licence => presence.wake_all(&Wake::Licence),
        Notice::Rehearsals => administration.telemetry.rehearsals.have_changed(),
        Notice::Acme => administration.acme.ring(),
        Notice::Access => administration.follow_access().await?,
        Notice::Assigned(endpoint) => {
            presence.wake(endpoint, Wake::Profile);
        }
        Notice::Command(endpoint) => {
            presence.wake(endpoint, Wake::Commands);
        }
        Notice::Removed(endpoint) => {
            presence.wake(endpoint, Wake::Close(CloseReason::Removed));
        }
        Notice::Moved(endpoint) if presence.session(endpoint).is_some() => {
            if let Some(to) = administration.telemetry.store.take_move(endpoint).await? {
                presence.wake(endpoint, Wake::Move(Box::new(to)));
            }
        }
        Notice::Moved(_) => {}
    }
    Ok(())
}

/// Sees to everything that another server may have changed.
async fn anything_changed(administration: &Administration) -> Result<(), StoreError> {
    administration.follow_certificate().await?;
    administration.follow_access().await?;
    administration.acme.ring();
    let presence = &administration.telemetry.presence;
    presence.wake_all(&Wake::Profile);
    presence.wake_all(&Wake::Commands);
    presence.wake_all(&Wake::Licence);
    administration.telemetry.rehearsals.have_changed();
    Ok(())
}
