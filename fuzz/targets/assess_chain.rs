//! A chain, as a server may send it, through the assessment. Each certificate follows its length in two bytes.

#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use countersign_trust::{ServerAddress, TrustedRoots, assess};
use countersign_words::Words;
use libfuzzer_sys::fuzz_target;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};

static ROOTS: LazyLock<TrustedRoots> = LazyLock::new(|| {
    let sites = [
        include_str!("../../crates/trust/tests/assess/public_sites/apple.com.pem"),
        include_str!("../../crates/trust/tests/assess/public_sites/aws.amazon.com.pem"),
    ];
    let roots = sites
        .map(|text| CertificateDer::pem_slice_iter(text.as_bytes()).filter_map(Result::ok).last().unwrap());
    TrustedRoots::from_der(roots).0
});

static WORDS: LazyLock<Words> = LazyLock::new(Words::english);

fuzz_target!(|data: &[u8]| {
    let mut chain = Vec::new();
    let mut rest = data;
    while let [high, low, following @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(following.len());
        let (certificate, after) = following.split_at(length);
        chain.push(CertificateDer::from(certificate));
        rest = after;
    }
    let server = ServerAddress::new("apple.com", 8013).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_772_500_000));
    let assessment = assess(&chain, &server, &ROOTS, now);
    assert!(assessment.problems.is_sorted());
    assert!(assessment.chain.len() <= countersign_trust::MAXIMUM_CHAIN_CERTIFICATES);
    // Whatever was found can be told.
    for problem in &assessment.problems {
        assert!(!WORDS.problem_summary(problem).chars().any(char::is_control));
    }
});
