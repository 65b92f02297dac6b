//! What stands for this computer and its person, and is taken out wherever it is met.

use std::ops::Range;
use std::path::{Path, PathBuf};

use countersign_protocol::Secret;
use regex::{Error, Regex, RegexBuilder};

use super::pieces::{Numbered, Numbers, Pieces};

/// Names that tell nobody apart, and that a report is full of for other reasons: they stay.
const COMMON_NAMES: [&str; 24] = [
    "admin",
    "administrator",
    "agent",
    "client",
    "computer",
    "countersign",
    "debian",
    "desktop",
    "docker",
    "fedora",
    "guest",
    "laptop",
    "linux",
    "localhost",
    "macos",
    "pc",
    "pi",
    "root",
    "server",
    "test",
    "ubuntu",
    "user",
    "vagrant",
    "windows",
];
/// Shorter names are taken out only where a value stands: as words of their own they would be met everywhere.
const SHORTEST_NAME: usize = 3;

/// What is known of this computer.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The person's home directory, under every name that it has.
    pub homes: Vec<PathBuf>,
    /// The name of the account.
    pub user: Option<String>,
    /// The name of the computer, with its domain if it has one.
    pub computer: Option<String>,
    /// Everything secret in the configuration: tokens, passwords.
    pub secrets: Vec<Secret>,
    /// The names of the servers that are dealt with.
    pub servers: Vec<String>,
}

/// Whether the names of servers are shown. Whoever helps may need them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerNames {
    /// They become `<server 1>`, ….
    #[default]
    Hidden,
    /// They stay.
    Shown,
}

impl Known {
    /// What this process can find out by itself: home directory, account, name of the computer.
    #[must_use]
    pub fn of_this_process() -> Self {
        let mut known = Self { computer: sysinfo::System::host_name(), ..Self::default() };
        if let Some(home) = std::env::home_dir() {
            known.user = home.file_name().map(|name| name.to_string_lossy().into_owned());
            // The home directory may be a link to where it really is.
            known.homes.extend(home.canonicalize().ok().filter(|real| *real != home));
            known.homes.push(home);
        }
        let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        known.user = user.filter(|user| !user.is_empty()).or(known.user);
        known
    }
}

/// The searches for all of it.
pub(super) struct Literals {
    secrets: Option<Regex>,
    homes: Option<Regex>,
    other_homes: Regex,
    user: Option<Regex>,
    computer: Option<Regex>,
    short_user: Option<Regex>,
    short_computer: Option<Regex>,
    servers: Option<Regex>,
}

impl Literals {
    pub(super) fn new(known: &Known, server_names: ServerNames) -> Result<Self, Error> {
        let secrets = known.secrets.iter().flat_map(|secret| forms(secret.expose()));
        let homes = known.homes.iter().filter(|home| is_somebodys(home)).flat_map(|home| {
            let home = home.to_string_lossy().into_owned();
            [home.replace('\\', "\\\\"), home]
        });
        let servers = match server_names {
            ServerNames::Hidden => servers(&known.servers),
            ServerNames::Shown => None,
        };
        let without_case = |pattern: Option<String>| {
            pattern.map(|pattern| RegexBuilder::new(&pattern).case_insensitive(true).build()).transpose()
        };
        Ok(Self {
            secrets: alternatives(secrets).map(|pattern| Regex::new(&pattern)).transpose()?,
            homes: alternatives(homes).map(|pattern| Regex::new(&pattern)).transpose()?,
            other_homes: Regex::new(
                r#"(?:/home/|/Users/|[A-Za-z]:(?:\\{1,2}|/)Users(?:\\{1,2}|/))([^/\\\s"'<>:]+)"#,
            )?,
            user: without_case(user(known.user.as_deref()))?,
            computer: without_case(computer(known.computer.as_deref()))?,
            short_user: without_case(short(known.user.as_deref()))?,
            short_computer: without_case(short(known.computer.as_deref()))?,
            servers: without_case(servers)?,
        })
    }

    pub(super) fn secrets(&self, pieces: &mut Pieces<'_>) {
        if let Some(secrets) = &self.secrets {
            pieces.replace(|open| {
                secrets.find_iter(open).map(|found| (found.range(), "<secret>".to_owned())).collect()
            });
        }
    }

    pub(super) fn names(&self, pieces: &mut Pieces<'_>, numbers: &mut Numbers) {
        if let Some(homes) = &self.homes {
            pieces.replace(|open| {
                let found = homes.find_iter(open).map(|found| found.range());
                // Neither `/home/anna` in `/home/annabelle` nor in `/srv/home/anna`.
                let whole = found.filter(|range| {
                    !is_word_before(open, range) && !continues_name(open.get(range.end..).unwrap_or_default())
                });
                whole.map(|range| (range, "~".to_owned())).collect()
            });
        }
        pieces.replace(|open| {
            self.other_homes
                .captures_iter(open)
                .filter_map(|captures| captures.get(1))
                .map(|name| (name.range(), "<user>".to_owned()))
                .collect()
        });
        // The computer's name may contain the server's domain, and the server's name the computer's.
        if let Some(computer) = &self.computer {
            whole_words(pieces, computer, |_| "<computer>".to_owned());
        }
        if let Some(servers) = &self.servers {
            whole_words(pieces, servers, |name| numbers.placeholder(Numbered::Server, name.to_lowercase()));
        }
        if let Some(user) = &self.user {
            whole_words(pieces, user, |_| "<user>".to_owned());
        }
        for (name, placeholder) in [(&self.short_user, "<user>"), (&self.short_computer, "<computer>")] {
            let Some(name) = name else { continue };
            pieces.replace(|open| {
                name.captures_iter(open)
                    .filter_map(|captures| captures.get(1))
                    .filter(|found| !open.get(found.end()..).unwrap_or_default().starts_with(is_word))
                    .map(|found| (found.range(), placeholder.to_owned()))
                    .collect()
            });
        }
    }
}

/// The forms in which a secret may be written: as it is, within JSON, within a URL.
fn forms(secret: &str) -> Vec<String> {
    if secret.is_empty() {
        return Vec::new();
    }
    let json = serde_json::to_string(secret).unwrap_or_default();
    let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or_default();
    let percent = |keep: &[u8]| -> String {
        secret
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() || keep.contains(&byte) {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect()
    };
    let mut forms = vec![secret.to_owned(), json.to_owned(), percent(b"-._~"), percent(b"-._")];
    forms.retain(|form| !form.is_empty());
    forms.sort();
    forms.dedup();
    forms
}

/// Not the directory of everybody, such as `/`.
fn is_somebodys(home: &Path) -> bool {
    let home = home.to_string_lossy();
    let absolute = home.starts_with('/') || home.get(1..3).is_some_and(|after| matches!(after, ":\\" | ":/"));
    absolute && home.get(1..).is_some_and(|rest| rest.chars().any(char::is_alphanumeric) && rest.len() > 2)
}

/// Any of these, the longest first.
fn alternatives(texts: impl Iterator<Item = String>) -> Option<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let escaped: Vec<String> = texts.iter().map(|text| regex::escape(text)).collect();
    (!escaped.is_empty()).then(|| escaped.join("|"))
}

fn is_telling(name: &str) -> bool {
    name.chars().count() >= SHORTEST_NAME && !COMMON_NAMES.contains(&name.to_lowercase().as_str())
}

fn user(name: Option<&str>) -> Option<String> {
    name.filter(|name| is_telling(name)).map(regex::escape)
}

/// A short name where a value, a part of a path or a host stands.
fn short(name: Option<&str>) -> Option<String> {
    let is_short = |name: &&str| !name.is_empty() && name.chars().count() < SHORTEST_NAME;
    let name = name.filter(is_short).filter(|name| !COMMON_NAMES.contains(&name.to_lowercase().as_str()))?;
    Some(format!(r#"[=@/\\"']({})"#, regex::escape(name)))
}

/// The name with and without its domain.
fn computer(name: Option<&str>) -> Option<String> {
    let name = name?;
    let label = name.split('.').next().unwrap_or(name);
    let names = [name, label].into_iter().filter(|name| is_telling(name)).map(str::to_owned);
    alternatives(names)
}

/// The names, and all others in the same domain.
fn servers(names: &[String]) -> Option<String> {
    let mut patterns: Vec<String> = Vec::new();
    for name in names {
        let name = name.trim_start_matches("*.").trim_end_matches('.').to_lowercase();
        let is_address = name.parse::<std::net::IpAddr>().is_ok();
        if is_address || !is_telling(&name) {
            continue;
        }
        let domain = name.split_once('.').map(|(_, domain)| domain).filter(|domain| domain.contains('.'));
        patterns.push(format!(r"(?:[\w*-]+\.)*{}", regex::escape(domain.unwrap_or(&name))));
        patterns.push(regex::escape(&name));
    }
    patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.len()));
    patterns.dedup();
    (!patterns.is_empty()).then(|| patterns.join("|"))
}

fn whole_words(pieces: &mut Pieces<'_>, name: &Regex, mut placeholder: impl FnMut(&str) -> String) {
    pieces.replace(|open| {
        name.find_iter(open)
            .filter(|found| {
                let after = open.get(found.end()..).unwrap_or_default();
                !is_word_before(open, &found.range()) && !after.starts_with(is_word)
            })
            .map(|found| (found.range(), placeholder(found.as_str())))
            .collect()
    });
}

fn is_word_before(text: &str, range: &Range<usize>) -> bool {
    text.get(..range.start).is_some_and(|before| before.ends_with(is_word))
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether a directory's name goes on here.
fn continues_name(after: &str) -> bool {
    let mut characters = after.chars();
    match characters.next() {
        Some('.') => characters.next().is_some_and(is_word),
        Some(first) => is_word(first) || first == '-',
        None => false,
    }
}
