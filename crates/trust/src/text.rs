//! The one place where text that came from a peer is made fit to be shown.
//!
//! A certificate may name its subject with anything: line breaks that forge a second sentence, bidirectional
//! overrides that turn a name around, a NUL that aborts a toolkit, or a megabyte of letters that pushes the
//! buttons off the screen. Everything that the crate copies out of a certificate passes through here.

/// The longest text, in characters, that [`display_text`] returns (an ellipsis included).
pub const MAXIMUM_DISPLAY_CHARACTERS: usize = 256;

/// Makes text from a peer fit to be shown to a person or written to a log.
///
/// Control characters (NUL, line breaks and tabs among them), bidirectional controls, zero-width and other
/// invisible characters, line and paragraph separators, noncharacters and private-use characters become a
/// space; runs of white space become one space; the ends are trimmed; what is longer than
/// [`MAXIMUM_DISPLAY_CHARACTERS`] is cut and ends with an ellipsis. The result is plain text, not markup: whoever
/// puts it into markup still has to escape it.
#[must_use]
pub fn display_text(untrusted: &str) -> String {
    limited(untrusted, MAXIMUM_DISPLAY_CHARACTERS)
}

/// As [`display_text`], with another limit of characters (at least one).
pub(crate) fn limited(untrusted: &str, maximum: usize) -> String {
    // Nearly every name is one of these.
    if untrusted.len() <= maximum && untrusted.bytes().all(|byte| byte.is_ascii_graphic()) {
        return untrusted.to_owned();
    }
    let mut text = String::with_capacity(untrusted.len().min(maximum));
    let mut characters = 0;
    let mut gap = false;
    for character in untrusted.chars() {
        if character.is_whitespace() || is_hidden(character) {
            gap = characters > 0;
            continue;
        }
        let needed = 1 + usize::from(gap);
        if characters + needed > maximum {
            if characters == maximum {
                text.pop();
            }
            text.push('…');
            return text;
        }
        if gap {
            text.push(' ');
            gap = false;
        }
        text.push(character);
        characters += needed;
    }
    text
}

/// Characters that are not seen, or that change how their neighbours are seen.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}'                      // soft hyphen
            | '\u{034F}'                    // combining grapheme joiner
            | '\u{061C}'                    // Arabic letter mark
            | '\u{115F}'..='\u{1160}'       // Hangul fillers
            | '\u{17B4}'..='\u{17B5}'       // Khmer inherent vowels
            | '\u{180B}'..='\u{180F}'       // Mongolian selectors and vowel separator
            | '\u{200B}'..='\u{200F}'       // zero width, direction marks
            | '\u{2028}'..='\u{202E}'       // separators, embeddings, overrides
            | '\u{2060}'..='\u{206F}'       // word joiner, invisible operators, isolates
            | '\u{3164}'                    // Hangul filler
            | '\u{E000}'..='\u{F8FF}'       // private use
            | '\u{FDD0}'..='\u{FDEF}'       // noncharacters
            | '\u{FE00}'..='\u{FE0F}'       // variation selectors
            | '\u{FEFF}'                    // byte order mark
            | '\u{FFA0}'                    // half-width Hangul filler
            | '\u{FFF0}'..='\u{FFFB}'       // specials
            | '\u{E0000}'..='\u{10_FFFF}' // tags, more selectors, private use planes
        )
        || (u32::from(character) & 0xFFFE) == 0xFFFE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_text_becomes_harmless() {
        for (untrusted, shown) in [
            ("Example Ltd", "Example Ltd"),
            ("two\nlines\r\nand\ttabs", "two lines and tabs"),
            ("nul\0byte", "nul byte"),
            ("\u{202E}moc.elpmaxe\u{202C}", "moc.elpmaxe"),
            ("  much    space  ", "much space"),
            ("zero\u{200B}width", "zero width"),
            ("", ""),
            ("\0\u{1}\u{2}", ""),
            ("Müller & Söhne <b>", "Müller & Söhne <b>"),
        ] {
            assert_eq!(display_text(untrusted), shown, "{untrusted:?}");
        }
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis() {
        assert_eq!(limited("abcdef", 6), "abcdef");
        assert_eq!(limited("abcdefg", 6), "abcde…");
        assert_eq!(limited("abcde fg", 6), "abcde…");
        assert_eq!(limited("abcdef   ", 6), "abcdef");
    }

    proptest! {
        #[test]
        fn nothing_hidden_survives_and_the_limit_holds(untrusted in any::<String>(), maximum in 1_usize..40) {
            let shown = limited(&untrusted, maximum);
            prop_assert!(shown.chars().count() <= maximum);
            prop_assert!(!shown.chars().any(|character| character.is_control() || is_hidden(character)));
            prop_assert_eq!(shown.trim(), shown.as_str());
            prop_assert!(!shown.contains("  "));
            prop_assert_eq!(limited(&shown, maximum), shown.clone());
        }
    }
}
