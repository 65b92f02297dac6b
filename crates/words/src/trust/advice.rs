//! The words for advice to administrators.

use countersign_trust::{Advice, AdviceKind};

use crate::{Text, Words};

impl Words {
    /// What is to be improved, with the certificate where it is not the server's own.
    #[must_use]
    pub fn advice(&self, advice: &Advice) -> Text {
        let text = self.advice_kind(advice.kind);
        if advice.certificate.is_server() {
            text
        } else {
            self.advice_about(&self.named(&advice.certificate.subject), &text)
        }
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
