//! Which custom messages agents understand, in SQL.

/// A condition: whether a column of capabilities, parted by spaces, has this one. `capability` is one of
/// [`countersign_protocol::custom`], which hold no quotes and nothing that `LIKE` takes for more than itself.
pub(super) fn understands(column: &str, capability: &str) -> String {
    format!("(' ' || {column} || ' ' LIKE '% {capability} %')")
}

#[cfg(test)]
mod tests {
    use countersign_protocol::custom;

    use super::*;

    #[test]
    fn names_of_capabilities_stand_for_themselves() {
        for capability in custom::CAPABILITIES {
            let plain = |letter: char| letter.is_ascii_lowercase() || ".-".contains(letter);
            assert!(capability.chars().all(plain), "{capability}");
        }
        assert_eq!(
            understands("e.custom_capabilities", custom::TRIALS),
            "(' ' || e.custom_capabilities || ' ' LIKE '% com.countersign.trials %')"
        );
    }
}
