//! The Desktop Application Autostart Specification: the machine's entry in one of `$XDG_CONFIG_DIRS/autostart`, and above
//! it the person's own entry of the same name in `$XDG_CONFIG_HOME/autostart`.

use std::io;
use std::path::{Path, PathBuf};

use gtk::glib;

use super::{Autostart, AutostartError};

const FILE: &str = "autostart/countersign.desktop";

/// The entry that a person gets who wants the app where the machine does not start it.
const ENTRY: &str = include_str!("../../packaging/linux/countersign-autostart.desktop");

/// The entry that switches the machine's off.
const SWITCHED_OFF: &str = "[Desktop Entry]\nType=Application\nName=Countersign\nHidden=true\n";

/// Whether the app starts with the session of this person.
#[must_use]
pub fn state() -> Autostart {
    Places::of_the_session().map_or(Autostart::Off, |places| places.state())
}

/// Sets whether it does, for this person.
pub fn set(wanted: Autostart) -> Result<(), AutostartError> {
    Places::of_the_session().ok_or(AutostartError::NoHome)?.set(wanted)
}

/// What an entry says, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    None,
    Starts,
    SwitchedOff,
}

/// The person's entry replaces the machine's.
fn effective(machine: Entry, person: Entry) -> Autostart {
    match (machine, person) {
        (_, Entry::Starts) | (Entry::Starts, Entry::None) => Autostart::On,
        (_, Entry::SwitchedOff) | (Entry::None | Entry::SwitchedOff, Entry::None) => Autostart::Off,
    }
}

/// What has to become of the person's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Keep,
    Remove,
    Write(&'static str),
}

/// The person's entry goes away where the machine's says what is wanted, so that the machine can change its mind later.
fn change(machine: Entry, person: Entry, wanted: Autostart) -> Change {
    if wanted == effective(machine, person) {
        return Change::Keep;
    }
    match wanted {
        _ if wanted == effective(machine, Entry::None) => Change::Remove,
        Autostart::On => Change::Write(ENTRY),
        Autostart::Off => Change::Write(SWITCHED_OFF),
        Autostart::NotManaged => Change::Keep,
    }
}

struct Places {
    person: PathBuf,
    /// The most important first.
    machine: Vec<PathBuf>,
}

impl Places {
    fn of_the_session() -> Option<Self> {
        // GLib follows the XDG Base Directory Specification.
        let person = Some(glib::user_config_dir()).filter(|directory| directory.is_absolute())?.join(FILE);
        let machine = glib::system_config_dirs().into_iter().map(|directory| directory.join(FILE)).collect();
        Some(Self { person, machine })
    }

    fn machine_entry(&self) -> Entry {
        self.machine.iter().map(|file| read(file)).find(|entry| *entry != Entry::None).unwrap_or(Entry::None)
    }

    fn state(&self) -> Autostart {
        effective(self.machine_entry(), read(&self.person))
    }

    fn set(&self, wanted: Autostart) -> Result<(), AutostartError> {
        let done = match change(self.machine_entry(), read(&self.person), wanted) {
            Change::Keep => Ok(()),
            Change::Remove => std::fs::remove_file(&self.person),
            Change::Write(text) => write(&self.person, text),
        };
        done.map_err(|reason| AutostartError::Write { file: self.person.clone(), reason })
    }
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(file, text)
}

/// An entry that cannot be read starts nothing, but replaces another of its name.
fn read(file: &Path) -> Entry {
    if !file.exists() {
        return Entry::None;
    }
    let entry = glib::KeyFile::new();
    if entry.load_from_file(file, glib::KeyFileFlags::NONE).is_err() {
        return Entry::SwitchedOff;
    }
    let says = |key: &str| entry.boolean("Desktop Entry", key).ok();
    // The second key is GNOME's own, for the same.
    if says("Hidden") == Some(true) || says("X-GNOME-Autostart-enabled") == Some(false) {
        Entry::SwitchedOff
    } else {
        Entry::Starts
    }
}

#[cfg(test)]
mod tests {
    use super::Autostart::{Off, On};
    use super::*;

    #[test]
    fn the_persons_entry_outranks_the_machines() {
        for (machine, person, expected) in [
            (Entry::None, Entry::None, Off),
            (Entry::None, Entry::Starts, On),
            (Entry::None, Entry::SwitchedOff, Off),
            (Entry::Starts, Entry::None, On),
            (Entry::Starts, Entry::Starts, On),
            (Entry::Starts, Entry::SwitchedOff, Off),
            (Entry::SwitchedOff, Entry::None, Off),
            (Entry::SwitchedOff, Entry::Starts, On),
            (Entry::SwitchedOff, Entry::SwitchedOff, Off),
        ] {
            assert_eq!(effective(machine, person), expected, "{machine:?} {person:?}");
        }
    }

    fn places(directory: &Path) -> Places {
        Places {
            person: directory.join("home").join(FILE),
            machine: vec![directory.join("first").join(FILE), directory.join("second").join(FILE)],
        }
    }

    #[test]
    fn what_was_set_holds_and_leaves_no_more_than_needed() {
        for (machine, wanted, file_remains) in [
            (None, On, true),
            (None, Off, false),
            (Some(ENTRY), On, false),
            (Some(ENTRY), Off, true),
            (Some(SWITCHED_OFF), On, true),
            (Some(SWITCHED_OFF), Off, false),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let places = places(directory.path());
            if let Some(text) = machine {
                write(&places.machine[1], text).unwrap();
            }
            for first in [On, Off] {
                places.set(first).unwrap();
                places.set(wanted).unwrap();
                assert_eq!(places.state(), wanted, "{machine:?}, first {first:?}");
                assert_eq!(places.person.exists(), file_remains, "{machine:?} {wanted:?}, first {first:?}");
            }
        }
    }

    #[test]
    fn entries_are_read_as_the_desktop_reads_them() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("entry.desktop");
        assert_eq!(read(&file), Entry::None);
        for (text, expected) in [
            (ENTRY, Entry::Starts),
            (SWITCHED_OFF, Entry::SwitchedOff),
            ("[Desktop Entry]\nExec=countersign\nX-GNOME-Autostart-enabled=false\n", Entry::SwitchedOff),
            ("[Desktop Entry]\nExec=countersign\nHidden=false\n", Entry::Starts),
            ("no entry at all", Entry::SwitchedOff),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(read(&file), expected, "{text}");
        }
    }

    #[test]
    fn the_first_directory_of_the_machine_decides() {
        let directory = tempfile::tempdir().unwrap();
        let places = places(directory.path());
        write(&places.machine[1], ENTRY).unwrap();
        assert_eq!(places.state(), On);
        write(&places.machine[0], SWITCHED_OFF).unwrap();
        assert_eq!(places.state(), Off);
    }

    #[test]
    fn a_failure_names_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let places = places(directory.path());
        std::fs::write(directory.path().join("home"), "a file, where a directory is needed").unwrap();
        let error = places.set(On).unwrap_err().to_string();
        assert!(error.contains("autostart/countersign.desktop"), "{error}");
    }
}
