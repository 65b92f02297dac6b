//! Text that is fit to be shown.

use std::fmt;
use std::ops::Deref;

use countersign_trust::display_text;
use serde::Serialize;

use crate::Direction;

/// Text that is fit to be shown to a person: out of the catalogue, or out of a peer's hands and cleaned.
///
/// Plain text, never markup. It has no control characters but line breaks, and nothing of a peer's that could change the
/// order of the words around it. It may hold the marks that isolate such a part (FSI and PDI, Unicode Standard Annex 9), and
/// in a language that is written from right to left the mark that says so (RLM).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(String);

/// First strong isolate: what follows has a direction of its own, until [`POP_ISOLATE`].
pub(crate) const FIRST_STRONG_ISOLATE: char = '\u{2068}';
/// Has the direction of a letter that is written from right to left, and no width.
const RIGHT_TO_LEFT_MARK: char = '\u{200F}';
/// Pop directional isolate.
pub(crate) const POP_ISOLATE: char = '\u{2069}';

impl Text {
    /// Text of the catalogue, into which nothing unclean was put, in the direction of its language.
    pub(crate) fn of_catalogue(text: &str, direction: Direction) -> Self {
        // Whoever shows it takes the direction of its first letter, which may be that of a Latin name.
        let needs_mark =
            direction == Direction::RightToLeft && !text.chars().next().is_some_and(is_right_to_left);
        let mark = needs_mark.then_some(RIGHT_TO_LEFT_MARK);
        let fit = text.chars().filter(|character| *character == '\n' || !character.is_control());
        Self(mark.into_iter().chain(fit).collect())
    }

    /// One line of a peer, as [`display_text`] leaves it: at most 256 characters.
    #[must_use]
    pub fn of_peer(untrusted: &str) -> Self {
        Self(isolated(display_text(untrusted)))
    }

    /// Several lines of a peer, at most `maximum` characters together; what is longer ends with an ellipsis.
    #[must_use]
    pub fn of_peer_lines(untrusted: &str, maximum: usize) -> Self {
        let lines: Vec<String> = untrusted.lines().take(maximum).map(display_text).collect();
        let text = lines.join("\n");
        Self(isolated(match text.char_indices().nth(maximum) {
            Some((end, _)) => format!("{}…", text[..end].trim_end()),
            None => text,
        }))
    }

    /// Sentences one after another.
    #[must_use]
    pub fn in_one_paragraph(sentences: &[Self]) -> Self {
        Self(sentences.iter().map(Self::as_str).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" "))
    }

    /// Lines one below another.
    #[must_use]
    pub fn in_lines(lines: &[Self]) -> Self {
        Self(lines.iter().map(Self::as_str).collect::<Vec<_>>().join("\n"))
    }

    /// Paragraphs one below another, with an empty line between them.
    #[must_use]
    pub fn in_paragraphs(paragraphs: &[Self]) -> Self {
        Self(
            paragraphs
                .iter()
                .map(Self::as_str)
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("\n\n"),
        )
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text with letters that are written from right to left gets a direction of its own, so that it does not reorder what
/// stands around it.
fn isolated(text: String) -> String {
    if text.chars().any(is_right_to_left) {
        format!("{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}")
    } else {
        text
    }
}

/// The blocks of the scripts that are written from right to left (Unicode, `DerivedBidiClass.txt`).
fn is_right_to_left(character: char) -> bool {
    matches!(character,
        '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_of_a_peer_are_kept_and_bounded() {
        assert_eq!(Text::of_peer_lines("one\ntwo\u{202E}\tthree", 100), "one\ntwo three");
        assert_eq!(Text::of_peer_lines("abcdef", 3), "abc…");
        assert_eq!(Text::of_peer_lines("abcdef", 6), "abcdef");
    }

    #[test]
    fn right_to_left_letters_are_isolated() {
        assert_eq!(Text::of_peer("שרת.example"), "\u{2068}שרת.example\u{2069}");
        assert_eq!(Text::of_peer("server.example"), "server.example");
    }

    /// What changes the direction of other letters (Unicode Standard Annex 9).
    fn is_directional(character: char) -> bool {
        matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    }

    /// Any characters, and often those that turn text around or end it.
    fn hostile() -> impl Strategy<Value = String> {
        let bad =
            proptest::sample::select(vec!['\0', '\n', '\u{200F}', '\u{202E}', '\u{2068}', '\u{2069}', 'א']);
        proptest::collection::vec(prop_oneof![any::<char>(), bad], 0..80)
            .prop_map(|characters| characters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_a_peer_says_stays_within_its_marks(untrusted in hostile(), maximum in 1_usize..60) {
            for text in [Text::of_peer(&untrusted), Text::of_peer_lines(&untrusted, maximum)] {
                let within = text
                    .strip_prefix(FIRST_STRONG_ISOLATE)
                    .and_then(|text| text.strip_suffix(POP_ISOLATE))
                    .unwrap_or(&text);
                let unfit = within.chars().find(|character| {
                    (character.is_control() && *character != '\n') || is_directional(*character)
                });
                prop_assert_eq!(unfit, None);
                prop_assert!(within.chars().count() <= 257);
            }
            prop_assert!(Text::of_peer_lines(&untrusted, maximum).chars().count() <= maximum + 3);
        }
    }
}
