//! How an HTTP proxy wants to be shown a login (RFC 9110, section 11.7.1). Pure.

use countersign_trust::display_text;
use http_auth::parser::ChallengeParser;

/// What the fields `Proxy-Authenticate` of an answer ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password (RFC 7617), among others perhaps.
    Basic,
    /// Other schemes only: their names, fit to be shown. Empty if none can be read.
    Other(String),
}

impl Challenge {
    pub(super) fn of<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut schemes = Vec::new();
        for field in fields {
            // Ends at the first thing that is no challenge; what came before counts.
            let text = String::from_utf8_lossy(field);
            for challenge in ChallengeParser::new(&text).map_while(Result::ok) {
                if challenge.scheme.eq_ignore_ascii_case("Basic") {
                    return Self::Basic;
                }
                schemes.push(challenge.scheme.to_owned());
            }
        }
        Self::Other(display_text(&schemes.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn basic_is_found_wherever_it_stands() {
        let other = |names: &str| Challenge::Other(names.to_owned());
        let table: [(&[&str], Challenge); 10] = [
            (&["Basic realm=\"x\""], Challenge::Basic),
            (&["bAsIc realm=\"x\", charset=\"UTF-8\""], Challenge::Basic),
            (&["Basic"], Challenge::Basic),
            (&["Negotiate, Basic realm=\"x\""], Challenge::Basic),
            (&["Digest realm=\"Basic\", nonce=\"a,b\", Basic realm=\"x\""], Challenge::Basic),
            (&["Negotiate", "NTLM", "Basic realm=\"x\""], Challenge::Basic),
            (&["Digest realm=\"Basic realm\", nonce=\"x\""], other("Digest")),
            (&["Negotiate", "NTLM"], other("Negotiate, NTLM")),
            (&["Basically realm=\"x\""], other("Basically")),
            (&[], other("")),
        ];
        for (fields, expected) in table {
            assert_eq!(Challenge::of(fields.iter().map(|field| field.as_bytes())), expected, "{fields:?}");
        }
    }

    proptest! {
        #[test]
        fn no_field_is_too_strange(fields in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..4)) {
            let _ = Challenge::of(fields.iter().map(Vec::as_slice));
        }

        #[test]
        fn a_quoted_text_is_no_scheme(quoted in "[ -!#-\\[\\]-~]{0,20}") {
            let field = format!("Digest realm=\"{quoted}, Basic \"");
            prop_assert_eq!(Challenge::of([field.as_bytes()].into_iter()), Challenge::Other("Digest".to_owned()));
        }
    }
}
