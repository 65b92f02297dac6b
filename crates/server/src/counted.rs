//! So many of something, as sentences say it.

/// `1 endpoint`, `2 endpoints`.
pub(crate) fn endpoints(number: u64) -> String {
    counted(number, "endpoint", "endpoints")
}

/// A number with the word for one, or for several or none.
pub(crate) fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2].map(endpoints), ["0 endpoints", "1 endpoint", "2 endpoints"]);
    }
}
