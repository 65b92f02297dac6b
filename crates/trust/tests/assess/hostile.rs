//! Input that nobody honest sends.

use countersign_trust::{ProblemKind, ServerAddress, TrustedRoots, assess};
use proptest::prelude::*;
use rcgen::DnType;
use rustls_pki_types::{CertificateDer, UnixTime};
use std::time::Duration;

use crate::making::{Authority, NOW, authority, judge, kinds, server};

const HOST: &str = "host.example.test";

#[test]
fn nothing_and_rubbish_are_refused() {
    assert_eq!(kinds(&judge(HOST, &[], &[])), [ProblemKind::NoCertificate]);
    for rubbish in [vec![], vec![0], vec![0x30, 0x80], vec![0xFF; 70_000]] {
        let assessment = judge(HOST, &[CertificateDer::from(rubbish)], &[]);
        assert_eq!(kinds(&assessment), [ProblemKind::Malformed]);
        assert!(assessment.certificate.is_none() && assessment.fingerprint.is_some());
    }
}

#[test]
fn what_follows_a_certificate_is_not_ignored() {
    let root = Authority::root(authority("Root"));
    let mut longer = root.issue(&server(&[HOST])).to_vec();
    longer.push(0);
    assert_eq!(kinds(&judge(HOST, &[longer.into()], &[&root])), [ProblemKind::Malformed]);
}

#[test]
fn long_chains_are_cut_where_it_matters() {
    let root = Authority::root(authority("Root"));
    let issuing = root.below(authority("Issuing"));
    let leaf = issuing.issue(&server(&[HOST]));
    let strangers = (0..40).map(|index| Authority::root(authority(&format!("Stranger {index}"))).der);
    let mut chain = vec![leaf.clone()];
    chain.extend(strangers);
    chain.push(issuing.der.clone());
    assert!(judge(HOST, &chain, &[&root]).is_valid(), "strangers are left aside");

    let mut chain = vec![leaf];
    chain.extend((0..40).map(|_| Authority::root(authority("Issuing")).der));
    let assessment = judge(HOST, &chain, &[&root]);
    assert!(kinds(&assessment).contains(&ProblemKind::ChainTooLarge), "{:?}", assessment.problems);
    assert!(assessment.chain.len() <= countersign_trust::MAXIMUM_CHAIN_CERTIFICATES);
}

#[test]
fn text_of_the_peer_is_made_harmless() {
    let mut wish = server(&["other.example.test"]);
    wish.distinguished_name.push(DnType::CommonName, "evil\u{202E}\0\n<b>name");
    let assessment = judge(HOST, &[crate::making::self_signed(&wish)], &[]);
    let text = serde_json::to_string(&assessment).unwrap();
    assert!(!text.contains('\u{202E}') && !text.contains("\\u0000") && !text.contains("evil\\n"), "{text}");
}

/// A chain that is valid as it stands.
fn valid_chain() -> (Vec<Vec<u8>>, TrustedRoots) {
    let root = Authority::root(authority("Root"));
    let issuing = root.below(authority("Issuing"));
    let chain = vec![issuing.issue(&server(&[HOST])).to_vec(), issuing.der.to_vec()];
    (chain, TrustedRoots::from_der([root.der]).0)
}

static CHAIN: std::sync::LazyLock<(Vec<Vec<u8>>, TrustedRoots)> = std::sync::LazyLock::new(valid_chain);

fn verdict(chain: &[Vec<u8>], roots: &TrustedRoots) -> countersign_trust::Assessment {
    let chain: Vec<CertificateDer<'_>> =
        chain.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let seconds = u64::try_from(NOW.unix_timestamp()).unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    assess(&chain, &ServerAddress::new(HOST, 8013).unwrap(), roots, now)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A single changed byte of a certificate that counts makes it invalid, and there is a reason.
    #[test]
    fn a_changed_byte_is_never_accepted(which in 0_usize..2, place in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let (chain, roots) = &*CHAIN;
        prop_assert!(verdict(chain, roots).is_valid());
        let mut changed = chain.clone();
        let place = place.index(changed[which].len());
        changed[which][place] ^= 1 << bit;
        let assessment = verdict(&changed, roots);
        prop_assert!(!assessment.is_valid());
        prop_assert!(assessment.problems.is_sorted());
    }

    #[test]
    fn no_bytes_bring_it_down(chain in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4)) {
        let assessment = verdict(&chain, &CHAIN.1);
        prop_assert!(!assessment.is_valid());
    }
}
