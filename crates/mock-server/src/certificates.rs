//! Certificates of all sorts.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};

/// A certificate chain and its key, in PEM form.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The server's own certificate first.
    pub chain: String,
    /// Its private key.
    pub key: String,
}

impl Pair {
    /// Shows the certificate of an authority, too.
    #[must_use]
    pub fn followed_by(mut self, authority: &Authority) -> Self {
        self.chain.push_str(&authority.pem);
        self
    }
}

/// A server's certificate to be made.
#[derive(Clone, Debug)]
pub struct Wish {
    parameters: CertificateParams,
}

impl Wish {
    /// Valid for a year, for these names.
    #[must_use]
    pub fn new(names: &[&str]) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = DistinguishedName::new();
        for name in names {
            parameters.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName((*name).try_into().expect("a name")),
            });
        }
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let now = OffsetDateTime::now_utc();
        parameters.not_before = now - Duration::days(1);
        parameters.not_after = now + Duration::days(365);
        Self { parameters }
    }

    /// With this common name.
    #[must_use]
    pub fn common_name(mut self, name: &str) -> Self {
        self.parameters.distinguished_name.push(DnType::CommonName, name);
        self
    }

    /// Expired two days ago.
    #[must_use]
    pub fn expired(self) -> Self {
        self.lasting(-Duration::days(60), -Duration::days(2))
    }

    /// Becomes valid in two days.
    #[must_use]
    pub fn not_yet_valid(self) -> Self {
        self.lasting(Duration::days(2), Duration::days(60))
    }

    /// Ends soon: for certificates that expire while they are looked at.
    #[must_use]
    pub fn ends_in(self, duration: Duration) -> Self {
        self.lasting(-Duration::days(1), duration)
    }

    /// Valid between two moments, counted from now.
    #[must_use]
    pub fn lasting(mut self, from: Duration, until: Duration) -> Self {
        last(&mut self.parameters, from, until);
        self
    }

    /// With anything else that a certificate can have.
    #[must_use]
    pub fn change(mut self, change: impl FnOnce(&mut CertificateParams)) -> Self {
        change(&mut self.parameters);
        self
    }

    /// Vouched for by nobody but itself.
    #[must_use]
    pub fn self_signed(&self) -> Pair {
        self.self_signed_with(&new_key())
    }

    /// The same with a key that there is already.
    #[must_use]
    pub fn self_signed_with(&self, key: &KeyPair) -> Pair {
        let certificate = self.parameters.self_signed(key).expect("a certificate");
        Pair { chain: certificate.pem(), key: key.serialize_pem() }
    }

    /// Issued by an authority.
    #[must_use]
    pub fn signed_by(&self, authority: &Authority) -> Pair {
        let key = new_key();
        let certificate = self.parameters.signed_by(&key, &authority.issuer).expect("a certificate");
        Pair { chain: certificate.pem(), key: key.serialize_pem() }
    }
}

/// A certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// A root of this name, without a fault.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::root(Self::parameters(name))
    }

    /// What an authority without a fault has.
    #[must_use]
    pub fn parameters(name: &str) -> CertificateParams {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters.use_authority_key_identifier_extension = true;
        last(&mut parameters, -Duration::days(1000), Duration::days(3000));
        parameters
    }

    /// A root.
    #[must_use]
    pub fn root(parameters: CertificateParams) -> Self {
        let key = new_key();
        let pem = parameters.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(parameters, key), pem }
    }

    /// An authority below this one.
    #[must_use]
    pub fn below(&self, parameters: CertificateParams) -> Self {
        let key = new_key();
        let pem = parameters.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Self { issuer: Issuer::new(parameters, key), pem }
    }

    /// Another certificate of this authority, with the same key, issued by the one above it.
    #[must_use]
    pub fn again(&self, above: &Self, parameters: CertificateParams) -> Self {
        let key = KeyPair::from_pem(&self.issuer.key().serialize_pem()).expect("a key");
        let pem = parameters.signed_by(&key, &above.issuer).expect("a certificate").pem();
        Self { issuer: Issuer::new(parameters, key), pem }
    }

    /// Its certificate in PEM form.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Writes it as the only root of an operating system.
    #[must_use]
    pub fn as_roots(&self, directory: &Path) -> PathBuf {
        let path = directory.join("roots.pem");
        std::fs::write(&path, &self.pem).expect("the roots");
        path
    }
}

/// Makes a certificate valid between two moments, counted from now.
pub fn last(parameters: &mut CertificateParams, from: Duration, until: Duration) {
    let now = OffsetDateTime::now_utc();
    parameters.not_before = now + from;
    parameters.not_after = now + until;
}

fn new_key() -> KeyPair {
    KeyPair::generate().expect("a key")
}
