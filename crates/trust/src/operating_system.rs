//! The roots that the operating system trusts, read again when they change. The only input of the crate.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::roots::TrustedRoots;

/// Without anything to watch (Windows and macOS keep their roots in no file), roots are read again after this time.
const MAXIMUM_AGE: Duration = Duration::from_mins(5);

/// Where distributions keep their roots, beside what `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
const USUAL_PLACES: [&str; 8] = [
    "/etc/ssl/certs",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/usr/share/ssl/certs",
];

/// The operating system's trusted roots, always up to date.
///
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the system's own places (rustls-native-certs).
#[derive(Debug, Default)]
pub struct OperatingSystemRoots {
    /// Stands for the system's, and never changes.
    instead: Option<Arc<TrustedRoots>>,
    loaded: Mutex<Option<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    roots: Arc<TrustedRoots>,
    places: Vec<PlaceState>,
    at: Instant,
}

/// What is compared to notice a change: cheap to read, and different after any ordinary way of writing.
#[derive(Debug, PartialEq, Eq)]
struct PlaceState {
    path: PathBuf,
    modified: Option<SystemTime>,
    length: Option<u64>,
    number: Option<u64>,
}

impl OperatingSystemRoots {
    /// Prepares an empty holder; nothing is read before the first [`OperatingSystemRoots::current`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A computer that trusts these and nothing else, for tests and tools.
    #[must_use]
    pub fn fixed(roots: TrustedRoots) -> Self {
        Self { instead: Some(Arc::new(roots)), loaded: Mutex::default() }
    }

    /// The roots as they are now.
    ///
    /// Costs a few file status calls when nothing has changed, and some milliseconds of reading otherwise, so it is
    /// to be called outside of asynchronous code. Files that cannot be read are left out; with none at all no
    /// certificate has a known issuer.
    #[must_use]
    pub fn current(&self) -> Arc<TrustedRoots> {
        if let Some(roots) = &self.instead {
            return Arc::clone(roots);
        }
        // A panic in another thread cannot leave the value half written.
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at before reading, so that a change during the reading is noticed the next time.
        let places = watched_places();
        if let Some(loaded) = loaded.as_ref()
            && loaded.places == places
            && (!places.is_empty() || loaded.at.elapsed() < MAXIMUM_AGE)
        {
            return Arc::clone(&loaded.roots);
        }
        let (roots, _skipped) = TrustedRoots::from_der(rustls_native_certs::load_native_certs().certs);
        let roots = Arc::new(roots);
        *loaded = Some(Loaded { roots: Arc::clone(&roots), places, at: Instant::now() });
        roots
    }
}

fn watched_places() -> Vec<PlaceState> {
    let file = std::env::var_os("SSL_CERT_FILE");
    let directories = std::env::var_os("SSL_CERT_DIR");
    if file.is_none() && directories.is_none() {
        return states(USUAL_PLACES.into_iter().map(PathBuf::from));
    }
    states(named_places(file, directories.as_deref()))
}

fn named_places(file: Option<OsString>, directories: Option<&OsStr>) -> impl Iterator<Item = PathBuf> {
    let directories: Vec<PathBuf> = directories
        .iter()
        .flat_map(std::env::split_paths)
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    file.map(PathBuf::from).into_iter().chain(directories)
}

/// The state of each place and, for a directory that somebody named, of each file in it: a file that is written
/// in place leaves its directory's time alone.
fn states(places: impl Iterator<Item = PathBuf>) -> Vec<PlaceState> {
    let mut states = Vec::new();
    for place in places {
        if !place.exists() {
            continue;
        }
        if let Ok(entries) = std::fs::read_dir(&place) {
            let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            files.sort();
            states.extend(files.iter().map(|file| state(file)));
        }
        states.push(state(&place));
    }
    states
}

fn state(path: &Path) -> PlaceState {
    let metadata = std::fs::metadata(path).ok();
    PlaceState {
        path: path.to_owned(),
        modified: metadata.as_ref().and_then(|metadata| metadata.modified().ok()),
        length: metadata.as_ref().map(std::fs::Metadata::len),
        number: metadata.as_ref().and_then(file_number),
    }
}

/// The file's number, where the operating system has one: a file that was replaced by a rename has another.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other operating systems have none")]
fn file_number(metadata: &std::fs::Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    Some(metadata.ino())
}

#[cfg(not(unix))]
fn file_number(_metadata: &std::fs::Metadata) -> Option<u64> {
    None
}
