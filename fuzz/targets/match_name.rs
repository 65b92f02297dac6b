//! A name of a certificate and the address of a server, one per line.

#![no_main]

use countersign_trust::{Host, ServerAddress, certificate_name_matches, display_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    assert!(display_text(text).chars().count() <= countersign_trust::MAXIMUM_DISPLAY_CHARACTERS);
    let Some((pattern, address)) = text.split_once('\n') else { return };
    let Ok(address) = ServerAddress::parse(address) else { return };
    assert_eq!(address.to_string().parse().as_ref(), Ok(&address), "what is written is what was read");
    let Host::Name(host) = address.host() else { return };
    if !certificate_name_matches(pattern, host) {
        return;
    }
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.as_str().to_ascii_lowercase());
    match pattern.strip_prefix("*.") {
        None => assert_eq!(pattern, host),
        Some(parent) => {
            let (label, rest) = host.split_once('.').unwrap();
            assert_eq!(rest, parent);
            assert!(!label.is_empty() && parent.contains('.'));
        }
    }
});
