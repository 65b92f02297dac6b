//! Looks for recovery files that are put in place while the agent runs, in whatever state it is.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::clock::{Clock, Pause};
use crate::recovery::RecoveryRefusal;
use crate::recovery_directory::{SeenFiles, read_new};

/// The time from one look to the next: that of many ways in which files are put in place is longer.
const BETWEEN_LOOKS: Duration = Duration::from_mins(1);
/// How long the disk may take. What it has to say later is heard at the next look.
const TO_READ: Duration = Duration::from_secs(5);

/// The directory, and what was found in it.
#[derive(Default)]
pub(crate) struct RecoveryWatch {
    directory: Option<PathBuf>,
    seen: SeenFiles,
    /// Why files were not taken, as the log was told.
    refused: HashMap<PathBuf, RecoveryRefusal>,
    /// A look that the disk keeps waiting.
    looking: Option<JoinHandle<Found>>,
    /// In a lock, because a pause cannot be looked at by several at once.
    next: Mutex<Option<Pause>>,
}

type Found = (Vec<(PathBuf, String)>, SeenFiles);

impl RecoveryWatch {
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Self { directory, ..Self::default() }
    }

    /// Waits until it is time to look again; forever, where there is no directory. Nothing is lost when it is not waited for.
    pub(crate) async fn due(&mut self, clock: &dyn Clock) {
        if self.directory.is_none() {
            return std::future::pending().await;
        }
        let next = self.next.get_mut().unwrap_or_else(PoisonError::into_inner);
        next.get_or_insert_with(|| clock.interval(BETWEEN_LOOKS)).await;
        *next = None;
    }

    /// The files that are new or have changed since the last look, read on a thread that may wait.
    pub(crate) async fn look(&mut self) -> Vec<(PathBuf, String)> {
        let Some(directory) = &self.directory else { return Vec::new() };
        let looking = self.looking.get_or_insert_with(|| {
            let (directory, seen) = (directory.clone(), std::mem::take(&mut self.seen));
            tokio::task::spawn_blocking(move || read_new(&directory, seen))
        });
        let Ok(looked) = tokio::time::timeout(TO_READ, &mut *looking).await else {
            tracing::warn!(directory = %directory.display(), "the disk takes long with the directory with recovery files");
            return Vec::new();
        };
        self.looking = None;
        // Only when the runtime is being shut down.
        let Ok((files, seen)) = looked else { return Vec::new() };
        self.seen = seen;
        files
    }

    /// A file was not taken. One for which that may change is judged again at the next look. Returns whether it is news.
    pub(crate) fn not_taken(&mut self, path: &Path, refusal: &RecoveryRefusal) -> bool {
        match refusal {
            RecoveryRefusal::OtherServer { .. }
            | RecoveryRefusal::NoIdentity { .. }
            | RecoveryRefusal::OtherIdentity { .. }
            | RecoveryRefusal::OtherComputers
            | RecoveryRefusal::Over { .. }
            | RecoveryRefusal::NotKept { .. } => self.seen.forget(path),
            RecoveryRefusal::Unreadable { .. }
            | RecoveryRefusal::BadSignature
            | RecoveryRefusal::AlreadyTaken
            | RecoveryRefusal::Older => {}
        }
        self.refused.insert(path.to_owned(), refusal.clone()).as_ref() != Some(refusal)
    }
}

#[cfg(test)]
mod tests {
    use countersign_trust::ServerAddress;
    use time::OffsetDateTime;

    use super::*;

    #[tokio::test]
    async fn what_may_fit_later_is_judged_again_and_said_once() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.countersign-recovery");
        std::fs::write(&file, "one").unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        let server: ServerAddress = "a.example".parse().unwrap();
        let mut watch = RecoveryWatch::new(Some(directory.path().to_owned()));
        assert_eq!(watch.look().await.len(), 1);
        for (refusal, again) in [
            (RecoveryRefusal::NoIdentity { server: server.clone() }, 1),
            (RecoveryRefusal::OtherServer { server }, 1),
            (RecoveryRefusal::Over { until: OffsetDateTime::UNIX_EPOCH }, 1),
            (RecoveryRefusal::NotKept { detail: "Full.".to_owned() }, 1),
            (RecoveryRefusal::BadSignature, 0),
        ] {
            assert!(watch.not_taken(&file, &refusal), "{refusal:?} is news");
            assert!(!watch.not_taken(&file, &refusal), "{refusal:?} is no news any more");
            assert_eq!(watch.look().await.len(), again, "{refusal:?}");
        }
    }
}
