//! The log in the state directory: bounded, and readable by its owner alone.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::private_file;

/// A file that has grown to this many bytes is put aside, in the place of the one that was put aside before.
const MAXIMUM_FILE_BYTES: u64 = 1024 * 1024;
/// What is longer is cut, in bytes.
const MAXIMUM_LINE_BYTES: usize = 8 * 1024;
pub(super) const CURRENT: &str = "countersign.log";
pub(super) const EARLIER: &str = "countersign.1.log";

/// The log file, to write to. One process at a time: the tray's.
///
/// A `Mutex<LogFile>` can be given to `tracing_subscriber` as a writer; every event is one call of
/// [`Write::write`].
#[derive(Debug)]
pub struct LogFile {
    directory: PathBuf,
    file: File,
    length: u64,
    limit: u64,
}

/// Why there is no log file.
#[derive(Debug, thiserror::Error)]
#[error("The log in {} cannot be written: {source}. Make sure that the directory can be written to.", directory.display())]
pub struct LogFileError {
    /// The directory.
    directory: PathBuf,
    source: io::Error,
}

impl LogFile {
    /// Goes on with the log in the state directory, or begins one.
    pub fn open(state_directory: &Path) -> Result<Self, LogFileError> {
        Self::open_with_limit(state_directory, MAXIMUM_FILE_BYTES)
    }

    pub(super) fn open_with_limit(state_directory: &Path, limit: u64) -> Result<Self, LogFileError> {
        let directory = directory(state_directory);
        let open = || {
            private_file::create_directory(&directory)?;
            let file = private_file::append(&directory.join(CURRENT))?;
            let length = file.metadata()?.len();
            Ok((file, length))
        };
        let (file, length) =
            open().map_err(|source| LogFileError { directory: directory.clone(), source })?;
        Ok(Self { directory, file, length, limit })
    }

    /// Puts the full file aside and begins a new one.
    fn turn(&mut self) -> io::Result<()> {
        let current = self.directory.join(CURRENT);
        if std::fs::rename(&current, self.directory.join(EARLIER)).is_err() {
            // The limit holds, whatever else does not.
            self.file.set_len(0)?;
        }
        self.file = private_file::append(&current)?;
        self.length = self.file.metadata()?.len();
        Ok(())
    }
}

impl Write for LogFile {
    /// Writes one event, cut where it is too long. All of it counts as written.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let kept = cut(event);
        let newline: &[u8] = if kept.len() < event.len() { b" [cut]\n" } else { b"" };
        let length = (kept.len() + newline.len()) as u64;
        if self.length > 0 && self.length + length > self.limit {
            self.turn()?;
        }
        self.file.write_all(kept)?;
        self.file.write_all(newline)?;
        self.length += length;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The last lines of the log, oldest first; at most so many bytes. Nothing when there is no log.
pub fn recent_log_lines(state_directory: &Path, maximum_bytes: usize) -> io::Result<String> {
    let directory = directory(state_directory);
    let current = tail(&directory.join(CURRENT), maximum_bytes)?;
    let earlier = tail(&directory.join(EARLIER), maximum_bytes.saturating_sub(current.len()))?;
    Ok(earlier + &current)
}

pub(super) fn directory(state_directory: &Path) -> PathBuf {
    state_directory.join("log")
}

/// Whole lines only: the end of a line that is cut off might be the end of a secret that is no longer recognised.
fn tail(path: &Path, maximum_bytes: usize) -> io::Result<String> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    // One byte more tells whether the first line is whole.
    let begin = length.saturating_sub(maximum_bytes as u64 + 1);
    file.seek(SeekFrom::Start(begin))?;
    let mut bytes = Vec::new();
    file.take(maximum_bytes as u64 + 1).read_to_end(&mut bytes)?;
    let whole = if begin == 0 && bytes.len() <= maximum_bytes {
        &bytes[..]
    } else {
        let first = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |newline| newline + 1);
        &bytes[first..]
    };
    Ok(String::from_utf8_lossy(whole).into_owned())
}

/// Cut between words: the beginning of a secret would no longer be recognised as one.
fn cut(event: &[u8]) -> &[u8] {
    if event.len() <= MAXIMUM_LINE_BYTES {
        return event;
    }
    let kept = &event[..MAXIMUM_LINE_BYTES];
    let end = kept.iter().rposition(u8::is_ascii_whitespace).unwrap_or_default();
    &kept[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(lines: &[&str], limit: u64) -> tempfile::TempDir {
        let state = tempfile::tempdir().unwrap();
        let mut log = LogFile::open_with_limit(state.path(), limit).unwrap();
        for line in lines {
            assert_eq!(log.write(line.as_bytes()).unwrap(), line.len());
        }
        state
    }

    #[test]
    fn lines_are_found_again_after_a_restart() {
        let state = written(&["one\n", "two\n"], 100);
        LogFile::open(state.path()).unwrap().write_all(b"three\n").unwrap();
        assert_eq!(recent_log_lines(state.path(), 1000).unwrap(), "one\ntwo\nthree\n");
        assert_eq!(recent_log_lines(&state.path().join("nowhere"), 1000).unwrap(), "");
    }

    #[test]
    fn it_never_takes_more_than_two_files() {
        let lines: Vec<String> = (0..1000).map(|number| format!("line {number:04}\n")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let state = written(&lines, 500);
        let sizes: Vec<u64> = std::fs::read_dir(state.path().join("log"))
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .collect();
        assert!(sizes.len() == 2 && sizes.iter().all(|size| *size <= 500), "{sizes:?}");
        let recent = recent_log_lines(state.path(), 10_000).unwrap();
        assert!(recent.len() > 500 && recent.ends_with("line 0998\nline 0999\n"), "{recent}");
    }

    #[test]
    fn only_whole_lines_are_read() {
        let state = written(&["secret-token one\n", "two\n", "three\n"], 1000);
        for (maximum, expected) in
            [(6, "three\n"), (9, "three\n"), (10, "two\nthree\n"), (20, "two\nthree\n"), (0, ""), (3, "")]
        {
            assert_eq!(recent_log_lines(state.path(), maximum).unwrap(), expected, "{maximum}");
        }
    }

    #[test]
    fn a_long_line_is_cut_between_words() {
        let words = "word ".repeat(1600);
        let line = format!("{words}{}", "x".repeat(4000));
        let state = written(&[&line, "next\n"], MAXIMUM_FILE_BYTES);
        let expected = format!("{} [cut]\nnext\n", words.trim_end());
        assert_eq!(recent_log_lines(state.path(), 100_000).unwrap(), expected);
        let state = written(&[&"y".repeat(10_000)], MAXIMUM_FILE_BYTES);
        assert_eq!(recent_log_lines(state.path(), 100_000).unwrap(), " [cut]\n");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let state = tempfile::tempdir().unwrap();
        let directory = state.path().join("log");
        std::fs::create_dir(&directory).unwrap();
        let path = directory.join(CURRENT);
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let mut log = LogFile::open_with_limit(state.path(), 10).unwrap();
        log.write_all(b"12345678\n").unwrap();
        log.write_all(b"12345678\n").unwrap();
        for name in [CURRENT, EARLIER] {
            let mode = std::fs::metadata(directory.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
