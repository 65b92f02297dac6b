use crate::Text;

messages! {
    advice_about(subject: &Text, advice: &Text);
    advice_name_in_common_name_only();
    advice_common_name_not_among_names();
    advice_underscore_in_name();
    advice_names_wrongly_marked();
    advice_purpose_too_wide();
    advice_key_usage_without_signature();
    advice_signing_without_authority();
    advice_authority_key_identifier_missing();
    advice_authority_key_identifier_unfit();
    advice_subject_key_identifier_missing();
    advice_wrongly_critical();
    advice_not_critical();
    advice_serial_number_unfit();
    advice_authority_without_name();
    advice_name_constraint_with_period();
    advice_unreadable_extension();
}
