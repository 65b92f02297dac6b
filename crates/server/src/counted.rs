//! So many of something, as sentences say it.

/// `1 endpoint`, `2 endpoints`.
pub(crate) fn endpoints(number: u64) -> String {
    counted(number, "endpoint", "endpoints")
}

/// A number with the word for one, or for several or none.
pub(crate) fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// That endpoints have not come back since the server's certificate was changed, and what may be the reason. Nobody knows: an agent
/// that does not trust the server does not tell it.
pub(crate) fn not_back(number: u64) -> String {
    let (have, why) = if number == 1 {
        ("has", "It asks its person about the certificate, refuses it, or its computer is switched off")
    } else {
        (
            "have",
            "They ask their people about the certificate, refuse it, or their computers are switched off",
        )
    };
    format!("{} {have} not come back since the server's certificate was changed. {why}.", endpoints(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2].map(endpoints), ["0 endpoints", "1 endpoint", "2 endpoints"]);
    }
}
