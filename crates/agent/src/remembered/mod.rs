//! The certificates that the person allowed: kept in the keychain, one entry per server.
//!
//! What is forgotten stops to count at once, whatever the keychain does: it is noted in the state directory as to be
//! removed until the keychain has removed it.

mod entry;
mod index;
mod memory;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use countersign_trust::{Given, RememberFor, RememberOptions, RememberedCertificate, ServerAddress};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

pub use self::entry::{Keeping, RememberedEntry, RememberedList, RememberedStanding, RememberedSummary};
pub(crate) use self::index::FILE as INDEX_FILE;
use self::memory::{Lookup, Memory};
use crate::Secret;
use crate::keychain::{KeychainClient, KeychainError};
use crate::state_file::StateFile;

/// Every entry begins with this; the server follows.
const PREFIX: &str = "remembered-certificate:";

/// What was allowed for each server, and the keychain behind it. Cheap to clone; all clones share the same.
#[derive(Clone)]
pub(crate) struct RememberedCertificates {
    keychain: KeychainClient,
    memory: Arc<Memory>,
    /// What is on its way to the keychain or the disk. It goes on when nobody waits for it any more.
    tasks: TaskTracker,
}

/// A permission, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Remembered {
    pub(crate) certificate: RememberedCertificate,
    pub(crate) given: Given,
    pub(crate) keeping: Keeping,
}

impl Remembered {
    /// As far as it counts under the profile of now.
    pub(crate) fn under(&self, options: RememberOptions) -> RememberedCertificate {
        self.certificate.limited_to(options, self.given)
    }

    /// Whether it counts as none under the profile of now.
    pub(crate) fn is_over(&self, options: RememberOptions, now: OffsetDateTime) -> bool {
        self.certificate.is_over(options, self.given, now)
    }

    fn entry(
        &self,
        options: RememberOptions,
        now: OffsetDateTime,
        last_used: Option<OffsetDateTime>,
    ) -> RememberedEntry {
        let certificate = self.under(options);
        let standing =
            if certificate.holds_at(now) { RememberedStanding::Holds } else { RememberedStanding::Over };
        RememberedEntry { certificate, last_used, standing, keeping: self.keeping }
    }
}

fn entry_name(server: &ServerAddress) -> String {
    format!("{PREFIX}{server}")
}

impl RememberedCertificates {
    pub(crate) fn new(keychain: KeychainClient, file: StateFile, tasks: TaskTracker) -> Self {
        Self { keychain, memory: Arc::new(Memory::load(file)), tasks }
    }

    /// What was allowed for this server. The keychain is read once per run and server.
    pub(crate) async fn of(&self, server: &ServerAddress) -> Option<Remembered> {
        self.look_up(server).await.unwrap_or_else(|error| {
            tracing::warn!(%server, %error, "remembered certificates cannot be read; nothing counts as remembered");
            self.memory.note_absence(server);
            None
        })
    }

    async fn look_up(&self, server: &ServerAddress) -> Result<Option<Remembered>, KeychainError> {
        let generation = match self.memory.look_up(server) {
            Lookup::Known(known) => return Ok(known),
            Lookup::Unknown { generation } => generation,
        };
        let read = self.keychain.get(entry_name(server)).await?.and_then(|secret| parse(server, &secret));
        let read = read.map(|certificate| Remembered {
            certificate,
            given: Given::Earlier,
            keeping: Keeping::Keychain,
        });
        Ok(self.memory.note_read(server, generation, read))
    }

    /// The person wants to connect: a keychain that was locked a while ago may be open by now.
    pub(crate) fn look_up_again(&self, server: &ServerAddress) {
        self.memory.forget_absence(server);
    }

    /// Remembers for this run, and in the keychain unless the person chose otherwise. The error of the future says that
    /// only the former has worked; the keychain is written to whether it is waited for or not.
    pub(crate) fn remember(
        &self,
        certificate: RememberedCertificate,
        remember_for: RememberFor,
    ) -> impl Future<Output = Result<(), KeychainError>> + Send + use<> {
        let certificate = self.memory.given_again(certificate);
        let generation = self.memory.remember(certificate.clone());
        finished(self.write(certificate, remember_for, generation))
    }

    /// Puts another entry in the place of `former`: what was announced has changed, or was shown. Nothing happens when something
    /// else is known by now, because the person has answered or forgotten meanwhile.
    pub(crate) fn replace(
        &self,
        certificate: RememberedCertificate,
        given: Given,
        former: Option<&Remembered>,
    ) {
        let remember_for = certificate.chosen.unwrap_or_default();
        let Some(generation) = self.memory.replace(certificate.clone(), given, former) else {
            tracing::info!(server = %certificate.server, "what is allowed has changed meanwhile; the change is not made");
            return;
        };
        let server = certificate.server.clone();
        let written = finished(self.write(certificate, remember_for, generation));
        self.tasks.spawn(async move {
            if let Err(error) = written.await {
                tracing::warn!(%server, %error, "what changed about an allowed certificate holds only until the agent ends");
            }
        });
    }

    fn write(
        &self,
        certificate: RememberedCertificate,
        remember_for: RememberFor,
        generation: u64,
    ) -> tokio::task::JoinHandle<Result<(), KeychainError>> {
        let this = self.clone();
        self.tasks.spawn(async move {
            if remember_for == RememberFor::Session {
                return Ok(());
            }
            let server = certificate.server.clone();
            let written = serde_json::to_string(&certificate);
            let text = written.map_err(|error| KeychainError::Unavailable { detail: error.to_string() })?;
            let memory = Arc::clone(&this.memory);
            this.keychain
                .call(move |keychain| {
                    // A call that had to wait for long may have been overtaken by another answer.
                    if !memory.is_newest(&server, generation) {
                        return Ok(());
                    }
                    keychain.set(&entry_name(&server), &Secret::new(text))?;
                    memory.note_written(&server, generation);
                    Ok(())
                })
                .await
        })
    }

    /// Forgets what was allowed for this server, at once. The error of the future says that the keychain has not removed
    /// it yet.
    pub(crate) fn forget(
        &self,
        server: &ServerAddress,
    ) -> impl Future<Output = Result<(), KeychainError>> + Send + use<> {
        self.memory.forget(server);
        let this = self.clone();
        let server = server.clone();
        finished(self.tasks.spawn(async move {
            this.save().await;
            this.remove(server).await
        }))
    }

    /// Forgets everything, at once as far as it is known in this run; the rest follows when the keychain has told of it.
    /// Returns of how many servers something was there.
    pub(crate) fn forget_all(&self) -> impl Future<Output = Result<usize, KeychainError>> + Send + use<> {
        let mut counted = self.memory.allowed();
        let forgotten_before = self.memory.to_be_removed();
        let at_once: BTreeSet<_> = counted.union(&self.memory.noted()).cloned().collect();
        let mut removals: Vec<_> = at_once.iter().map(|server| Box::pin(self.forget(server))).collect();
        let this = self.clone();
        finished(self.tasks.spawn(async move {
            let found = this.keychain.find(PREFIX.to_owned()).await.map(|names| servers(&names));
            for server in found.iter().flatten() {
                if !at_once.contains(server) {
                    removals.push(Box::pin(this.forget(server)));
                }
                if !forgotten_before.contains(server) {
                    counted.insert(server.clone());
                }
            }
            let mut outcome = found.map(|_| counted.len());
            for removal in removals {
                if let Err(error) = removal.await {
                    outcome = Err(error);
                }
            }
            outcome
        }))
    }

    /// Removes the entry from the keychain, unless the person has allowed the server again meanwhile.
    async fn remove(&self, server: ServerAddress) -> Result<(), KeychainError> {
        let memory = Arc::clone(&self.memory);
        let removal = self.keychain.call(move |keychain| {
            if !memory.is_to_be_removed(&server) {
                return Ok(());
            }
            keychain.delete(&entry_name(&server)).inspect_err(|error| {
                tracing::warn!(%server, %error, "what was allowed does not count any more, but the keychain still holds it");
            })?;
            memory.note_removed(&server);
            Ok(())
        });
        removal.await
    }

    /// Removes what could not be removed before. Not while something else waits for the keychain: it may hang.
    pub(crate) fn retry_removals(&self) {
        for server in self.memory.to_be_removed() {
            let this = self.clone();
            self.tasks.spawn(async move {
                if let Err(error) = this.remove(server).await {
                    tracing::debug!(%error, "the removal is tried again later");
                }
            });
        }
    }

    /// A session was opened on the strength of what was allowed for this server.
    pub(crate) fn note_use(&self, server: &ServerAddress, now: OffsetDateTime) {
        self.memory.note_use(server, now);
        let this = self.clone();
        self.tasks.spawn(async move { this.save().await });
    }

    /// Changes whenever [`RememberedCertificates::list`] may return something else, except by the passing of time.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.memory.changes()
    }

    /// Everything that was allowed and not forgotten, for whoever shows it. `own` is the server that the agent is at, and
    /// `options` its profile's; its entry is found even by a keychain that cannot list what it holds.
    pub(crate) async fn list(
        &self,
        own: Option<&ServerAddress>,
        options: RememberOptions,
        now: OffsetDateTime,
    ) -> RememberedList {
        self.retry_removals();
        let mut possible = self.memory.allowed();
        possible.extend(self.memory.noted());
        possible.extend(own.cloned());
        let mut incomplete = None;
        match self.keychain.find(PREFIX.to_owned()).await {
            Ok(names) => {
                for server in servers(&names) {
                    // It may not have been readable before.
                    self.memory.forget_absence(&server);
                    possible.insert(server);
                }
            }
            Err(error) => incomplete = Some(error.to_string()),
        }
        let mut entries = Vec::new();
        for server in possible {
            let found = match (self.memory.look_up(&server), &incomplete) {
                (Lookup::Known(known), _) => known,
                (Lookup::Unknown { .. }, None) => self.look_up(&server).await.unwrap_or_else(|error| {
                    incomplete = Some(error.to_string());
                    None
                }),
                // Every call may take its full time to fail again.
                (Lookup::Unknown { .. }, Some(_)) => None,
            };
            if let Some(found) = found {
                let options = if Some(&server) == own { options } else { RememberOptions::default() };
                entries.push(found.entry(options, now, self.memory.last_used(&server)));
            }
        }
        RememberedList { entries, incomplete }
    }

    async fn save(&self) {
        let memory = Arc::clone(&self.memory);
        if let Err(error) = tokio::task::spawn_blocking(move || memory.save()).await {
            tracing::error!(%error, "the notes on remembered certificates could not be written");
        }
    }
}

/// A task of ours is neither stopped nor does it panic, except when the runtime ends.
async fn finished<T>(task: tokio::task::JoinHandle<Result<T, KeychainError>>) -> Result<T, KeychainError> {
    task.await.unwrap_or_else(|error| Err(KeychainError::Unavailable { detail: error.to_string() }))
}

fn servers(names: &[String]) -> Vec<ServerAddress> {
    let servers = names.iter().filter_map(|name| name.strip_prefix(PREFIX));
    servers.filter_map(|server| ServerAddress::parse(server).ok()).collect()
}

/// Whoever can write to the keychain could put an entry of one server under the name of another.
fn parse(server: &ServerAddress, secret: &Secret) -> Option<RememberedCertificate> {
    match serde_json::from_str::<RememberedCertificate>(secret.expose()) {
        Ok(remembered) if remembered.server == *server => Some(remembered),
        Ok(remembered) => {
            tracing::warn!(%server, other = %remembered.server, "a keychain entry belongs to another server; ignored");
            None
        }
        Err(error) => {
            tracing::warn!(%server, %error, "a keychain entry cannot be read; ignored");
            None
        }
    }
}
