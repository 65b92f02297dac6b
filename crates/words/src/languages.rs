//! Which languages a person wants, and which of those there are.

use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

use crate::files::BUILT_IN;

/// The language that says what others lack.
pub(crate) fn english() -> LanguageIdentifier {
    identifier("en").unwrap_or_default()
}

/// The languages that somebody wants, the most wanted first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted(Vec<LanguageIdentifier>);

impl Wanted {
    /// One language, by the name of a locale.
    pub(crate) fn locale(name: &str) -> Self {
        Self(identifier(name).into_iter().collect())
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn by_the_operating_system() -> Self {
        Self::by_environment(|name| std::env::var(name).ok())
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn by_the_operating_system() -> Self {
        Self(sys_locale::get_locales().filter_map(|name| identifier(&name)).collect())
    }

    /// As gettext has it (GNU gettext manual, *Locale Environment Variables* and *The LANGUAGE variable*): the first of
    /// `LC_ALL`, `LC_MESSAGES` and `LANG` that is not empty is the locale; the list `LANGUAGE` goes before it, unless the
    /// locale is the one without a language.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(crate) fn by_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
        let Some(locale) = locale.as_deref().and_then(identifier) else { return Self::default() };
        let list = set("LANGUAGE").unwrap_or_default();
        Self(list.split(':').filter_map(identifier).chain([locale]).collect())
    }
}

/// The language of a locale's name, with or without encoding and modifier (`de_AT.UTF-8@euro`), or of a tag (`de-AT`).
/// Nothing for the locale without a language (`C`, `POSIX`) and for what is no name.
fn identifier(locale: &str) -> Option<LanguageIdentifier> {
    let (name, modifier) = locale.split_once('@').unwrap_or((locale, ""));
    let name = name.split('.').next().unwrap_or_default();
    let mut language: LanguageIdentifier = name.parse().ok()?;
    // A locale names the script this way, where a language is written in two.
    let script = match modifier {
        "latin" => "Latn",
        "cyrillic" => "Cyrl",
        "devanagari" => "Deva",
        _ => return known(language),
    };
    language.script = script.parse().ok();
    known(language)
}

/// `POSIX` has the form of a language.
fn known(language: LanguageIdentifier) -> Option<LanguageIdentifier> {
    (!language.language.is_empty() && language.language.as_str() != "posix").then_some(language)
}

/// The languages to use, the most wanted first and English last.
pub(crate) fn negotiate(wanted: &Wanted, added: Vec<LanguageIdentifier>) -> Vec<LanguageIdentifier> {
    let english = english();
    let mut available: Vec<LanguageIdentifier> =
        BUILT_IN.iter().filter_map(|(tag, _)| identifier(tag)).chain(added).collect();
    // Of several that fit, the first comes first: the one that says most.
    available.sort_by_key(|language| (std::cmp::Reverse(language.to_string().len()), language.to_string()));
    available.dedup();
    let mut languages: Vec<LanguageIdentifier> =
        negotiate_languages(&wanted.0, &available, Some(&english), NegotiationStrategy::Filtering)
            .into_iter()
            .cloned()
            .collect();
    // What is wanted less than English is never needed: English is complete.
    if let Some(position) = languages.iter().position(|language| *language == english) {
        languages.truncate(position + 1);
    } else {
        languages.push(english);
    }
    languages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(environment: &[(&str, &str)], added: &[&str]) -> String {
        let wanted = Wanted::by_environment(|name| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        });
        let added = added.iter().map(|name| name.parse().unwrap()).collect();
        negotiate(&wanted, added).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_environment_says_the_language() {
        for (environment, expected) in [
            (&[][..], "en"),
            (&[("LANG", "de_DE.UTF-8")], "de en"),
            (&[("LANG", "de_AT.UTF-8@euro")], "de en"),
            (&[("LANG", "de")], "de en"),
            (&[("LANG", "en_GB.UTF-8")], "en"),
            (&[("LANG", "fr_FR.UTF-8")], "en"),
            (&[("LANG", "de_DE.UTF-8"), ("LC_MESSAGES", "en_US.UTF-8")], "en"),
            (&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "de_DE.UTF-8")], "de en"),
            (&[("LC_MESSAGES", "en_US.UTF-8"), ("LC_ALL", "de_CH.UTF-8")], "de en"),
            (&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "")], "de en"),
            (&[("LANG", "en_US.UTF-8"), ("LANGUAGE", "de:en")], "de en"),
            (&[("LANG", "de_DE.UTF-8"), ("LANGUAGE", "en:de")], "en"),
            (&[("LANG", "de_DE.UTF-8"), ("LANGUAGE", "fr:nl")], "de en"),
            (&[("LANG", "C"), ("LANGUAGE", "de")], "en"),
            (&[("LANG", "C.UTF-8"), ("LANGUAGE", "de")], "en"),
            (&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")], "en"),
            (&[("LANG", "\u{202E}//..\0")], "en"),
            (&[("LANGUAGE", "de")], "en"),
        ] {
            assert_eq!(chosen(environment, &[]), expected, "{environment:?}");
        }
    }

    #[test]
    fn added_languages_are_found() {
        let added = ["fr", "ar", "sr-Latn", "sr", "de"];
        for (locale, expected) in [
            ("fr_CA.UTF-8", "fr en"),
            ("ar_EG", "ar en"),
            ("sr_RS@latin", "sr-Latn sr en"),
            ("de_DE", "de en"),
        ] {
            assert_eq!(chosen(&[("LANG", locale)], &added), expected, "{locale}");
        }
        assert_eq!(chosen(&[("LANG", "fr_FR"), ("LANGUAGE", "fr:de:en:ar")], &added), "fr de en");
    }
}
