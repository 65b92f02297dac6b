//! The words for advice to administrators.

use countersign_trust::{Advice, AdviceKind, CertificateReference};

use crate::{Text, Words};

impl Words {
    /// What is to be improved: each advice once, with the certificates where it is not about the server's own only.
    #[must_use]
    pub fn advice(&self, advice: &[Advice]) -> Vec<Text> {
        let mut kinds: Vec<AdviceKind> = Vec::new();
        for advice in advice {
            if !kinds.contains(&advice.kind) {
                kinds.push(advice.kind);
            }
        }
        let about = |kind| advice.iter().filter(move |advice| advice.kind == kind);
        kinds.into_iter().map(|kind| self.advice_about_all(kind, about(kind))).collect()
    }

    fn advice_about_all<'advice>(
        &self,
        kind: AdviceKind,
        about: impl Iterator<Item = &'advice Advice>,
    ) -> Text {
        let text = self.advice_kind(kind);
        let mut about: Vec<&CertificateReference> = about.map(|advice| &advice.certificate).collect();
        if about.iter().all(|certificate| certificate.is_server()) {
            return text;
        }
        about.sort_by_key(|certificate| !certificate.is_server());
        let certificates: Vec<Text> = about
            .into_iter()
            .map(|certificate| {
                if certificate.is_server() {
                    self.certificate_heading_server()
                } else {
                    self.named(&certificate.subject)
                }
            })
            .collect();
        self.advice_about(&self.list(&certificates), &text)
    }

    fn advice_kind(&self, kind: AdviceKind) -> Text {
        match kind {
            AdviceKind::NameInCommonNameOnly => self.advice_name_in_common_name_only(),
            AdviceKind::CommonNameNotAmongNames => self.advice_common_name_not_among_names(),
            AdviceKind::UnderscoreInName => self.advice_underscore_in_name(),
            AdviceKind::NamesWronglyMarked => self.advice_names_wrongly_marked(),
            AdviceKind::PurposeTooWide => self.advice_purpose_too_wide(),
            AdviceKind::KeyUsageWithoutSignature => self.advice_key_usage_without_signature(),
            AdviceKind::SigningWithoutAuthority => self.advice_signing_without_authority(),
            AdviceKind::AuthorityKeyIdentifierMissing => self.advice_authority_key_identifier_missing(),
            AdviceKind::AuthorityKeyIdentifierUnfit => self.advice_authority_key_identifier_unfit(),
            AdviceKind::SubjectKeyIdentifierMissing => self.advice_subject_key_identifier_missing(),
            AdviceKind::WronglyCritical => self.advice_wrongly_critical(),
            AdviceKind::NotCritical => self.advice_not_critical(),
            AdviceKind::SerialNumberUnfit => self.advice_serial_number_unfit(),
            AdviceKind::AuthorityWithoutName => self.advice_authority_without_name(),
            AdviceKind::NameConstraintWithPeriod => self.advice_name_constraint_with_period(),
            AdviceKind::UnreadableExtension => self.advice_unreadable_extension(),
        }
    }
}
