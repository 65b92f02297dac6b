//! The words for problems, for people who have never heard of X.509, and the exact terms for those who have.

use countersign_trust::{CertificateReference, Problem};

use crate::{Text, Words};

impl Words {
    /// What is wrong, in one plain sentence with the dates and names that matter.
    #[must_use]
    pub fn problem_summary(&self, problem: &Problem) -> Text {
        match problem {
            Problem::NoCertificate => self.problem_no_certificate(),
            Problem::Revoked { certificate } => self.problem_revoked(&self.which(certificate)),
            Problem::ChainTooLarge { certificates, bytes } => {
                self.problem_chain_too_large(*certificates, *bytes)
            }
            Problem::Malformed { certificate, .. } => self.problem_malformed(&self.which(certificate)),
            Problem::BadSignature { certificate, issuer } => {
                self.problem_bad_signature(&self.which(certificate), &self.quoted(issuer))
            }
            Problem::NameMismatch { requested, names } if names.is_empty() => {
                self.problem_name_mismatch_without_names(&self.quoted(requested))
            }
            Problem::NameMismatch { requested, names } => {
                self.problem_name_mismatch(&self.quoted(requested), &self.quoted_list(names))
            }
            Problem::WildcardTooBroad { pattern } => self.problem_wildcard_too_broad(&self.quoted(pattern)),
            Problem::SelfSigned { .. } => self.problem_self_signed(),
            Problem::UnknownIssuer { issuer } => self.problem_unknown_issuer(&self.quoted(issuer)),
            Problem::UnsuitableRoot { certificate, .. } => {
                self.problem_unsuitable_root(&self.quoted(&certificate.subject))
            }
            Problem::Expired { not_after } => self.problem_expired(*not_after),
            Problem::NotYetValid { not_before } => self.problem_not_yet_valid(*not_before),
            Problem::IssuerExpired { certificate, not_after } => {
                self.problem_issuer_expired(&self.which(certificate), *not_after)
            }
            Problem::IssuerNotYetValid { certificate, not_before } => {
                self.problem_issuer_not_yet_valid(&self.which(certificate), *not_before)
            }
            Problem::WrongUsage { allowed } => self.problem_wrong_usage(&self.usages(allowed)),
            Problem::WrongKeyUsage { allowed } => self.problem_wrong_key_usage(&self.usages(allowed)),
            Problem::AuthorityAsServer { subject } => self.problem_authority_as_server(&self.quoted(subject)),
            Problem::IssuerNotAuthority { certificate } => {
                self.problem_issuer_not_authority(&self.which(certificate))
            }
            Problem::IssuerMayNotSign { certificate } => {
                self.problem_issuer_may_not_sign(&self.which(certificate))
            }
            Problem::IssuerWrongUsage { certificate, allowed } => {
                self.problem_issuer_wrong_usage(&self.which(certificate), &self.usages(allowed))
            }
            Problem::PathTooLong { certificate, limit } => {
                self.problem_path_too_long(&self.which(certificate), *limit)
            }
            Problem::NameNotPermitted { certificate: Some(certificate) } => {
                self.problem_name_not_permitted(&self.quoted(&certificate.subject))
            }
            Problem::NameNotPermitted { certificate: None } => self.problem_name_not_permitted_by_unknown(),
            Problem::MisplacedNameConstraints => self.problem_misplaced_name_constraints(),
            Problem::UnknownCriticalExtension { certificate, .. } => {
                self.problem_unknown_critical_extension(&self.which(certificate))
            }
            Problem::WeakKey { certificate, key } => {
                self.problem_weak_key(&self.which(certificate), &self.algorithm(key))
            }
            Problem::WeakSignature { certificate, algorithm } => {
                self.problem_weak_signature(&self.which(certificate), &self.algorithm(algorithm))
            }
            Problem::UnsupportedAlgorithm { certificate, algorithm } => {
                self.problem_unsupported_algorithm(&self.which(certificate), &self.algorithm(algorithm))
            }
            Problem::TooComplex => self.problem_too_complex(),
            Problem::NotAcceptable { .. } => self.problem_not_acceptable(),
        }
    }

    /// What the problem means for the person at the desk, in one plain sentence.
    #[must_use]
    pub fn problem_meaning(&self, problem: &Problem) -> Text {
        match problem {
            Problem::NoCertificate => self.problem_no_certificate_meaning(),
            Problem::Revoked { .. } => self.problem_revoked_meaning(),
            Problem::ChainTooLarge { .. } => self.problem_chain_too_large_meaning(),
            Problem::Malformed { .. } => self.problem_malformed_meaning(),
            Problem::BadSignature { .. } => self.problem_bad_signature_meaning(),
            Problem::NameMismatch { .. } => self.problem_name_mismatch_meaning(),
            Problem::WildcardTooBroad { .. } => self.problem_wildcard_too_broad_meaning(),
            Problem::SelfSigned { .. } => self.problem_self_signed_meaning(),
            Problem::UnknownIssuer { .. } => self.problem_unknown_issuer_meaning(),
            Problem::UnsuitableRoot { .. } => self.problem_unsuitable_root_meaning(),
            Problem::Expired { .. } => self.problem_expired_meaning(),
            Problem::NotYetValid { .. } => self.problem_not_yet_valid_meaning(),
            Problem::IssuerExpired { .. } => self.problem_issuer_expired_meaning(),
            Problem::IssuerNotYetValid { .. } => self.problem_issuer_not_yet_valid_meaning(),
            Problem::WrongUsage { .. } => self.problem_wrong_usage_meaning(),
            Problem::WrongKeyUsage { .. } => self.problem_wrong_key_usage_meaning(),
            Problem::AuthorityAsServer { .. } => self.problem_authority_as_server_meaning(),
            Problem::IssuerNotAuthority { .. } => self.problem_issuer_not_authority_meaning(),
            Problem::IssuerMayNotSign { .. } => self.problem_issuer_may_not_sign_meaning(),
            Problem::IssuerWrongUsage { .. } => self.problem_issuer_wrong_usage_meaning(),
            Problem::PathTooLong { .. } => self.problem_path_too_long_meaning(),
            Problem::NameNotPermitted { .. } => self.problem_name_not_permitted_meaning(),
            Problem::MisplacedNameConstraints => self.problem_misplaced_name_constraints_meaning(),
            Problem::UnknownCriticalExtension { .. } => self.problem_unknown_critical_extension_meaning(),
            Problem::WeakKey { .. } => self.problem_weak_key_meaning(),
            Problem::WeakSignature { .. } => self.problem_weak_signature_meaning(),
            Problem::UnsupportedAlgorithm { .. } => self.problem_unsupported_algorithm_meaning(),
            Problem::TooComplex => self.problem_too_complex_meaning(),
            Problem::NotAcceptable { .. } => self.problem_not_acceptable_meaning(),
        }
    }

    /// The exact term, for the details.
    #[must_use]
    pub fn problem_term(&self, problem: &Problem) -> Text {
        match problem {
            Problem::NoCertificate => self.problem_no_certificate_term(),
            Problem::Revoked { .. } => self.problem_revoked_term(),
            Problem::ChainTooLarge { .. } => self.problem_chain_too_large_term(),
            Problem::Malformed { detail, .. } => self.problem_malformed_term(detail),
            Problem::BadSignature { .. } => self.problem_bad_signature_term(),
            Problem::NameMismatch { .. } => self.problem_name_mismatch_term(),
            Problem::WildcardTooBroad { .. } => self.problem_wildcard_too_broad_term(),
            Problem::SelfSigned { .. } => self.problem_self_signed_term(),
            Problem::UnknownIssuer { .. } => self.problem_unknown_issuer_term(),
            Problem::UnsuitableRoot { detail, .. } => self.problem_unsuitable_root_term(detail),
            Problem::Expired { .. } => self.problem_expired_term(),
            Problem::NotYetValid { .. } => self.problem_not_yet_valid_term(),
            Problem::IssuerExpired { .. } => self.problem_issuer_expired_term(),
            Problem::IssuerNotYetValid { .. } => self.problem_issuer_not_yet_valid_term(),
            Problem::WrongUsage { .. } => self.problem_wrong_usage_term(),
            Problem::WrongKeyUsage { .. } => self.problem_wrong_key_usage_term(),
            Problem::AuthorityAsServer { .. } => self.problem_authority_as_server_term(),
            Problem::IssuerNotAuthority { .. } => self.problem_issuer_not_authority_term(),
            Problem::IssuerMayNotSign { .. } => self.problem_issuer_may_not_sign_term(),
            Problem::IssuerWrongUsage { .. } => self.problem_issuer_wrong_usage_term(),
            Problem::PathTooLong { .. } => self.problem_path_too_long_term(),
            Problem::NameNotPermitted { .. } => self.problem_name_not_permitted_term(),
            Problem::MisplacedNameConstraints => self.problem_misplaced_name_constraints_term(),
            Problem::UnknownCriticalExtension { identifier, .. } => {
                self.problem_unknown_critical_extension_term(identifier)
            }
            Problem::WeakKey { key, .. } => self.problem_weak_key_term(&self.algorithm(key)),
            Problem::WeakSignature { algorithm, .. } => {
                self.problem_weak_signature_term(&self.algorithm(algorithm))
            }
            Problem::UnsupportedAlgorithm { algorithm, .. } => {
                self.problem_unsupported_algorithm_term(&self.algorithm(algorithm))
            }
            Problem::TooComplex => self.problem_too_complex_term(),
            Problem::NotAcceptable { detail, .. } => self.problem_not_acceptable_term(detail),
        }
    }

    /// Names the certificate at the beginning of a sentence.
    fn which(&self, certificate: &CertificateReference) -> Text {
        if certificate.is_server() {
            self.certificate_of_server()
        } else if !certificate.subject.is_empty() {
            self.certificate_of_authority(&self.quoted(&certificate.subject))
        } else if let Some(position) = certificate.position {
            self.certificate_sent(position + 1)
        } else {
            self.certificate_of_unnamed_root()
        }
    }

    fn quoted_list(&self, names: &[String]) -> Text {
        self.list(&names.iter().map(|name| self.quoted(name)).collect::<Vec<_>>())
    }

    fn usages(&self, allowed: &[String]) -> Text {
        self.list(&allowed.iter().map(|usage| self.usage(usage)).collect::<Vec<_>>())
    }

    /// What a certificate or its key may be used for, by the name that the assessment gives it; others have none and are
    /// object identifiers.
    fn usage(&self, usage: &str) -> Text {
        match usage {
            "any purpose" => self.usage_any(),
            "servers" => self.usage_servers(),
            "clients" => self.usage_clients(),
            "signing programs" => self.usage_signing_programs(),
            "e-mail" => self.usage_email(),
            "time stamps" => self.usage_time_stamps(),
            "certificate status" => self.usage_certificate_status(),
            "signatures" => self.key_usage_signatures(),
            "binding signatures" => self.key_usage_binding_signatures(),
            "encrypting keys" => self.key_usage_encrypting_keys(),
            "encrypting data" => self.key_usage_encrypting_data(),
            "agreeing on keys" => self.key_usage_agreeing_on_keys(),
            "signing certificates" => self.key_usage_signing_certificates(),
            "signing revocation lists" => self.key_usage_signing_revocation_lists(),
            "encryption only" => self.key_usage_encryption_only(),
            "decryption only" => self.key_usage_decryption_only(),
            other => self.quoted(other),
        }
    }
}
