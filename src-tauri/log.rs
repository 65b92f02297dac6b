//! Where the log goes: to standard error, and for the process that has the agent into a file as well.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use countersign_agent::diagnostics::LogFile;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::{MakeWriter, MutexGuardWriter, OptionalWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The file that the log goes to, once it is known where that is.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeptLog(Arc<OnceLock<Mutex<LogFile>>>);

impl KeptLog {
    /// From now on the log goes there, too. Only one process at a time may do this for a directory.
    pub(crate) fn keep_in(&self, state_directory: &Path) {
        match LogFile::open(state_directory) {
            // The first directory counts.
            Ok(file) => drop(self.0.set(Mutex::new(file))),
            Err(error) => tracing::warn!(%error, "the log is not kept"),
        }
    }
}

impl<'log> MakeWriter<'log> for KeptLog {
    type Writer = OptionalWriter<MutexGuardWriter<'log, LogFile>>;

    fn make_writer(&'log self) -> Self::Writer {
        match self.0.get() {
            Some(file) => OptionalWriter::some(file.make_writer()),
            None => OptionalWriter::none(),
        }
    }
}

/// Begins to log, as much as COUNTERSIGN_LOG says or else from this level on.
pub(crate) fn to_standard_error(level: &str) -> KeptLog {
    let filter = match std::env::var("COUNTERSIGN_LOG") {
        Ok(wanted) => EnvFilter::try_new(&wanted).unwrap_or_else(|error| {
            eprintln!(
                "countersign: COUNTERSIGN_LOG is “{wanted}”, which is not understood ({error}). Give a level such as \
                 debug, or parts and levels such as info,countersign_agent=debug. It is taken as {level}."
            );
            EnvFilter::new(level)
        }),
        Err(_) => EnvFilter::new(level),
    };
    let kept = KeptLog::default();
    // The file first: what belongs to a span is formatted once, by the first, and the file shall have no colours.
    let logged = tracing_subscriber::registry()
        .with(filter)
        .with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(kept.clone()))
        .with(tracing_subscriber::fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr))
        .try_init();
    if let Err(error) = logged {
        eprintln!("countersign: the log cannot be written: {error}");
    }
    kept
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use countersign_agent::diagnostics::recent_log_lines;

    use super::*;

    #[test]
    fn the_log_is_kept_once_it_is_known_where() {
        let state = tempfile::tempdir().unwrap();
        let kept = KeptLog::default();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(kept.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!("too early");
            kept.keep_in(state.path());
            tracing::info!("kept");
            let elsewhere = tempfile::tempdir().unwrap();
            kept.keep_in(elsewhere.path());
            tracing::info!("kept as well");
        });
        let lines = recent_log_lines(state.path(), 1000).unwrap();
        assert_eq!(lines.lines().count(), 2, "{lines}");
        assert!(lines.contains(" kept\n") && lines.ends_with(" kept as well\n"), "{lines}");
    }
}
