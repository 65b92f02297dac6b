//! Certificates of all sorts.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, SanType,
};
use time::{Duration, OffsetDateTime};

/// A certificate chain and its key, in PEM form.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) chain: String,
    pub(crate) key: String,
}

/// A certificate to be made.
pub(crate) struct Wish {
    parameters: CertificateParams,
}

impl Wish {
    /// Valid for a year, for these names.
    pub(crate) fn new(names: &[&str]) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = DistinguishedName::new();
        for name in names {
            parameters.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName((*name).try_into().expect("a name")),
            });
        }
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = OffsetDateTime::now_utc();
        parameters.not_before = now - Duration::days(1);
        parameters.not_after = now + Duration::days(365);
        Self { parameters }
    }

    pub(crate) fn common_name(mut self, name: &str) -> Self {
        self.parameters.distinguished_name.push(DnType::CommonName, name);
        self
    }

    pub(crate) fn expired(mut self) -> Self {
        let now = OffsetDateTime::now_utc();
        self.parameters.not_before = now - Duration::days(60);
        self.parameters.not_after = now - Duration::days(2);
        self
    }

    pub(crate) fn not_yet_valid(mut self) -> Self {
        let now = OffsetDateTime::now_utc();
        self.parameters.not_before = now + Duration::days(2);
        self.parameters.not_after = now + Duration::days(60);
        self
    }

    /// Ends soon: for certificates that expire while they are looked at.
    pub(crate) fn ends_in(mut self, duration: Duration) -> Self {
        self.parameters.not_after = OffsetDateTime::now_utc() + duration;
        self
    }

    pub(crate) fn self_signed(self) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let certificate = self.parameters.self_signed(&key).expect("a certificate");
        Pair { chain: certificate.pem(), key: key.serialize_pem() }
    }

    pub(crate) fn signed_by(self, authority: &Authority) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let certificate = self.parameters.signed_by(&key, &authority.issuer).expect("a certificate");
        Pair { chain: certificate.pem(), key: key.serialize_pem() }
    }
}

/// A certificate authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
        let pem = parameters.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(parameters, key), pem }
    }

    /// Writes it as the only root of an operating system.
    pub(crate) fn as_roots(&self, directory: &Path) -> PathBuf {
        let path = directory.join("roots.pem");
        std::fs::write(&path, &self.pem).expect("the roots");
        path
    }
}
