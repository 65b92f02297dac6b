//! The header of a proxy's answer to CONNECT (RFC 9112, section 4). Pure.

use countersign_trust::display_text;

use super::challenge::Challenge;

/// The longest header that is read, in bytes, interim answers included.
pub(super) const MAXIMUM_HEADER_BYTES: usize = 16 * 1024;
/// The most fields that a header may have.
const MAXIMUM_FIELDS: usize = 100;

/// What the bytes so far amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// The header has not ended yet.
    Incomplete,
    /// The header takes up the first `length` bytes.
    Complete { length: usize, answer: Answer },
    /// This is not HTTP. What it is instead, as the end of a sentence.
    NotHttp(&'static str),
}

/// An answer, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The status with the proxy's own words for it, fit to be shown.
    pub(super) status_text: String,
    /// How it wants to be shown a login.
    pub(super) challenge: Challenge,
}

/// Reads a header from its beginning.
pub(super) fn read(bytes: &[u8]) -> Progress {
    // The content types alert and handshake (RFC 8446, section 5.1).
    if matches!(bytes, [0x15 | 0x16, 0x03, ..]) {
        return Progress::NotHttp("it speaks TLS itself, as no proxy for HTTP CONNECT does here");
    }
    let mut fields = [httparse::EMPTY_HEADER; MAXIMUM_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Progress::Incomplete,
        Err(httparse::Error::TooManyHeaders) => {
            return Progress::NotHttp("the header of its answer is too long");
        }
        Err(_) => return Progress::NotHttp("its answer is not HTTP"),
    };
    let status = response.code.unwrap_or_default();
    let challenge = Challenge::of(
        response
            .headers
            .iter()
            .filter(|field| field.name.eq_ignore_ascii_case("Proxy-Authenticate"))
            .map(|field| field.value),
    );
    let status_text = display_text(&format!("{status} {}", response.reason.unwrap_or_default()));
    Progress::Complete { length, answer: Answer { status, status_text, challenge } }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(bytes: &[u8]) -> Answer {
        match read(bytes) {
            Progress::Complete { answer, .. } => answer,
            other @ (Progress::Incomplete | Progress::NotHttp(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_header_ends_where_it_ends() {
        let header = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
        let mut bytes = header.to_vec();
        bytes.extend_from_slice(b"first bytes of the server");
        for end in 0..header.len() {
            assert_eq!(read(&bytes[..end]), Progress::Incomplete, "{end}");
        }
        for end in header.len()..=bytes.len() {
            let Progress::Complete { length, answer } = read(&bytes[..end]) else { panic!("{end}") };
            assert_eq!((length, answer.status), (header.len(), 200));
        }
    }

    #[test]
    fn answers_of_all_sorts() {
        let refused = answer(b"HTTP/1.0 403 Not\there  \r\n\r\n");
        assert_eq!((refused.status, refused.status_text.as_str()), (403, "403 Not here"));
        assert_eq!(answer(b"HTTP/1.1 503\r\n\r\n").status_text, "503");
        // What is not ASCII is nobody's words (RFC 9112, section 4).
        assert_eq!(answer(b"HTTP/1.1 403 \xE2\x80\xAEx\r\n\r\n").status_text, "403");
        let wants = answer(b"HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: Basic realm=\"y\"\r\n\r\n");
        assert_eq!(wants.challenge, Challenge::Basic);
    }

    #[test]
    fn what_is_not_http_is_told_apart() {
        for (bytes, part) in [
            (b"\x15\x03\x01\x00\x02\x02\x16".as_slice(), "TLS"),
            (b"\x16\x03\x03".as_slice(), "TLS"),
            (b"SSH-2.0-OpenSSH_9.2\r\n".as_slice(), "not HTTP"),
            (b"\x05\xFF".as_slice(), "not HTTP"),
            (b"HTTP/1.1 abc\r\n\r\n".as_slice(), "not HTTP"),
            (b"<html>".as_slice(), "not HTTP"),
        ] {
            let Progress::NotHttp(what) = read(bytes) else { panic!("{bytes:?}") };
            assert!(what.contains(part), "{what}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Progress::Complete { length, answer } = read(&bytes) {
                prop_assert!(length <= bytes.len());
                prop_assert!(!answer.status_text.chars().any(char::is_control));
            }
        }

        #[test]
        fn what_follows_the_header_does_not_change_it(
            fields in "([A-Za-z-]{1,10}: ?[ -~]{0,20}\r\n){0,5}",
            rest in proptest::collection::vec(any::<u8>(), 0..50),
        ) {
            let header = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
            let mut bytes = header.clone().into_bytes();
            let alone = read(&bytes);
            bytes.extend(rest);
            prop_assert_eq!(&read(&bytes), &alone);
            if let Progress::Complete { length, .. } = alone {
                prop_assert_eq!(length, header.len());
            }
        }
    }
}
