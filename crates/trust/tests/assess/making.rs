//! Makes chains, and asks for their assessment.

use std::net::IpAddr;
use std::time::Duration as StdDuration;

use countersign_trust::{Assessment, Problem, ProblemKind, ServerAddress, TrustedRoots, assess};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// The moment at which all certificates are judged.
pub(crate) const NOW: OffsetDateTime = datetime!(2031-05-04 12:00 UTC);

/// An authority and its certificate.
pub(crate) struct Authority {
    pub(crate) issuer: Issuer<'static, KeyPair>,
    pub(crate) der: CertificateDer<'static>,
}

/// Parameters of a server's certificate that has no fault.
pub(crate) fn server(names: &[&str]) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::OrganizationName, "Example");
    for name in names {
        parameters.subject_alt_names.push(match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName((*name).try_into().unwrap()),
        });
    }
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.not_before = NOW - Duration::days(10);
    parameters.not_after = NOW + Duration::days(80);
    parameters
}

/// Parameters of an authority that has no fault.
pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.not_before = NOW - Duration::days(1000);
    parameters.not_after = NOW + Duration::days(1000);
    parameters
}

/// A critical extension of nobody.
pub(crate) fn unknown_condition() -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![0x05, 0x00]);
    extension.set_criticality(true);
    extension
}

impl Authority {
    pub(crate) fn root(parameters: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let der = parameters.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(parameters, key), der }
    }

    pub(crate) fn below(&self, parameters: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let der = parameters.signed_by(&key, &self.issuer).unwrap().der().clone();
        Self { issuer: Issuer::new(parameters, key), der }
    }

    pub(crate) fn issue(&self, parameters: &CertificateParams) -> CertificateDer<'static> {
        parameters.signed_by(&KeyPair::generate().unwrap(), &self.issuer).unwrap().der().clone()
    }
}

pub(crate) fn self_signed(parameters: &CertificateParams) -> CertificateDer<'static> {
    parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
}

/// The assessment at [`NOW`].
pub(crate) fn judge(host: &str, chain: &[CertificateDer<'static>], roots: &[&Authority]) -> Assessment {
    judge_with(host, chain, roots.iter().map(|root| root.der.clone()), NOW)
}

pub(crate) fn judge_with(
    host: &str,
    chain: &[CertificateDer<'static>],
    roots: impl IntoIterator<Item = CertificateDer<'static>>,
    now: OffsetDateTime,
) -> Assessment {
    let (roots, skipped) = TrustedRoots::from_der(roots);
    assert_eq!(skipped, 0);
    let server = ServerAddress::new(host, 8013).unwrap();
    let seconds = u64::try_from(now.unix_timestamp()).unwrap();
    assess(chain, &server, &roots, UnixTime::since_unix_epoch(StdDuration::from_secs(seconds)))
}

/// The codes of the problems, in their order.
pub(crate) fn kinds(assessment: &Assessment) -> Vec<ProblemKind> {
    assessment.problems.iter().map(Problem::kind).collect()
}
