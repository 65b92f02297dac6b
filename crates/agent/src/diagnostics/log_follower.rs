//! The log, read on as it grows.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use same_file::Handle;

use super::log_file::{CURRENT, EARLIER, directory};

/// So much of a file is read at once, in bytes. No file of the log is as long.
const MAXIMUM_BYTES: u64 = 4 * 1024 * 1024;

/// Reads the log of a process that may be writing it, through every turn to a new file.
#[derive(Debug)]
pub struct LogFollower {
    directory: PathBuf,
    /// The file that was written to when it was last looked at, read so far.
    current: Option<Handle>,
    /// The one before, which has been read.
    earlier: Option<Handle>,
    /// The beginning of a line whose end is not written yet.
    unfinished: Vec<u8>,
}

impl LogFollower {
    /// Will begin with all that is kept in this state directory.
    #[must_use]
    pub fn new(state_directory: &Path) -> Self {
        Self { directory: directory(state_directory), current: None, earlier: None, unfinished: Vec::new() }
    }

    /// The lines that have been written since the last call, whole ones only. Nothing while there is no log.
    ///
    /// What was written and put aside twice between two calls is lost.
    pub fn next_lines(&mut self) -> io::Result<String> {
        let mut read = std::mem::take(&mut self.unfinished);
        // Opened first: once there is another file, nothing more is written to the one before.
        let newest = open(&self.directory.join(CURRENT))?;
        if let Some(current) = &mut self.current {
            read_on(current.as_file_mut(), &mut read)?;
        }
        match newest {
            Some(newest) if self.current.as_ref() != Some(&newest) => self.turn(newest, &mut read)?,
            // Between two files there is none for a moment.
            Some(_) | None => {}
        }
        let end = read.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        self.unfinished = read.split_off(end);
        Ok(String::from_utf8_lossy(&read).into_owned())
    }

    /// Goes on with the next file, and with what there was between.
    fn turn(&mut self, mut newest: Handle, read: &mut Vec<u8>) -> io::Result<()> {
        end_line(read);
        if let Some(mut earlier) = open(&self.directory.join(EARLIER))? {
            let known = [self.current.as_ref(), self.earlier.as_ref(), Some(&newest)];
            if !known.contains(&Some(&earlier)) {
                read_on(earlier.as_file_mut(), read)?;
                end_line(read);
            }
            self.earlier = Some(earlier);
        }
        read_on(newest.as_file_mut(), read)?;
        self.current = Some(newest);
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<Option<Handle>> {
    match File::open(path).and_then(Handle::from_file) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_on(file: &mut File, read: &mut Vec<u8>) -> io::Result<()> {
    // A file that cannot be put aside is emptied instead.
    if file.metadata()?.len() < file.stream_position()? {
        file.seek(SeekFrom::Start(0))?;
    }
    file.take(MAXIMUM_BYTES).read_to_end(read)?;
    Ok(())
}

/// Whoever wrote the line was stopped in the middle of it.
fn end_line(read: &mut Vec<u8>) {
    if read.last().is_some_and(|last| *last != b'\n') {
        read.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::log_file::LogFile;
    use super::*;

    #[test]
    fn every_line_is_read_once_through_every_turn() {
        // So many lines between two looks; five of them fill a file.
        for step in 1..=9 {
            let state = tempfile::tempdir().unwrap();
            let mut log = LogFile::open_with_limit(state.path(), 50).unwrap();
            let mut follower = LogFollower::new(state.path());
            let mut read = String::new();
            let lines: Vec<String> = (0..200).map(|number| format!("line {number:04}\n")).collect();
            for (number, line) in lines.iter().enumerate() {
                log.write_all(line.as_bytes()).unwrap();
                if (number + 1) % step == 0 {
                    read += &follower.next_lines().unwrap();
                }
            }
            read += &follower.next_lines().unwrap();
            assert_eq!(read, lines.concat(), "{step}");
            assert_eq!(follower.next_lines().unwrap(), "", "{step}");
        }
    }

    #[test]
    fn it_begins_with_all_that_is_kept_and_waits_for_a_log() {
        let state = tempfile::tempdir().unwrap();
        let mut follower = LogFollower::new(state.path());
        assert_eq!(follower.next_lines().unwrap(), "");
        let mut log = LogFile::open_with_limit(state.path(), 10).unwrap();
        log.write_all(b"one\n").unwrap();
        assert_eq!(follower.next_lines().unwrap(), "one\n");
        log.write_all(b"two 4567\n").unwrap();
        assert_eq!(LogFollower::new(state.path()).next_lines().unwrap(), "one\ntwo 4567\n");
        assert_eq!(follower.next_lines().unwrap(), "two 4567\n");
    }

    #[test]
    fn a_line_comes_whole_or_not_at_all() {
        let state = tempfile::tempdir().unwrap();
        let directory = directory(state.path());
        std::fs::create_dir(&directory).unwrap();
        let mut file = File::create(directory.join(CURRENT)).unwrap();
        let mut follower = LogFollower::new(state.path());
        let mut look = |written: &str| {
            file.write_all(written.as_bytes()).unwrap();
            follower.next_lines().unwrap()
        };
        assert_eq!(look("one\ntw"), "one\n");
        assert_eq!(look(""), "");
        assert_eq!(look("o\nthr"), "two\n");
        // Its writer was stopped, and another has begun a file.
        std::fs::rename(directory.join(CURRENT), directory.join(EARLIER)).unwrap();
        std::fs::write(directory.join(CURRENT), "four\n").unwrap();
        assert_eq!(look(""), "thr\nfour\n");
    }

    #[test]
    fn a_file_that_was_emptied_is_read_from_its_beginning() {
        let state = tempfile::tempdir().unwrap();
        let directory = directory(state.path());
        std::fs::create_dir(&directory).unwrap();
        let current = directory.join(CURRENT);
        std::fs::write(directory.join(EARLIER), "long ago\n").unwrap();
        std::fs::write(&current, "one\ntwo\n").unwrap();
        let mut follower = LogFollower::new(state.path());
        assert_eq!(follower.next_lines().unwrap(), "long ago\none\ntwo\n");
        File::options().write(true).open(&current).unwrap().set_len(0).unwrap();
        assert_eq!(follower.next_lines().unwrap(), "");
        std::fs::write(&current, "three\n").unwrap();
        assert_eq!(follower.next_lines().unwrap(), "three\n");
        // Somebody has taken the file away: the earlier one is not read again.
        std::fs::remove_file(&current).unwrap();
        std::fs::write(&current, "four\n").unwrap();
        assert_eq!(follower.next_lines().unwrap(), "four\n");
    }
}
