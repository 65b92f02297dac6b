//! Chains that public sites have shown, with the roots that they lead to: of several authorities, with RSA and elliptic
//! curves, cross-signed, for names and addresses.
//!
//! Each file names the host and a time at which it was shown; the root is the last certificate.

use std::path::Path;
use std::time::Duration;

use countersign_trust::{ProblemKind, ServerAddress, TrustedRoots, assess};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

struct Site {
    name: String,
    host: String,
    time: UnixTime,
    chain: Vec<CertificateDer<'static>>,
    root: CertificateDer<'static>,
}

fn sites() -> Vec<Site> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/assess/public_sites");
    let files = std::fs::read_dir(directory).unwrap();
    files
        .map(|file| {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim();
            let time = OffsetDateTime::parse(value("Time:"), &Rfc3339).unwrap().unix_timestamp();
            let mut chain: Vec<_> =
                CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>().unwrap();
            let root = chain.pop().unwrap();
            Site {
                name: value("Subject:").to_owned(),
                host: value("Host:").to_owned(),
                time: UnixTime::since_unix_epoch(Duration::from_secs(time.try_into().unwrap())),
                chain,
                root,
            }
        })
        .collect()
}

#[test]
fn all_are_valid_at_their_time_and_for_their_host_only() {
    let sites = sites();
    assert!(sites.len() > 10, "{}", sites.len());
    for site in sites {
        let (roots, skipped) = TrustedRoots::from_der([site.root]);
        assert_eq!(skipped, 0);
        let judge = |host: &str, chain: &[CertificateDer<'_>], time| {
            let server = ServerAddress::new(host, 443).unwrap();
            assess(chain, &server, &roots, time).kinds().into_iter().collect::<Vec<_>>()
        };
        assert_eq!(judge(&site.host, &site.chain, site.time), [], "{}", site.name);
        assert_eq!(
            judge("other.example.test", &site.chain, site.time),
            [ProblemKind::NameMismatch],
            "{}",
            site.name
        );
        let later = UnixTime::since_unix_epoch(Duration::from_secs(site.time.as_secs() + 500 * 86_400));
        assert!(judge(&site.host, &site.chain, later).contains(&ProblemKind::Expired), "{}", site.name);
        assert_eq!(
            judge(&site.host, &site.chain[..1], site.time),
            [ProblemKind::UnknownIssuer],
            "{} without its issuers",
            site.name
        );
    }
}
