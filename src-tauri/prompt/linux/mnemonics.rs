//! The letters that choose something together with Alt.

/// Marks a letter of each label, the way GTK wants it: with `_` before it. No two get the same letter; who comes first
/// chooses first. A label of which all letters are taken gets none.
pub(super) fn mark(labels: &[&str]) -> Vec<String> {
    let mut taken: Vec<String> = Vec::new();
    labels.iter().map(|label| mark_one(label, &mut taken)).collect()
}

fn mark_one(label: &str, taken: &mut Vec<String>) -> String {
    let mut before = ' ';
    let mut letters = Vec::new();
    for (place, letter) in label.char_indices().filter(|(_, letter)| *letter != '_') {
        if letter.is_alphabetic() {
            letters.push((before.is_alphabetic(), place, letter.to_lowercase().collect::<String>()));
        }
        before = letter;
    }
    // The first letters of words are found most easily.
    letters.sort();
    let free = letters.into_iter().find(|(_, _, letter)| !taken.contains(letter));
    let Some((_, place, letter)) = free else { return escaped(label) };
    taken.push(letter);
    let (before, rest) = label.split_at(place);
    format!("{}_{}", escaped(before), escaped(rest))
}

fn escaped(text: &str) -> String {
    text.replace('_', "__")
}

#[cfg(test)]
mod tests {
    use countersign_words::Words;

    use super::*;

    #[test]
    fn no_two_labels_have_the_same_letter() {
        for (labels, expected) in [
            (vec!["Deny", "Allow", "Do"], vec!["_Deny", "_Allow", "D_o"]),
            (vec!["Über", "über uns"], vec!["_Über", "über _uns"]),
            (vec!["a_b", "a_b", "a_b"], vec!["_a__b", "a___b", "a__b"]),
            (vec!["1…", "(x)", ""], vec!["1…", "(_x)", ""]),
            (vec!["אישור", "דחייה"], vec!["_אישור", "_דחייה"]),
        ] {
            assert_eq!(mark(&labels), expected);
        }
    }

    #[test]
    fn everything_in_the_dialog_has_one() {
        for words in [Words::english(), Words::german()] {
            let labels = [
                words.prompt_deny(),
                words.prompt_allow(),
                words.prompt_view_certificate(),
                words.allow_until_changed(),
                words.allow_days(30),
                words.allow_session(),
            ];
            let labels: Vec<&str> = labels.iter().map(|label| &**label).collect();
            let marked = mark(&labels);
            assert!(marked.iter().all(|label| label.matches('_').count() == 1), "{marked:?}");
        }
    }
}
