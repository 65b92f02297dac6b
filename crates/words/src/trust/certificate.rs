//! The words for the fields of a certificate.

use countersign_trust::CertificateSummary;

use crate::{Text, Words};

/// A field of a certificate that people look at and compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertificateField {
    /// To whom it was issued.
    Subject,
    /// Who issued it.
    Issuer,
    /// The names and addresses that it is for.
    Names,
    /// From when on it is valid.
    NotBefore,
    /// Until when it is valid.
    NotAfter,
    /// Whether it is an authority's.
    Kind,
    /// Kind and size of the public key.
    PublicKey,
    /// How its issuer signed it.
    Signature,
    /// Its serial number.
    SerialNumber,
    /// SHA-256 of the certificate.
    Fingerprint,
    /// SHA-1 of the certificate, for comparison with older tools only.
    Sha1Fingerprint,
}

impl CertificateField {
    /// Every field, in the order in which they are shown.
    pub const ALL: [Self; 11] = [
        Self::Subject,
        Self::Issuer,
        Self::Names,
        Self::NotBefore,
        Self::NotAfter,
        Self::Kind,
        Self::PublicKey,
        Self::Signature,
        Self::SerialNumber,
        Self::Fingerprint,
        Self::Sha1Fingerprint,
    ];
}

impl Words {
    /// What a field is called.
    #[must_use]
    pub fn certificate_field(&self, field: CertificateField) -> Text {
        match field {
            CertificateField::Subject => self.certificate_field_subject(),
            CertificateField::Issuer => self.certificate_field_issuer(),
            CertificateField::Names => self.certificate_field_names(),
            CertificateField::NotBefore => self.certificate_field_not_before(),
            CertificateField::NotAfter => self.certificate_field_not_after(),
            CertificateField::Kind => self.certificate_field_kind(),
            CertificateField::PublicKey => self.certificate_field_public_key(),
            CertificateField::Signature => self.certificate_field_signature(),
            CertificateField::SerialNumber => self.certificate_field_serial_number(),
            CertificateField::Fingerprint => self.certificate_field_fingerprint(),
            CertificateField::Sha1Fingerprint => self.certificate_field_sha1_fingerprint(),
        }
    }

    /// The value of a field.
    #[must_use]
    pub fn certificate_value(&self, certificate: &CertificateSummary, field: CertificateField) -> Text {
        match field {
            CertificateField::Subject => self.named(&certificate.subject),
            CertificateField::Issuer => self.named(&certificate.issuer),
            CertificateField::Names => self.names(&certificate.subject_alternative_names),
            CertificateField::NotBefore => self.moment(certificate.not_before),
            CertificateField::NotAfter => self.moment(certificate.not_after),
            CertificateField::Kind => match (certificate.is_authority, certificate.self_issued) {
                (true, true) => self.certificate_kind_root(),
                (true, false) => self.certificate_kind_authority(),
                (false, true) => self.certificate_kind_self_issued(),
                (false, false) => self.certificate_kind_end_entity(),
            },
            CertificateField::PublicKey => self.algorithm(&certificate.public_key),
            CertificateField::Signature => self.algorithm(&certificate.signature_algorithm),
            CertificateField::SerialNumber => self.named(&certificate.serial),
            CertificateField::Fingerprint => Text::of_peer(&certificate.fingerprint.to_string()),
            CertificateField::Sha1Fingerprint => self.named(&certificate.sha1_fingerprint),
        }
    }

    fn names(&self, names: &[String]) -> Text {
        if names.is_empty() {
            return self.certificate_no_names();
        }
        self.in_a_row(&names.iter().map(|name| self.named(name)).collect::<Vec<_>>())
    }

    /// A key or a signature: “RSA 2048 bits”, “SHA-256 with RSA”. Names of algorithms are the same in every language, what
    /// stands between them is not.
    #[must_use]
    pub fn algorithm(&self, algorithm: &str) -> Text {
        if let Some((name, bits)) = algorithm.strip_suffix(" bits").and_then(|text| text.rsplit_once(' ')) {
            self.algorithm_with_bits(name, bits)
        } else if let Some((hash, key)) = algorithm.split_once(" with ") {
            self.algorithm_with_key(hash, key)
        } else {
            self.named(algorithm)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_are_named_by_language() {
        for (algorithm, german) in [
            ("RSA 2048 bits", "RSA 2048 Bit"),
            ("SHA-256 with RSA", "SHA-256 mit RSA"),
            ("Ed25519", "Ed25519"),
            ("ECDSA P-256", "ECDSA P-256"),
            ("", "(kein Name)"),
        ] {
            assert_eq!(Words::german().algorithm(algorithm), german);
            if !algorithm.is_empty() {
                assert_eq!(Words::english().algorithm(algorithm), algorithm);
            }
        }
    }

    #[test]
    fn every_field_has_a_name_of_its_own() {
        for words in [Words::english(), Words::german()] {
            let names: std::collections::BTreeSet<Text> =
                CertificateField::ALL.into_iter().map(|field| words.certificate_field(field)).collect();
            assert_eq!(names.len(), CertificateField::ALL.len());
        }
    }
}
