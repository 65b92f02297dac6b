//! Recovery files that whoever looks after the computer has put in place: a directory beside the machine's configuration.
//!
//! Each file proves itself by its signature. It is taken from here without asking the person, so that only files count that
//! belong to the owner of the directory, which nobody else can write to.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use countersign_protocol::recovery_file::{FILE_EXTENSION, MAXIMUM_RECOVERY_BYTES};

/// So many files are looked at: the last ones by name, because names often begin with a date.
const MAXIMUM_FILES: usize = 32;

/// What was read before: files are looked at again when they have changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeenFiles {
    files: HashMap<PathBuf, (SystemTime, u64)>,
    /// What the log has been told of, once: it is looked at again and again.
    complaints: HashSet<PathBuf>,
}

impl SeenFiles {
    /// Lets a file count as new at the next look.
    pub(crate) fn forget(&mut self, path: &Path) {
        self.files.remove(path);
    }
}

/// What is wrong at this look, and was at the one before.
#[derive(Default)]
struct Complaints {
    before: HashSet<PathBuf>,
    now: HashSet<PathBuf>,
}

impl Complaints {
    /// Notes that something is wrong. Returns whether it was not before.
    fn note(&mut self, path: &Path) -> bool {
        self.now.insert(path.to_owned());
        !self.before.contains(path)
    }
}

/// The files that are new or have changed, in the order of their names. Blocks.
pub(crate) fn read_new(directory: &Path, mut seen: SeenFiles) -> (Vec<(PathBuf, String)>, SeenFiles) {
    let mut found = Vec::new();
    let mut files = HashMap::new();
    let mut complaints = Complaints { before: seen.complaints, now: HashSet::new() };
    let Some(owner) = look_at(directory, &mut complaints) else {
        return (found, SeenFiles { files, complaints: complaints.now });
    };
    for path in paths(directory, &mut complaints) {
        let Some((file, changed, length)) = open(&owner, &path, &mut complaints) else { continue };
        let known = seen.files.remove(&path);
        files.insert(path.clone(), (changed, length));
        if known == Some((changed, length)) {
            continue;
        }
        // One byte more shows that it is too long.
        let limit = u64::try_from(MAXIMUM_RECOVERY_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let mut text = String::new();
        match file.take(limit).read_to_string(&mut text) {
            Ok(_) => found.push((path, text)),
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "a recovery file cannot be read");
            }
        }
    }
    (found, SeenFiles { files, complaints: complaints.now })
}

/// The directory; none when it is not there, or others than its owner may write to it.
fn look_at(directory: &Path, complaints: &mut Complaints) -> Option<fs::Metadata> {
    match fs::metadata(directory) {
        Ok(metadata) if belongs_to_the_machine(&metadata, &metadata) => Some(metadata),
        Ok(_) => {
            if complaints.note(directory) {
                tracing::warn!(
                    directory = %directory.display(),
                    "the directory with recovery files is left alone: nobody but its owner may write to it"
                );
            }
            None
        }
        Err(error) => {
            cannot_be_read(directory, &error, complaints);
            None
        }
    }
}

fn cannot_be_read(directory: &Path, error: &io::Error, complaints: &mut Complaints) {
    if error.kind() != io::ErrorKind::NotFound && complaints.note(directory) {
        tracing::warn!(directory = %directory.display(), %error, "the directory with recovery files cannot be read");
    }
}

fn paths(directory: &Path, complaints: &mut Complaints) -> Vec<PathBuf> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            cannot_be_read(directory, &error, complaints);
            return Vec::new();
        }
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == FILE_EXTENSION))
        .collect();
    paths.sort();
    paths.drain(..paths.len().saturating_sub(MAXIMUM_FILES));
    paths
}

/// The file, when it was changed, and its length. None of one that is not the machine's.
fn open(owner: &fs::Metadata, path: &Path, complaints: &mut Complaints) -> Option<(File, SystemTime, u64)> {
    let opened = open_at_once(path).and_then(|file| {
        let metadata = file.metadata()?;
        Ok((file, metadata))
    });
    match opened {
        Ok((file, metadata)) if metadata.is_file() && belongs_to_the_machine(owner, &metadata) => {
            let changed = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some((file, changed, metadata.len()))
        }
        Ok(_) => {
            if complaints.note(path) {
                tracing::warn!(
                    file = %path.display(),
                    "a recovery file is left alone: it has to be a regular file that belongs to the same account as its \
                     directory, and nobody else may write to it"
                );
            }
            None
        }
        Err(error) => {
            if complaints.note(path) {
                tracing::warn!(file = %path.display(), %error, "a recovery file cannot be read");
            }
            None
        }
    }
}

/// Opening a named pipe would wait for somebody who writes to it.
#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn belongs_to_the_machine(directory: &fs::Metadata, file: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const OTHERS_MAY_WRITE: u32 = 0o022;
    directory.uid() == file.uid() && (directory.mode() | file.mode()) & OTHERS_MAY_WRITE == 0
}

/// There the rights of the directory are inherited.
#[cfg(not(unix))]
fn belongs_to_the_machine(_directory: &fs::Metadata, _file: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &[(PathBuf, String)]) -> Vec<&str> {
        found.iter().filter_map(|(path, _)| path.file_name()?.to_str()).collect()
    }

    #[test]
    #[cfg(unix)]
    fn files_are_read_when_they_are_new_or_have_changed() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name);
        let mode =
            |name: &str, mode| fs::set_permissions(file(name), fs::Permissions::from_mode(mode)).unwrap();
        assert!(read_new(&file("nothing"), SeenFiles::default()).0.is_empty());
        for name in
            ["b.countersign-recovery", "a.countersign-recovery", "notes.txt", "writable.countersign-recovery"]
        {
            fs::write(file(name), "one").unwrap();
            mode(name, 0o644);
        }
        mode("writable.countersign-recovery", 0o666);
        fs::create_dir(file("directory.countersign-recovery")).unwrap();
        let (found, seen) = read_new(directory.path(), SeenFiles::default());
        assert_eq!(names(&found), ["a.countersign-recovery", "b.countersign-recovery"]);
        let (found, seen) = read_new(directory.path(), seen);
        assert!(found.is_empty());
        fs::write(file("b.countersign-recovery"), "longer").unwrap();
        let (found, seen) = read_new(directory.path(), seen);
        assert_eq!(names(&found), ["b.countersign-recovery"]);
        fs::write(file("long.countersign-recovery"), "x".repeat(2 * MAXIMUM_RECOVERY_BYTES)).unwrap();
        mode("long.countersign-recovery", 0o644);
        let (found, seen) = read_new(directory.path(), seen);
        assert_eq!(found[0].1.len(), MAXIMUM_RECOVERY_BYTES + 1);
        // A directory in which others can put files is none of the machine.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(file("c.countersign-recovery"), "one").unwrap();
        mode("c.countersign-recovery", 0o644);
        assert!(read_new(directory.path(), seen).0.is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn the_newest_of_many_dated_files_count_and_a_pipe_keeps_nobody_waiting() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        for day in 0..MAXIMUM_FILES + 3 {
            let file = directory.path().join(format!("2026-{day:03}.countersign-recovery"));
            fs::write(&file, "one").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let (found, _) = read_new(directory.path(), SeenFiles::default());
        assert_eq!(found.len(), MAXIMUM_FILES);
        assert_eq!(
            (names(&found)[0], *names(&found).last().unwrap()),
            ("2026-003.countersign-recovery", "2026-034.countersign-recovery")
        );

        let pipe = directory.path().join("pipe.countersign-recovery");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut complaints = Complaints::default();
        let owner = look_at(directory.path(), &mut complaints).unwrap();
        assert!(open(&owner, &pipe, &mut complaints).is_none());
        // It is said once.
        let mut complaints = Complaints { before: complaints.now, now: HashSet::new() };
        assert!(open(&owner, &pipe, &mut complaints).is_none() && !complaints.note(&pipe));
    }
}
