//! What is known of remembered certificates in this run. Shared between tasks, and never locked for longer than it
//! takes to look.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use countersign_trust::{Given, RememberedCertificate, ServerAddress};
use time::OffsetDateTime;
use tokio::sync::watch;

use super::index::{EntryState, Index};
use super::{Keeping, Remembered};
use crate::state_file::StateFile;

/// The memory, and the file with what it notes for the next run.
pub(super) struct Memory {
    file: StateFile,
    inner: Mutex<Inner>,
    /// Told whenever a list of what is allowed would say something else.
    changes: watch::Sender<()>,
}

struct Inner {
    /// What is known of each server that was looked up in this run. Without a working keychain this is all there is.
    known: HashMap<ServerAddress, Option<Remembered>>,
    /// Counts the answers about each server: what the keychain says or does about an earlier one comes too late.
    generations: HashMap<ServerAddress, u64>,
    index: Index,
}

/// What is known of a server.
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
pub(super) enum Lookup {
    Known(Option<Remembered>),
    /// The keychain has to be asked.
    Unknown {
        generation: u64,
    },
}

impl Inner {
    fn generation(&self, server: &ServerAddress) -> u64 {
        self.generations.get(server).copied().unwrap_or_default()
    }

    fn answered(&mut self, server: &ServerAddress, known: Option<Remembered>) -> u64 {
        self.known.insert(server.clone(), known);
        let generation = self.generations.entry(server.clone()).or_default();
        *generation += 1;
        *generation
    }
}

impl Memory {
    pub(super) fn load(file: StateFile) -> Self {
        let index = Index::load(&file);
        let inner = Inner { known: HashMap::new(), generations: HashMap::new(), index };
        Self { file, inner: Mutex::new(inner), changes: watch::Sender::new(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Writes the notes. Blocks.
    pub(super) fn save(&self) {
        let content = || Ok(Some(serde_json::to_vec_pretty(&self.lock().index)?));
        if let Err(error) = self.file.replace(content) {
            tracing::error!(file = %self.file.path().display(), %error, "the notes on remembered certificates hold only until the agent ends");
        }
    }

    pub(super) fn look_up(&self, server: &ServerAddress) -> Lookup {
        let inner = self.lock();
        match inner.known.get(server) {
            Some(known) => Lookup::Known(known.clone()),
            None if inner.index.is_to_be_removed(server) => Lookup::Known(None),
            None => Lookup::Unknown { generation: inner.generation(server) },
        }
    }

    /// Notes what the keychain held, and returns what counts: an answer that came meanwhile goes first.
    pub(super) fn note_read(
        &self,
        server: &ServerAddress,
        generation: u64,
        read: Option<Remembered>,
    ) -> Option<Remembered> {
        let mut inner = self.lock();
        if inner.generation(server) == generation {
            inner.known.entry(server.clone()).or_insert(read);
        }
        inner.known.get(server).cloned().flatten()
    }

    /// The keychain could not be read.
    pub(super) fn note_absence(&self, server: &ServerAddress) {
        self.lock().known.entry(server.clone()).or_insert(None);
    }

    pub(super) fn forget_absence(&self, server: &ServerAddress) {
        let mut inner = self.lock();
        if matches!(inner.known.get(server), Some(None)) {
            inner.known.remove(server);
        }
    }

    /// The servers for which something is known to be allowed.
    pub(super) fn allowed(&self) -> BTreeSet<ServerAddress> {
        let inner = self.lock();
        let allowed = inner.known.iter().filter(|(_, known)| known.is_some());
        allowed.map(|(server, _)| server.clone()).collect()
    }

    /// The servers for which the keychain is likely to hold something.
    pub(super) fn noted(&self) -> BTreeSet<ServerAddress> {
        let inner = self.lock();
        let noted = inner.index.servers.iter().filter(|(_, note)| note.entry == EntryState::Counts);
        noted.map(|(server, _)| server.clone()).collect()
    }

    /// What is given now, with what stays of the entry that is known.
    pub(super) fn given_again(&self, certificate: RememberedCertificate) -> RememberedCertificate {
        let inner = self.lock();
        let former = inner.known.get(&certificate.server).and_then(Option::as_ref);
        certificate.given_again_after(former.map(|former| &former.certificate))
    }

    pub(super) fn remember(&self, certificate: RememberedCertificate) -> u64 {
        let server = certificate.server.clone();
        let known = Remembered { certificate, given: Given::InThisSession, keeping: Keeping::ThisSession };
        let mut inner = self.lock();
        if let Some(note) = inner.index.servers.get_mut(&server) {
            note.last_used = None;
        }
        let generation = inner.answered(&server, Some(known));
        drop(inner);
        self.changes.send_replace(());
        generation
    }

    /// Puts another entry in the place of `former`, unless something else is known by now.
    pub(super) fn replace(
        &self,
        certificate: RememberedCertificate,
        given: Given,
        former: Option<&Remembered>,
    ) -> Option<u64> {
        let server = certificate.server.clone();
        let mut inner = self.lock();
        if inner.known.get(&server).and_then(Option::as_ref) != former {
            return None;
        }
        let known = Remembered { certificate, given, keeping: Keeping::ThisSession };
        let generation = inner.answered(&server, Some(known));
        drop(inner);
        self.changes.send_replace(());
        Some(generation)
    }

    pub(super) fn is_newest(&self, server: &ServerAddress, generation: u64) -> bool {
        self.lock().generation(server) == generation
    }

    /// The keychain holds the answer now, in the place of whatever was to be removed. Blocks.
    pub(super) fn note_written(&self, server: &ServerAddress, generation: u64) {
        let mut inner = self.lock();
        if inner.generation(server) != generation {
            return;
        }
        if let Some(Some(known)) = inner.known.get_mut(server) {
            known.keeping = Keeping::Keychain;
        }
        let note = inner.index.servers.entry(server.clone()).or_default();
        note.entry = EntryState::Counts;
        drop(inner);
        self.changes.send_replace(());
        self.save();
    }

    pub(super) fn forget(&self, server: &ServerAddress) {
        let mut inner = self.lock();
        inner.answered(server, None);
        let note = inner.index.servers.entry(server.clone()).or_default();
        note.entry = EntryState::ToBeRemoved;
        note.last_used = None;
        drop(inner);
        self.changes.send_replace(());
    }

    pub(super) fn is_to_be_removed(&self, server: &ServerAddress) -> bool {
        self.lock().index.is_to_be_removed(server)
    }

    pub(super) fn to_be_removed(&self) -> Vec<ServerAddress> {
        self.lock().index.to_be_removed()
    }

    /// The keychain holds nothing for this server any more. Blocks.
    pub(super) fn note_removed(&self, server: &ServerAddress) {
        let mut inner = self.lock();
        if inner.index.is_to_be_removed(server) {
            inner.index.servers.remove(server);
        }
        drop(inner);
        self.save();
    }

    pub(super) fn note_use(&self, server: &ServerAddress, now: OffsetDateTime) {
        let mut inner = self.lock();
        let note = inner.index.servers.entry(server.clone()).or_default();
        note.last_used = Some(now);
        drop(inner);
        self.changes.send_replace(());
    }

    pub(super) fn last_used(&self, server: &ServerAddress) -> Option<OffsetDateTime> {
        self.lock().index.servers.get(server).and_then(|note| note.last_used)
    }
}
