//! The time that an assessment takes, beside plain webpki in the same run.
//!
//! Prints its figures itself. `--quick` measures fewer rounds.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement prints, and ends at the first failure"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use countersign_trust::{ServerAddress, TrustedRoots, assess};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use webpki::{EndEntityCert, KeyUsage};

/// Assessments in one round.
const ROUND: u32 = 10;
/// How many hostile certificates a server sends beside its own.
const HOSTILE: usize = 100;

fn main() {
    let rounds = if std::env::args().any(|argument| argument == "--quick") { 50 } else { 1000 };
    for text in [
        include_str!("../tests/assess/public_sites/google.com.pem"),
        include_str!("../tests/assess/public_sites/aws.amazon.com.pem"),
        include_str!("../tests/assess/public_sites/apple.com.pem"),
        include_str!("../tests/assess/public_sites/letsencrypt.org.pem"),
    ] {
        let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim();
        let host = value("Host:");
        let shown = OffsetDateTime::parse(value("Time:"), &Rfc3339).unwrap().unix_timestamp();
        let seconds = u64::try_from(shown).unwrap();
        let mut chain: Vec<_> =
            CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>().unwrap();
        let root = chain.pop().unwrap();
        let subject = Subject::new(chain, &root, host, seconds);
        assert!(subject.webpki() && subject.assess());
        let invalid = Subject {
            server: ServerAddress::new("other.example.test", 8013).unwrap(),
            roots: TrustedRoots::default(),
            time: unix(seconds + 500 * 86_400),
            ..Subject::new(subject.chain.clone(), &root, host, seconds)
        };
        assert!(!invalid.assess());
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..rounds {
            times[0].push(time(|| subject.webpki()));
            times[1].push(time(|| subject.assess()));
            times[2].push(time(|| invalid.assess()));
        }
        let [plain, ours, refused] = times.map(fastest);
        println!(
            "{host}, {} certificates and a root: webpki {:.0} µs; assessment {:.0} µs, ratio {:.2}; with all reasons to \
             refuse it {:.0} µs, ratio {:.2}",
            subject.chain.len(),
            micros(plain),
            micros(ours),
            ours.as_secs_f64() / plain.as_secs_f64(),
            micros(refused),
            refused.as_secs_f64() / plain.as_secs_f64()
        );
    }
    hostile(rounds / 50);
}

/// A chain and what it is judged by.
struct Subject {
    chain: Vec<CertificateDer<'static>>,
    anchor: TrustAnchor<'static>,
    roots: TrustedRoots,
    server: ServerAddress,
    name: ServerName<'static>,
    time: UnixTime,
}

impl Subject {
    fn new(
        chain: Vec<CertificateDer<'static>>,
        root: &CertificateDer<'static>,
        host: &str,
        seconds: u64,
    ) -> Self {
        let (roots, _) = TrustedRoots::from_der([root.clone()]);
        Self {
            chain,
            anchor: webpki::anchor_from_trusted_cert(root).unwrap().to_owned(),
            roots,
            server: ServerAddress::new(host, 8013).unwrap(),
            name: ServerName::try_from(host.to_owned()).unwrap(),
            time: unix(seconds),
        }
    }

    fn webpki(&self) -> bool {
        let leaf = EndEntityCert::try_from(&self.chain[0]).unwrap();
        let path = leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            std::slice::from_ref(&self.anchor),
            &self.chain[1..],
            self.time,
            KeyUsage::server_auth(),
            None,
            None,
        );
        path.is_ok() && leaf.verify_is_valid_for_subject_name(&self.name).is_ok()
    }

    fn assess(&self) -> bool {
        assess(&self.chain, &self.server, &self.roots, self.time).is_valid()
    }
}

/// Authorities of one name, of which each may have issued each other, and none leads anywhere.
fn hostile(rounds: u32) {
    let name = |parameters: &mut CertificateParams| {
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, "Hostile");
    };
    let mut parameters = CertificateParams::default();
    name(&mut parameters);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let keys: Vec<KeyPair> = (0..HOSTILE).map(|_| KeyPair::generate().unwrap()).collect();
    let mut server = CertificateParams::new(["host.example.test".to_owned()]).unwrap();
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = server.signed_by(&leaf_key, &Issuer::from_params(&parameters, &keys[0])).unwrap();
    let mut chain = vec![leaf.der().clone()];
    for (index, key) in keys.iter().enumerate() {
        let issuer = Issuer::from_params(&parameters, &keys[(index + 1) % keys.len()]);
        chain.push(parameters.signed_by(key, &issuer).unwrap().der().clone());
    }
    let root_key = KeyPair::generate().unwrap();
    let root = parameters.self_signed(&root_key).unwrap().der().clone();
    let now = unix(OffsetDateTime::now_utc().unix_timestamp().try_into().unwrap());
    let subject = Subject { time: now, ..Subject::new(chain, &root, "host.example.test", 0) };
    let mut times = Vec::new();
    for _ in 0..rounds.max(5) {
        let start = Instant::now();
        assert!(!black_box(subject.assess()));
        times.push(start.elapsed());
    }
    let plain = {
        let start = Instant::now();
        black_box(subject.webpki());
        start.elapsed()
    };
    println!(
        "{HOSTILE} hostile intermediates: assessment {:.1} ms at most, webpki {:.1} ms",
        times.iter().max().unwrap().as_secs_f64() * 1000.0,
        plain.as_secs_f64() * 1000.0
    );
}

fn unix(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// The time that one of a round takes.
fn time(mut judge: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    for _ in 0..ROUND {
        black_box(judge());
    }
    start.elapsed() / ROUND
}

/// Whatever else the machine does makes a round slower, never faster.
fn fastest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().unwrap()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
