//! Names and lists of names in a sentence.

use crate::{Text, Words};

/// More items would hide the sentence behind them.
const SHOWN: usize = 4;

impl Words {
    /// A name of a peer in a sentence: in quotation marks, or words for none.
    #[must_use]
    pub fn quoted(&self, name: &str) -> Text {
        let name = Text::of_peer(name);
        if name.is_empty() { self.somebody_without_name() } else { self.quotation(&name) }
    }

    /// A name of a peer on its own: as it is, or words for none.
    #[must_use]
    pub fn named(&self, name: &str) -> Text {
        let name = Text::of_peer(name);
        if name.is_empty() { self.no_name() } else { name }
    }

    /// Up to four items with commas and “and”, and how many more there are.
    #[must_use]
    pub fn list(&self, items: &[Text]) -> Text {
        let (last, before) = match items {
            [] => return self.list_of_none(),
            [only] => return only.clone(),
            [.., last] if items.len() <= SHOWN => (last, &items[..items.len() - 1]),
            [..] => {
                let more = items.len() - SHOWN;
                return self.list_with_more(&self.in_a_row(&items[..SHOWN]), more);
            }
        };
        self.list_with_last(&self.in_a_row(before), last)
    }

    /// All items with commas.
    #[must_use]
    pub fn in_a_row(&self, items: &[Text]) -> Text {
        let mut items = items.iter().cloned();
        let first = items.next().unwrap_or_else(|| self.list_of_none());
        items.fold(first, |row, item| self.list_with_next(&row, &item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_speech() {
        let names: Vec<Text> = ["a", "b", "c", "d", "e", "f"].into_iter().map(Text::of_peer).collect();
        for (count, english, german) in [
            (0, "nothing", "nichts"),
            (1, "a", "a"),
            (2, "a and b", "a und b"),
            (4, "a, b, c and d", "a, b, c und d"),
            (5, "a, b, c, d and 1 more", "a, b, c, d und 1 weiteres"),
            (6, "a, b, c, d and 2 more", "a, b, c, d und 2 weitere"),
        ] {
            assert_eq!(Words::english().list(&names[..count]), english);
            assert_eq!(Words::german().list(&names[..count]), german);
        }
    }

    #[test]
    fn names_are_quoted_or_said_to_be_missing() {
        assert_eq!(Words::english().quoted("a"), "“a”");
        assert_eq!(Words::german().quoted("a"), "„a“");
        assert_eq!(Words::english().quoted("\0"), "somebody without a name");
        assert_eq!(Words::english().named(" "), "(no name)");
    }
}
