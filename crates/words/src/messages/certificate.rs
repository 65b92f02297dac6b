use countersign_trust::ServerAddress;

use crate::Text;

messages! {
    certificate_window(server: &ServerAddress);
    certificate_window_area();
    certificate_window_empty();
    certificate_copy();
    certificate_copy_which(certificate: &Text);
    certificate_copied(certificate: &Text);
    certificate_close();
    certificate_heading_server();
    certificate_heading_chain(number: usize);
    certificate_issued(certificate: &Text);
    certificate_issued_none();
    certificate_field_problem();
    certificate_field_advice();
    certificate_field_subject();
    certificate_field_issuer();
    certificate_field_names();
    certificate_field_not_before();
    certificate_field_not_after();
    certificate_field_kind();
    certificate_field_public_key();
    certificate_field_signature();
    certificate_field_serial_number();
    certificate_field_fingerprint();
    certificate_field_sha1_fingerprint();
    certificate_problem(problem: &Text, term: &Text);
    certificate_no_names();
    certificate_no_fingerprint();
    certificate_unreadable();
    certificate_kind_root();
    certificate_kind_authority();
    certificate_kind_self_issued();
    certificate_kind_end_entity();
    certificate_save();
    certificate_save_which(certificate: &Text);
    certificate_saved(file: &str);
    certificate_not_saved(file: &str, detail: &str);
}
