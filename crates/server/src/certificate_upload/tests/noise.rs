//! Whatever the bytes are, there is an answer.

use countersign_protocol::Secret;
use countersign_trust::TrustedRoots;

use super::super::{Limits, MAXIMUM_UPLOAD_BYTES, read_within};
use super::assert_is_sentence;
use super::made::{MADE, kept};

/// Few, so that mutated numbers do not keep the test waiting.
const LIMITS: Limits = Limits { iterations: 10_000 };

/// Numbers that only look random (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap()
    }

    fn below(&mut self, end: usize) -> usize {
        self.next() % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// The answer is a sentence, if it is no certificate.
fn read(bytes: &[u8]) -> bool {
    let password = Secret::new("open".to_owned());
    match read_within(LIMITS, &[bytes], Some(&password), &TrustedRoots::default()) {
        Ok(found) => {
            assert!(!found.chain.is_empty());
            for remark in found.remarks() {
                assert_is_sentence(&remark);
            }
            true
        }
        Err(error) => {
            assert_is_sentence(&error.to_string());
            false
        }
    }
}

fn mutate(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len());
        match numbers.below(7) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, numbers.byte()),
            2 if !bytes.is_empty() => drop(bytes.remove(at)),
            3 => {
                let until = at + numbers.below(bytes.len() - at);
                let piece = bytes[at..until].to_vec();
                bytes.splice(at..at, piece);
            }
            // Tags and lengths that mean something.
            4 if !bytes.is_empty() => {
                bytes[at] = [0, 0x80, 0x84, 0xff, 0x30, 0x24, 0xa0, 2][numbers.below(8)];
            }
            _ if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
            _ => {}
        }
    }
}

#[test]
fn mutated_files_never_cause_a_panic() {
    let quick = "-noiter -nomaciter -passout pass:open";
    let open = "-certpbe NONE -keypbe NONE -nomac -passout pass:open";
    MADE.openssl("pkcs8 -topk8 -in server.key -iter 1 -passout pass:open -outform DER -out noise.key");
    MADE.openssl("crl2pkcs7 -nocrl -certfile issuers.pem -certfile server.pem -outform DER -out noise.p7b");
    MADE.openssl("x509 -in server.pem -outform DER -out noise.der");
    let text = [MADE.text("server.key"), MADE.text("server.pem"), MADE.text("issuers.pem")].concat();
    let files = [
        MADE.pkcs12("noise as it is", quick, &[]),
        MADE.pkcs12("noise legacy", &format!("-legacy {quick}"), &[]),
        MADE.pkcs12("noise without MAC", &format!("-nomac {quick}"), &[]),
        MADE.pkcs12("noise open", open, &[]),
        kept("keytool.p12"),
        MADE.bytes("noise.key"),
        MADE.bytes("noise.p7b"),
        MADE.bytes("noise.der"),
        text.into_bytes(),
    ];
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut read_all_the_same = 0;
    for file in &files {
        for _ in 0..1000 {
            let mut bytes = file.clone();
            mutate(&mut bytes, &mut numbers);
            read_all_the_same += usize::from(read(&bytes));
        }
    }
    // Text and attributes may change; if nothing were read, nothing deep inside would have been tried.
    assert!(read_all_the_same > 10, "{read_all_the_same}");
}

#[test]
fn noise_is_refused_in_words() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for round in 0..200 {
        let length = if round < 5 { MAXIMUM_UPLOAD_BYTES } else { numbers.below(2000) };
        let mut bytes: Vec<u8> = (0..length).map(|_| numbers.byte()).collect();
        if let Some(first) = bytes.first_mut().filter(|_| round % 2 == 0) {
            *first = 0x30;
        }
        assert!(!read(&bytes));
    }
    // What could take long: depth, many blocks, many elements, one after another.
    for pattern in
        ["\u{30}\u{0}", "-----BEGIN A-----", "-----BEGIN ", "-----BEGIN A-----\n-----END A-----\n", "MAAA"]
    {
        let bytes = pattern.repeat(MAXIMUM_UPLOAD_BYTES / pattern.len());
        assert!(!read(bytes.as_bytes()), "{pattern}");
    }
    assert!(!read(&[0x30, 0x80].repeat(MAXIMUM_UPLOAD_BYTES / 2)));
}
