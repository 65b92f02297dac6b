//! The texts of the languages that a person reads, the most wanted first.

use std::fmt;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use crate::files::{self, Directories};
use crate::languages::{self, Wanted};
use crate::text::Text;
use crate::{Argument, numbers};

/// The texts, in the language of a person. Cheap to clone.
#[derive(Clone)]
pub struct Words(Arc<Catalogue>);

struct Catalogue {
    /// The language of the first bundle.
    language: LanguageIdentifier,
    /// Where a text is looked for, in this order. English is the last.
    bundles: Vec<Bundle>,
}

/// The texts of one language from one place.
pub(crate) type Bundle = FluentBundle<FluentResource>;

/// In which direction a language is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// As English.
    LeftToRight,
    /// As Arabic and Hebrew.
    RightToLeft,
}

impl Direction {
    /// The value of the attribute `dir` of HTML.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LeftToRight => "ltr",
            Self::RightToLeft => "rtl",
        }
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Words({})", self.0.language)
    }
}

impl Words {
    /// The texts in English.
    #[must_use]
    pub fn english() -> Self {
        Self::for_locale("en")
    }

    /// The texts in German.
    #[must_use]
    pub fn german() -> Self {
        Self::for_locale("de")
    }

    /// The texts in the language of a locale, such as `de`, `de-AT` or `de_AT.UTF-8`, as far as it is built in; in
    /// English otherwise.
    #[must_use]
    pub fn for_locale(locale: &str) -> Self {
        Self::choose(&Wanted::locale(locale), &Directories::default())
    }

    /// The texts in the language of the person who runs this program: that of the setting if there is one, else the
    /// languages that the operating system says (on Linux `LC_ALL`, `LC_MESSAGES` or `LANG`, with `LANGUAGE` before them,
    /// as gettext has it).
    ///
    /// Further languages are read from `/usr/share/countersign/locales/<language>/*.ftl` and
    /// `$XDG_DATA_HOME/countersign/locales/<language>/*.ftl`; these files may also improve the languages that are built
    /// in, the person's before those of the machine. A file that cannot be used is named in the log.
    #[must_use]
    pub fn of_person(setting: Option<&str>) -> Self {
        let wanted = setting.map_or_else(Wanted::by_the_operating_system, Wanted::locale);
        Self::choose(&wanted, &Directories::of_the_operating_system())
    }

    pub(crate) fn choose(wanted: &Wanted, directories: &Directories) -> Self {
        let languages = languages::negotiate(wanted, directories.languages());
        let bundles: Vec<Bundle> =
            languages.iter().flat_map(|language| files::bundles(language, directories)).collect();
        let language = languages.into_iter().next().unwrap_or_else(languages::english);
        Self(Arc::new(Catalogue { language, bundles }))
    }

    /// The tag of the language (BCP 47), such as `de`; the value of the attribute `lang` of HTML.
    #[must_use]
    pub fn language(&self) -> String {
        self.0.language.to_string()
    }

    /// In which direction the language is written.
    #[must_use]
    pub fn direction(&self) -> Direction {
        direction(&self.0.language)
    }

    /// A text, in the first language that has it. What no language has shows as its name, which a test rules out for the
    /// built-in languages.
    pub(crate) fn text(&self, name: &'static str, arguments: &[(&'static str, &dyn Argument)]) -> Text {
        let values: FluentArgs<'_> =
            arguments.iter().map(|(name, argument)| (*name, argument.value(self))).collect();
        let found = self.0.bundles.iter().find_map(|bundle| {
            let direction = bundle.locales.first().map_or(Direction::LeftToRight, direction);
            format(bundle, name, &values).map(|text| Text::of_catalogue(&text, direction))
        });
        found.unwrap_or_else(|| Text::of_catalogue(name, Direction::LeftToRight))
    }

    #[cfg(test)]
    pub(crate) fn number_of_bundles(&self) -> usize {
        self.0.bundles.len()
    }
}

/// Nothing when the bundle does not have the text, or has it in a form that cannot be made with these values: a file of
/// another version may ask for others.
fn format(bundle: &Bundle, name: &str, values: &FluentArgs<'_>) -> Option<String> {
    let pattern = bundle.get_message(name)?.value()?;
    let mut errors: Vec<FluentError> = Vec::new();
    let text = bundle.format_pattern(pattern, Some(values), &mut errors).into_owned();
    for error in &errors {
        tracing::debug!(name, %error, "a text cannot be made");
    }
    errors.is_empty().then_some(text)
}

pub(crate) fn direction(language: &LanguageIdentifier) -> Direction {
    match language.character_direction() {
        CharacterDirection::RTL => Direction::RightToLeft,
        CharacterDirection::LTR | CharacterDirection::TTB => Direction::LeftToRight,
    }
}

/// An empty bundle of a language.
pub(crate) fn bundle(language: &LanguageIdentifier) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![language.clone()]);
    // Names out of certificates are mostly Latin: in a sentence that is written from right to left each has to keep to
    // itself. Elsewhere only text that is written from right to left needs that, which `Text` sees to.
    bundle.set_use_isolating(direction(language) == Direction::RightToLeft);
    bundle.set_formatter(Some(|value, memoizer| match value {
        FluentValue::Number(number) => numbers::format(number, memoizer),
        FluentValue::String(_) | FluentValue::Custom(_) | FluentValue::None | FluentValue::Error => None,
    }));
    bundle
}
