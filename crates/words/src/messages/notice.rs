use countersign_trust::ServerAddress;

use crate::Text;

messages! {
    notice_answer_needed();
    notice_answer_needed_body(server: &ServerAddress);
    notice_answer_needed_action();
    notice_answer_not_kept();
    notice_answer_not_kept_body(reason: &Text);
    notice_command_message(title: &Text);
    notice_first_use();
    notice_first_use_body(server: &ServerAddress);
    notice_recovered();
    notice_recovered_body(server: &ServerAddress);
    notice_recovered_history();
    notice_other_identity();
    notice_other_identity_body(server: &ServerAddress);
    keychain_unavailable(detail: &str);
    keychain_locked(detail: &str);
    keychain_timed_out(seconds: u64);
    keychain_malformed(detail: &str);
    notice_without_tray();
    notice_without_tray_body();
}
