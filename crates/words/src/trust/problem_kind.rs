//! The words for kinds of problems, where the facts of a problem are not known any more.

use std::collections::BTreeSet;

use countersign_trust::ProblemKind;

use crate::{Text, Words};

impl Words {
    /// Why a certificate was invalid: all kinds in one row, the gravest first.
    #[must_use]
    pub fn problem_kinds(&self, kinds: &BTreeSet<ProblemKind>) -> Text {
        self.in_a_row(&kinds.iter().map(|kind| self.problem_kind(*kind)).collect::<Vec<_>>())
    }

    /// A kind of problem in a few words.
    #[must_use]
    pub fn problem_kind(&self, kind: ProblemKind) -> Text {
        match kind {
            ProblemKind::NoCertificate => self.problem_kind_no_certificate(),
            ProblemKind::Revoked => self.problem_kind_revoked(),
            ProblemKind::ChainTooLarge => self.problem_kind_chain_too_large(),
            ProblemKind::Malformed => self.problem_kind_malformed(),
            ProblemKind::BadSignature => self.problem_kind_bad_signature(),
            ProblemKind::NameMismatch => self.problem_kind_name_mismatch(),
            ProblemKind::WildcardTooBroad => self.problem_kind_wildcard_too_broad(),
            ProblemKind::SelfSigned => self.problem_kind_self_signed(),
            ProblemKind::UnknownIssuer => self.problem_kind_unknown_issuer(),
            ProblemKind::UnsuitableRoot => self.problem_kind_unsuitable_root(),
            ProblemKind::Expired => self.problem_kind_expired(),
            ProblemKind::NotYetValid => self.problem_kind_not_yet_valid(),
            ProblemKind::IssuerExpired => self.problem_kind_issuer_expired(),
            ProblemKind::IssuerNotYetValid => self.problem_kind_issuer_not_yet_valid(),
            ProblemKind::WrongUsage => self.problem_kind_wrong_usage(),
            ProblemKind::WrongKeyUsage => self.problem_kind_wrong_key_usage(),
            ProblemKind::AuthorityAsServer => self.problem_kind_authority_as_server(),
            ProblemKind::IssuerNotAuthority => self.problem_kind_issuer_not_authority(),
            ProblemKind::IssuerMayNotSign => self.problem_kind_issuer_may_not_sign(),
            ProblemKind::IssuerWrongUsage => self.problem_kind_issuer_wrong_usage(),
            ProblemKind::PathTooLong => self.problem_kind_path_too_long(),
            ProblemKind::NameNotPermitted => self.problem_kind_name_not_permitted(),
            ProblemKind::MisplacedNameConstraints => self.problem_kind_misplaced_name_constraints(),
            ProblemKind::UnknownCriticalExtension => self.problem_kind_unknown_critical_extension(),
            ProblemKind::WeakKey => self.problem_kind_weak_key(),
            ProblemKind::WeakSignature => self.problem_kind_weak_signature(),
            ProblemKind::UnsupportedAlgorithm => self.problem_kind_unsupported_algorithm(),
            ProblemKind::TooComplex => self.problem_kind_too_complex(),
            ProblemKind::NotAcceptable => self.problem_kind_not_acceptable(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words_of_its_own() {
        for words in [Words::english(), Words::german()] {
            let said: BTreeSet<Text> =
                ProblemKind::ALL.into_iter().map(|kind| words.problem_kind(kind)).collect();
            assert_eq!(said.len(), ProblemKind::ALL.len());
        }
        let kinds = BTreeSet::from([ProblemKind::Expired, ProblemKind::NameMismatch]);
        assert_eq!(Words::english().problem_kinds(&kinds), "for another server, expired");
    }
}
