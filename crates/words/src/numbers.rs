//! Numbers in the manner of a language: “65,537” in English, “65.537” in German.

use std::convert::Infallible;

use fluent_bundle::memoizer::MemoizerKind;
use fluent_bundle::types::FluentNumber;
use intl_memoizer::Memoizable;
use unic_langid::LanguageIdentifier;

/// What stands between groups of three digits.
struct GroupSeparator(char);

impl Memoizable for GroupSeparator {
    type Args = ();
    type Error = Infallible;

    fn construct(language: LanguageIdentifier, _arguments: ()) -> Result<Self, Infallible> {
        Ok(Self(match language.language.as_str() {
            "en" => ',',
            "de" => '.',
            // A narrow space is understood everywhere (The International System of Units, section 5.4.4).
            _ => '\u{202F}',
        }))
    }
}

/// A whole number as text; nothing for others, which the catalogue then writes as they are.
pub(crate) fn format(number: &FluentNumber, memoizer: &impl MemoizerKind) -> Option<String> {
    let digits = number.value.to_string();
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let Ok(separator) = memoizer.with_try_get_threadsafe::<GroupSeparator, _, _>((), |separator| separator.0);
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    Some(text)
}
