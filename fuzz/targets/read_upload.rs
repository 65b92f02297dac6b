//! Files that an administrator uploads as the SSL certificate. The first follows its length in two bytes; the rest is the second.

#![no_main]

use std::sync::LazyLock;

use countersign_protocol::Secret;
use countersign_server::certificate_upload::{Limits, MAXIMUM_UPLOAD_BYTES, read_within};
use countersign_trust::TrustedRoots;
use libfuzzer_sys::fuzz_target;

static ROOTS: LazyLock<TrustedRoots> = LazyLock::new(TrustedRoots::default);

/// So few that the fuzzer is not kept waiting; the files that it begins with have one each.
const LIMITS: Limits = Limits { iterations: 1000 };

fuzz_target!(|data: &[u8]| {
    let [high, low, rest @ ..] = data else { return };
    let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
    let (first, second) = rest.split_at(length);
    let password = Secret::new("open".to_owned());
    match read_within(LIMITS, &[first, second], Some(&password), &ROOTS) {
        Ok(read) => {
            assert!(!read.chain.is_empty() && data.len() <= MAXIMUM_UPLOAD_BYTES);
            // What was read can be read again.
            let (chain, key) = (read.chain_pem(), read.private_key.to_pem());
            let again = read_within(LIMITS, &[chain.as_bytes(), key.expose().as_bytes()], None, &ROOTS);
            assert_eq!(again.unwrap().chain, read.chain);
            assert!(read.remarks().iter().all(|remark| remark.ends_with('.')));
        }
        Err(error) => assert!(!error.to_string().chars().any(char::is_control)),
    }
});
