//! Where the texts come from: built in, and files beside that.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

use fluent_bundle::FluentResource;
use unic_langid::LanguageIdentifier;

use crate::catalogue::{Bundle, bundle};

macro_rules! built_in {
    ($($file:literal)+) => {
        pub(crate) const BUILT_IN: [(&str, &[(&str, &str)]); 2] = [
            ("en", &[$(($file, include_str!(concat!("../locales/en/", $file, ".ftl"))),)+]),
            ("de", &[$(($file, include_str!(concat!("../locales/de/", $file, ".ftl"))),)+]),
        ];
    };
}

built_in!("advice" "certificate" "command_line" "diagnosis" "doctor" "general" "history" "notice" "problem" "problem_kind" "prompt" "recovery" "remembered" "request" "server_choice" "start" "status" "tray");

/// A file with more bytes than this is not read.
const LARGEST_FILE: u64 = 256 * 1024;
/// More files in a directory than this are not read.
const MOST_FILES: usize = 64;

/// Where files with further texts are, those before the others that count more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directories(pub(crate) Vec<PathBuf>);

impl Directories {
    /// The person's own before those of the machine (XDG Base Directory Specification).
    #[cfg(unix)]
    pub(crate) fn of_the_operating_system() -> Self {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let persons =
            absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
        let machine = PathBuf::from("/usr/share");
        Self(persons.into_iter().chain([machine]).map(|path| path.join("countersign/locales")).collect())
    }

    #[cfg(not(unix))]
    pub(crate) fn of_the_operating_system() -> Self {
        let known = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        Self(
            ["APPDATA", "ProgramData"]
                .into_iter()
                .filter_map(known)
                .map(|path| path.join("Countersign/locales"))
                .collect(),
        )
    }

    /// The languages for which there is a subdirectory.
    pub(crate) fn languages(&self) -> Vec<LanguageIdentifier> {
        let mut languages: Vec<LanguageIdentifier> = self
            .0
            .iter()
            .flat_map(|directory| names(directory))
            .filter_map(|path| path.file_name().and_then(OsStr::to_str).and_then(|name| name.parse().ok()))
            .collect();
        languages.sort();
        languages.dedup();
        languages
    }
}

/// The texts of a language, from each place that has some.
pub(crate) fn bundles(language: &LanguageIdentifier, directories: &Directories) -> Vec<Bundle> {
    let tag = language.to_string();
    let added = directories.0.iter().map(|directory| from_files(language, &directory.join(&tag)));
    let built_in = BUILT_IN.iter().filter(|(known, _)| *known == tag).map(|(_, files)| {
        let mut bundle = bundle(language);
        for (name, text) in *files {
            add(&mut bundle, (*text).to_owned(), Path::new(name));
        }
        Some(bundle)
    });
    added.chain(built_in).flatten().collect()
}

fn from_files(language: &LanguageIdentifier, directory: &Path) -> Option<Bundle> {
    let files: Vec<PathBuf> =
        names(directory).into_iter().filter(|path| path.extension() == Some(OsStr::new("ftl"))).collect();
    if files.is_empty() {
        return None;
    }
    let mut bundle = bundle(language);
    for file in files {
        match read(&file) {
            Ok(text) => add(&mut bundle, text, &file),
            Err(error) => tracing::warn!(file = %file.display(), %error, "a file with texts is not used"),
        }
    }
    Some(bundle)
}

/// What is in a directory, in the order of the names. Nothing when there is none.
fn names(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).take(MOST_FILES).collect();
    paths.sort();
    paths
}

fn read(file: &Path) -> std::io::Result<String> {
    // A pipe would hold up the start.
    if !std::fs::metadata(file)?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut text = String::new();
    let length = std::fs::File::open(file)?.take(LARGEST_FILE + 1).read_to_string(&mut text)?;
    if u64::try_from(length).is_ok_and(|length| length > LARGEST_FILE) {
        Err(std::io::Error::other(format!("it has more than {LARGEST_FILE} bytes")))
    } else if is_nested_too_deeply(&text) {
        Err(std::io::Error::other("its braces are nested too deeply"))
    } else {
        Ok(text)
    }
}

/// The parser calls itself for each brace within another: a file of nothing but braces would exhaust the stack.
fn is_nested_too_deeply(text: &str) -> bool {
    const DEEPEST: u32 = 20;
    let mut depth = 0_u32;
    text.chars().any(|character| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// Of a file with mistakes, what can be read is used.
fn add(bundle: &mut Bundle, text: String, file: &Path) {
    let resource = FluentResource::try_new(text).unwrap_or_else(|(resource, errors)| {
        for error in errors {
            tracing::warn!(file = %file.display(), %error, "a file with texts has a mistake");
        }
        resource
    });
    if let Err(errors) = bundle.add_resource(resource) {
        for error in errors {
            tracing::warn!(file = %file.display(), %error, "a file with texts repeats one");
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_trust::ServerAddress;

    use super::*;
    use crate::languages::Wanted;
    use crate::{Direction, Words};

    fn words(files: &[(&str, &[u8])], locale: &str) -> Words {
        let directory = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        Words::choose(&Wanted::locale(locale), &Directories(vec![directory.path().to_path_buf()]))
    }

    fn server() -> ServerAddress {
        ServerAddress::new("a.example", 8013).unwrap()
    }

    #[test]
    fn a_language_is_added_by_a_file_and_completed_in_english() {
        let words = words(&[("fr/tray.ftl", "tray_connect = Se connecter".as_bytes())], "fr_FR.UTF-8");
        assert_eq!(words.language(), "fr");
        assert_eq!(words.tray_connect(), "Se connecter");
        assert_eq!(words.tray_quit(), Words::english().tray_quit());
    }

    #[test]
    fn a_built_in_language_is_improved_by_a_file() {
        let words = words(&[("de/ours.ftl", "tray_quit = Feierabend".as_bytes())], "de");
        assert_eq!(words.tray_quit(), "Feierabend");
        assert_eq!(words.tray_connect(), Words::german().tray_connect());
    }

    #[test]
    fn names_keep_to_themselves_in_a_language_from_right_to_left() {
        let file = "tray_server = الخادم: { $server }\ntray_open = Countersign فتح";
        let words = words(&[("ar/tray.ftl", file.as_bytes())], "ar");
        assert_eq!(words.direction(), Direction::RightToLeft);
        assert_eq!(words.tray_server(&server()), "الخادم: \u{2068}a.example:8013\u{2069}");
        assert_eq!(words.tray_open(), "\u{200F}Countersign فتح");
        assert_eq!(words.tray_quit(), "Quit");
        assert_eq!(Words::german().direction(), Direction::LeftToRight);
    }

    #[test]
    fn broken_files_break_nothing() {
        let nested = [b"tray_open = ".as_slice(), &vec![b'{'; 200 * 1024]].concat();
        let large = vec![b'#'; 300 * 1024];
        let words = words(
            &[
                ("fr/bad.ftl", b"tray_connect = { $\nnonsense\ntray_disconnect = Se d\xC3\xA9connecter\n"),
                ("fr/bytes.ftl", b"tray_about = \xFF\xFE"),
                ("fr/cycle.ftl", b"tray_open = { tray_open }"),
                ("fr/large.ftl", &large),
                ("fr/nested.ftl", &nested),
                ("fr/control.ftl", br#"tray_quit = a{"\u0000"}b"#),
                ("fr/unknown.ftl", b"tray_server = { $other }\nno_such_text = x"),
                ("fr/folder.ftl/x", b""),
            ],
            "fr",
        );
        let english = Words::english();
        assert_eq!(words.tray_disconnect(), "Se déconnecter");
        for (text, expected) in [
            (words.tray_connect(), english.tray_connect()),
            (words.tray_about(), english.tray_about()),
            (words.tray_open(), english.tray_open()),
            (words.tray_server(&server()), english.tray_server(&server())),
        ] {
            assert_eq!(text, expected);
        }
        assert_eq!(words.tray_quit(), "ab");
    }

    #[test]
    fn without_files_there_is_one_bundle_a_language() {
        assert_eq!(Words::english().number_of_bundles(), 1);
        assert_eq!(Words::german().number_of_bundles(), 2);
        assert_eq!(Words::for_locale("xx-nonsense").language(), "en");
    }
}
